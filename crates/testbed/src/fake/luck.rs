//! Bad luck that a story gives to a machine.

use std::collections::{BTreeMap, BTreeSet};

use hob_host::{HostErrorKind, Presence};

/// What is wrong with a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Luck {
    pub(super) trouble: Option<Trouble>,
    pub(super) disk_full: bool,
    /// Whether the connection breaks at the end of every log.
    pub(super) logs_break: bool,
    /// Paths at which there is nothing; everywhere else is what is wanted.
    pub(super) missing_paths: BTreeSet<String>,
    /// Ports held by programs that are not containers.
    pub(super) busy_ports: BTreeSet<u16>,
    /// By number of the operation, counted from 1 on this machine since the story asked.
    pub(super) mishaps: BTreeMap<u64, Mishap>,
    pub(super) operations: u64,
}

/// Why a machine cannot be used at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// Nothing answers.
    Unreachable,
    /// The user is not let in.
    LoginRefused,
    /// Another host key than the known one.
    KeyChanged,
    /// A host key that nobody has seen before.
    KeyUnknown,
    /// No Docker Engine.
    NoEngine,
    /// The user may not use the Engine.
    NoRights,
    /// An Engine that Hob cannot talk to.
    OldEngine,
}

/// What happens to one operation instead of success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mishap {
    /// The Engine refuses, and nothing is done.
    Fails,
    /// No answer comes, ever, and nothing is done.
    Hangs,
    /// The operation is done, and the connection is gone before the answer comes.
    Breaks,
}

impl Luck {
    /// What is at a path.
    pub(super) fn at(&self, path: &str) -> Presence {
        if self.missing_paths.iter().any(|missing| path == missing) {
            return Presence::Missing;
        }
        let is_below = |missing: &String| path.starts_with(&format!("{missing}/"));
        if self.missing_paths.iter().any(is_below) {
            return Presence::MissingAbove;
        }
        if path.starts_with("/dev/") { Presence::Device } else { Presence::Folder }
    }

    /// Counts an operation; what happens to it, if anything.
    pub(super) fn next(&mut self) -> Option<Mishap> {
        self.operations += 1;
        self.mishaps.remove(&self.operations)
    }
}

impl Trouble {
    pub(super) fn kind(self) -> HostErrorKind {
        let user = || "deploy".to_owned();
        let socket = || "/var/run/docker.sock".to_owned();
        match self {
            Self::Unreachable => HostErrorKind::Unreachable("no route to host".into()),
            Self::LoginRefused => HostErrorKind::LoginRefused { user: user() },
            Self::KeyChanged => HostErrorKind::HostKeyChanged,
            Self::KeyUnknown => HostErrorKind::HostKeyUnknown,
            Self::NoEngine => {
                HostErrorKind::NoEngine { socket: socket(), why: "no such file".into() }
            }
            Self::NoRights => HostErrorKind::NoRights { user: user(), socket: socket() },
            Self::OldEngine => HostErrorKind::EngineTooOld("1.38".into()),
        }
    }
}
