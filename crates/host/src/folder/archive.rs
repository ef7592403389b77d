//! Files on their way to a host, as the tar that [`super::Script::Write`] takes.

use std::collections::BTreeMap;

use hob_model::{StackPath, desired::StackFile};

use super::checked::check_path;
use crate::HostErrorKind;

/// Name of the last member, by which the host knows that nothing is missing.
const END: &str = "end";

/// A tar of `files/<path>` with each file's mode, and the mark of the end.
pub(crate) fn archive(files: &BTreeMap<StackPath, StackFile>) -> Result<Vec<u8>, HostErrorKind> {
    let cannot = |why: std::io::Error| HostErrorKind::Other(format!("packing files: {why}"));
    let size: usize = files.values().map(|file| file.content.expose().len() + 1536).sum();
    let mut tar = tar::Builder::new(Vec::with_capacity(size + 4096));
    for (path, file) in files {
        check_path(path)?;
        let content: &[u8] = file.content.expose();
        let mut header = header(content.len() as u64, file.mode & 0o777);
        tar.append_data(&mut header, format!("files/{path}"), content).map_err(cannot)?;
    }
    tar.append_data(&mut header(0, 0o600), END, std::io::empty()).map_err(cannot)?;
    tar.into_inner().map_err(cannot)
}

fn header(size: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}
