//! What can go wrong with a host, in words that name what Hob was doing.

use hob_model::HostName;
use thiserror::Error;

use crate::{ApiLevel, lock::LockHolder};

/// Something went wrong on the way to a host or on it.
#[derive(Debug, Error)]
#[error("{host}: {doing}: {kind}")]
pub struct HostError {
    /// Which host.
    pub host: HostName,
    /// What Hob was doing, such as `creating container web`.
    pub doing: String,
    /// What went wrong.
    pub kind: HostErrorKind,
}

/// What went wrong. The texts are for people; what to try is [`HostErrorKind::hint`].
#[derive(Debug, Error)]
pub enum HostErrorKind {
    /// No connection.
    #[error("cannot be reached: {0}")]
    Unreachable(String),
    /// The host's key is not the known one.
    #[error("its SSH host key is not the one that is known")]
    HostKeyChanged,
    /// The host's key is not known.
    #[error("its SSH host key is not known")]
    HostKeyUnknown,
    /// The host does not let this user in.
    #[error("it does not let user {user} in")]
    LoginRefused {
        /// Who tried.
        user: String,
    },
    /// There is no Docker Engine.
    #[error("no Docker Engine answers at {socket}: {why}")]
    NoEngine {
        /// The socket.
        socket: String,
        /// What went wrong.
        why: String,
    },
    /// `DOCKER_HOST` does not name a socket of this machine.
    #[error("DOCKER_HOST is a {scheme} address, and `connect: local` needs a unix:// one")]
    DockerHost {
        /// What it begins with, such as `tcp`.
        scheme: String,
    },
    /// The user may not use the Docker socket.
    #[error("user {user} may not use the Docker socket {socket}")]
    NoRights {
        /// Who tried.
        user: String,
        /// The socket.
        socket: String,
    },
    /// The Engine is too old or too new.
    #[error("its Docker Engine speaks API {0}, and Hob needs {oldest}", oldest = oldest_api())]
    EngineTooOld(String),
    /// The registry has no such image.
    #[error("there is no image {image}: {why}")]
    NoImage {
        /// Which.
        image: String,
        /// What the registry said.
        why: String,
    },
    /// A port of the host is taken.
    #[error("port {port} of the host is taken")]
    PortTaken {
        /// Which.
        port: String,
    },
    /// A file system is full.
    #[error("no space left on the host: {0}")]
    DiskFull(String),
    /// Hob's folder cannot be written.
    #[error("{path} cannot be written: {why}")]
    RootFolder {
        /// Which folder.
        path: String,
        /// What went wrong.
        why: String,
    },
    /// It is not Hob's to touch.
    #[error("container {name} was not made by Hob")]
    NotOurs {
        /// Which.
        name: String,
    },
    /// Another run acts on the host.
    #[error("another run is at work on it: {holder}")]
    Locked {
        /// Whose run.
        holder: Box<LockHolder>,
    },
    /// The lock was lost with the connection, and cannot be taken up again.
    #[error("the lock of the host was lost: {0}")]
    LockLost(String),
    /// The verdict is bad.
    #[error("{container} is not in order: {failure}")]
    BadVerdict {
        /// Which container.
        container: String,
        /// Why.
        failure: hob_plan::Failure,
        /// The last lines that it wrote.
        last_lines: Box<[String]>,
    },
    /// An image could not be built.
    #[error("image {image} was not built: {why}")]
    BuildFailed {
        /// Which image.
        image: String,
        /// What the builder said, and at which instruction of the Dockerfile.
        why: String,
        /// What it had said before.
        last_lines: Box<[String]>,
    },
    /// It took too long.
    #[error("no answer within {0} s")]
    TimedOut(u64),
    /// The Engine refused.
    #[error("the Docker Engine said: {0}")]
    Engine(String),
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

impl HostErrorKind {
    /// What to try, if there is something to try.
    pub fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Unreachable(_) | Self::TimedOut(_) => {
                "is the machine up, and does ssh with the address in hob.yaml reach it?".to_owned()
            }
            Self::HostKeyChanged => {
                "if the machine was set up anew, remove the old key with ssh-keygen -R and connect \
                 once with ssh to see the new one; if not, somebody may be in between"
                    .to_owned()
            }
            Self::HostKeyUnknown => {
                "connect once with ssh and compare the key with the machine's own".to_owned()
            }
            Self::LoginRefused { user } => {
                format!("is your public key in ~/.ssh/authorized_keys of user {user} on the host?")
            }
            Self::NoEngine { .. } => {
                "install Docker Engine on the host, and start it: systemctl enable --now docker"
                    .to_owned()
            }
            Self::DockerHost { scheme } => docker_host_hint(scheme),
            Self::NoRights { user, .. } => {
                format!("on the host, as root: usermod -aG docker {user}; then log in again")
            }
            Self::EngineTooOld(_) => {
                format!("install Docker Engine {} or newer on the host", ApiLevel::OLDEST.engine)
            }
            Self::NoImage { .. } => {
                "check the name and tag of the image, and that the host may pull it".to_owned()
            }
            Self::PortTaken { .. } => {
                "stop what holds the port, or publish another one; hob check tells who holds it"
                    .to_owned()
            }
            Self::DiskFull(_) => {
                "make space on the host, for example with docker image prune".to_owned()
            }
            Self::RootFolder { path, .. } => {
                format!("on the host, as root: make {path} and give it to the deploy user")
            }
            Self::NotOurs { name } => {
                format!("rename the service, or remove container {name} by hand")
            }
            Self::Locked { .. } => {
                "wait until that run has ended, or stop it; the lock goes with it".to_owned()
            }
            Self::LockLost(_) => {
                "look again with hob plan: what is left to do may be different now".to_owned()
            }
            Self::BadVerdict { .. } => {
                "mend the service in the repository, and apply again".to_owned()
            }
            Self::BuildFailed { .. } => {
                "mend the Dockerfile or what it copies, and apply again; what ran before goes on"
                    .to_owned()
            }
            Self::Engine(_) | Self::Other(_) => return None,
        })
    }
}

fn docker_host_hint(scheme: &str) -> String {
    let instead = match scheme {
        "ssh" => "a host over SSH belongs into hob.yaml, as connect: ssh://user@host",
        "unix" => "it has to be a whole path, such as unix:///var/run/docker.sock",
        _ => {
            "Hob does not speak to Engines over TCP: name the host in hob.yaml, as connect: \
              ssh://user@host"
        }
    };
    format!("{instead}; for this machine, unset DOCKER_HOST or let it name a socket")
}

fn oldest_api() -> String {
    let (major, minor) = ApiLevel::OLDEST.api;
    format!("{major}.{minor} or newer")
}
