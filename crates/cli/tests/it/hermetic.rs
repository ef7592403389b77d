//! The real binary in a world of its own: a folder, an empty environment, no terminal.

use std::{
    fs,
    io::Write,
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
        command.env_clear().args(arguments.split_whitespace());
        self.prepare(&mut command);
        command
    }

    fn prepare(&self, command: &mut Command) {
        command
            .current_dir(self.repository())
            .env("HOME", self.folder.path().join("home"))
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"))
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .stdin(Stdio::null());
    }

    /// What a program prints that is handed nothing but its own variables; `= failed` if it fails.
    pub(crate) fn say_with(&self, mut command: Command) -> String {
        let variables: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        command.env_clear().envs(variables);
        self.prepare(&mut command);
        let output = command.output().unwrap();
        if !output.status.success() {
            return "= failed".to_owned();
        }
        let here = self.repository().display().to_string();
        String::from_utf8(output.stdout).unwrap().replace(&here, "@").trim_end().to_owned()
    }

    /// Runs `hob` with a text on its standard input.
    pub(crate) fn hob_reading(&self, arguments: &str, input: &str) -> String {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
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
