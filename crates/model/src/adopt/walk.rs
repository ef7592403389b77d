//! Every file of a repository, by path, within limits.
//!
//! A link to a folder is not followed: what it leads to inside of the repository is found where it
//! lies, it may lead in a circle, and what lies outside belongs to somebody else.

use hob_compose::{FileError, Files, Kind};

/// Folders that hold no description of a homelab.
const SKIPPED: [&str; 8] =
    [".git", ".github", ".gitea", ".forgejo", "node_modules", "target", "vendor", ".venv"];
/// Deepest folder that is looked into.
const DEPTH_MAX: usize = 8;
/// Most files that are looked at.
const FILES_MAX: usize = 20_000;

/// What was found below a folder.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The paths of all files, relative to the folder, sorted.
    pub(super) files: Vec<String>,
    /// Links that lead out of the repository, with the reason why they are not followed.
    pub(super) links_out: Vec<(String, String)>,
    /// Whether there were more files.
    pub(super) is_cut: bool,
}

/// The files below `root`.
pub(super) fn walk(files: &dyn Files, root: &str) -> Result<Found, FileError> {
    let mut found = Found::default();
    let mut folders = vec![(String::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let path = format!("{root}/{folder}");
        for name in files.list(path.trim_end_matches('/'))? {
            let relative =
                if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            let full = format!("{root}/{relative}");
            match files.kind(&full) {
                Ok(Some(Kind::Directory)) => {
                    let is_link = !matches!(files.link(&full), Ok(None));
                    if depth < DEPTH_MAX && !is_link && !SKIPPED.contains(&name.as_str()) {
                        folders.push((relative, depth + 1));
                    }
                }
                Ok(Some(Kind::File { .. })) => found.files.push(relative),
                Ok(None) => {}
                Err(why) => {
                    if matches!(files.link(&full), Ok(Some(_))) {
                        found.links_out.push((relative, why.reason));
                    }
                }
            }
            if found.files.len() >= FILES_MAX {
                found.is_cut = true;
                break;
            }
        }
        if found.is_cut {
            break;
        }
    }
    found.files.sort();
    Ok(found)
}
