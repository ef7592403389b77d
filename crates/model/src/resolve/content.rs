//! Files of the repository that travel with a stack, and digests of what a container sees.

use std::{collections::BTreeMap, sync::Arc};

use hob_compose::{Files, Kind, files};

use crate::{
    desired::StackFile, digest::Digest, names::StackPath, repository::Repository, secret::Secret,
};

/// How many files one stack may bring to a host.
pub(crate) const FILES_MAX: usize = 2_000;

/// How many bytes one stack may bring to a host.
pub(crate) const BYTES_MAX: u64 = 64 << 20;

/// How deep folders may lie in each other.
const DEPTH_MAX: usize = 64;

/// Where files from outside of the project's directory go, below the stack's folder. No Compose
/// file is likely to use the name for a folder of its own.
const ELSEWHERE: &str = ".repository";

/// Where files that Hob makes go, below the stack's folder.
pub(super) const GENERATED: &str = ".content";

/// Content that was read once, however many stacks and hosts see it.
pub(super) struct Contents<'a> {
    repository: &'a Repository<'a>,
    read: BTreeMap<String, StackFile>,
}

/// What lies at a path of the repository.
pub(super) enum Found {
    Nothing,
    File { executable: bool },
    Folder,
}

impl<'a> Contents<'a> {
    pub(super) fn new(repository: &'a Repository<'a>) -> Self {
        Self { repository, read: BTreeMap::new() }
    }

    pub(super) fn kind(&self, relative: &str) -> Result<Found, String> {
        match self.repository.kind(&self.repository.absolute(relative)) {
            Ok(None) => Ok(Found::Nothing),
            Ok(Some(Kind::File { executable })) => Ok(Found::File { executable }),
            Ok(Some(Kind::Directory)) => Ok(Found::Folder),
            Err(error) => Err(error.to_string()),
        }
    }

    fn file(&mut self, relative: &str, executable: bool) -> Result<StackFile, String> {
        if let Some(known) = self.read.get(relative) {
            return Ok(known.clone());
        }
        let path = self.repository.absolute(relative);
        let bytes = self.repository.read(&path).map_err(|error| error.to_string())?;
        let file = StackFile {
            digest: Digest::of(&bytes),
            mode: if executable { 0o755 } else { 0o644 },
            content: Secret::new(Arc::from(bytes)),
        };
        self.read.insert(relative.to_owned(), file.clone());
        Ok(file)
    }
}

/// The files of one stack.
#[derive(Default)]
pub(super) struct Bundle {
    pub(super) files: BTreeMap<StackPath, StackFile>,
    bytes: u64,
}

impl Bundle {
    /// Puts a file or a folder of the repository in, and gives the digest of what a container
    /// that mounts it sees; `None` for a folder without files. `project_dir` is relative to the
    /// repository, as is `path`. The error says why it cannot travel.
    pub(super) fn add(
        &mut self,
        contents: &mut Contents<'_>,
        project_dir: &str,
        path: &str,
    ) -> Result<Option<Digest>, String> {
        match contents.kind(path)? {
            Found::Nothing => Err(format!("{path} is not in the repository")),
            Found::File { executable } => {
                self.file(contents, project_dir, path, executable).map(Some)
            }
            Found::Folder => {
                let mut listing = String::new();
                let mut folder = Folder { bundle: self, contents, project_dir, top: path };
                folder.walk(path, &mut listing, 0)?;
                Ok((!listing.is_empty()).then(|| Digest::of(listing.as_bytes())))
            }
        }
    }

    fn file(
        &mut self,
        contents: &mut Contents<'_>,
        project_dir: &str,
        path: &str,
        executable: bool,
    ) -> Result<Digest, String> {
        let file = contents.file(path, executable)?;
        let seen = seen(&file);
        let place = StackPath::new(stack_path(project_dir, path));
        self.put(place, file)?;
        Ok(seen)
    }

    pub(super) fn put(&mut self, place: StackPath, file: StackFile) -> Result<(), String> {
        if !self.files.contains_key(&place) {
            self.bytes += file.content.expose().len() as u64;
            if self.files.len() >= FILES_MAX {
                return Err(format!("the stack would bring more than {FILES_MAX} files"));
            }
            if self.bytes > BYTES_MAX {
                return Err(format!("the stack would bring more than {} MiB", BYTES_MAX >> 20));
            }
            self.files.insert(place, file);
        }
        Ok(())
    }
}

struct Folder<'b, 'c, 'r> {
    bundle: &'b mut Bundle,
    contents: &'c mut Contents<'r>,
    project_dir: &'b str,
    top: &'b str,
}

impl Folder<'_, '_, '_> {
    fn walk(&mut self, dir: &str, listing: &mut String, depth: usize) -> Result<(), String> {
        if depth > DEPTH_MAX {
            return Err(format!("folders lie more than {DEPTH_MAX} deep in each other"));
        }
        let repository = self.contents.repository;
        let names =
            repository.list(&repository.absolute(dir)).map_err(|error| error.to_string())?;
        for name in names {
            if name == ".git" {
                continue;
            }
            let path = relative_join(dir, &name);
            match self.contents.kind(&path)? {
                Found::Nothing => {}
                Found::Folder => self.walk(&path, listing, depth + 1)?,
                Found::File { executable } => {
                    let digest =
                        self.bundle.file(self.contents, self.project_dir, &path, executable)?;
                    let name = below(self.top, &path).unwrap_or(&path);
                    *listing += &format!("{digest} {name}\n");
                }
            }
        }
        Ok(())
    }
}

/// What a container sees of a file: its content, and whether it can be executed.
fn seen(file: &StackFile) -> Digest {
    if file.mode == 0o644 {
        return file.digest.clone();
    }
    Digest::of(format!("{:o} {}", file.mode, file.digest).as_bytes())
}

/// Where a path of the repository lies below the stack's folder on a host. Empty for the project's
/// directory itself.
pub(super) fn stack_path(project_dir: &str, path: &str) -> String {
    match below(project_dir, path) {
        Some(rest) => rest.to_owned(),
        None if path.is_empty() => ELSEWHERE.to_owned(),
        None => format!("{ELSEWHERE}/{path}"),
    }
}

/// `path` seen from `dir`, if it lies in it; both relative to the repository.
pub(super) fn below<'p>(dir: &str, path: &'p str) -> Option<&'p str> {
    if dir.is_empty() {
        return Some(path);
    }
    let rest = path.strip_prefix(dir)?;
    if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
}

fn relative_join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { files::join(dir, name) }
}
