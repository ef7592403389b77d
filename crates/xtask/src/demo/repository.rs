//! The copy of a homelab that the demo changes, so that the original stays as it is.
#![allow(clippy::disallowed_methods, reason = "every error here names its path")]

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::place::target;

/// A copy of a homelab.
pub(super) struct Copy {
    /// Its folder.
    pub(super) path: PathBuf,
}

/// Removes the copy, if there is one.
pub(super) fn remove() -> Result<(), String> {
    let path = place();
    match fs::remove_dir_all(&path) {
        Ok(()) => Ok(()),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(format!("removing {}: {why}", path.display())),
    }
}

fn place() -> PathBuf {
    target().join("demo")
}

impl Copy {
    /// A new copy, instead of one that may be there.
    pub(super) fn fresh(original: &Path) -> Result<Self, String> {
        remove()?;
        let path = place();
        copy_folder(original, &path)?;
        Ok(Self { path })
    }

    /// Adds text to the end of a file.
    pub(super) fn append(&self, file: &str, text: &str) -> Result<(), String> {
        self.edit(file, |before| format!("{before}{text}"))
    }

    /// Replaces a text that must be there.
    pub(super) fn replace(&self, file: &str, from: &str, to: &str) -> Result<(), String> {
        let mut found = false;
        self.edit(file, |before| {
            found = before.contains(from);
            before.replace(from, to)
        })?;
        if found { Ok(()) } else { Err(format!("{file} does not say {from}")) }
    }

    fn edit(&self, file: &str, change: impl FnOnce(&str) -> String) -> Result<(), String> {
        let path = self.path.join(file);
        let before = fs::read_to_string(&path)
            .map_err(|why| format!("reading {}: {why}", path.display()))?;
        fs::write(&path, change(&before))
            .map_err(|why| format!("writing {}: {why}", path.display()))
    }
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), String> {
    fs::create_dir_all(to).map_err(|why| format!("making {}: {why}", to.display()))?;
    let trouble = |why: io::Error| format!("reading {}: {why}", from.display());
    for entry in fs::read_dir(from).map_err(trouble)? {
        let entry = entry.map_err(trouble)?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().map_err(trouble)?.is_dir() {
            copy_folder(&source, &target)?;
        } else {
            fs::copy(&source, &target)
                .map_err(|why| format!("copying {}: {why}", source.display()))?;
        }
    }
    Ok(())
}
