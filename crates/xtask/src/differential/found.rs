//! The Compose files of a folder.

#![allow(clippy::disallowed_methods, reason = "this is the module that adds the path to errors")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Folders inside of folders that are searched.
const DEEPEST: usize = 32;
/// Larger files are no Compose files that somebody wrote.
const LARGEST: u64 = 16 << 20;

/// Every file that looks like a Compose file, in order; `only` is a part of the path below the
/// folder. Links are not followed.
pub(super) fn compose_files(folder: &Path, only: Option<&str>) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    search(folder, 0, &mut found)?;
    if let Some(part) = only {
        found.retain(|file| {
            let below = file.strip_prefix(folder).unwrap_or(file);
            below.to_string_lossy().contains(part)
        });
    }
    found.sort();
    Ok(found)
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let failed = |why| format!("reading {}: {why}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let (path, kind) = (entry.path(), entry.file_type().map_err(failed)?);
        if kind.is_dir() && depth < DEEPEST && entry.file_name() != ".git" {
            search(&path, depth + 1, found)?;
        } else if kind.is_file() && is_yaml(&path) {
            let size = entry.metadata().map_err(failed)?.len();
            let bytes =
                if size > LARGEST { Vec::new() } else { fs::read(&path).map_err(failed)? };
            if is_compose(&String::from_utf8_lossy(&bytes)) {
                found.push(path);
            }
        }
    }
    Ok(())
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "yml" || end == "yaml")
}

/// Whether a line begins a section that only Compose files have.
fn is_compose(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("services:") || line.starts_with("include:"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    #[test]
    fn compose_files_are_found_by_what_is_in_them() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put("b/web.yml", "x-a: 1\nservices: {}\n");
        put("a.yaml", "include: [x]\n");
        put("b/.git/c.yaml", "services: {}\n");
        put("playbook.yml", "- services: 1\n");
        put("a.txt", "services: {}\n");
        let names = |only| -> Vec<String> {
            let files = compose_files(folder.path(), only).unwrap();
            let below = files.iter().map(|file| file.strip_prefix(folder.path()).unwrap());
            below.map(|file| file.display().to_string()).collect()
        };
        assert_eq!(names(None), ["a.yaml", "b/web.yml"]);
        assert_eq!(names(Some("b/")), ["b/web.yml"]);
        assert!(compose_files(&folder.path().join("none"), None).is_err());
    }
}
