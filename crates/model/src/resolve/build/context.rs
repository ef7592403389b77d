//! The files of a build context: walked, filtered, weighed, and read once for their digests.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
    sync::Arc,
};

use hob_compose::{Files, Kind, files};

use super::ignore::{BadPattern, Ignore, Matched};
use crate::{
    digest::{Digest, Hasher},
    repository::Repository,
    secret::Secret,
    spec::{ContextEntry, ContextFiles, ContextKind, ContextSource},
};

/// How much may be sent for one build.
pub(super) const BYTES_MAX: u64 = 512 << 20;
/// How many files may be sent for one build.
pub(super) const FILES_MAX: usize = 50_000;
/// How many files and folders are looked at.
const LOOKED_AT_MAX: usize = 200_000;
/// How deep folders may lie in each other.
const DEPTH_MAX: usize = 64;
/// A `.dockerignore` is no longer than this.
const IGNORE_BYTES_MAX: u64 = 1 << 20;
/// Folders that are named when there is too much.
const NAMED_MAX: usize = 3;

/// The file of patterns in a context.
pub(super) const IGNORE_FILE: &str = ".dockerignore";
/// A Dockerfile that is not in the context is sent by this name.
pub(super) const OWN_DOCKERFILE: &str = ".hob.Dockerfile";

/// What is built from, in the repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Asked {
    /// The folder.
    pub(super) folder: String,
    /// Where the Dockerfile lies, if it is a file.
    pub(super) dockerfile: Option<String>,
}

/// Why there is no context.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// A file or folder cannot be read.
    Unreadable(String),
    /// A pattern is none, in this file.
    Pattern { file: String, bad: BadPattern },
    /// Too much would be sent.
    TooMuch(String),
}

/// Contexts that were read, however many services are built from them.
pub(in crate::resolve) struct Contexts<'a> {
    pub(super) repository: &'a Repository<'a>,
    read: BTreeMap<Asked, Result<Arc<ContextFiles>, Trouble>>,
}

impl<'a> Contexts<'a> {
    pub(in crate::resolve) fn new(repository: &'a Repository<'a>) -> Self {
        Self { repository, read: BTreeMap::new() }
    }

    /// The files of a context, with the Dockerfile if it lies in it. An own Dockerfile is added by
    /// [`with_dockerfile`].
    pub(super) fn files(&mut self, asked: &Asked) -> Result<Arc<ContextFiles>, Trouble> {
        if let Some(known) = self.read.get(asked) {
            return known.clone();
        }
        let found = read(self.repository, asked).map(Arc::new);
        self.read.insert(asked.clone(), found.clone());
        found
    }
}

/// A path of the repository as seen from a folder in it, if it lies there.
pub(super) fn below<'p>(folder: &str, path: &'p str) -> Option<&'p str> {
    if folder.is_empty() {
        return Some(path);
    }
    path.strip_prefix(folder)?.strip_prefix('/')
}

fn read(repository: &Repository<'_>, asked: &Asked) -> Result<ContextFiles, Trouble> {
    let (ignore, from) = patterns(repository, asked)?;
    let mut walk =
        Walk { repository, asked, ignore: &ignore, found: BTreeMap::new(), looked_at: 0 };
    walk.folder("", &Matched::default(), 0)?;
    let mut found = walk.found;
    // The builder needs these to begin with; it takes them out of the context again itself.
    let dockerfile = asked.dockerfile.as_deref().and_then(|path| below(&asked.folder, path));
    let always = dockerfile.into_iter().chain([IGNORE_FILE]);
    let mut for_builder = BTreeSet::new();
    for path in always {
        if found.contains_key(path) {
            continue;
        }
        let absolute = walk_path(repository, &asked.folder, path);
        if let Ok(Some(Kind::File { executable })) = repository.kind(&absolute) {
            let bytes = size(repository, &absolute)?;
            found.insert(path.to_owned(), Found::File { bytes, executable });
            for_builder.insert(path.to_owned());
        }
    }
    weigh(&found, asked, from.is_some())?;
    let entries = found.into_iter().map(|(path, found)| {
        let is_for_builder = for_builder.contains(&path);
        let kind = match found {
            Found::Link { target } => ContextKind::Link { target },
            Found::File { executable, .. } => {
                let absolute = walk_path(repository, &asked.folder, &path);
                file(repository, &absolute, executable)?
            }
        };
        Ok((path, ContextEntry { kind, is_for_builder }))
    });
    Ok(ContextFiles(entries.collect::<Result<_, Trouble>>()?))
}

