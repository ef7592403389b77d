//! Repositories made of one text, homelabs on disk, and findings as text.

use std::path::{Path, PathBuf};

use hob_compose::{FileError, Files, Kind, MemoryFiles};
use hob_model::{Finding, REPOSITORY_ROOT};

/// Files of a folder on disk, under [`REPOSITORY_ROOT`].
pub(crate) struct DiskFiles {
    folder: PathBuf,
}

impl DiskFiles {
    pub(crate) fn homelab(name: &str) -> Self {
        let homelabs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../homelabs");
        Self { folder: homelabs.join(name) }
    }

    fn real(&self, path: &str) -> Option<PathBuf> {
        let rest = path.strip_prefix(REPOSITORY_ROOT)?;
        Some(self.folder.join(rest.trim_start_matches('/')))
    }
}

fn failed(path: &str, error: &std::io::Error) -> FileError {
    FileError { path: path.to_owned(), reason: error.to_string() }
}

#[allow(clippy::disallowed_methods, reason = "the test reads a homelab of this repository")]
impl Files for DiskFiles {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        let Some(real) = self.real(path) else { return Ok(None) };
        Ok(std::fs::metadata(real).ok().map(|found| match found.is_dir() {
            true => Kind::Directory,
            false => Kind::File { executable: false },
        }))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        let real = self.real(path).unwrap_or_else(|| panic!("{path} is outside"));
        std::fs::read(real).map_err(|error| failed(path, &error))
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        let real = self.real(dir).unwrap_or_else(|| panic!("{dir} is outside"));
        let entries = std::fs::read_dir(real).map_err(|error| failed(dir, &error))?;
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        Ok(names)
    }
}

/// One line per finding.
pub(crate) fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| finding.line() + "\n").collect()
}

/// A repository from one text: `--- path` begins a file, `--- path +x` one that can be executed.
/// What stands before the first is `hob.yaml`.
pub(crate) fn repository(text: &str) -> MemoryFiles {
    let mut files = MemoryFiles::new();
    let (mut path, mut executable, mut content) = ("hob.yaml", false, String::new());
    for line in text.lines().chain(["--- end"]) {
        let Some(next) = line.strip_prefix("--- ") else {
            content += line;
            content.push('\n');
            continue;
        };
        let full = format!("{REPOSITORY_ROOT}/{path}");
        files.insert(&full, std::mem::take(&mut content).into_bytes(), executable);
        (path, executable) = match next.strip_suffix(" +x") {
            Some(path) => (path, true),
            None => (next, false),
        };
    }
    files
}
