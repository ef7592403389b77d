//! The only door to a host: observe it, perform operations on it, read its logs and facts.
//!
//! One trait, so that a story can run on an imagined host and on a real one; one implementation
//! over the Docker Engine API with two transports, `local` and `ssh`.

mod api;
mod docker;
mod error;
mod facts;
mod folder;
mod hosts;
mod lock;
mod own_files;
mod transport;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use hob_model::{ContainerName, HostName, StackName, StackPath, desired::DesiredHost};
use hob_plan::{
    Op,
    observed::{HostState, Verdict},
};

pub use api::ApiLevel;
pub use docker::await_within;
pub use error::{HostError, HostErrorKind};
pub use facts::{Disk, Facts, FactsAsk, FirewallState, Gpu, Gpus, Interface, Presence};
pub use hosts::{RealHosts, private_runtime_dir};
pub use lock::{HostLock, LockAsk, LockHolder};

/// A machine with a Docker Engine, reached and ready to be asked.
#[async_trait]
pub trait Host: Send + Sync {
    /// Its name in `hob.yaml`.
    fn name(&self) -> &HostName;

    /// Looks at everything that bears on a plan. Either the whole answer or an error: a host that
    /// could be seen in part only was not seen.
    async fn observe(&self, ask: &Ask) -> Result<HostState, HostError>;

    /// Takes the lock of the host, for those who act on it: one run at a time. Looking needs no
    /// lock and never waits for one. [`HostErrorKind::Locked`] if another run still has it after
    /// `ask.wait`.
    async fn lock(&self, ask: &LockAsk<'_>) -> Result<HostLock, HostError>;

    /// Does one operation. Safe to repeat: what is already so is success. Refuses to stop, rename
    /// or remove a container that Hob did not make.
    async fn perform(&self, op: &Op, run: &mut StepRun<'_>) -> Result<(), HostError>;

    /// What the checks of the first tier want to know. Parts that cannot be found out are errors
    /// inside the answer.
    async fn facts(&self, ask: &FactsAsk) -> Result<Facts, HostError>;

    /// Log lines of a container, oldest first. Ends with what is there, unless `follow`.
    async fn logs(
        &self,
        container: &ContainerName,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, HostError>>, HostError>;

    /// Runs a program in a container that runs, as the container's own user, and takes no more than
    /// its last line. For looking only: what it is told to run must change nothing.
    async fn inside(
        &self,
        container: &ContainerName,
        command: &[&str],
        within: Duration,
    ) -> Result<Inside, HostError>;

    /// Whether something answers on a TCP port, seen from the host itself: a connection is
    /// accepted and not closed at once (an Engine's port proxy accepts for a dead container too).
    async fn answers(&self, address: &str, port: u16, within: Duration) -> Result<bool, HostError>;
}

/// Opens hosts; the composition root decides whether they are real.
#[async_trait]
pub trait Hosts: Send + Sync {
    /// Reaches a host and makes sure that its Engine answers. Bounded in time.
    async fn open(&self, name: &HostName, host: &DesiredHost) -> Result<Arc<dyn Host>, HostError>;
}

/// What to look at beyond what Hob owns already.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// Files that are to be there, by stack.
    pub files: BTreeMap<StackName, BTreeSet<StackPath>>,
}

/// What goes from one operation of a step to the next, and out to those who watch.
pub struct StepRun<'a> {
    /// The verdict that each `Await` reached, for the `Record` of that container.
    verdicts: BTreeMap<ContainerName, Verdict>,
    /// What went wrong without being a failure of the step, for people.
    pub warnings: Vec<String>,
    /// Told of progress within an operation.
    pub progress: &'a (dyn Fn(OpProgress) + Send + Sync),
}

impl<'a> StepRun<'a> {
    /// Of a step that begins.
    pub fn new(progress: &'a (dyn Fn(OpProgress) + Send + Sync)) -> Self {
        Self { verdicts: BTreeMap::new(), warnings: Vec::new(), progress }
    }

    /// Keeps the verdict of a container.
    pub fn reached(&mut self, name: &ContainerName, verdict: Verdict) {
        self.verdicts.insert(name.clone(), verdict);
    }

    /// The verdict of a container, reached under its name or before it got that.
    pub fn verdict(&self, name: &ContainerName) -> Option<Verdict> {
        self.verdicts.get(name).or_else(|| self.verdicts.get(&name.successor())).copied()
    }
}

/// Progress within an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpProgress {
    /// An image is being fetched.
    Pulling {
        /// Bytes fetched.
        done_bytes: u64,
        /// Bytes known to be fetched in all so far.
        total_bytes: u64,
    },
    /// An image is being built.
    Building {
        /// What the builder said last.
        line: String,
    },
    /// A container is waited for, and this is what it does.
    Waiting {
        /// Such as `health: starting`.
        state: String,
    },
}

/// How a program ended that was run in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inside {
    /// Its exit code; by custom 126 and 127 if there is no such program.
    pub code: i64,
    /// The last line that it wrote.
    pub last_line: String,
}

/// Which log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogOptions {
    /// At most this many of the last ones.
    pub tail: Option<u32>,
    /// Not older than this.
    pub since: Option<Duration>,
    /// Goes on as new ones come.
    pub follow: bool,
}

/// One line that a container wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// When, in nanoseconds since 1970, by the Engine's clock.
    pub time_ns: i128,
    /// To standard error.
    pub is_stderr: bool,
    /// What, without the line end.
    pub text: String,
}
