//! A plan as plain data: what happens, where, in what order, and why.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use hob_model::{
    ContainerName, HostName, ImageRef, NetworkName, ServiceName, StackName, StackPath, VolumeName,
    desired::{StackFile, StackNetwork, StackVolume},
    spec::{BuildSpec, ContainerSpec, NetworkSpec},
};

pub use crate::why::{Blocked, Obstacle, Reason};
use crate::{observed::Verdict, ownership::Identity};

/// What is to be done, and what is not and why.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Digest of what should be, by host; keyed by the host's key, since it covers secrets. What
    /// the steps do not show (a changed password in a variable that changes anyway) shows here.
    pub basis: BTreeMap<HostName, String>,
    /// In an order in which they could be done one by one: `after` points backwards only.
    pub steps: Vec<Step>,
    /// What should be done and cannot be.
    pub blocked: Vec<Blocked>,
    /// What is not as it was left, and is not (or not only) mended by a step.
    pub drift: Vec<Drift>,
    /// What stacks with steps use although Hob did not make it: Compose did, for their project.
    pub taken_over: Vec<TakenOver>,
}

/// Position of a step in its plan, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// One change on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its position.
    pub id: StepId,
    /// Where.
    pub host: HostName,
    /// For which stack; `None` for what stacks share.
    pub stack: Option<StackName>,
    /// What.
    pub change: Change,
    /// Why; never empty.
    pub why: Vec<Reason>,
    /// What must have come how far before.
    pub after: BTreeMap<StepId, Milestone>,
    /// What it may cost.
    pub risk: Risk,
}

/// How far a step must have come before one that follows it may begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Milestone {
    /// Its container was started.
    Started,
    /// It has ended, well or not: what waits so far can do without it.
    Ended,
    /// It is done, and its container passed the verdict.
    Done,
}

/// What a step may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Risk {
    /// Nothing.
    None,
    /// A service is replaced while it goes on answering.
    Restart,
    /// A service does not answer for a while, or any more.
    Downtime,
    /// Data are removed.
    LosesData,
}

/// What a step does. Plain data: performing, simulating, showing and saving are exhaustive matches
/// over it or over the operations that it stands for ([`crate::Op`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Fetch an image.
    Pull {
        /// Which.
        image: ImageRef,
        /// `os/arch[/variant]`, if asked for.
        platform: Option<String>,
        /// Services that wait for it.
        users: BTreeSet<(StackName, ServiceName)>,
    },
    /// Build an image.
    Build(NewBuild),
    /// Make a network.
    CreateNetwork(NewNetwork),
    /// Remove a network that Hob made and nobody declares or uses any more.
    RemoveNetwork {
        /// Which.
        name: NetworkName,
    },
    /// Make a volume.
    CreateVolume(NewVolume),
    /// Write files of the repository into the stack's folder on the host.
    WriteFiles {
        /// The homelab that Hob's folder on the host belongs to.
        homelab: String,
        /// What; only files that are missing there or differ.
        write: BTreeMap<StackPath, StackFile>,
        /// Containers that use one of the files and are otherwise as they should be. Their records
        /// go first, so that a run that ends before their restart is noticed by the next one.
        users: BTreeSet<ContainerName>,
    },
    /// Remove files that Hob put into the stack's folder and nobody declares any more.
    RemoveFiles {
        /// Which.
        remove: BTreeSet<StackPath>,
    },
    /// Make a container, start it and wait for its verdict.
    Create(Target),
    /// Put a new container in the place of an old one, which is kept until the verdict.
    Replace {
        /// The old container.
        was: ContainerName,
        /// The new one.
        target: Target,
        /// Whether the old one was running or should have been, and so is started if it is put
        /// back.
        was_running: bool,
        /// In which order.
        order: Order,
        /// Volumes without a name that the new container takes over, by mount target.
        inherit: BTreeMap<String, VolumeName>,
    },
    /// Start a container that is as it should be, and wait for its verdict.
    Start(Target),
    /// Stop and start a container that is as it should be, and wait for its verdict.
    Restart(Target),
    /// Wait for the verdict of a container that an interrupted run left without one.
    Confirm {
        /// The container.
        target: Target,
        /// Its predecessor, if it is still kept: removed after a good verdict, put back after a
        /// bad one.
        kept: Option<Kept>,
        /// Whether it has to be started first.
        start: bool,
    },
    /// Undo what an interrupted run left half done with a container.
    Restore {
        /// Name of the container concerned.
        name: ContainerName,
        /// What is to be undone.
        leftover: Leftover,
    },
    /// Stop and remove a container that Hob made and nobody declares any more. Its volumes stay.
    Remove {
        /// Which.
        name: ContainerName,
    },
    /// Change several containers in one go, because names or ports of the host go round between
    /// them: all old ones stop and are kept, then the new ones start. If one gets a bad verdict,
    /// all go back.
    Exchange {
        /// The containers, each after those that it depends on.
        members: Vec<Member>,
    },
}

