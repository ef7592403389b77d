//! Imagined hosts: `hob_host::Host` over `hob_plan::simulate_op`, with injected bad luck.
//!
//! A [`FakeWorld`] is every machine and the registry. A [`FakeSession`] is one run of a program in
//! it, which can be killed between two operations; what it did until then stays done.

// The stand-in program of the real hosts reads the same variables with the same code.
#[path = "../bin/stand-in/behaviour.rs"]
mod behaviour;
mod by_hand;
mod host;
mod images;
mod life;
mod luck;
mod machine;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hob_model::HostName;

pub use by_hand::ByHandError;
pub use host::{FakeSession, Fate};
pub use images::Product;
pub use luck::{Mishap, Trouble};

use images::Images;
use machine::Machine;

/// Every imagined machine and the registry. Copies share the same world.
#[derive(Clone, Debug, Default)]
pub struct FakeWorld {
    state: Arc<Mutex<State>>,
}

/// A world at one moment, to come back to.
#[derive(Clone, Debug)]
pub struct Snapshot(State);

#[derive(Clone, Debug, Default)]
struct State {
    machines: BTreeMap<HostName, Machine>,
    images: Images,
}

impl State {
    /// The machine of this name; whatever a homelab names is there.
    fn machine(&mut self, host: &HostName) -> &mut Machine {
        let new = || Machine::new(host.clone());
        self.machines.entry(host.clone()).or_insert_with(new)
    }
}

impl FakeWorld {
    /// A world without containers, in which everything goes well.
    pub fn new() -> Self {
        Self::default()
    }

    /// One run of a program in this world, to which this happens.
    pub fn session(&self, fate: Fate) -> FakeSession {
        FakeSession::new(self.clone(), fate)
    }

    /// Makes a whole machine unusable, or usable again.
    pub fn trouble(&self, host: &HostName, trouble: Option<Trouble>) {
        self.lock().machine(host).luck.trouble = trouble;
    }

    /// Fills up a machine's disk, or makes space again.
    pub fn fill_disk(&self, host: &HostName, full: bool) {
        self.lock().machine(host).luck.disk_full = full;
    }

    /// Has a program that is not a container listen on a port of a machine, or end.
    pub fn occupy_port(&self, host: &HostName, port: u16, busy: bool) {
        let mut state = self.lock();
        let ports = &mut state.machine(host).luck.busy_ports;
        if busy {
            ports.insert(port);
        } else {
            ports.remove(&port);
        }
    }

    /// Lets something happen to the n-th operation from now on a machine, the next one being 1.
    pub fn mishap(&self, host: &HostName, operation: u64, mishap: Mishap) {
        let mut state = self.lock();
        let luck = &mut state.machine(host).luck;
        luck.mishaps.insert(luck.operations + operation, mishap);
    }

    /// Puts another build of an image into the registry.
    pub fn publish(&self, image: &str, product: Product) {
        self.lock().images.publish(image.into(), product);
    }

    /// Lets time pass for every container.
    pub fn pass(&self, time: Duration) {
        for machine in self.lock().machines.values_mut() {
            machine.pass(time);
        }
    }

    /// The world as it is.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.lock().clone())
    }

    /// Back to a world that was.
    pub fn restore(&self, snapshot: &Snapshot) {
        *self.lock() = snapshot.0.clone();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
