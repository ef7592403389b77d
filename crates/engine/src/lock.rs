//! Locks of hosts: one run at a time acts on each.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use hob_host::{HostError, HostErrorKind, HostLock, LockAsk};
use hob_model::HostName;
use tokio::time::timeout;

use crate::observe::OpenHosts;

/// Hosts locked at the same time.
const HOSTS_AT_ONCE: usize = 16;

/// A run that was just stopped or killed lets go of its lock within this time.
const ENDING_WITHIN: Duration = Duration::from_secs(2);

/// Time for taking a lock, the way to the host included.
const LOCK_WITHIN: Duration = Duration::from_secs(30);

/// The hosts that this run may act on; let go of when this is dropped.
#[derive(Debug, Default)]
pub struct Locks {
    held: BTreeMap<HostName, HostLock>,
}

impl Locks {
    /// Takes the locks of these hosts, as far as they are open and not held already. Hosts that
    /// another run is at work on are in the answer, with its name; nobody waits for its end.
    pub async fn take(
        &mut self,
        hosts: &BTreeSet<HostName>,
        open: &OpenHosts,
        purpose: &str,
    ) -> BTreeMap<HostName, HostError> {
        let missing = hosts.iter().filter(|name| !self.held.contains_key(*name));
        let wanted = missing.filter_map(|name| Some((name, open.get(name)?)));
        let wanted: Vec<_> = wanted.collect();
        let mut asked = stream::iter(wanted)
            .map(|(name, host)| async move {
                let ask = LockAsk { purpose, wait: ENDING_WITHIN, waiting: &|_| () };
                let taken = timeout(LOCK_WITHIN, host.lock(&ask)).await.unwrap_or_else(|_| {
                    Err(HostError {
                        host: name.clone(),
                        doing: "taking the lock of the host".to_owned(),
                        kind: HostErrorKind::TimedOut(LOCK_WITHIN.as_secs()),
                    })
                });
                (name.clone(), taken)
            })
            .buffer_unordered(HOSTS_AT_ONCE);
        let mut refused = BTreeMap::new();
        while let Some((name, taken)) = asked.next().await {
            match taken {
                Ok(lock) => {
                    self.held.insert(name, lock);
                }
                Err(error) => {
                    refused.insert(name, error);
                }
            }
        }
        refused
    }

    /// Whether all of these hosts are held.
    pub fn cover(&self, hosts: &BTreeSet<HostName>) -> bool {
        hosts.iter().all(|name| self.held.contains_key(name))
    }
}
