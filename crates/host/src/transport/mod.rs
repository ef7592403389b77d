//! Ways to a host: this machine, or SSH. Each gives a local socket that leads to the Docker Engine,
//! runs one of the constant scripts, and tells whether a port answers.

mod held;
mod local;
mod process;
mod ssh;

use std::{path::Path, time::Duration};

pub(crate) use held::Held;
pub(crate) use local::Local;
pub(crate) use ssh::{Destination, Ssh};

use crate::{HostErrorKind, folder::Script};

/// Where the Engine listens unless somebody says otherwise.
pub(crate) const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// How long a connection must stay open to count as an answer: an Engine's port proxy accepts for a
/// dead container too, and closes at once.
const HOLD: Duration = Duration::from_millis(250);

/// A way to a host.
pub(crate) enum Transport {
    /// This machine.
    Local(Local),
    /// The system's OpenSSH.
    Ssh(Box<Ssh>),
}

/// What a script did.
pub(crate) struct ScriptOutput {
    /// Its exit code.
    pub(crate) code: Option<i32>,
    /// What it answers.
    pub(crate) stdout: Vec<u8>,
    /// What it complains about.
    pub(crate) stderr: String,
}

impl Transport {
    /// Where the local end of the way to the Engine is.
    pub(crate) fn socket(&self) -> &Path {
        match self {
            Self::Local(local) => local.socket(),
            Self::Ssh(ssh) => ssh.socket(),
        }
    }

    /// Where the Engine listens on the host itself.
    pub(crate) fn engine_socket(&self) -> &str {
        match self {
            Self::Local(local) => local.engine_socket(),
            Self::Ssh(_) => DOCKER_SOCKET,
        }
    }

    /// Makes the way, if it has to be made: what was there and works is used.
    pub(crate) async fn open(&self) -> Result<(), HostErrorKind> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Ssh(ssh) => ssh.open().await,
        }
    }

    /// Whether the way itself answers, when the Engine at its end does not.
    pub(crate) async fn is_alive(&self) -> bool {
        match self {
            Self::Local(_) => true,
            Self::Ssh(ssh) => ssh.is_alive().await,
        }
    }

    /// Makes the way anew, although there is one.
    pub(crate) async fn renew(&self) -> Result<(), HostErrorKind> {
        match self {
            Self::Local(_) => Ok(()),
            Self::Ssh(ssh) => ssh.renew().await,
        }
    }

    /// Runs a script on the host.
    pub(crate) async fn run(
        &self,
        script: Script,
        input: Vec<u8>,
    ) -> Result<ScriptOutput, HostErrorKind> {
        match self {
            Self::Local(local) => local.run(script, input).await,
            Self::Ssh(ssh) => ssh.run(script, input).await,
        }
    }

    /// Starts a script that goes on until [`Held`] is dropped.
    pub(crate) async fn hold(&self, script: Script, input: &[u8]) -> Result<Held, HostErrorKind> {
        match self {
            Self::Local(local) => local.hold(script, input).await,
            Self::Ssh(ssh) => ssh.hold(script, input).await,
        }
    }

    /// What the end of a [`Held`] says of the way to the host, if it was not the script's own end.
    pub(crate) fn way_lost(&self, code: Option<i32>, stderr: &str) -> Option<HostErrorKind> {
        match self {
            Self::Local(_) => None,
            Self::Ssh(ssh) => ssh.way_lost(code, stderr),
        }
    }

    /// Whether a TCP connection from the host is accepted and held.
    pub(crate) async fn answers(
        &self,
        address: &str,
        port: u16,
        within: Duration,
    ) -> Result<bool, HostErrorKind> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || ".:-_".contains(letter);
        if address.is_empty() || address.starts_with('-') || !address.chars().all(plain) {
            return Err(HostErrorKind::Other(format!("{address:?} is no address")));
        }
        match self {
            Self::Local(local) => Ok(local.answers(address, port, within).await),
            Self::Ssh(ssh) => ssh.answers(address, port, within).await,
        }
    }
}

fn process_failure(program: &str, failure: process::Failure) -> HostErrorKind {
    match failure {
        process::Failure::Start(why) => {
            HostErrorKind::Other(format!("{program} cannot be started: {why}"))
        }
        process::Failure::Late(within) => HostErrorKind::TimedOut(within.as_secs()),
        process::Failure::TooMuch(bytes) => {
            HostErrorKind::Other(format!("the host's answer is longer than {bytes} bytes"))
        }
    }
}
