//! What a service asks of the Engine beyond its image: devices, namespaces, resources, hooks.

use std::collections::BTreeMap;

/// Devices that a driver picks, such as GPUs: `gpus` and `deploy.resources.reservations.devices`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceRequest {
    /// The driver, such as `nvidia` or `cdi`; the Engine chooses one if absent.
    pub driver: Option<String>,
    /// How many; -1 for all. Absent if `ids` says which.
    pub count: Option<i64>,
    /// Which.
    pub ids: Vec<String>,
    /// What they have to be able to do, all of it; `gpu` among them for `gpus`.
    pub capabilities: Vec<String>,
    /// Options for the driver.
    pub options: BTreeMap<String, String>,
}

/// Namespaces that are not the container's own, each as Compose writes it: `host`,
/// `service:<name>`, `container:<name>` and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Namespaces {
    /// Processes: `host`, `service:<name>`, `container:<name>`.
    pub pid: Option<String>,
    /// Shared memory and queues: also `private`, `shareable` and `none`.
    pub ipc: Option<String>,
    /// Host name: `host`.
    pub uts: Option<String>,
    /// Users: `host`.
    pub userns: Option<String>,
    /// Control groups: `host` or `private`.
    pub cgroup: Option<String>,
}

/// Limits of a container. Absent is no limit, or the Engine's default.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Memory in bytes.
    pub memory: Option<u64>,
    /// Memory that it keeps under pressure, in bytes.
    pub memory_reservation: Option<u64>,
    /// Memory and swap together, in bytes; -1 for as much swap as there is.
    pub memory_swap: Option<i64>,
    /// How readily it is swapped out, from 0 to 100.
    pub memory_swappiness: Option<i64>,
    /// Processors.
    pub cpus: Option<f64>,
    /// Processors, on Windows.
    pub cpu_count: Option<i64>,
    /// Share of processor time relative to others; 1024 is usual.
    pub cpu_shares: Option<i64>,
    /// Microseconds of processor time in each period.
    pub cpu_quota: Option<i64>,
    /// Length of a period in microseconds.
    pub cpu_period: Option<i64>,
    /// Microseconds of real-time scheduling in each real-time period.
    pub cpu_rt_runtime: Option<i64>,
    /// Length of a real-time period in microseconds.
    pub cpu_rt_period: Option<i64>,
    /// Processes; -1 for no limit.
    pub pids: Option<i64>,
    /// Whether the kernel leaves it alone when memory runs out.
    pub oom_kill_disable: bool,
    /// How early the kernel kills it when memory runs out: -1000 (never) to 1000 (first).
    pub oom_score_adj: Option<i64>,
}

/// Weights and limits of block devices: `blkio_config`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Blkio {
    /// Weight relative to others, from 10 to 1000.
    pub weight: Option<u16>,
    /// Weights by device.
    pub weight_device: Vec<DeviceRate>,
    /// Bytes read per second, by device.
    pub read_bps: Vec<DeviceRate>,
    /// Reads per second, by device.
    pub read_iops: Vec<DeviceRate>,
    /// Bytes written per second, by device.
    pub write_bps: Vec<DeviceRate>,
    /// Writes per second, by device.
    pub write_iops: Vec<DeviceRate>,
}

/// A weight or rate of one block device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceRate {
    /// The device, such as `/dev/sda`.
    pub path: String,
    /// The weight, or the rate per second.
    pub rate: u64,
}

/// A command that runs in the container at a turn of its life: `post_start`, `pre_stop`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hook {
    /// The command as words.
    pub command: Vec<String>,
    /// User and group; the container's own if absent.
    pub user: Option<String>,
    /// Whether it has every right.
    pub privileged: bool,
    /// The directory that it starts in; the container's own if absent.
    pub working_dir: Option<String>,
    /// Variables on top of the container's own.
    pub environment: BTreeMap<String, Option<String>>,
}
