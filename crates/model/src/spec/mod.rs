//! What a container, a network and a volume are to be: plain data, the same for planning,
//! simulating, performing and showing.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    names::{ImageRef, NetworkName, VolumeName},
    secret::Secret,
};

mod written;

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
    /// Arguments instead of the image's own; `Some([])` means none at all.
    pub command: Option<Vec<Secret<String>>>,
    /// Entry point instead of the image's own.
    pub entrypoint: Option<Vec<Secret<String>>>,
    /// Environment. Every value counts as a secret: nothing tells a password from a time zone.
    pub env: BTreeMap<String, Secret<String>>,
    /// The owner's labels; Hob's and Compose's own are added on creation and are not part of it.
    pub labels: BTreeMap<String, Secret<String>>,
    /// Host name inside the container.
    pub hostname: Option<String>,
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
    /// Host devices.
    pub devices: Vec<Device>,
    /// What is mounted, by target.
    pub mounts: BTreeMap<String, Mount>,
    /// Where the container is attached.
    pub network: NetworkMode,
    /// Published ports.
    pub ports: BTreeSet<PublishedPort>,
    /// What the Engine does when the container ends.
    pub restart: RestartPolicy,
    /// The health check, if the Compose file says something about it.
    pub health: Option<HealthCheck>,
    /// Resource limits.
    pub limits: Limits,
    /// Log driver and its options.
    pub logging: Option<Logging>,
    /// Signal that asks the program to end.
    pub stop_signal: Option<String>,
    /// How long it may take to end before it is killed.
    pub stop_grace: Option<Duration>,
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
            command: None,
            entrypoint: None,
            env: BTreeMap::new(),
            labels: BTreeMap::new(),
            hostname: None,
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
            devices: Vec::new(),
            mounts: BTreeMap::new(),
            network: NetworkMode::None,
            ports: BTreeSet::new(),
            restart: RestartPolicy::No,
            health: None,
            limits: Limits::default(),
            logging: None,
            stop_signal: None,
            stop_grace: None,
            platform: None,
            content: BTreeMap::new(),
        }
    }
}

/// A host device passed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// Path on the host.
    pub source: String,
    /// Path in the container.
    pub target: String,
    /// Any of `r`, `w`, `m`.
    pub permissions: String,
}

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mount {
    /// A folder or file of the host.
    Bind {
        /// Where it lies.
        source: BindSource,
        /// Without write access.
        read_only: bool,
        /// Whether the Engine makes a missing folder; otherwise it refuses to start.
        create: bool,
        /// Mount propagation, such as `rslave`.
        propagation: Option<String>,
    },
    /// A named volume.
    Volume {
        /// Its name on the Engine.
        name: VolumeName,
        /// Without write access.
        read_only: bool,
        /// Without copying what the image has at the target into a new volume.
        nocopy: bool,
    },
    /// A volume without a name, new with each container unless inherited from a predecessor.
    Anonymous,
    /// Memory.
    Tmpfs {
        /// Limit in bytes.
        bytes: Option<u64>,
        /// Mode bits.
        mode: Option<u32>,
    },
}

/// Where a bind mount's source lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindSource {
    /// An absolute path of the host that the owner chose.
    Host(String),
    /// A path below the stack's folder on the host; empty for the folder itself.
    Stack(String),
}

/// How a container is networked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkMode {
    /// Attached to these networks, by their names on the Engine.
    Attached(BTreeMap<NetworkName, Endpoint>),
    /// The host's own network.
    Host,
    /// No network.
    None,
}

/// One attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Names by which others on the network find the container.
    pub aliases: BTreeSet<String>,
    /// A fixed IPv4 address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv4: Option<String>,
    /// A fixed IPv6 address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<String>,
    /// Higher first; the first network is the one that the Engine attaches at creation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A port of the container reachable through the host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublishedPort {
    /// Address on the host; `None` means every address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Port or range on the host as Compose writes it; `None` lets the Engine choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Port in the container.
    pub target: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
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

/// Resource limits; `None` is no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_bytes: Option<u64>,
    /// Memory that is kept for it under pressure, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_reservation_bytes: Option<u64>,
    /// Processor time in billionths of a core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nano_cpus: Option<u64>,
    /// Processes and threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids: Option<i64>,
}

/// Where a container's output goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Logging {
    /// Driver; `None` is the Engine's default.
    pub driver: Option<String>,
    /// Its options; some drivers take tokens here, so the values count as secrets.
    pub options: BTreeMap<String, Secret<String>>,
}

/// A network that Hob makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Driver; `None` is `bridge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Options of the driver.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// No way out of the host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// Containers outside a Compose project may attach.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attachable: bool,
    /// With IPv6.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ipv6: bool,
    /// Address ranges as (subnet, gateway).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<(String, Option<String>)>,
    /// The owner's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// A volume that Hob makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeSpec {
    /// Driver; `None` is `local`.
    pub driver: Option<String>,
    /// Options of the driver; the password of a network share stands here, so the values count as
    /// secrets.
    pub options: BTreeMap<String, Secret<String>>,
    /// The owner's labels.
    pub labels: BTreeMap<String, String>,
}
