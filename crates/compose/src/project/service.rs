//! A service and its parts.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Build;
use super::runtime::{Blkio, DeviceRequest, Hook, Limits, Namespaces};
use crate::finding::Place;
use crate::tree::Node;

/// A service: one container definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// The key under `services`.
    pub name: String,
    /// The image reference as written.
    pub image: Option<String>,
    /// How the image is built, if it is.
    pub build: Option<Build>,
    /// When to pull; the Engine's cache decides if absent.
    pub pull_policy: Option<PullPolicy>,
    /// `os/arch[/variant]`.
    pub platform: Option<String>,
    /// The command as words; an empty list means no command at all, not the image's.
    pub command: Option<Vec<String>>,
    /// The entry point as words; an empty list clears the image's.
    pub entrypoint: Option<Vec<String>>,
    /// The environment with every `env_file` merged in. `None` means that the variable is
    /// declared without a value and is to stay unset.
    pub environment: BTreeMap<String, Option<String>>,
    /// Published ports; ranges are expanded where both sides have one.
    pub ports: Vec<Port>,
    /// Ports offered to other containers, such as `80` or `80/udp`. Documentation only.
    pub expose: Vec<String>,
    /// Mounts.
    pub volumes: Vec<ServiceVolume>,
    /// Paths of memory file systems, each with options as in `/run:size=64m`.
    pub tmpfs: Vec<String>,
    /// Networks by key. Empty if `network_mode` is set.
    pub networks: BTreeMap<String, ServiceNetwork>,
    /// `host`, `none`, `bridge`, `service:<name>`, `container:<name>` or a network's name.
    pub network_mode: Option<String>,
    /// What must be up before, declared or implied, by service. Optional dependencies on services
    /// that are not part of the project are left out.
    pub depends_on: BTreeMap<String, Dependency>,
    /// The health check; the image's own if absent.
    pub healthcheck: Option<Healthcheck>,
    /// What happens when the container ends.
    pub restart: Option<RestartPolicy>,
    /// A fixed container name.
    pub container_name: Option<String>,
    /// The host name inside.
    pub hostname: Option<String>,
    /// The domain name inside.
    pub domainname: Option<String>,
    /// User and group, as `user[:group]`.
    pub user: Option<String>,
    /// Further groups of the user.
    pub group_add: Vec<String>,
    /// The directory that the command starts in.
    pub working_dir: Option<String>,
    /// Capabilities to add.
    pub cap_add: Vec<String>,
    /// Capabilities to drop.
    pub cap_drop: Vec<String>,
    /// Whether the container has every right.
    pub privileged: bool,
    /// Security options such as `no-new-privileges:true`.
    pub security_opt: Vec<String>,
    /// Devices of the host.
    pub devices: Vec<Device>,
    /// Devices that a driver picks, such as GPUs: from `gpus` and from
    /// `deploy.resources.reservations.devices`.
    pub device_requests: Vec<DeviceRequest>,
    /// Rules of the device control group, such as `c 1:3 mr`.
    pub device_cgroup_rules: Vec<String>,
    /// Namespaces shared with the host or with others.
    pub namespaces: Namespaces,
    /// The control group that the container's own lies in.
    pub cgroup_parent: Option<String>,
    /// Memory, processors and processes, from `deploy.resources` or the older attributes.
    pub limits: Limits,
    /// Processors that it may run on, such as `0-3,7`.
    pub cpuset: Option<String>,
    /// Weights and limits of block devices.
    pub blkio: Option<Blkio>,
    /// Options of the storage driver.
    pub storage_opt: BTreeMap<String, String>,
    /// The OCI runtime; the Engine's default if absent.
    pub runtime: Option<String>,
    /// Commands run in the container once it was started.
    pub post_start: Vec<Hook>,
    /// Commands run in the container before it is stopped.
    pub pre_stop: Vec<Hook>,
    /// How many containers, from `scale` or `deploy.replicas`; one if absent.
    pub scale: Option<u64>,
    /// Kernel parameters.
    pub sysctls: BTreeMap<String, String>,
    /// Limits of processes by name, such as `nofile`.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Size of `/dev/shm` in bytes.
    pub shm_size: Option<u64>,
    /// Log driver and options.
    pub logging: Option<Logging>,
    /// Configs mounted into the container.
    pub configs: Vec<FileReference>,
    /// Secrets mounted into the container.
    pub secrets: Vec<FileReference>,
    /// Labels of the author; those of the tool come on top.
    pub labels: BTreeMap<String, String>,
    /// Annotations, which are handed on to the OCI runtime.
    pub annotations: BTreeMap<String, String>,
    /// Services by further names, as `service[:alias]`.
    pub links: Vec<String>,
    /// Containers outside of the project by further names, as `container[:alias]`.
    pub external_links: Vec<String>,
    /// Whose volumes are mounted too: `service[:ro]` or `container:name[:ro]`.
    pub volumes_from: Vec<String>,
    /// A MAC address, for the first network.
    pub mac_address: Option<String>,
    /// Lines for the container's hosts file, in order; a host may have several addresses.
    pub extra_hosts: Vec<HostEntry>,
    /// Name servers.
    pub dns: Vec<String>,
    /// Resolver options.
    pub dns_opt: Vec<String>,
    /// Search domains.
    pub dns_search: Vec<String>,
    /// Whether an init process runs as process 1; the Engine's default if absent.
    pub init: Option<bool>,
    /// Whether the root file system is read-only.
    pub read_only: bool,
    /// Whether a terminal is allocated.
    pub tty: bool,
    /// Whether standard input stays open.
    pub stdin_open: bool,
    /// The signal that asks the container to end.
    pub stop_signal: Option<String>,
    /// How long it may take to end before it is killed.
    pub stop_grace_period: Option<Duration>,
    /// Profiles that enable the service; always enabled if empty.
    pub profiles: Vec<String>,
    /// `x-*` attributes.
    pub extensions: BTreeMap<String, Node>,
    /// Where the key of the service is written.
    pub place: Place,
    /// Where the attributes of the service are written, by name.
    pub places: BTreeMap<String, Place>,
}

