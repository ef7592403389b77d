//! Files of a stack: which are written, which are removed, and who sees them.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

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
    let owned: BTreeSet<&str> = folder.owned.iter().map(StackPath::as_str).collect();
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
            Some(FileSeen::NotAFile) if has_below(&owned, path.as_str()) => {
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
    let declared = declared.files.keys().map(StackPath::as_str).collect::<BTreeSet<_>>();
    let is_in_the_way = |old: &StackPath| {
        let is_folder_now = has_below(&declared, old.as_str());
        let mut folders = old.as_str().match_indices('/').map(|(at, _)| &old.as_str()[..at]);
        is_folder_now || folders.any(|folder| declared.contains(folder))
    };
    let stale = folder.owned.iter().filter(|path| !declared.contains(path.as_str())).cloned();
    stale.partition(is_in_the_way)
}

/// Whether one of the paths lies below the folder.
fn has_below(paths: &BTreeSet<&str>, folder: &str) -> bool {
    below(paths, folder).next().is_some()
}

/// Those of the paths that lie below the folder, without a look at the others.
fn below<'a>(paths: &BTreeSet<&'a str>, folder: &str) -> impl Iterator<Item = &'a str> {
    let folder = format!("{folder}/");
    let from = (Bound::Included(folder.as_str()), Bound::Unbounded);
    let found: Vec<&str> =
        paths.range::<str, _>(from).take_while(|path| path.starts_with(&folder)).copied().collect();
    found.into_iter()
}

/// Those of the changed files that the service's container sees.
pub(super) fn seen_by(service: &DesiredService, changed: &BTreeSet<&str>) -> Vec<StackPath> {
    let mut seen = BTreeSet::new();
    for mount in service.spec.mounts.values() {
        let Mount::Bind { source: BindSource::Stack(source), .. } = mount else { continue };
        if source.is_empty() {
            seen.extend(changed.iter().copied());
        } else {
            seen.extend(changed.get(source.as_str()));
            seen.extend(below(changed, source));
        }
    }
    seen.into_iter().map(StackPath::from).collect()
}
