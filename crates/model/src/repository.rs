//! The repository as the Compose loader sees it: a tree of its own, so that what leads out of it
//! can be told from a path of the host.

use hob_compose::{FileError, Files, Finding, Kind, Place, files};

/// Where a caller's [`Files`] show the repository if they have no reason to choose another place.
/// No host has such a folder, so no absolute path of a host lies in it by accident.
pub const REPOSITORY_ROOT: &str = "/@repository";

/// One step of the way above the repository.
const OUTSIDE: &str = "/@outside";

/// How far above the repository a path may lead and still be recognised. A relative path with
/// more steps back than this would be taken for one of the host.
const STEPS_ABOVE: usize = 16;

/// What a path in a loaded project means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Location {
    /// An absolute path of the host.
    Host(String),
    /// A path relative to the repository; empty for the repository itself.
    Inside(String),
    /// A relative path that leads out of the repository.
    Outside,
    /// A path in somebody's home folder.
    Home,
}

/// Files of the repository and nothing else, under an absolute path that is long enough to see
/// how far `..` leads.
pub(crate) struct Repository<'a> {
    files: &'a dyn Files,
    root: &'a str,
    base: String,
}

impl<'a> Repository<'a> {
    /// The repository at `root` of `files`, for resolving.
    pub(crate) fn new(files: &'a dyn Files, root: &'a str) -> Self {
        Self { files, root, base: OUTSIDE.repeat(STEPS_ABOVE) + REPOSITORY_ROOT }
    }

    /// The repository where it is, for showing.
    pub(crate) fn in_place(files: &'a dyn Files, root: &'a str) -> Self {
        Self { files, root, base: root.trim_end_matches('/').to_owned() }
    }

    /// The absolute directory of the repository, as the loader sees it.
    pub(crate) fn base(&self) -> &str {
        if self.base.is_empty() { "/" } else { &self.base }
    }

    /// The absolute path of a path relative to the repository.
    pub(crate) fn absolute(&self, relative: &str) -> String {
        files::join(self.base(), relative)
    }

    /// A path relative to the repository, if it is in it.
    pub(crate) fn relative<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix(&self.base)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    }

    /// What an absolute path of a loaded project means.
    pub(crate) fn locate(&self, path: &str) -> Location {
        if path.starts_with('~') {
            return Location::Home;
        }
        match self.relative(path) {
            Some(inside) if inside.split('/').any(|part| part == "~") => Location::Home,
            Some(inside) => Location::Inside(inside.to_owned()),
            None if path.starts_with(OUTSIDE) || !path.starts_with('/') => Location::Outside,
            None => Location::Host(path.to_owned()),
        }
    }

    /// A place with its file named relative to the repository.
    pub(crate) fn place(&self, place: &Place) -> Place {
        match self.relative(&place.file) {
            Some(file) => Place { file: file.to_owned(), ..place.clone() },
            None => place.clone(),
        }
    }

    /// A finding of the loader with every file named relative to the repository.
    pub(crate) fn finding(&self, mut finding: Finding) -> Finding {
        finding.message = self.text(&finding.message);
        finding.hint = finding.hint.map(|hint| self.text(&hint));
        finding.place = finding.place.map(|place| self.place(&place));
        for related in &mut finding.related {
            related.place = self.place(&related.place);
            related.message = self.text(&related.message);
        }
        finding
    }

    fn text(&self, text: &str) -> String {
        if self.base.is_empty() {
            return text.to_owned();
        }
        let inside = text.replace(&format!("{}/", self.base), "").replace(&self.base, ".");
        steps_back(&inside)
    }

    fn real_path(&self, path: &str) -> Option<String> {
        Some(files::join(self.root, self.relative(path)?))
    }

    fn named(&self, path: &str, error: FileError) -> FileError {
        FileError { path: self.relative(path).unwrap_or(path).to_owned(), reason: error.reason }
    }
}

