//! Files that are put into a container before it starts: configs and secrets that are no files of
//! the repository. They go through the Engine, with owner and mode, and touch no disk of the host
//! outside of the container.

use std::{collections::BTreeMap, sync::Arc};

use bollard::query_parameters::UploadToContainerOptionsBuilder;
use hob_model::{ContainerName, spec::InnerFile};

use super::{DockerHost, containers::LONG};
use crate::HostErrorKind;

impl DockerHost {
    pub(super) async fn put_files(
        &self,
        name: &ContainerName,
        files: &BTreeMap<String, InnerFile>,
    ) -> Result<(), HostErrorKind> {
        if files.is_empty() {
            return Ok(());
        }
        let tar = archive(files)?;
        let options = UploadToContainerOptionsBuilder::new().path("/").build();
        self.engine
            .ask_within(LONG, |docker| {
                let (options, tar) = (options.clone(), tar.clone());
                async move {
                    let body = bollard::body_full(tar.into());
                    docker.upload_to_container(name.as_str(), Some(options), body).await
                }
            })
            .await
    }
}

/// A tar with each file at its place below `/`. (Pure.)
fn archive(files: &BTreeMap<String, InnerFile>) -> Result<Vec<u8>, HostErrorKind> {
    let cannot = |why: std::io::Error| HostErrorKind::Other(format!("packing files: {why}"));
    let mut tar = tar::Builder::new(Vec::new());
    for (target, file) in files {
        let InnerFile { digest: _, content, uid, gid, mode } = file;
        let content: &Arc<[u8]> = content.expose();
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(mode & 0o7777);
        header.set_uid(*uid);
        header.set_gid(*gid);
        header.set_mtime(0);
        let path = target.trim_start_matches('/');
        tar.append_data(&mut header, path, content.as_ref()).map_err(cannot)?;
    }
    tar.into_inner().map_err(cannot)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use std::io::Read;

    use hob_model::{Digest, Secret};

    use super::*;

    #[test]
    fn owner_and_mode_travel_with_the_content() {
        let file = InnerFile {
            digest: Digest::of(b"hush"),
            content: Secret::new(Arc::from(&b"hush"[..])),
            uid: 1000,
            gid: 44,
            mode: 0o440,
        };
        let tar = archive(&BTreeMap::from([("/run/secrets/key".to_owned(), file)])).unwrap();
        let mut archive = tar::Archive::new(tar.as_slice());
        let mut entries = archive.entries().unwrap();
        let mut entry = entries.next().unwrap().unwrap();
        let header = entry.header();
        assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (1000, 44));
        assert_eq!(header.mode().unwrap(), 0o440);
        assert_eq!(entry.path().unwrap().to_str(), Some("run/secrets/key"));
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        assert_eq!(content, "hush");
        assert!(entries.next().is_none());
    }
}