/// The patterns that count: those of the Dockerfile's own file, else those of the context's.
fn patterns(
    repository: &Repository<'_>,
    asked: &Asked,
) -> Result<(Ignore, Option<String>), Trouble> {
    let own = asked.dockerfile.as_ref().map(|path| format!("{path}{IGNORE_FILE}"));
    let common = join(&asked.folder, IGNORE_FILE);
    for path in own.into_iter().chain([common]) {
        let absolute = repository.absolute(&path);
        if !matches!(repository.kind(&absolute), Ok(Some(Kind::File { .. }))) {
            continue;
        }
        if size(repository, &absolute)? > IGNORE_BYTES_MAX {
            return Err(Trouble::Unreadable(format!("{path} is too long to be read")));
        }
        let bytes = repository.read(&absolute).map_err(unreadable)?;
        let text = String::from_utf8_lossy(&bytes);
        let ignore =
            Ignore::parse(&text).map_err(|bad| Trouble::Pattern { file: path.clone(), bad })?;
        return Ok((ignore, Some(path)));
    }
    Ok((Ignore::default(), None))
}

enum Found {
    File { bytes: u64, executable: bool },
    Link { target: String },
}

struct Walk<'w, 'r> {
    repository: &'w Repository<'r>,
    asked: &'w Asked,
    ignore: &'w Ignore,
    found: BTreeMap<String, Found>,
    looked_at: usize,
}

impl Walk<'_, '_> {
    fn folder(&mut self, folder: &str, above: &Matched, depth: usize) -> Result<(), Trouble> {
        if depth > DEPTH_MAX {
            let why = format!("folders lie more than {DEPTH_MAX} deep in each other");
            return Err(Trouble::TooMuch(why));
        }
        let path = walk_path(self.repository, &self.asked.folder, folder);
        for name in self.repository.list(&path).map_err(unreadable)? {
            self.looked_at += 1;
            if self.looked_at > LOOKED_AT_MAX {
                let why = format!("there are more than {LOOKED_AT_MAX} files and folders");
                return Err(Trouble::TooMuch(why));
            }
            // It changes with every commit, whatever is in the commit.
            if name == ".git" {
                continue;
            }
            let inside = join(folder, &name);
            let (is_out, matched) = self.ignore.excludes(&inside, above);
            self.one(inside, is_out, &matched, depth)?;
        }
        Ok(())
    }

    fn one(
        &mut self,
        inside: String,
        is_out: bool,
        matched: &Matched,
        depth: usize,
    ) -> Result<(), Trouble> {
        let path = walk_path(self.repository, &self.asked.folder, &inside);
        if let Some(target) = self.repository.link(&path).map_err(unreadable)? {
            if !is_out {
                self.found.insert(inside, Found::Link { target });
            }
            return Ok(());
        }
        match self.repository.kind(&path) {
            Ok(Some(Kind::Directory)) => {
                if !is_out || self.ignore.may_take_back_below(&inside) {
                    self.folder(&inside, matched, depth + 1)?;
                }
            }
            Ok(Some(Kind::File { executable })) if !is_out => {
                let bytes = size(self.repository, &path)?;
                self.found.insert(inside, Found::File { bytes, executable });
            }
            Ok(_) => {}
            // What is left out need not be readable.
            Err(_) if is_out => {}
            Err(error) => return Err(unreadable(error)),
        }
        Ok(())
    }
}

/// Refuses what is too much, and says where most of it lies.
fn weigh(
    found: &BTreeMap<String, Found>,
    asked: &Asked,
    has_patterns: bool,
) -> Result<(), Trouble> {
    let sizes = found.iter().map(|(path, found)| match found {
        Found::File { bytes, .. } => (path, *bytes),
        Found::Link { .. } => (path, 0),
    });
    let total: u64 = sizes.clone().map(|(_, bytes)| bytes).sum();
    if total <= BYTES_MAX && found.len() <= FILES_MAX {
        return Ok(());
    }
    let mut folders: BTreeMap<&str, (u64, usize)> = BTreeMap::new();
    for (path, bytes) in sizes {
        let top = path.split_once('/').map_or(path.as_str(), |(top, _)| top);
        let sum = folders.entry(top).or_default();
        *sum = (sum.0 + bytes, sum.1 + 1);
    }
    let mut folders: Vec<_> = folders.into_iter().collect();
    let by_size = total > BYTES_MAX;
    folders.sort_by_key(|(_, (bytes, count))| {
        std::cmp::Reverse(if by_size { *bytes } else { *count as u64 })
    });
    let named: Vec<String> = folders
        .iter()
        .take(NAMED_MAX)
        .map(|(name, (bytes, count))| match by_size {
            true => format!("{name} ({} MiB)", bytes >> 20),
            false => format!("{name} ({count} files)"),
        })
        .collect();
    let folder = if asked.folder.is_empty() { "the repository" } else { &asked.folder };
    let what = match by_size {
        true => format!("{} MiB, and {} MiB are the most", total >> 20, BYTES_MAX >> 20),
        false => format!("{} files, and {FILES_MAX} are the most", found.len()),
    };
    let also = if has_patterns { "" } else { "; there is no .dockerignore" };
    Err(Trouble::TooMuch(format!(
        "of {folder} the builder would be sent {what}; most is in {}{also}",
        named.join(", ")
    )))
}

