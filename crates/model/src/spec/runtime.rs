//! What a container asks of the Engine beyond its image: devices, namespaces, resources, files,
//! hooks.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::{
    digest::Digest,
    names::{ContainerName, ServiceName},
    secret::Secret,
};

/// Another container that one shares something with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Peer {
    /// Its name.
    pub container: ContainerName,
    /// The service of the same stack that it stands for; `None` for a container that somebody
    /// else made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<ServiceName>,
}

/// Whose a namespace is, where it is not the container's own by the Engine's default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Namespace {
    /// As the Engine writes it: `host`, `private`, `shareable`, `none`.
    Mode(String),
    /// That of another container.
    Of(Peer),
}

/// Namespaces of a container; `None` leaves it to the Engine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Namespaces {
    /// Processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<Namespace>,
    /// Shared memory and queues.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipc: Option<Namespace>,
    /// Host name: `host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uts: Option<String>,
    /// Users: `host`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userns: Option<String>,
    /// Control groups: `host` or `private`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cgroup: Option<String>,
}

/// Volumes taken over from another container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VolumesFrom {
    /// Whose.
    pub peer: Peer,
    /// Without write access.
    pub read_only: bool,
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

/// Devices that a driver picks, such as GPUs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRequest {
    /// The driver, such as `nvidia` or `cdi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// How many; -1 for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<i64>,
    /// Which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<String>,
    /// What they must be able to do, all of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub capabilities: Vec<String>,
    /// Options for the driver.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
}

/// Weights and limits of block devices, each as (device, weight or rate per second).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blkio {
    /// Weight relative to others, from 10 to 1000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<u16>,
    /// Weights by device.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weight_device: Vec<(String, u64)>,
    /// Bytes read per second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_bps: Vec<(String, u64)>,
    /// Reads per second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub read_iops: Vec<(String, u64)>,
    /// Bytes written per second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub write_bps: Vec<(String, u64)>,
    /// Writes per second.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub write_iops: Vec<(String, u64)>,
}

/// A file that is put into the container itself before it starts: a config or secret that is no
/// file of the repository. It never lies on the host's disk outside of the container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InnerFile {
    /// Digest of the content.
    pub digest: Digest,
    /// The content, which may be a secret.
    pub content: Secret<Arc<[u8]>>,
    /// Owner, as a number.
    pub uid: u64,
    /// Group, as a number.
    pub gid: u64,
    /// Permission bits.
    pub mode: u32,
}

/// A command that Hob runs in the container at a turn of its life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hook {
    /// The command as words.
    pub command: Vec<Secret<String>>,
    /// User and group; the container's own if absent.
    pub user: Option<String>,
    /// Whether it has every right.
    pub privileged: bool,
    /// The directory that it starts in; the container's own if absent.
    pub working_dir: Option<String>,
    /// Variables on top of the container's own.
    pub env: BTreeMap<String, Secret<String>>,
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
    /// Memory and swap together in bytes; -1 for as much swap as there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_swap_bytes: Option<i64>,
    /// How readily it is swapped out, from 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_swappiness: Option<i64>,
    /// Processor time in billionths of a core.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nano_cpus: Option<u64>,
    /// Share of processor time relative to others; 1024 is usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_shares: Option<i64>,
    /// Microseconds of processor time in each period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_quota: Option<i64>,
    /// Length of a period in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_period: Option<i64>,
    /// Microseconds of real-time scheduling in each real-time period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_rt_runtime: Option<i64>,
    /// Length of a real-time period in microseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_rt_period: Option<i64>,
    /// Processors that it may run on, such as `0-3,7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpuset: Option<String>,
    /// Processes and threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pids: Option<i64>,
    /// Whether the kernel leaves it alone when memory runs out.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub oom_kill_disable: bool,
    /// How early the kernel kills it when memory runs out: -1000 (never) to 1000 (first).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oom_score_adj: Option<i64>,
}

impl Namespaces {
    /// Containers whose namespaces are shared.
    pub fn peers(&self) -> impl Iterator<Item = &Peer> {
        [&self.pid, &self.ipc].into_iter().flatten().filter_map(|namespace| match namespace {
            Namespace::Of(peer) => Some(peer),
            Namespace::Mode(_) => None,
        })
    }
}
