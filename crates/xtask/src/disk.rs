//! Files of this machine: the module that adds the path to every error.

#![allow(clippy::disallowed_methods, reason = "this is the module that the ban leads to")]

use std::{
    fs::{self, File},
    io::ErrorKind,
    path::{Path, PathBuf},
};

/// The text of a file.
pub(crate) fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|why| format!("reading {}: {why}", path.display()))
}

/// The bytes of a file.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    fs::read(path).map_err(|why| format!("reading {}: {why}", path.display()))
}

/// Writes a file and makes the folders above it.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    fs::write(path, text).map_err(|why| format!("writing {}: {why}", path.display()))
}

/// Writes bytes.
pub(crate) fn write_bytes(path: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::write(path, bytes).map_err(|why| format!("writing {}: {why}", path.display()))
}

/// An empty file to write to.
pub(crate) fn create(path: &Path) -> Result<File, String> {
    File::create(path).map_err(|why| format!("making {}: {why}", path.display()))
}

/// Makes a folder and those above it.
pub(crate) fn make_folder(path: &Path) -> Result<(), String> {
    fs::create_dir_all(path).map_err(|why| format!("making folder {}: {why}", path.display()))
}

/// Copies a folder with all that is in it; links are left out.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    make_folder(to)?;
    let doing = |why: std::io::Error| format!("copying {}: {why}", from.display());
    for entry in fs::read_dir(from).map_err(doing)? {
        let entry = entry.map_err(doing)?;
        let kind = entry.file_type().map_err(doing)?;
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), &target).map_err(doing)?;
        }
    }
    Ok(())
}

/// Removes a file if it is there.
pub(crate) fn remove_file(path: &Path) -> Result<(), String> {
    match fs::remove_file(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => {
            Err(format!("removing {}: {why}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Removes a folder and all in it, if it is there.
pub(crate) fn remove_folder(path: &Path) -> Result<(), String> {
    match fs::remove_dir_all(path) {
        Err(why) if why.kind() != ErrorKind::NotFound => {
            Err(format!("removing {}: {why}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Gives a folder another name.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), String> {
    fs::rename(from, to).map_err(|why| format!("renaming {}: {why}", from.display()))
}

/// The files of a folder whose names end like this, in order.
pub(crate) fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>, String> {
    let mut found = entries(folder)?;
    found.retain(|path| path.is_file() && path.to_string_lossy().ends_with(end));
    Ok(found)
}

/// The folders in a folder, in order.
pub(crate) fn folders(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = entries(folder)?;
    found.retain(|path| path.is_dir());
    Ok(found)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |why| format!("reading {}: {why}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        found.push(entry.map_err(failed)?.path());
    }
    found.sort();
    Ok(found)
}
