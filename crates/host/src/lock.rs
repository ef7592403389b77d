//! The lock of a host: one run at a time acts on it.

use std::{any::Any, fmt, time::Duration};

/// How the lock of a host is asked for.
#[derive(Clone, Copy)]
pub struct LockAsk<'a> {
    /// What for, such as `hob apply`: others who want the lock read it.
    pub purpose: &'a str,
    /// How long to wait while another run has it; zero asks once.
    pub wait: Duration,
    /// Told who has it, once while Hob begins to wait, and again if it goes to yet another run.
    pub waiting: &'a (dyn Fn(&LockHolder) + Send + Sync),
}

/// The lock of a host, held until this is dropped. The host's kernel lets go of it with the process
/// that holds it there, so it ends with this run however that ends, and with the connection to the
/// host; a connection that was lost is made anew, and the lock is held on if nobody had it between.
/// If somebody had, the host refuses every further operation of this run.
#[must_use = "the lock is let go when this is dropped"]
pub struct HostLock {
    _held: Box<dyn Any + Send + Sync>,
}

impl HostLock {
    /// A lock that is let go by dropping `held`.
    pub fn new(held: impl Any + Send + Sync) -> Self {
        Self { _held: Box::new(held) }
    }
}

impl fmt::Debug for HostLock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HostLock")
    }
}

/// Who has a lock, as far as that was written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockHolder {
    /// User and machine, such as `ida@laptop`.
    pub who: String,
    /// The process on that machine.
    pub process: String,
    /// Since when, by the host's clock.
    pub since: String,
    /// What for, such as `hob apply`.
    pub purpose: String,
}

impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { who, process, since, purpose } = self;
        if who.is_empty() {
            return f.write_str("it does not say who it is");
        }
        write!(f, "{who}, process {process}, {purpose}, since {since}")
    }
}
