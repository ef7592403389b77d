//! The real binary in a world of its own: a folder, an empty environment, no terminal.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use tempfile::TempDir;

/// A folder for a repository and a home beside it.
pub(crate) struct Place {
    folder: TempDir,
}

/// What a run came to.
#[must_use]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    /// An empty folder.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["home", "run", "repository"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        Self { folder }
    }

    /// A folder with files, each after a line `--- path`.
    pub(crate) fn with(files: &str) -> Self {
        let place = Self::empty();
        for part in files.split("--- ").skip(1) {
            let (path, text) = part.split_once('\n').unwrap();
            place.write(path, text);
        }
        place
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.repository().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn repository(&self) -> std::path::PathBuf {
        self.folder.path().join("repository")
    }

    /// Runs `hob` in the folder; arguments are split at spaces.
    pub(crate) fn hob(&self, arguments: &str) -> Ran {
        let output = self.command(arguments).output().unwrap();
        let here = self.folder.path().display().to_string();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().replace(&here, "@");
        Ran {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hob"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.repository())
            .env_clear()
            .env("HOME", self.folder.path().join("home"))
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"))
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .stdin(Stdio::null());
        command
    }

    /// Everything that `hob` says, with the exit code: `> hob ...`, stdout, stderr.
    pub(crate) fn say(&self, arguments: &str) -> String {
        let Ran { code, stdout, stderr } = self.hob(arguments);
        let talk: String = stderr.lines().map(|line| format!("! {line}\n")).collect();
        format!("> hob {arguments}\n{stdout}{talk}= {code}\n")
    }
}

/// Whether a file is there.
pub(crate) fn is_there(path: &Path) -> bool {
    fs::metadata(path).is_ok()
}