/// A container that is changed together with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// What is done about it: `Create`, `Replace`, `Start`, `Restart` or `Confirm`.
    pub change: Change,
    /// Why.
    pub why: Vec<Reason>,
    /// Other members that must have passed their verdict before it starts.
    pub awaits: BTreeSet<ContainerName>,
}

/// An image to be built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewBuild {
    /// The Compose project, which Compose keeps as a label.
    pub project: String,
    /// How.
    pub spec: Arc<BuildSpec>,
}

/// A network to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewNetwork {
    /// Name on the Engine.
    pub name: NetworkName,
    /// Homelab that it is made for.
    pub homelab: String,
    /// Stack and Compose project; `None` for a network that stacks share.
    pub project: Option<(StackName, String)>,
    /// Key in the Compose file (or in `hob.yaml`), and what it is to be.
    pub network: StackNetwork,
}

/// A volume to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewVolume {
    /// Name on the Engine.
    pub name: VolumeName,
    /// Homelab that it is made for.
    pub homelab: String,
    /// Stack that it is made for.
    pub stack: StackName,
    /// Its Compose project.
    pub project: String,
    /// Key in the Compose file, and what it is to be.
    pub volume: StackVolume,
}

/// The container that a step is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: ContainerName,
    /// For what it is made.
    pub identity: Identity,
    /// What it is to be.
    pub spec: Arc<ContainerSpec>,
    /// What counts as a good verdict, and how long that may take.
    pub expect: Expectation,
    /// Containers that must be in order first and are not now.
    pub wait_for: Vec<(ContainerName, Expectation)>,
    /// Containers that are restarted because this one is. Their records go first, so that a run
    /// that ends before their restart is noticed by the next one.
    pub followers: Vec<ContainerName>,
    /// Whether the container that it takes the place of is known, by the record of it, to have been
    /// made with the same `pre_stop` commands: only then they are run in that one.
    pub shares_pre_stop: bool,
}

/// Which comes first in a replacement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// The old container stops, then the new one starts: ports, volumes or addresses collide.
    StopFirst,
    /// The new container starts and passes its verdict, then the old one stops.
    StartFirst,
}

/// A predecessor that is kept until the verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Whether it is started when it is put back: it is no one-shot that has completed.
    pub start: bool,
}

/// What an interrupted run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leftover {
    /// A successor that never took over: it is removed.
    New,
    /// A predecessor whose place is empty, or taken by a container that passed no verdict and is
    /// not wanted any more: it gets its place back.
    Old(Kept),
    /// A predecessor whose successor passed its verdict: it is removed.
    Done,
}

/// What counts as a good verdict of a container, and how long that may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Whether ending with exit code 0 is success: its restart policy is `no`, or somebody waits
    /// for its completion.
    pub may_complete: bool,
    /// Whether it *must* complete: somebody waits for its completion.
    pub must_complete: bool,
    /// Whether running is not enough, because somebody waits for its health check to pass.
    pub must_be_healthy: bool,
    /// How long a container without a health check must run without a restart.
    pub settle: Duration,
    /// After this time the verdict is bad.
    pub budget: Duration,
}

/// A network or volume of a stack that Docker Compose made for the same project. It is used as it
/// is; labels cannot be changed, so it stays Compose's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOver {
    /// Where.
    pub host: HostName,
    /// By which stack.
    pub stack: StackName,
    /// What.
    pub thing: Thing,
}

/// A network or a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A network.
    Network(NetworkName),
    /// A volume.
    Volume(VolumeName),
}

/// Something that is not as it was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drift {
    /// Where.
    pub host: HostName,
    /// In which stack.
    pub stack: StackName,
    /// What.
    pub what: Deviation,
}

/// What is not as it was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deviation {
    /// A container fails its health check.
    Unhealthy {
        /// Which.
        container: ContainerName,
        /// What it was found to be when it was deployed.
        was: Verdict,
    },
    /// A container was stopped, or stopped by itself.
    Stopped {
        /// Which.
        container: ContainerName,
    },
    /// A file that Hob wrote was changed or removed by somebody else.
    FileChanged {
        /// Which.
        path: StackPath,
    },
}

/// A network shared by stacks is declared like a stack's own, with its name as key.
pub fn shared_network(name: &NetworkName, spec: &NetworkSpec) -> StackNetwork {
    StackNetwork { key: name.to_string(), spec: spec.clone() }
}

impl Change {
    /// The container that a change of a single declared container is about.
    pub fn target(&self) -> Option<&Target> {
        match self {
            Self::Create(target)
            | Self::Start(target)
            | Self::Restart(target)
            | Self::Replace { target, .. }
            | Self::Confirm { target, .. } => Some(target),
            Self::Pull { .. }
            | Self::Build(_)
            | Self::CreateNetwork(_)
            | Self::RemoveNetwork { .. }
            | Self::CreateVolume(_)
            | Self::WriteFiles { .. }
            | Self::RemoveFiles { .. }
            | Self::Restore { .. }
            | Self::Remove { .. }
            | Self::Exchange { .. } => None,
        }
    }
}
