//! Limits, namespaces and devices that a driver picks.

use bollard::models::{
    DeviceRequest as RequestBody, HostConfig, HostConfigCgroupnsModeEnum,
    ResourcesBlkioWeightDevice, ThrottleDevice,
};
use hob_model::spec::{Blkio, ContainerSpec, DeviceRequest, Limits, Namespace, Namespaces, Peer};

use super::{map, number};

/// The parts of the request that are about resources and namespaces.
pub(super) fn limits(spec: &ContainerSpec) -> HostConfig {
    let Limits {
        memory_bytes,
        memory_reservation_bytes,
        memory_swap_bytes,
        memory_swappiness,
        nano_cpus,
        cpu_shares,
        cpu_quota,
        cpu_period,
        cpu_rt_runtime,
        cpu_rt_period,
        cpuset,
        pids,
        oom_kill_disable,
        oom_score_adj,
    } = &spec.limits;
    HostConfig {
        memory: memory_bytes.map(number),
        memory_reservation: memory_reservation_bytes.map(number),
        memory_swap: *memory_swap_bytes,
        memory_swappiness: *memory_swappiness,
        nano_cpus: nano_cpus.map(number),
        cpu_shares: *cpu_shares,
        cpu_quota: *cpu_quota,
        cpu_period: *cpu_period,
        cpu_realtime_runtime: *cpu_rt_runtime,
        cpu_realtime_period: *cpu_rt_period,
        cpuset_cpus: cpuset.clone(),
        pids_limit: *pids,
        oom_kill_disable: oom_kill_disable.then_some(true),
        oom_score_adj: *oom_score_adj,
        ..namespaces(&spec.namespaces, spec.blkio.as_ref())
    }
}

fn namespaces(namespaces: &Namespaces, blkio: Option<&Blkio>) -> HostConfig {
    let Namespaces { pid, ipc, uts, userns, cgroup } = namespaces;
    HostConfig {
        pid_mode: pid.as_ref().map(namespace),
        ipc_mode: ipc.as_ref().map(namespace),
        uts_mode: uts.clone(),
        userns_mode: userns.clone(),
        cgroupns_mode: cgroup.as_deref().and_then(|mode| match mode {
            "host" => Some(HostConfigCgroupnsModeEnum::HOST),
            "private" => Some(HostConfigCgroupnsModeEnum::PRIVATE),
            // The loader accepts these two only.
            _ => None,
        }),
        ..blkio.map(weights).unwrap_or_default()
    }
}

fn weights(blkio: &Blkio) -> HostConfig {
    let Blkio { weight, weight_device, read_bps, read_iops, write_bps, write_iops } = blkio;
    let rates = |rates: &[(String, u64)]| {
        let rates: Vec<ThrottleDevice> = rates
            .iter()
            .map(|(path, rate)| ThrottleDevice {
                path: Some(path.clone()),
                rate: Some(number(*rate)),
            })
            .collect();
        (!rates.is_empty()).then_some(rates)
    };
    let devices: Vec<ResourcesBlkioWeightDevice> = weight_device
        .iter()
        .map(|(path, weight)| ResourcesBlkioWeightDevice {
            path: Some(path.clone()),
            weight: usize::try_from(*weight).ok(),
        })
        .collect();
    HostConfig {
        blkio_weight: *weight,
        blkio_weight_device: (!devices.is_empty()).then_some(devices),
        blkio_device_read_bps: rates(read_bps),
        blkio_device_read_iops: rates(read_iops),
        blkio_device_write_bps: rates(write_bps),
        blkio_device_write_iops: rates(write_iops),
        ..HostConfig::default()
    }
}

fn namespace(namespace: &Namespace) -> String {
    match namespace {
        Namespace::Mode(mode) => mode.clone(),
        Namespace::Of(peer) => of(peer),
    }
}

/// That of another container. The Engine takes its name as well as its id.
pub(super) fn of(peer: &Peer) -> String {
    format!("container:{}", peer.container)
}

pub(super) fn device_requests(requests: &[DeviceRequest]) -> Option<Vec<RequestBody>> {
    let one = |request: &DeviceRequest| {
        let DeviceRequest { driver, count, ids, capabilities, options } = request;
        RequestBody {
            driver: driver.clone(),
            count: *count,
            device_ids: (!ids.is_empty()).then(|| ids.clone()),
            capabilities: (!capabilities.is_empty()).then(|| vec![capabilities.clone()]),
            options: map(options),
        }
    };
    (!requests.is_empty()).then(|| requests.iter().map(one).collect())
}
