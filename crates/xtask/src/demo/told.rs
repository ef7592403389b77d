//! Telling what is done: a chapter, the command that a user would type, what it prints.

use std::{
    path::PathBuf,
    process::{Command, Stdio},
};

use super::repository::Copy;
use crate::say;

/// The command, the repository and the hosts of the demo.
pub(super) struct Told {
    pub(super) hob: PathBuf,
    pub(super) copy: Copy,
    pub(super) ssh_config: PathBuf,
}

impl Told {
    pub(super) fn chapter(&self, title: &str) {
        say::line("");
        say::line(&format!("== {title}"));
    }

    pub(super) fn aside(&self, text: &str) {
        say::line(&format!("   {text}"));
    }

    /// Runs `hob` in the repository and requires this exit code.
    pub(super) fn hob(&self, arguments: &[&str], expected: i32) -> Result<(), String> {
        say::line("");
        say::line(&format!("$ hob {}", arguments.join(" ")));
        let status = Command::new(&self.hob)
            .arg("--directory")
            .arg(&self.copy.path)
            .arg("--ssh-config")
            .arg(&self.ssh_config)
            .args(arguments)
            .stdin(Stdio::null())
            .status()
            .map_err(|why| format!("running {}: {why}", self.hob.display()))?;
        match status.code() {
            Some(code) if code == expected => Ok(()),
            code => {
                let code = code.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
                Err(format!(
                    "`hob {}` ended with {code} instead of {expected}; see above",
                    arguments.join(" ")
                ))
            }
        }
    }
}
