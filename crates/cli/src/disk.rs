//! The disk of this machine: the only module that touches it, so that every error names its path.
#![allow(clippy::disallowed_methods, reason = "this is the module that the ban leads to")]

use std::{
    error::Error,
    fmt, fs,
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Component, Path, PathBuf},
};

use hob_compose::{FileError, Files, Kind};
use hob_model::{HOMELAB_FILE, REPOSITORY_ROOT};

/// Files larger than this are not read; nothing that belongs into a repository is.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// Folders with more entries than this are not listed.
const ENTRIES_MAX: usize = 20_000;

/// Something went wrong with a file.
#[derive(Debug)]
pub(crate) struct DiskError {
    doing: &'static str,
    path: PathBuf,
    why: io::Error,
}

impl fmt::Display for DiskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.doing, self.path.display())
    }
}

impl Error for DiskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.why)
    }
}

impl DiskError {
    /// What went wrong, for people.
    pub(crate) fn reason(&self) -> String {
        reason(&self.why)
    }
}

fn trouble<'a>(doing: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> DiskError + 'a {
    move |why| DiskError { doing, path: path.to_owned(), why }
}

/// The nearest folder from `start` upwards that holds a `hob.yaml`.
pub(crate) fn find_repository(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|dir| dir.join(HOMELAB_FILE).is_file()).map(Path::to_owned)
}

/// Makes sure that a folder is there.
pub(crate) fn check_folder(path: &Path) -> Result<(), DiskError> {
    let metadata = fs::metadata(path).map_err(trouble("opening folder", path))?;
    if metadata.is_dir() {
        return Ok(());
    }
    Err(trouble("opening folder", path)(io::ErrorKind::NotADirectory.into()))
}

/// Makes a file that must not be there yet, and the folders above it.
pub(crate) fn write_new(path: &Path, text: &str) -> Result<(), DiskError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(trouble("making folder", folder))?;
    }
    let made = fs::OpenOptions::new().write(true).create_new(true).open(path);
    made.and_then(|mut file| file.write_all(text.as_bytes())).map_err(trouble("making", path))
}

/// Makes a file that only its owner may read, and that must not be there yet; folders above it
/// that are new are the owner's alone too.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), DiskError> {
    if let Some(folder) = path.parent() {
        let mut builder = fs::DirBuilder::new();
        builder
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(trouble("making folder", folder))?;
    }
    let made = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    made.and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(trouble("making", path))
}

/// A folder that only its owner may read, gone with all that is in it when this goes.
pub(crate) struct PrivateFolder(PathBuf);

/// Where files in memory are, if the user has no such place of their own.
const MEMORY: &str = "/dev/shm";