fn file(repository: &Repository<'_>, path: &str, executable: bool) -> Result<ContextKind, Trouble> {
    let on_disk = repository.on_disk(path);
    let mut open = repository.open(path).map_err(unreadable)?;
    let failed = |why: std::io::Error| {
        let name = repository.relative(path).unwrap_or(path);
        Trouble::Unreadable(format!("{name}: {why}"))
    };
    let (digest, bytes, source) = match on_disk {
        Some(on_disk) => {
            let mut hasher = Hasher::default();
            let mut buffer = vec![0; 64 << 10];
            let mut bytes = 0;
            loop {
                let read = open.read(&mut buffer).map_err(failed)?;
                if read == 0 {
                    break;
                }
                bytes += read as u64;
                hasher.update(buffer.get(..read).unwrap_or_default());
            }
            (hasher.finish(), bytes, ContextSource::OnDisk(on_disk))
        }
        None => {
            let mut content = Vec::new();
            open.read_to_end(&mut content).map_err(failed)?;
            let (digest, bytes) = (Digest::of(&content), content.len() as u64);
            (digest, bytes, ContextSource::Here(Secret::new(Arc::from(content))))
        }
    };
    Ok(ContextKind::File { digest, bytes, executable, source })
}

/// The same files with a Dockerfile that is not one of them. The builder reads it, and takes it
/// out again since the patterns of the context name it.
pub(super) fn with_dockerfile(
    contexts: &Contexts<'_>,
    asked: &Asked,
    files: &ContextFiles,
    text: &str,
) -> ContextFiles {
    let mut all = files.clone();
    let here = |text: String| ContextEntry {
        kind: ContextKind::File {
            digest: Digest::of(text.as_bytes()),
            bytes: text.len() as u64,
            executable: false,
            source: ContextSource::Here(Secret::new(Arc::from(text.into_bytes()))),
        },
        is_for_builder: true,
    };
    all.0.insert(OWN_DOCKERFILE.to_owned(), here(text.to_owned()));
    let common = contexts.repository.absolute(&join(&asked.folder, IGNORE_FILE));
    let patterns = match all.0.contains_key(IGNORE_FILE) {
        true => contexts.repository.read(&common).unwrap_or_default(),
        false => Vec::new(),
    };
    let patterns = String::from_utf8_lossy(&patterns);
    let patterns = format!("{patterns}\n{IGNORE_FILE}\n{OWN_DOCKERFILE}\n");
    all.0.insert(IGNORE_FILE.to_owned(), here(patterns));
    all
}

fn size(repository: &Repository<'_>, path: &str) -> Result<u64, Trouble> {
    repository.size(path).map_err(unreadable)
}

fn unreadable(error: hob_compose::FileError) -> Trouble {
    Trouble::Unreadable(error.to_string())
}

fn walk_path(repository: &Repository<'_>, folder: &str, inside: &str) -> String {
    repository.absolute(&join(folder, inside))
}

pub(super) fn join(folder: &str, name: &str) -> String {
    match (folder.is_empty(), name.is_empty()) {
        (true, _) => name.to_owned(),
        (false, true) => folder.to_owned(),
        (false, false) => files::join(folder, name),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests may panic")]

    use super::*;

    #[track_caller]
    fn check(files: &[(&str, u64)], has_patterns: bool, expected: Option<&str>) {
        let asked = Asked { folder: "web".to_owned(), dockerfile: None };
        let file = |(path, mib): &(&str, u64)| {
            ((*path).to_owned(), Found::File { bytes: mib << 20, executable: false })
        };
        let told = match weigh(&files.iter().map(file).collect(), &asked, has_patterns) {
            Ok(()) => None,
            Err(Trouble::TooMuch(why)) => Some(why),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(told.as_deref(), expected);
    }

    #[test]
    fn what_is_too_much_is_named() {
        check(&[("a", 512)], false, None);
        check(
            &[("a/1", 100), ("a/2", 300), ("b/1", 350), ("c", 7), ("d", 1)],
            false,
            Some(
                "of web the builder would be sent 758 MiB, and 512 MiB are the most; most is in a \
                 (400 MiB), b (350 MiB), c (7 MiB); there is no .dockerignore",
            ),
        );
        let names: Vec<String> = (0..=FILES_MAX).map(|number| format!("x/{number}")).collect();
        let many: Vec<(&str, u64)> = names.iter().map(|name| (name.as_str(), 0)).collect();
        check(
            &many,
            true,
            Some(
                "of web the builder would be sent 50001 files, and 50000 are the most; most is in \
                 x (50001 files)",
            ),
        );
    }
}
