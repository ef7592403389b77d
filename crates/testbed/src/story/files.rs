//! The only door to this machine's disk for stories. Every error names the file.

#![expect(clippy::disallowed_methods, reason = "this is the module that adds the path")]

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::StoryError;

/// A new folder that goes away with its handle.
pub(super) fn temporary_folder() -> Result<tempfile::TempDir, StoryError> {
    tempfile::tempdir().map_err(StoryError::file("making a folder in", &std::env::temp_dir()))
}

pub(super) fn read(path: &Path) -> Result<String, StoryError> {
    fs::read_to_string(path).map_err(StoryError::file("reading", path))
}

/// The text of a file, or nothing if there is none.
pub(super) fn read_if_there(path: &Path) -> Result<Option<String>, StoryError> {
    if path.exists() { read(path).map(Some) } else { Ok(None) }
}

/// Writes a file below the root, with the folders that it takes.
pub(super) fn write(root: &Path, path: &str, content: &str) -> Result<(), StoryError> {
    let whole = below(root, path)?;
    if let Some(folder) = whole.parent() {
        fs::create_dir_all(folder).map_err(StoryError::file("making", folder))?;
    }
    fs::write(&whole, content).map_err(StoryError::file("writing", &whole))
}

/// Removes a file, or a folder with all that is in it.
pub(super) fn remove(root: &Path, path: &str) -> Result<(), StoryError> {
    let whole = below(root, path)?;
    let done = if whole.is_dir() { fs::remove_dir_all(&whole) } else { fs::remove_file(&whole) };
    done.map_err(StoryError::file("removing", &whole))
}

/// Files of a folder with this extension, in order.
pub(super) fn with_extension(folder: &Path, extension: &str) -> Result<Vec<PathBuf>, StoryError> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(StoryError::file("listing", folder))? {
        let path = entry.map_err(StoryError::file("listing", folder))?.path();
        if path.extension().is_some_and(|end| end == extension) {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

fn below(root: &Path, path: &str) -> Result<PathBuf, StoryError> {
    let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if path.is_empty() || !Path::new(path).components().all(is_plain) {
        return Err(StoryError::World(format!("{path:?} is no path in the repository")));
    }
    Ok(root.join(path))
}
