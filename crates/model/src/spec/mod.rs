//! What a container, a network and a volume are to be: plain data, the same for planning,
//! simulating, performing and showing.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    names::{ImageRef, ServiceName},
    secret::Secret,
};

mod build;
mod gates;
mod mount;
mod network;
mod runtime;
mod written;

pub use build::{BuildContext, BuildSpec, ContextEntry, ContextFiles, ContextKind, ContextSource};
pub use gates::Gate;
pub use mount::{BindSource, Mount};
pub use network::{Endpoint, NetworkMode, NetworkSpec, Pool, PublishedPort, VolumeSpec};
pub use runtime::{
    Blkio, Device, DeviceRequest, Hook, InnerFile, Limits, Namespace, Namespaces, Peer, VolumesFrom,
};
pub use written::{SPEC_DIGEST_VERSION, SealedSpec, SpecDigest};

/// The effective specification of one container: everything that, if it changed, would make the
/// running container wrong. Compose defaults are filled in, references are resolved.
///
/// It is written down (for its digest, and to explain a difference) by destructuring it without
/// `..`, so a new field does not compile until someone says what it means for a running container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerSpec {
    /// The image, by the name that the Compose file gives it.
    pub image: ImageRef,
    /// How the image is built, if it is not fetched.
    pub build: Option<Arc<BuildSpec>>,
    /// Arguments instead of the image's own; `Some([])` means none at all.
    pub command: Option<Vec<Secret<String>>>,
    /// Entry point instead of the image's own.
    pub entrypoint: Option<Vec<Secret<String>>>,
    /// Environment. Every value counts as a secret: nothing tells a password from a time zone.
    pub env: BTreeMap<String, Secret<String>>,
    /// The owner's labels; Hob's and Compose's own are added on creation and are not part of it.
    pub labels: BTreeMap<String, Secret<String>>,
    /// Annotations, which the Engine hands on to the OCI runtime.
    pub annotations: BTreeMap<String, Secret<String>>,
    /// Host name inside the container.
    pub hostname: Option<String>,
    /// Domain name inside the container.
    pub domainname: Option<String>,
    /// User and group to run as.
    pub user: Option<String>,
    /// Working directory.
    pub working_dir: Option<String>,
    /// Capabilities added.
    pub cap_add: BTreeSet<String>,
    /// Capabilities dropped.
    pub cap_drop: BTreeSet<String>,
    /// Security options, such as `no-new-privileges:true`.
    pub security_opt: BTreeSet<String>,
    /// All capabilities and devices.
    pub privileged: bool,
    /// Root file system read-only.
    pub read_only: bool,
    /// An init process as PID 1.
    pub init: Option<bool>,
    /// A terminal.
    pub tty: bool,
    /// Standard input kept open.
    pub stdin_open: bool,
    /// Supplementary groups.
    pub group_add: Vec<String>,
    /// Kernel parameters of the container's namespaces.
    pub sysctls: BTreeMap<String, String>,
    /// Limits per resource, soft and hard.
    pub ulimits: BTreeMap<String, (i64, i64)>,
    /// Size of `/dev/shm` in bytes.
    pub shm_bytes: Option<u64>,
    /// Lines for `/etc/hosts`, as `name:address`.
    pub extra_hosts: Vec<String>,
    /// DNS servers.
    pub dns: Vec<String>,
    /// Options of the resolver.
    pub dns_opt: Vec<String>,
    /// Search domains.
    pub dns_search: Vec<String>,
    /// Host devices.
    pub devices: Vec<Device>,
    /// Devices that a driver picks, such as GPUs.
    pub device_requests: Vec<DeviceRequest>,
    /// Rules of the device control group, such as `c 1:3 mr`.
    pub device_cgroup_rules: Vec<String>,
    /// Namespaces that are not the container's own.
    pub namespaces: Namespaces,
    /// The control group that the container's own lies in.
    pub cgroup_parent: Option<String>,
    /// The OCI runtime.
    pub runtime: Option<String>,
    /// Options of the storage driver.
    pub storage_opt: BTreeMap<String, String>,
    /// What is mounted, by target.
    pub mounts: BTreeMap<String, Mount>,
    /// Whose mounts it has too.
    pub volumes_from: Vec<VolumesFrom>,
    /// Files put into the container itself, by path.
    pub files: BTreeMap<String, InnerFile>,
    /// Where the container is attached.
    pub network: NetworkMode,
    /// Published ports.
    pub ports: BTreeSet<PublishedPort>,
    /// Ports offered to other containers, such as `80/tcp`, beside those that are published.
    pub expose: BTreeSet<String>,
    /// What the Engine does when the container ends.
    pub restart: RestartPolicy,
    /// The health check, if the Compose file says something about it.
    pub health: Option<HealthCheck>,
    /// Resource limits.
    pub limits: Limits,
    /// Weights and limits of block devices.
    pub blkio: Option<Blkio>,
    /// Log driver and its options.
    pub logging: Option<Logging>,
    /// Signal that asks the program to end.
    pub stop_signal: Option<String>,
    /// How long it may take to end before it is killed.
    pub stop_grace: Option<Duration>,
    /// What is run in it once it was started.
    pub post_start: Vec<Hook>,
    /// What is run in it before it is stopped.
    pub pre_stop: Vec<Hook>,
    /// `os/arch[/variant]`, if asked for.
    pub platform: Option<String>,
    /// Digests of the repository's files that the container sees, by mount target. A changed file
    /// changes the spec of those who use it, and of nobody else.
    pub content: BTreeMap<String, Digest>,
}