impl Files for Repository<'_> {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        match self.real_path(path) {
            Some(real) => self.files.kind(&real).map_err(|error| self.named(path, error)),
            None => Ok(None),
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match self.real_path(path) {
            Some(real) => self.files.read(&real).map_err(|error| self.named(path, error)),
            None => Err(FileError {
                path: steps_back(path),
                reason: "it is not in the repository".into(),
            }),
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        match self.real_path(dir) {
            Some(real) => self.files.list(&real).map_err(|error| self.named(dir, error)),
            None => Ok(Vec::new()),
        }
    }

    fn link(&self, path: &str) -> Result<Option<String>, FileError> {
        match self.real_path(path) {
            Some(real) => self.files.link(&real).map_err(|error| self.named(path, error)),
            None => Ok(None),
        }
    }

    fn size(&self, path: &str) -> Result<u64, FileError> {
        match self.real_path(path) {
            Some(real) => self.files.size(&real).map_err(|error| self.named(path, error)),
            None => Err(outside(path)),
        }
    }

    fn open(&self, path: &str) -> Result<Box<dyn std::io::Read>, FileError> {
        match self.real_path(path) {
            Some(real) => self.files.open(&real).map_err(|error| self.named(path, error)),
            None => Err(outside(path)),
        }
    }

    fn on_disk(&self, path: &str) -> Option<String> {
        self.files.on_disk(&self.real_path(path)?)
    }
}

fn outside(path: &str) -> FileError {
    FileError { path: steps_back(path), reason: "it is not in the repository".into() }
}

/// A text in which paths above the repository are written with `..`.
fn steps_back(text: &str) -> String {
    let Some((before, rest)) = text.split_once(OUTSIDE) else { return text.to_owned() };
    let (mut steps, mut rest) = (STEPS_ABOVE, rest);
    while let Some(deeper) = rest.strip_prefix(OUTSIDE) {
        (steps, rest) = (steps.saturating_sub(1), deeper);
    }
    format!("{before}{}{}", vec![".."; steps].join("/"), steps_back(rest))
}

#[cfg(test)]
mod tests {
    use hob_compose::MemoryFiles;

    use super::*;

    #[test]
    fn paths_are_told_apart() {
        let files = MemoryFiles::new().with("/@repository/stacks/web/a.conf", "x");
        let repository = Repository::new(&files, REPOSITORY_ROOT);
        let project = repository.absolute("stacks/web");
        let cases = [
            ("a.conf", Location::Inside("stacks/web/a.conf".into())),
            (".", Location::Inside("stacks/web".into())),
            ("../../b", Location::Inside("b".into())),
            ("../..", Location::Inside(String::new())),
            ("../../../etc", Location::Outside),
            ("../../../../../../etc", Location::Outside),
            ("/etc", Location::Host("/etc".into())),
            ("~/data", Location::Home),
        ];
        for (path, expected) in cases {
            assert_eq!(repository.locate(&files::join(&project, path)), expected, "{path}");
        }
        assert_eq!(repository.locate("~/data"), Location::Home);
    }

    #[test]
    fn only_the_repository_can_be_read() {
        let files = MemoryFiles::new().with("/@repository/a", "x").with("/etc/passwd", "root");
        let repository = Repository::new(&files, REPOSITORY_ROOT);
        assert_eq!(repository.read(&repository.absolute("a")).unwrap(), b"x");
        assert_eq!(repository.kind("/etc/passwd"), Ok(None));
        assert_eq!(
            repository.read("/etc/passwd").unwrap_err().to_string(),
            "/etc/passwd: it is not in the repository"
        );
        let above = repository.read(&repository.absolute("../../b")).unwrap_err();
        assert_eq!(above.to_string(), "../../b: it is not in the repository");
        let missing = repository.read(&repository.absolute("b/c")).unwrap_err();
        assert_eq!(missing.to_string(), "b/c: no such file");
    }
}
