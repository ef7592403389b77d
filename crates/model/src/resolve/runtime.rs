//! What a service asks of the Engine beyond its image: devices, namespaces, resources, hooks.

use std::collections::BTreeMap;

use hob_compose::{
    Finding,
    project::{self, Project, Service},
};

use super::mounts::Mounts;
use crate::{
    names::{ContainerName, ServiceName},
    secret::Secret,
    spec::{Blkio, Device, DeviceRequest, Hook, Limits, Namespace, Namespaces, Peer, VolumesFrom},
};

/// Nanoseconds of processor time in a second of one core.
const NANO: f64 = 1e9;

/// What the container of a service is called.
pub(super) fn container_of(project: &Project, service: &Service) -> ContainerName {
    ContainerName::new(match &service.container_name {
        Some(name) => name.clone(),
        None => format!("{}-{}-1", project.name, service.name),
    })
}

/// The other side of `service:<name>` or `container:<name>`.
pub(super) fn peer(
    mounts: &mut Mounts<'_, '_>,
    service: &Service,
    attribute: &str,
    text: &str,
) -> Option<Peer> {
    if let Some(name) = text.strip_prefix("container:").filter(|name| !name.is_empty()) {
        return Some(Peer { container: ContainerName::new(name), service: None });
    }
    if let Some(name) = text.strip_prefix("service:") {
        // A service that is not declared has a finding of the loader.
        let other = mounts.project.services.get(name)?;
        let container = container_of(mounts.project, other);
        return Some(Peer { container, service: Some(ServiceName::new(name)) });
    }
    let place = service.places.get(attribute).unwrap_or(&service.place);
    mounts.findings.push(
        Finding::error("unknown-value", format!("{text:?} is not a value for {attribute}"))
            .at(mounts.repository.place(place))
            .on(format!("services.{}.{attribute}", service.name))
            .hint("write service:<name>, container:<name> or host"),
    );
    None
}

pub(super) fn namespaces(mounts: &mut Mounts<'_, '_>, service: &Service) -> Namespaces {
    let project::Namespaces { pid, ipc, uts, userns, cgroup } = &service.namespaces;
    let mut shared = |attribute: &str, text: &Option<String>| {
        let text = text.as_deref()?;
        if text.contains(':') {
            return peer(mounts, service, attribute, text).map(Namespace::Of);
        }
        Some(Namespace::Mode(text.to_owned()))
    };
    Namespaces {
        pid: shared("pid", pid),
        ipc: shared("ipc", ipc),
        uts: uts.clone(),
        userns: userns.clone(),
        cgroup: cgroup.clone(),
    }
}

/// `service[:ro]` and `container:name[:ro]`.
pub(super) fn volumes_from(mounts: &mut Mounts<'_, '_>, service: &Service) -> Vec<VolumesFrom> {
    let mut from = Vec::new();
    for text in &service.volumes_from {
        let (whose, read_only) = match text.rsplit_once(':') {
            Some((whose, "ro")) => (whose, true),
            Some((whose, "rw")) => (whose, false),
            _ => (text.as_str(), false),
        };
        let whose = match whose.starts_with("container:") {
            true => whose.to_owned(),
            false => format!("service:{whose}"),
        };
        let peer = peer(mounts, service, "volumes_from", &whose);
        from.extend(peer.map(|peer| VolumesFrom { peer, read_only }));
    }
    from
}

/// Devices by path, and those that a driver picks: named after the Container Device Interface, or
/// asked for as such.
pub(super) fn devices(service: &Service) -> (Vec<Device>, Vec<DeviceRequest>) {
    let (named, paths): (Vec<_>, Vec<_>) =
        service.devices.iter().partition(|device| is_cdi(&device.source));
    let paths = paths.into_iter().map(|device| Device {
        source: device.source.clone(),
        target: device.target.clone(),
        permissions: device.permissions.clone(),
    });
    let mut requests: Vec<DeviceRequest> = service.device_requests.iter().map(request).collect();
    if !named.is_empty() {
        requests.push(DeviceRequest {
            driver: Some("cdi".to_owned()),
            ids: named.into_iter().map(|device| device.source.clone()).collect(),
            ..DeviceRequest::default()
        });
    }
    (paths.collect(), requests)
}

/// `vendor/class=device`.
fn is_cdi(source: &str) -> bool {
    !source.starts_with('/')
        && source.split_once('=').is_some_and(|(kind, name)| kind.contains('/') && !name.is_empty())
}

fn request(request: &project::DeviceRequest) -> DeviceRequest {
    let project::DeviceRequest { driver, count, ids, capabilities, options } = request;
    DeviceRequest {
        driver: driver.clone(),
        count: *count,
        ids: ids.clone(),
        capabilities: capabilities.clone(),
        options: options.clone(),
    }
}

pub(super) fn limits(service: &Service) -> Limits {
    let project::Limits {
        memory,
        memory_reservation,
        memory_swap,
        memory_swappiness,
        cpus,
        cpu_count: _, // the loader says that only Windows has it
        cpu_shares,
        cpu_quota,
        cpu_period,
        cpu_rt_runtime,
        cpu_rt_period,
        pids,
        oom_kill_disable,
        oom_score_adj,
    } = service.limits;
    Limits {
        memory_bytes: memory,
        memory_reservation_bytes: memory_reservation,
        memory_swap_bytes: memory_swap,
        memory_swappiness,
        // why: a negative number of cores saturates to 0, which is no limit; no number that the
        // Engine accepts comes near the upper end.
        nano_cpus: cpus.map(|cores| (cores * NANO).round() as u64),
        cpu_shares,
        cpu_quota,
        cpu_period,
        cpu_rt_runtime,
        cpu_rt_period,
        cpuset: service.cpuset.clone().filter(|set| !set.is_empty()),
        pids,
        oom_kill_disable,
        oom_score_adj,
    }
}

pub(super) fn blkio(blkio: &project::Blkio) -> Blkio {
    let rates = |rates: &[project::DeviceRate]| {
        rates.iter().map(|device| (device.path.clone(), device.rate)).collect()
    };
    let project::Blkio { weight, weight_device, read_bps, read_iops, write_bps, write_iops } =
        blkio;
    Blkio {
        weight: *weight,
        weight_device: rates(weight_device),
        read_bps: rates(read_bps),
        read_iops: rates(read_iops),
        write_bps: rates(write_bps),
        write_iops: rates(write_iops),
    }
}

pub(super) fn hooks(hooks: &[project::Hook]) -> Vec<Hook> {
    let one = |hook: &project::Hook| {
        let project::Hook { command, user, privileged, working_dir, environment } = hook;
        let env = environment.iter();
        let env: BTreeMap<String, Secret<String>> = env
            .filter_map(|(key, value)| Some((key.clone(), Secret::new(value.clone()?))))
            .collect();
        Hook {
            command: command.iter().cloned().map(Secret::new).collect(),
            user: user.clone(),
            privileged: *privileged,
            working_dir: working_dir.clone(),
            env,
        }
    };
    hooks.iter().map(one).collect()
}
