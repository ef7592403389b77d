//! Imagined hosts: `hob_host::Host` over `hob_plan::simulate_op`, with injected bad luck.
//!
//! A [`FakeWorld`] is every machine and the registry. A [`FakeSession`] is one run of a program in
//! it, which can be killed between two operations; what it did until then stays done.
//!
//! Things take time here, by Tokio's clock: under a paused one a story of hours is told at once.

// The stand-in program of the real hosts reads the same variables with the same code.
#[path = "../bin/stand-in/behaviour.rs"]
mod behaviour;
mod build;
mod by_hand;
mod facts;
mod host;
mod images;
mod life;
mod locks;
mod luck;
mod machine;
mod refusals;
#[cfg(test)]
mod sample;
#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use hob_host::LockHolder;
use hob_model::HostName;
use tokio::{sync::watch, time::Instant};

pub use by_hand::ByHandError;
pub use host::{FakeSession, Fate};
pub use images::Product;
pub use luck::{Feature, Mishap, Trouble};

use images::Images;
use locks::Locks;
use machine::Machine;

/// Every imagined machine and the registry. Copies share the same world.
#[derive(Clone, Debug, Default)]
pub struct FakeWorld {
    state: Arc<Mutex<State>>,
    locks: Locks,
}

/// A world at one moment, to come back to.
#[derive(Clone, Debug)]
pub struct Snapshot {
    state: State,
    time: Duration,
}

#[derive(Clone, Debug, Default)]
struct State {
    machines: BTreeMap<HostName, Machine>,
    images: Images,
    clock: Clock,
}

impl State {
    /// The machine of this name, as it is now; whatever a homelab names is there.
    fn machine(&mut self, host: &HostName) -> &mut Machine {
        let now = self.clock.now();
        let new = || Machine::new(host.clone());
        let machine = self.machines.entry(host.clone()).or_insert_with(new);
        machine.at(now);
        machine
    }

    /// Every machine, as it is now.
    fn machines(&mut self) -> impl Iterator<Item = &Machine> {
        let now = self.clock.now();
        for machine in self.machines.values_mut() {
            machine.at(now);
        }
        self.machines.values()
    }
}

/// The time of a world: it runs with Tokio's, which tests can pause, and can be set back.
#[derive(Clone, Copy, Debug)]
struct Clock {
    set: Instant,
    set_to: Duration,
}

impl Default for Clock {
    fn default() -> Self {
        Self::set_to(Duration::ZERO)
    }
}

impl Clock {
    fn set_to(set_to: Duration) -> Self {
        Self { set: Instant::now(), set_to }
    }

    fn now(self) -> Duration {
        self.set_to + self.set.elapsed()
    }
}

impl FakeWorld {
    /// A world without containers, in which everything goes well.
    pub fn new() -> Self {
        Self::default()
    }

    /// One run of a program in this world.
    pub fn session(&self) -> FakeSession {
        self.fated_session(Fate::default())
    }

    /// One run of a program in this world, to which this happens.
    pub fn fated_session(&self, fate: Fate) -> FakeSession {
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

    /// Takes away whatever is at a path of a machine, or puts it back.
    pub fn lack_path(&self, host: &HostName, path: &str, missing: bool) {
        let mut state = self.lock();
        let paths = &mut state.machine(host).luck.missing_paths;
        if missing {
            paths.insert(path.to_owned());
        } else {
            paths.remove(path);
        }
    }

    /// Changes what a machine tells of itself.
    pub fn feature(&self, host: &HostName, feature: &Feature) {
        self.lock().machine(host).feature(feature);
    }

    /// Lets the connection break at the end of every log of a machine, or no more.
    pub fn break_logs(&self, host: &HostName, broken: bool) {
        self.lock().machine(host).luck.logs_break = broken;
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

    /// Has somebody else's run take the lock of a machine, or let go of it.
    pub fn lock_by_other(&self, host: &HostName, other: Option<LockHolder>) {
        self.locks.free(host);
        if let Some(other) = other {
            // The lock is let go by name here, not by dropping.
            std::mem::forget(self.locks.take(host, other, watch::Sender::new(false).subscribe()));
        }
    }

    /// Puts another build of an image into the registry.
    pub fn publish(&self, image: &str, product: Product) {
        self.lock().images.publish(image.into(), product);
    }

    /// The world as it is.
    pub fn snapshot(&self) -> Snapshot {
        let state = self.lock().clone();
        Snapshot { time: state.clock.now(), state }
    }

    /// Back to a world that was.
    pub fn restore(&self, snapshot: &Snapshot) {
        let clock = Clock::set_to(snapshot.time);
        *self.lock() = State { clock, ..snapshot.state.clone() };
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