/// When an image is pulled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullPolicy {
    /// Before every start.
    Always,
    /// Never; it has to be there.
    Never,
    /// If it is not there.
    Missing,
    /// It is built, never pulled.
    Build,
    /// If the last pull is older than this.
    Every(Duration),
}

/// What happens when a container ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartPolicy {
    /// It stays down.
    No,
    /// It is started again.
    Always,
    /// It is started again unless somebody stopped it.
    UnlessStopped,
    /// It is started again if it failed.
    OnFailure {
        /// How often, without limit if absent.
        max_retries: Option<u64>,
    },
}

/// A published port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// The port in the container.
    pub target: u16,
    /// The port of the host, or the range to choose from; any free one if absent.
    pub published: Option<PortRange>,
    /// The address of the host; all if absent.
    pub host_ip: Option<String>,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
    /// `ingress` or `host`; only Swarm makes a difference.
    pub mode: String,
    /// A name for people.
    pub name: Option<String>,
    /// The application protocol, such as `http`.
    pub app_protocol: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// Ports from `first` to `last`, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PortRange {
    /// The lowest port.
    pub first: u16,
    /// The highest port, equal to the lowest for a single one.
    pub last: u16,
}

/// What is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MountKind {
    /// A path of the host.
    Bind,
    /// A named volume, or an anonymous one if there is no source.
    Volume,
    /// A file system in memory.
    Tmpfs,
    /// The files of an image.
    Image,
}

