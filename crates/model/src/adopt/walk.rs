//! Every file of a repository, by path, within limits.

use hob_compose::{FileError, Files, Kind};

/// Folders that hold no description of a homelab.
const SKIPPED: [&str; 8] =
    [".git", ".github", ".gitea", ".forgejo", "node_modules", "target", "vendor", ".venv"];
/// Deepest folder that is looked into.
const DEPTH_MAX: usize = 8;
/// Most files that are looked at.
const FILES_MAX: usize = 20_000;

/// The paths of all files below `root`, relative to it, sorted; and whether there were more.
pub(super) fn walk(files: &dyn Files, root: &str) -> Result<(Vec<String>, bool), FileError> {
    let mut found = Vec::new();
    let mut folders = vec![(String::new(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        let path = format!("{root}/{folder}");
        for name in files.list(path.trim_end_matches('/'))? {
            let relative =
                if folder.is_empty() { name.clone() } else { format!("{folder}/{name}") };
            // A link that leads nowhere or in a circle is not followed, and no reason to give up.
            match files.kind(&format!("{root}/{relative}")) {
                Ok(Some(Kind::Directory)) => {
                    if depth < DEPTH_MAX && !SKIPPED.contains(&name.as_str()) {
                        folders.push((relative, depth + 1));
                    }
                }
                Ok(Some(Kind::File { .. })) => found.push(relative),
                Ok(None) | Err(_) => {}
            }
            if found.len() >= FILES_MAX {
                found.sort();
                return Ok((found, true));
            }
        }
    }
    found.sort();
    Ok((found, false))
}
