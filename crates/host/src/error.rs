//! What can go wrong with a host, in words that name what Hob was doing.

use hob_model::HostName;
use thiserror::Error;

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
    /// The user may not use the Docker socket.
    #[error("user {user} may not use the Docker socket {socket}")]
    NoRights {
        /// Who tried.
        user: String,
        /// The socket.
        socket: String,
    },
    /// The Engine is too old or too new.
    #[error("its Docker Engine speaks API {0}, and Hob needs 1.41 or newer")]
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
    /// The verdict is bad.
    #[error("{container} is not in order: {failure}")]
    BadVerdict {
        /// Which container.
        container: String,
        /// Why.
        failure: hob_plan::Failure,
        /// The last lines that it wrote.
        last_lines: Vec<String>,
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
            Self::Unreachable(_) => {
                "check that the host is on and that `ssh` reaches it by the same name".to_owned()
            }
            Self::HostKeyChanged => {
                "if the host was installed anew, compare the fingerprint on its console \
                 (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), remove the old key with \
                 `ssh-keygen -R HOST`, and log in once with `ssh` to take the new one; if not, \
                 somebody may be in between"
                    .to_owned()
            }
            Self::HostKeyUnknown => {
                "log in once with `ssh` and compare the fingerprint with the one on the host's \
                 console (`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`)"
                    .to_owned()
            }
            Self::LoginRefused { user } => format!(
                "put your public key there with `ssh-copy-id {user}@HOST`, or add it to your SSH \
                 agent; Hob never asks for passwords"
            ),
            Self::NoEngine { .. } => {
                "install Docker (Debian: `apt install docker.io`) or start it \
                 (`systemctl start docker`)"
                    .to_owned()
            }
            Self::NoRights { user, .. } => format!(
                "let the user in with `sudo usermod -aG docker {user}`; logins from then on count"
            ),
            Self::EngineTooOld(_) => "upgrade Docker to 20.10 or newer".to_owned(),
            Self::NoImage { .. } => {
                "check the spelling of the name and the tag; a private image needs `docker login` on \
                 the machine that Hob runs on"
                    .to_owned()
            }
            Self::PortTaken { .. } => {
                "find out who holds it (`ss -lntup` on the host), or publish another port".to_owned()
            }
            Self::DiskFull(_) => {
                "make room: `docker system df` on the host shows what Docker uses".to_owned()
            }
            Self::RootFolder { path, .. } => format!(
                "make it and give it to the deploy user: \
                 `sudo install -d -o USER -g USER {path}`"
            ),
            Self::NotOurs { name } => {
                format!("rename or remove container {name}, or give the service another name")
            }
            Self::TimedOut(_) => {
                "the host or its Docker Engine is overloaded or hangs; look at it with \
                 `docker ps` there"
                    .to_owned()
            }
            Self::BadVerdict { .. } | Self::Engine(_) | Self::Other(_) => return None,
        })
    }
}
