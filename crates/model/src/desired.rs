//! What should be: the fully resolved state of every host. Made by `resolve`, read by `plan`.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use hob_compose::Place;

use crate::{
    digest::Digest,
    machine::Machine,
    names::{ContainerName, HostName, NetworkName, ServiceName, StackName, StackPath, VolumeName},
    secret::Secret,
    spec::{ContainerSpec, NetworkSpec, VolumeSpec},
};

/// The fully resolved state of every host of a homelab.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Desired {
    /// The homelab's name: what Hob makes bears it, so that two homelabs can share a host.
    pub homelab: String,
    /// Every host with a Docker Engine, selected or not.
    pub hosts: BTreeMap<HostName, DesiredHost>,
    /// What is said about machines: those of `hosts`, and those that are not managed yet.
    pub machines: BTreeMap<HostName, Machine>,
}

/// One host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredHost {
    /// How it is reached.
    pub connect: Connect,
    /// Hob's folder on it; absolute.
    pub root: String,
    /// Networks that stacks share and call external, made by Hob before any stack.
    pub networks: BTreeMap<NetworkName, NetworkSpec>,
    /// Its stacks.
    pub stacks: BTreeMap<StackName, DesiredStack>,
    /// What must stay free where.
    pub storage: Vec<Storage>,
}

/// How a host is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connect {
    /// The Docker socket of this machine, or the one at this path.
    Local {
        /// Path of the socket; `None` is the Engine's default.
        socket: Option<String>,
    },
    /// The system's OpenSSH.
    Ssh {
        /// User; `None` leaves it to the SSH configuration.
        user: Option<String>,
        /// Host name or alias, as `ssh` takes it.
        host: String,
        /// Port; `None` leaves it to the SSH configuration.
        port: Option<u16>,
    },
}

/// A path of a host and the space that must stay free there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Storage {
    /// Absolute path.
    pub path: String,
    /// Bytes.
    pub min_free_bytes: Option<u64>,
}

/// One stack on one host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DesiredStack {
    /// The Compose project name.
    pub project: String,
    /// Its services.
    pub services: BTreeMap<ServiceName, DesiredService>,
    /// Networks that the stack makes.
    pub networks: BTreeMap<NetworkName, StackNetwork>,
    /// Networks that must be there already, with the place that says so.
    pub external_networks: BTreeMap<NetworkName, Place>,
    /// Volumes that the stack makes.
    pub volumes: BTreeMap<VolumeName, StackVolume>,
    /// Volumes that must be there already.
    pub external_volumes: BTreeMap<VolumeName, Place>,
    /// Files of the repository that its containers see, below the stack's folder.
    pub files: BTreeMap<StackPath, StackFile>,
    /// Stacks whose verdict it waits for: on which host (`None`: its own), and which.
    pub needs: BTreeSet<(Option<HostName>, StackName)>,
    /// Tags for selection.
    pub tags: BTreeSet<String>,
}

/// A network of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackNetwork {
    /// Its key in the Compose file, which Compose keeps as a label.
    pub key: String,
    /// What it is to be.
    pub spec: NetworkSpec,
}

/// A volume of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackVolume {
    /// Its key in the Compose file, which Compose keeps as a label.
    pub key: String,
    /// What it is to be.
    pub spec: VolumeSpec,
}

/// One service, which is one container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesiredService {
    /// The container's name.
    pub container: ContainerName,
    /// What it is to be.
    pub spec: Arc<ContainerSpec>,
    /// Services of the same stack that it waits for.
    pub depends_on: BTreeMap<ServiceName, Dependency>,
    /// When its image is pulled.
    pub pull: PullPolicy,
    /// Where the service stands in the repository.
    pub place: Option<Place>,
}

/// One entry of `depends_on`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// What must be so before the dependent starts.
    pub condition: Condition,
    /// Whether a restart of the dependency restarts the dependent.
    pub restart: bool,
    /// Whether the dependent may not do without it.
    pub required: bool,
}

/// What `depends_on` can wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It was started.
    Started,
    /// Its health check passes.
    Healthy,
    /// It ended with exit code 0.
    Completed,
}

/// When an image is pulled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullPolicy {
    /// If the host does not have it.
    #[default]
    Missing,
    /// Never: it must be there.
    Never,
    /// Whenever a container is made.
    Always,
}

/// A file of the repository on its way to a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackFile {
    /// Digest of the content.
    pub digest: Digest,
    /// Permission bits: 0644 or 0755.
    pub mode: u32,
    /// The content, which may be a secret.
    pub content: Secret<Arc<[u8]>>,
}

impl DesiredStack {
    /// Whether somebody in the stack waits for this service to complete.
    pub fn is_awaited_for_completion(&self, service: &ServiceName) -> bool {
        self.services.values().any(|other| {
            other
                .depends_on
                .get(service)
                .is_some_and(|dependency| dependency.condition == Condition::Completed)
        })
    }
}

/// How long a program that ignores its stop signal is left alone: Compose's default.
pub const STOP_GRACE_DEFAULT: Duration = Duration::from_secs(10);
