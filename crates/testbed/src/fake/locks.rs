//! Locks of imagined machines. A world that is set back to an earlier moment keeps the locks that
//! it has: they belong to runs, not to machines.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use hob_host::LockHolder;
use hob_model::HostName;
use tokio::sync::watch;

/// Who has the lock of which machine.
#[derive(Clone, Debug, Default)]
pub(super) struct Locks {
    held: Arc<Mutex<BTreeMap<HostName, Held>>>,
}

#[derive(Clone, Debug)]
struct Held {
    number: u64,
    holder: LockHolder,
    /// A run that was killed has no lock.
    killed: watch::Receiver<bool>,
}

/// Lets go of a lock when dropped.
#[derive(Debug)]
pub(super) struct Guard {
    locks: Locks,
    host: HostName,
    number: u64,
}

impl Locks {
    /// Takes the lock of a machine, or says who has it.
    pub(super) fn take(
        &self,
        host: &HostName,
        holder: LockHolder,
        killed: watch::Receiver<bool>,
    ) -> Result<Guard, LockHolder> {
        let mut held = self.lock();
        let before = held.get(host);
        if let Some(before) = before.filter(|before| !*before.killed.borrow()) {
            return Err(before.holder.clone());
        }
        let number = before.map_or(0, |before| before.number) + 1;
        held.insert(host.clone(), Held { number, holder, killed });
        Ok(Guard { locks: self.clone(), host: host.clone(), number })
    }

    /// Whoever has the lock of a machine has it no longer.
    pub(super) fn free(&self, host: &HostName) {
        self.lock().remove(host);
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<HostName, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut held = self.locks.lock();
        if held.get(&self.host).is_some_and(|held| held.number == self.number) {
            held.remove(&self.host);
        }
    }
}
