//! The only door to this machine's disk for labs. Every error names the file.

#![expect(clippy::disallowed_methods, reason = "this is the module that adds the path")]

use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::{LabError, Result};

pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(LabError::file("reading", path))
}

pub(crate) fn read_text(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(LabError::file("reading", path))
}

/// The text of a file that need not be there; nothing if it is not.
pub(crate) fn text_if_any(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The size of a file in bytes.
pub(crate) fn length(path: &Path) -> Result<u64> {
    fs::metadata(path).map(|file| file.len()).map_err(LabError::file("reading", path))
}

/// What lies in the folder, in order.
pub(crate) fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(LabError::file("listing", folder))? {
        found.push(entry.map_err(LabError::file("listing", folder))?.path());
    }
    found.sort();
    Ok(found)
}

/// Makes a file or empties it.
pub(crate) fn create(path: &Path) -> Result<fs::File> {
    fs::File::create(path).map_err(LabError::file("making", path))
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(LabError::file("making", path))
}

/// A folder in this one that goes away with its handle.
pub(crate) fn temporary_folder(parent: &Path, prefix: &str) -> Result<tempfile::TempDir> {
    let made = tempfile::Builder::new().prefix(prefix).tempdir_in(parent);
    made.map_err(LabError::file("making a folder in", parent))
}

/// Removes a folder with all that is in it.
pub(crate) fn remove_folder(path: &Path) -> Result<()> {
    fs::remove_dir_all(path).map_err(LabError::file("removing", path))
}

/// Removes a file that need not be there.
pub(crate) fn remove_if_any(path: &Path) {
    let _ = fs::remove_file(path);
}

/// Writes a file whole or not at all; `mode` as for `chmod`.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) -> Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".new");
    let draft = PathBuf::from(draft);
    remove_if_any(&draft);
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true).mode(mode);
    options
        .open(&draft)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| fs::rename(&draft, path))
        .map_err(LabError::file("writing", path))
}

/// The user that this process acts as.
pub(crate) fn own_user() -> Option<u32> {
    fs::metadata("/proc/self").ok().map(|own| own.uid())
}