/// A mount.
#[derive(Clone, Debug, PartialEq)]
pub struct ServiceVolume {
    /// What is mounted.
    pub kind: MountKind,
    /// The absolute host path of a bind, the key of a volume, or an image.
    pub source: Option<String>,
    /// The path in the container.
    pub target: String,
    /// Whether the container may only read.
    pub read_only: bool,
    /// A consistency requirement that only Docker Desktop knows.
    pub consistency: Option<String>,
    /// Options of a bind.
    pub bind: BindOptions,
    /// Options of a volume.
    pub volume: VolumeOptions,
    /// Options of a tmpfs.
    pub tmpfs: TmpfsOptions,
    /// A path within the image.
    pub image_subpath: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// Options of a bind mount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BindOptions {
    /// `rprivate`, `rslave` and the like.
    pub propagation: Option<String>,
    /// Whether a missing source becomes an empty directory.
    pub create_host_path: bool,
    /// `z` or `Z`.
    pub selinux: Option<String>,
    /// How mounts below the source are treated.
    pub recursive: Option<String>,
}

/// Options of a volume mount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeOptions {
    /// Whether the image's content is not copied into an empty volume.
    pub nocopy: bool,
    /// A path within the volume.
    pub subpath: Option<String>,
    /// Labels for an anonymous volume.
    pub labels: BTreeMap<String, String>,
}

/// Options of a memory file system.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TmpfsOptions {
    /// Its size in bytes.
    pub size: Option<u64>,
    /// Its permission bits.
    pub mode: Option<u32>,
}

/// How a service takes part in a network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ServiceNetwork {
    /// Further names for the service.
    pub aliases: Vec<String>,
    /// A fixed IPv4 address.
    pub ipv4_address: Option<String>,
    /// A fixed IPv6 address.
    pub ipv6_address: Option<String>,
    /// Link-local addresses.
    pub link_local_ips: Vec<String>,
    /// A fixed MAC address.
    pub mac_address: Option<String>,
    /// Options for the network driver.
    pub driver_opts: BTreeMap<String, String>,
    /// The order of networks: the highest first.
    pub priority: i64,
    /// Which network gives the default route: the highest.
    pub gw_priority: i64,
    /// The name of the interface in the container.
    pub interface_name: Option<String>,
}

/// A dependency on another service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dependency {
    /// What to wait for.
    pub condition: Condition,
    /// Whether this service restarts when the other one is replaced.
    pub restart: bool,
    /// Whether it is an error if the other one is not there.
    pub required: bool,
}

/// What to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It has been started.
    Started,
    /// Its health check passes.
    Healthy,
    /// It has ended with exit code 0.
    Completed,
}

/// A health check. Absent values are the image's, or else the Engine's defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Healthcheck {
    /// Starts with `CMD`, `CMD-SHELL` or `NONE`; empty means the image's own test.
    pub test: Vec<String>,
    /// Whether the image's health check is switched off, by `disable: true` or `NONE`.
    pub disable: bool,
    /// Time between two checks.
    pub interval: Option<Duration>,
    /// How long a check may take.
    pub timeout: Option<Duration>,
    /// How many failures in a row make it unhealthy.
    pub retries: Option<u64>,
    /// Time in which failures do not count.
    pub start_period: Option<Duration>,
    /// Time between checks during the start period.
    pub start_interval: Option<Duration>,
}

/// A device of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The path on the host, or a CDI name such as `vendor.com/class=name`.
    pub source: String,
    /// The path in the container.
    pub target: String,
    /// Any of `r`, `w` and `m`.
    pub permissions: String,
}

/// Limit of a kind of resource per process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ulimit {
    /// The limit that applies; -1 for none.
    pub soft: i64,
    /// How far the process may raise it; -1 for no limit.
    pub hard: i64,
}

/// Where the output of a container goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Logging {
    /// The log driver; the Engine's default if absent.
    pub driver: Option<String>,
    /// Options for the driver.
    pub options: BTreeMap<String, String>,
}

/// A config or secret as a service uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReference {
    /// The key under `configs` or `secrets`.
    pub source: String,
    /// The absolute path in the container.
    pub target: String,
    /// Owner. Docker Compose does not apply it to content that is a file.
    pub uid: Option<String>,
    /// Group; as for the owner.
    pub gid: Option<String>,
    /// Permission bits; as for the owner.
    pub mode: Option<u32>,
}

/// One line of the hosts file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostEntry {
    /// The name.
    pub host: String,
    /// The address, or `host-gateway`.
    pub address: String,
}
