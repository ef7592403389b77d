//! How much happens at the same time, per host and in all.

use std::collections::BTreeMap;

use hob_model::HostName;
use hob_plan::Plan;
use tokio::sync::{Semaphore, SemaphorePermit};

use super::ApplyOptions;

/// Room for operations. Waiting for a verdict takes none, so that creates go on at full speed. What
/// follows a verdict has room of its own: a step that only has to be recorded would else wait
/// behind every create of a large first deploy, and all that time nothing would be told of it. So
/// has what is put back, because somebody's service is down.
pub(super) struct Slots {
    hosts: BTreeMap<HostName, HostSlots>,
    all: Semaphore,
    none: Semaphore,
}

struct HostSlots {
    work: Semaphore,
    finish: Semaphore,
    undo: Semaphore,
}

/// Room for one operation, given back when dropped.
pub(super) struct Slot<'a> {
    _host: Option<SemaphorePermit<'a>>,
    _all: Option<SemaphorePermit<'a>>,
}

impl Slots {
    pub(super) fn new(plan: &Plan, options: &ApplyOptions) -> Self {
        let per_host = options.per_host.max(1);
        let slots = || HostSlots {
            work: Semaphore::new(per_host),
            finish: Semaphore::new(per_host),
            undo: Semaphore::new(per_host),
        };
        Self {
            hosts: plan.steps.iter().map(|step| (step.host.clone(), slots())).collect(),
            all: Semaphore::new(per_host.saturating_mul(options.hosts.max(1))),
            none: Semaphore::new(1),
        }
    }

    /// Waits for room for an operation on a host.
    pub(super) async fn take(&self, host: &HostName) -> Slot<'_> {
        let of_host = self.hosts.get(host).map_or(&self.none, |slots| &slots.work);
        // why: nobody closes these semaphores, so acquiring fails never.
        let host = of_host.acquire().await.ok();
        Slot { _host: host, _all: self.all.acquire().await.ok() }
    }

    /// Waits for room for what follows a verdict on a host.
    pub(super) async fn take_for_finish(&self, host: &HostName) -> Slot<'_> {
        let of_host = self.hosts.get(host).map_or(&self.none, |slots| &slots.finish);
        Slot { _host: of_host.acquire().await.ok(), _all: None }
    }

    /// Waits for room for putting something back on a host.
    pub(super) async fn take_for_undo(&self, host: &HostName) -> Slot<'_> {
        let of_host = self.hosts.get(host).map_or(&self.none, |slots| &slots.undo);
        Slot { _host: of_host.acquire().await.ok(), _all: None }
    }
}
