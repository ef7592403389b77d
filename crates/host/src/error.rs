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
