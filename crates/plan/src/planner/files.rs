//! Files of a stack: which are written, which are removed, and who sees them.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{
    ServiceName, StackPath,
    desired::{DesiredService, DesiredStack, StackFile},
    spec::{BindSource, Mount},
};

use crate::{
    change::Obstacle,
    observed::{FileSeen, StackFolder},
};

type Found<'a> = (Option<&'a ServiceName>, Obstacle);

/// Files that are missing on the host or differ there, unless they are somebody else's.
pub(super) fn to_write<'a>(
    declared: &DesiredStack,
    folder: &StackFolder,
) -> (BTreeMap<StackPath, StackFile>, Vec<Found<'a>>) {
    let mut write = BTreeMap::new();
    let mut obstacles = Vec::new();
    for (path, file) in &declared.files {
        let is_ours = folder.owned.contains(path);
        match folder.files.get(path) {
            None => {
                write.insert(path.clone(), file.clone());
            }
            Some(FileSeen::File { digest, mode }) => {
                let is_same = *digest == file.digest && *mode == file.mode;
                if !is_ours && *digest != file.digest {
                    obstacles.push((None, Obstacle::ForeignFile { path: path.clone() }));
                } else if !is_ours || !is_same {
                    write.insert(path.clone(), file.clone());
                }
            }
            // A folder of files that are Hob's, and are removed first.
            Some(FileSeen::NotAFile) if folder.owned.iter().any(|own| is_below(own, path)) => {
                write.insert(path.clone(), file.clone());
            }
            Some(FileSeen::Unreadable | FileSeen::NotAFile) => {
                let why = if is_ours {
                    Obstacle::UnusableFile { path: path.clone() }
                } else {
                    Obstacle::ForeignFile { path: path.clone() }
                };
                obstacles.push((None, why));
            }
        }
    }
    (write, obstacles)
}

/// Files that Hob put there and that are not declared any more: those that stand where a file or
/// folder is to be written, and the others.
pub(super) fn to_remove(
    declared: &DesiredStack,
    folder: &StackFolder,
) -> (BTreeSet<StackPath>, BTreeSet<StackPath>) {
    let stale = folder.owned.iter().filter(|path| !declared.files.contains_key(*path)).cloned();
    stale.partition(|old| declared.files.keys().any(|new| is_below(new, old) || is_below(old, new)))
}

fn is_below(path: &StackPath, folder: &StackPath) -> bool {
    let rest = path.as_str().strip_prefix(folder.as_str());
    rest.is_some_and(|rest| rest.starts_with('/'))
}

/// Those of the changed files that the service's container sees.
pub(super) fn seen_by(service: &DesiredService, changed: &BTreeSet<&StackPath>) -> Vec<StackPath> {
    let sees = |path: &StackPath| {
        service.spec.mounts.values().any(|mount| match mount {
            Mount::Bind { source: BindSource::Stack(source), .. } => {
                let path = path.as_str();
                source.is_empty()
                    || path == source
                    || path.strip_prefix(source.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
            _ => false,
        })
    };
    changed.iter().filter(|path| sees(path)).map(|path| (*path).clone()).collect()
}
