//! Bad luck that a story gives to a machine.

use std::collections::{BTreeMap, BTreeSet};

use hob_host::{FirewallState, HostErrorKind, Presence};

use super::machine::Machine;

/// What is wrong with a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Luck {
    pub(super) trouble: Option<Trouble>,
    pub(super) disk_full: bool,
    /// Whether the connection breaks at the end of every log.
    pub(super) logs_break: bool,
    /// Paths at which there is nothing; everywhere else is what is wanted.
    pub(super) missing_paths: BTreeSet<String>,
    /// Mount points that `/etc/fstab` names and nothing is mounted at.
    pub(super) unmounted: BTreeSet<String>,
    /// Firewalls that are installed.
    pub(super) firewalls: BTreeMap<String, FirewallState>,
    /// Interfaces besides the usual ones, with their addresses.
    pub(super) interfaces: BTreeMap<String, String>,
    /// How far the clock is ahead.
    pub(super) clock_ahead_ms: i64,
    /// Whether others may look into Hob's folder.
    pub(super) root_open: bool,
    /// Ports held by programs that are not containers.
    pub(super) busy_ports: BTreeSet<u16>,
    /// By number of the operation, counted from 1 on this machine since the story asked.
    pub(super) mishaps: BTreeMap<u64, Mishap>,
    pub(super) operations: u64,
}

/// Something that is so on a machine, or no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Feature {
    /// A firewall, and what it is doing; `None` removes it.
    Firewall(String, Option<FirewallState>),
    /// An interface with an address; `None` removes it.
    Interface(String, Option<String>),
    /// Whether something is mounted at a mount point that `/etc/fstab` names.
    Mounted(String, bool),
    /// How far the clock is ahead, in milliseconds.
    Clock(i64),
    /// Whether other users may look into Hob's folder.
    RootOpen(bool),
    /// Version of the Engine, and the highest API that it speaks.
    Engine(String, (u16, u16)),
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
        if self.unmounted.iter().any(|at| path == at || path.starts_with(&format!("{at}/"))) {
            return Presence::Empty;
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

impl Machine {
    pub(super) fn feature(&mut self, feature: &Feature) {
        let luck = &mut self.luck;
        match feature.clone() {
            Feature::Firewall(name, Some(state)) => drop(luck.firewalls.insert(name, state)),
            Feature::Firewall(name, None) => drop(luck.firewalls.remove(&name)),
            Feature::Interface(name, Some(at)) => drop(luck.interfaces.insert(name, at)),
            Feature::Interface(name, None) => drop(luck.interfaces.remove(&name)),
            Feature::Mounted(point, true) => drop(luck.unmounted.remove(&point)),
            Feature::Mounted(point, false) => drop(luck.unmounted.insert(point)),
            Feature::Clock(ahead_ms) => luck.clock_ahead_ms = ahead_ms,
            Feature::RootOpen(open) => luck.root_open = open,
            Feature::Engine(version, api) => {
                self.state.engine.version = version;
                self.state.engine.api = api;
            }
        }
    }
}
