//! The few files of this machine that are touched: every error names its path.
#![allow(clippy::disallowed_methods, reason = "this is the module that adds the path")]

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

/// The content of a file; `None` if there is none.
pub(crate) fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(content) => Ok(Some(content)),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(why) => Err(named(path, &why)),
    }
}

/// Makes an empty file, or empties one.
pub(crate) fn create(path: &Path) -> io::Result<fs::File> {
    fs::File::create(path).map_err(|why| named(path, &why))
}

/// Removes a file; one that is not there is removed already.
pub(crate) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != io::ErrorKind::NotFound => Err(named(path, &why)),
        _ => Ok(()),
    }
}

/// The user that this process runs as.
pub(crate) fn own_user_id() -> io::Result<u32> {
    let path = Path::new("/proc/self");
    fs::metadata(path).map(|found| found.uid()).map_err(|why| named(path, &why))
}

/// An error that says which file it is about.
pub(crate) fn named(path: &Path, why: &io::Error) -> io::Error {
    io::Error::new(why.kind(), format!("{} on this machine: {why}", path.display()))
}