impl ContainerSpec {
    /// A container of an image with nothing else said about it: no network, never restarted.
    pub fn new(image: impl Into<ImageRef>) -> Self {
        Self {
            image: image.into(),
            build: None,
            command: None,
            entrypoint: None,
            env: BTreeMap::new(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            hostname: None,
            domainname: None,
            user: None,
            working_dir: None,
            cap_add: BTreeSet::new(),
            cap_drop: BTreeSet::new(),
            security_opt: BTreeSet::new(),
            privileged: false,
            read_only: false,
            init: None,
            tty: false,
            stdin_open: false,
            group_add: Vec::new(),
            sysctls: BTreeMap::new(),
            ulimits: BTreeMap::new(),
            shm_bytes: None,
            extra_hosts: Vec::new(),
            dns: Vec::new(),
            dns_opt: Vec::new(),
            dns_search: Vec::new(),
            devices: Vec::new(),
            device_requests: Vec::new(),
            device_cgroup_rules: Vec::new(),
            namespaces: Namespaces::default(),
            cgroup_parent: None,
            runtime: None,
            storage_opt: BTreeMap::new(),
            mounts: BTreeMap::new(),
            volumes_from: Vec::new(),
            files: BTreeMap::new(),
            network: NetworkMode::None,
            ports: BTreeSet::new(),
            expose: BTreeSet::new(),
            restart: RestartPolicy::No,
            health: None,
            limits: Limits::default(),
            blkio: None,
            logging: None,
            stop_signal: None,
            stop_grace: None,
            post_start: Vec::new(),
            pre_stop: Vec::new(),
            platform: None,
            content: BTreeMap::new(),
        }
    }

    /// Other containers that it shares a namespace or volumes with.
    pub fn peers(&self) -> impl Iterator<Item = &Peer> {
        let network = match &self.network {
            NetworkMode::Container(peer) => Some(peer),
            NetworkMode::Attached(_) | NetworkMode::Host | NetworkMode::None => None,
        };
        network
            .into_iter()
            .chain(self.namespaces.peers())
            .chain(self.volumes_from.iter().map(|from| &from.peer))
    }

    /// Services of the same stack whose containers it holds on to: where the container of one of
    /// these is made anew, this one has to be as well.
    pub fn providers(&self) -> BTreeSet<&ServiceName> {
        self.peers().filter_map(|peer| peer.service.as_ref()).collect()
    }
}

/// What the Engine does when a container ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RestartPolicy {
    /// Nothing.
    #[default]
    No,
    /// Starts it again whatever happened.
    Always,
    /// Starts it again unless it was stopped on purpose.
    UnlessStopped,
    /// Starts it again after a non-zero exit.
    OnFailure {
        /// At most this often.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        retries: Option<u32>,
    },
}

/// A health check. Absent values are the image's, or else the Engine's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthCheck {
    /// `CMD`, `CMD-SHELL` or `NONE` and its arguments; absent means the image's own test.
    pub test: Option<Vec<Secret<String>>>,
    /// Time between two tests.
    pub interval: Option<Duration>,
    /// Time after which a test counts as failed.
    pub timeout: Option<Duration>,
    /// Failures in a row that make it unhealthy.
    pub retries: Option<u32>,
    /// Failures before this has passed do not count.
    pub start_period: Option<Duration>,
    /// Time between two tests during the start period.
    pub start_interval: Option<Duration>,
}

impl HealthCheck {
    /// Whether it switches the image's own check off.
    pub fn is_disabled(&self) -> bool {
        self.test.as_ref().and_then(|test| test.first()).is_some_and(|kind| kind.expose() == "NONE")
    }
}

/// Where a container's output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// Driver; `None` is the Engine's default.
    pub driver: Option<String>,
    /// Its options; some drivers take tokens here, so the values count as secrets.
    pub options: BTreeMap<String, Secret<String>>,
}
