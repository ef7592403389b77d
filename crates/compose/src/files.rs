//! The files a project names, handed in by the caller, and lexical path arithmetic.

use std::collections::BTreeMap;
use std::fmt;

/// What lies at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A regular file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A directory.
    Directory,
}

/// Why a path could not be looked at. Absence is not an error for [`Files::kind`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// The path that was asked for.
    pub path: String,
    /// The reason in words, such as `permission denied`.
    pub reason: String,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

impl std::error::Error for FileError {}

/// Read access to files. Paths are absolute, separated by `/` and lexically normalised. Symbolic
/// links are followed.
pub trait Files {
    /// What lies at the path; `None` if there is nothing.
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError>;
    /// The content of a file.
    fn read(&self, path: &str) -> Result<Vec<u8>, FileError>;
    /// The names in a directory, sorted.
    fn list(&self, dir: &str) -> Result<Vec<String>, FileError>;
    /// Where a symbolic link leads, as it is written; `None` if the path is none.
    fn link(&self, _path: &str) -> Result<Option<String>, FileError> {
        Ok(None)
    }
    /// How many bytes a file has.
    fn size(&self, path: &str) -> Result<u64, FileError> {
        Ok(self.read(path)?.len() as u64)
    }
    /// The content of a file that may be too large to be read at once.
    fn open(&self, path: &str) -> Result<Box<dyn std::io::Read>, FileError> {
        Ok(Box::new(std::io::Cursor::new(self.read(path)?)))
    }
    /// The path by which a file can be opened on this machine, for those who read it later.
    fn on_disk(&self, _path: &str) -> Option<String> {
        None
    }
}

/// Files that live in memory: for tests, and for content that came from elsewhere. Directories
/// exist as soon as a file lies below them.
#[derive(Clone, Debug, Default)]
pub struct MemoryFiles {
    files: BTreeMap<String, (Vec<u8>, bool)>,
}

impl MemoryFiles {
    /// No files at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same files and one more, not executable.
    #[must_use]
    pub fn with(mut self, path: &str, content: impl AsRef<[u8]>) -> Self {
        self.insert(path, content.as_ref().to_vec(), false);
        self
    }

    /// Adds or replaces a file.
    pub fn insert(&mut self, path: &str, content: Vec<u8>, executable: bool) {
        self.files.insert(normalise(path), (content, executable));
    }
}

impl Files for MemoryFiles {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        if let Some((_, executable)) = self.files.get(path) {
            return Ok(Some(Kind::File { executable: *executable }));
        }
        let below = directory_prefix(path);
        let found = self.files.keys().any(|file| file.starts_with(&below));
        Ok(found.then_some(Kind::Directory))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match self.files.get(path) {
            Some((content, _)) => Ok(content.clone()),
            None => Err(FileError { path: path.into(), reason: "no such file".into() }),
        }
    }

    fn size(&self, path: &str) -> Result<u64, FileError> {
        match self.files.get(path) {
            Some((content, _)) => Ok(content.len() as u64),
            None => Err(FileError { path: path.into(), reason: "no such file".into() }),
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        let below = directory_prefix(dir);
        let mut names: Vec<String> = self
            .files
            .keys()
            .filter_map(|file| file.strip_prefix(&below))
            .map(|rest| rest.split('/').next().unwrap_or(rest).to_string())
            .collect();
        names.dedup();
        Ok(names)
    }
}

fn directory_prefix(dir: &str) -> String {
    if dir.ends_with('/') { dir.to_string() } else { format!("{dir}/") }
}

/// A path without `.`, `..`, doubled or trailing slashes, purely by its text. A leading `..` of a
/// relative path stays; the empty path is `.`.
pub fn normalise(path: &str) -> String {
    let absolute = path.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => match parts.last() {
                Some(&"..") | None if !absolute => parts.push(".."),
                Some(_) => {
                    parts.pop();
                }
                None => {}
            },
            name => parts.push(name),
        }
    }
    let joined = parts.join("/");
    match (absolute, joined.is_empty()) {
        (true, _) => format!("/{joined}"),
        (false, true) => ".".to_string(),
        (false, false) => joined,
    }
}

/// `path` seen from the directory `base`: itself if it is absolute.
pub fn join(base: &str, path: &str) -> String {
    if path.starts_with('/') { normalise(path) } else { normalise(&format!("{base}/{path}")) }
}

/// The directory that a path lies in.
pub fn parent(path: &str) -> String {
    match path.rsplit_once('/') {
        Some(("", _)) => "/".to_string(),
        Some((dir, _)) => dir.to_string(),
        None => ".".to_string(),
    }
}

/// The last part of a path.
pub fn base_name(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalised_by_their_text() {
        let cases = [
            ("/a/./b/../c/", "/a/c"),
            ("/../a", "/a"),
            ("../a", "../a"),
            ("a/../..", ".."),
            ("./", "."),
            ("/", "/"),
        ];
        for (path, expected) in cases {
            assert_eq!(normalise(path), expected, "{path}");
        }
        assert_eq!(join("/srv/app", "../x"), "/srv/x");
        assert_eq!(join("/srv/app", "/x"), "/x");
        assert_eq!(parent("/compose.yaml"), "/");
        assert_eq!(base_name("/srv/app/"), "app");
    }

    #[test]
    fn directories_exist_through_their_files() {
        let files = MemoryFiles::new().with("/a/b/c.txt", "x").with("/a/d", "y");
        assert_eq!(files.kind("/a/b"), Ok(Some(Kind::Directory)));
        assert_eq!(files.kind("/a/x"), Ok(None));
        assert_eq!(files.list("/a").unwrap(), ["b", "d"]);
    }
}
