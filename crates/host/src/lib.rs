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
    /// The verdict that the last `Await` reached, for the `Record` after it.
    pub verdict: Option<Verdict>,
    /// Told of progress within an operation.
    pub progress: &'a (dyn Fn(OpProgress) + Send + Sync),
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

/// What to find out for the checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactsAsk {
    /// Paths whose file systems are measured.
    pub storage: Vec<String>,
    /// Paths that are looked for.
    pub paths: Vec<String>,
}

/// What a host is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Such as `Debian GNU/Linux 12 (bookworm)`.
    pub os: String,
    /// In Docker's spelling, such as `arm64`.
    pub arch: String,
    /// The Docker Engine's version.
    pub engine_version: String,
    /// Highest API version that it speaks.
    pub engine_api: (u16, u16),
    /// Lowest API version that it accepts.
    pub engine_api_min: (u16, u16),
    /// The user that Hob acts as.
    pub user: String,
    /// Whether Hob's folder can be written, or why not.
    pub root_folder: Result<(), String>,
    /// How far the host's clock is ahead of ours, in milliseconds; negative if behind.
    pub clock_ahead_ms: i64,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Space by path asked for; the nearest existing parent counts.
    pub disks: BTreeMap<String, Result<Disk, String>>,
    /// What is at the paths that were looked for.
    pub paths: BTreeMap<String, Presence>,
    /// Whether the tools are there with which an Engine hands out NVIDIA GPUs.
    pub has_nvidia_tools: bool,
    /// TCP and UDP ports that something listens on, as (address, port, protocol) with an empty
    /// address for all; `None` where the host does not tell.
    pub listening: Option<BTreeSet<(String, u16, String)>>,
}

/// What is at a path, as far as the deploy user can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A folder.
    Folder,
    /// A device.
    Device,
    /// A file, a socket or anything else.
    Other,
    /// Nothing, but the folder that it would lie in is there.
    Missing,
    /// Nothing, and no folder that it could lie in either.
    MissingAbove,
    /// The deploy user may not look there.
    Hidden,
}

/// Space of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that the deploy user may still write.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
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