impl PrivateFolder {
    /// Below `runtime`, which is memory on most systems, else below the system's memory, else
    /// among its temporary files.
    pub(crate) fn make(runtime: Option<&Path>) -> Result<Self, DiskError> {
        let temporary = std::env::temp_dir();
        let places = [runtime, Some(Path::new(MEMORY)), Some(temporary.as_path())];
        let place = places.into_iter().flatten().find(|place| place.is_dir());
        let place = place.unwrap_or(&temporary);
        for attempt in 0..ATTEMPTS {
            let path = place.join(format!("hob-secret-{}-{attempt}", std::process::id()));
            match fs::DirBuilder::new().mode(0o700).create(&path) {
                Ok(()) => return Ok(Self(path)),
                Err(why) if why.kind() == io::ErrorKind::AlreadyExists => {}
                Err(why) => return Err(trouble("making folder", &path)(why)),
            }
        }
        let why = io::ErrorKind::AlreadyExists.into();
        Err(trouble("making a private folder in", place)(why))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for PrivateFolder {
    fn drop(&mut self) {
        // Nobody could be told any more.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// How many names are tried for a private folder.
const ATTEMPTS: u32 = 100;

/// Whether something is there.
pub(crate) fn exists(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok()
}

/// Writes a file, whole or not at all; one that was there keeps its mode. A link is followed, and
/// what is no file (a terminal, a pipe, `/dev/null`) is written into.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), DiskError> {
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let found = fs::metadata(path).ok();
    if found.as_ref().is_some_and(|it| !it.is_file()) {
        let opened = fs::OpenOptions::new().write(true).open(path);
        return opened
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .map_err(trouble("writing", path));
    }
    let mut part = path.file_name().unwrap_or_default().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(part);
    let made = fs::OpenOptions::new().write(true).create_new(true).open(&part);
    let made = made.and_then(|mut file| {
        if let Some(found) = &found {
            file.set_permissions(found.permissions())?;
        }
        file.write_all(text.as_bytes())?;
        file.sync_all()
    });
    made.and_then(|()| fs::rename(&part, path)).map_err(|why| {
        // What is half written helps nobody.
        let _ = fs::remove_file(&part);
        trouble("writing", path)(why)
    })
}

/// Reads a text file.
pub(crate) fn read_text(path: &Path) -> Result<String, DiskError> {
    let bytes = read_bounded(path).map_err(trouble("reading", path))?;
    String::from_utf8(bytes)
        .map_err(|_| trouble("reading", path)(io::Error::other("it is not UTF-8 text")))
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a pipe or a device could wait for ever.
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is larger than {} MiB", FILE_BYTES_MAX >> 20)));
    }
    Ok(bytes)
}

/// A folder as the files of a repository (or of a project). Symbolic links are followed, but not
/// out of it: a repository must mean the same on every machine, and a link that came with it must
/// not read what is not its own.
pub(crate) struct DiskFiles {
    /// Under which virtual path the folder appears.
    prefix: String,
    /// The folder, without symbolic links in its path.
    folder: PathBuf,
}

impl DiskFiles {
    /// The files of the repository in this folder, below [`REPOSITORY_ROOT`].
    pub(crate) fn repository(folder: &Path) -> Result<Self, DiskError> {
        let folder = fs::canonicalize(folder).map_err(trouble("opening folder", folder))?;
        Ok(Self { prefix: REPOSITORY_ROOT.to_owned(), folder })
    }

    /// The files of the repository in this folder by their own paths, for showing; and its path.
    pub(crate) fn in_place(folder: &Path) -> Result<(Self, String), DiskError> {
        let folder = fs::canonicalize(folder).map_err(trouble("opening folder", folder))?;
        let Some(prefix) = folder.to_str().map(str::to_owned) else {
            let why = io::Error::other("its path is not UTF-8 text");
            return Err(trouble("opening folder", &folder)(why));
        };
        Ok((Self { prefix: prefix.clone(), folder }, prefix))
    }

    /// Every file of this machine by its own path, for projects outside of a repository.
    pub(crate) fn everything() -> Self {
        Self { prefix: String::new(), folder: PathBuf::from("/") }
    }

    /// The real path; `None` if there is nothing.
    fn real(&self, path: &str) -> Result<Option<PathBuf>, FileError> {
        let fail = |reason: &str| Err(error(path, reason));
        let Some(below) = path.strip_prefix(&self.prefix) else {
            return fail("it lies outside of the repository");
        };
        let below = Path::new(below.trim_start_matches('/'));
        if below.components().any(|part| !matches!(part, Component::Normal(_))) {
            return fail("it lies outside of the repository");
        }
        let real = match fs::canonicalize(self.folder.join(below)) {
            Ok(real) => real,
            Err(why) if is_absent(&why) => return Ok(None),
            Err(why) => return fail(&reason(&why)),
        };
        if real.starts_with(&self.folder) {
            Ok(Some(real))
        } else {
            fail("it is a symbolic link that leads out of the repository")
        }
    }
}

impl Files for DiskFiles {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        let Some(real) = self.real(path)? else { return Ok(None) };
        let metadata = match fs::metadata(&real) {
            Ok(metadata) => metadata,
            Err(why) if is_absent(&why) => return Ok(None),
            Err(why) => return Err(error(path, &reason(&why))),
        };
        if metadata.is_dir() {
            Ok(Some(Kind::Directory))
        } else if metadata.is_file() {
            Ok(Some(Kind::File { executable: is_executable(&metadata) }))
        } else {
            Err(error(path, "it is neither a file nor a folder"))
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let Some(real) = self.real(path)? else { return Err(error(path, "no such file")) };
        read_bounded(&real).map_err(|why| error(path, &reason(&why)))
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        let Some(real) = self.real(dir)? else { return Err(error(dir, "no such folder")) };
        let entries = fs::read_dir(&real).map_err(|why| error(dir, &reason(&why)))?;
        let mut names = Vec::new();
        for entry in entries.take(ENTRIES_MAX + 1) {
            let entry = entry.map_err(|why| error(dir, &reason(&why)))?;
            let name = entry.file_name().into_string();
            names.push(name.map_err(|_| error(dir, "it holds a name that is not UTF-8"))?);
        }
        if names.len() > ENTRIES_MAX {
            return Err(error(dir, "it holds too many files"));
        }
        names.sort();
        Ok(names)
    }

    fn link(&self, path: &str) -> Result<Option<String>, FileError> {
        let Some((folder, name)) = path.rsplit_once('/') else { return Ok(None) };
        let Some(folder) = self.real(folder)? else { return Ok(None) };
        let real = folder.join(name);
        let found = match fs::symlink_metadata(&real) {
            Ok(found) => found,
            Err(why) if is_absent(&why) => return Ok(None),
            Err(why) => return Err(error(path, &reason(&why))),
        };
        if !found.is_symlink() {
            return Ok(None);
        }
        let target = fs::read_link(&real).map_err(|why| error(path, &reason(&why)))?;
        let target = target.into_os_string().into_string();
        target.map(Some).map_err(|_| error(path, "it leads to a name that is not UTF-8"))
    }

    fn size(&self, path: &str) -> Result<u64, FileError> {
        let Some(real) = self.real(path)? else { return Err(error(path, "no such file")) };
        let found = fs::metadata(&real).map_err(|why| error(path, &reason(&why)))?;
        Ok(found.len())
    }

    fn open(&self, path: &str) -> Result<Box<dyn Read>, FileError> {
        let Some(real) = self.real(path)? else { return Err(error(path, "no such file")) };
        // Opening a pipe or a device could wait for ever.
        match fs::metadata(&real) {
            Ok(found) if found.is_file() => {}
            Ok(_) => return Err(error(path, "it is not a regular file")),
            Err(why) => return Err(error(path, &reason(&why))),
        }
        match fs::File::open(&real) {
            Ok(file) => Ok(Box::new(file)),
            Err(why) => Err(error(path, &reason(&why))),
        }
    }

    fn on_disk(&self, path: &str) -> Option<String> {
        self.real(path).ok()??.into_os_string().into_string().ok()
    }
}

fn error(path: &str, reason: &str) -> FileError {
    let shown =
        path.strip_prefix(REPOSITORY_ROOT).map_or(path, |below| below.trim_start_matches('/'));
    FileError { path: shown.to_owned(), reason: reason.to_owned() }
}

fn is_absent(why: &io::Error) -> bool {
    matches!(why.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// The reason without the number that the system gives it.
fn reason(why: &io::Error) -> String {
    match why.kind() {
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        io::ErrorKind::NotADirectory => "it is not a folder".to_owned(),
        io::ErrorKind::NotFound => "it is not there".to_owned(),
        io::ErrorKind::StorageFull => "no space left on the disk".to_owned(),
        _ => why.to_string(),
    }
}

#[cfg(unix)]
fn is_executable(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt;
    metadata.permissions().mode() & 0o100 != 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_inside_and_refused_outside() {
        let outer = tempfile::tempdir().unwrap();
        let root = outer.path().join("repo");
        fs::create_dir_all(root.join("a")).unwrap();
        fs::write(root.join("a/x"), "x").unwrap();
        fs::write(outer.path().join("secret"), "s").unwrap();
        std::os::unix::fs::symlink("a/x", root.join("inside")).unwrap();
        std::os::unix::fs::symlink("../secret", root.join("outside")).unwrap();
        std::os::unix::fs::symlink("nowhere", root.join("dangling")).unwrap();
        let files = DiskFiles::repository(&root).unwrap();
        assert_eq!(files.read("/@repository/inside"), Ok(b"x".to_vec()));
        let refused = files.read("/@repository/outside").unwrap_err();
        assert_eq!(
            refused.to_string(),
            "outside: it is a symbolic link that leads out of the repository"
        );
        assert_eq!(files.kind("/@repository/dangling"), Ok(None));
        assert_eq!(files.kind("/@repository/a/x/y"), Ok(None));
        assert_eq!(files.kind("/@repository"), Ok(Some(Kind::Directory)));
        assert_eq!(
            files.read("/etc/passwd").unwrap_err().to_string(),
            "/etc/passwd: it lies outside of the repository"
        );
        assert_eq!(files.list("/@repository").unwrap(), ["a", "dangling", "inside", "outside"]);
    }

    #[test]
    fn what_a_builder_is_sent_is_told_apart() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), "1234").unwrap();
        std::os::unix::fs::symlink("../away", root.path().join("link")).unwrap();
        let files = DiskFiles::repository(root.path()).unwrap();
        assert_eq!(files.link("/@repository/link"), Ok(Some("../away".to_owned())));
        assert_eq!(files.link("/@repository/file"), Ok(None));
        assert_eq!(files.link("/@repository/none/x"), Ok(None));
        assert_eq!(files.size("/@repository/file"), Ok(4));
        let on_disk = files.on_disk("/@repository/file").unwrap();
        assert_eq!(fs::read(on_disk).unwrap(), b"1234");
        assert!(files.open("/@repository").is_err());
    }

    #[test]
    #[allow(clippy::disallowed_types, reason = "a pipe, which the library cannot make")]
    fn what_is_written_replaces_files_and_nothing_else() {
        use std::os::unix::fs::PermissionsExt;
        let root = tempfile::tempdir().unwrap();
        let (file, link) = (root.path().join("file"), root.path().join("link"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink("file", &link).unwrap();
        write(&link, "new").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());

        let pipe = root.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let reader = std::thread::spawn({
            let pipe = pipe.clone();
            move || fs::read_to_string(pipe).unwrap()
        });
        write(&pipe, "through").unwrap();
        assert_eq!(reader.join().unwrap(), "through");
        assert!(!fs::symlink_metadata(&pipe).unwrap().is_file());
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 3, "nothing is left behind");
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("big");
        fs::File::create(&path).unwrap().set_len(FILE_BYTES_MAX + 1).unwrap();
        let files = DiskFiles::repository(root.path()).unwrap();
        let refused = files.read("/@repository/big").unwrap_err();
        assert_eq!(refused.to_string(), "big: it is larger than 16 MiB");
    }
}
