//! From a specification to the Engine's request for a container. Pure.

mod mounts;
mod network;
mod resources;

use std::collections::{BTreeMap, HashMap};

use bollard::models::{
    ContainerCreateBody, DeviceMapping, HealthConfig, HostConfig, HostConfigLogConfig,
    ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};
use hob_model::{
    ImageId, Secret, VolumeName,
    spec::{self, ContainerSpec, HealthCheck, Logging},
};
use hob_plan::ownership::Identity;

pub(crate) use network::{attached_at_creation, endpoints_left};

/// Label in which Compose keeps the id of the image.
const IMAGE_LABEL: &str = "com.docker.compose.image";
/// First API that takes several networks when a container is made.
const API_WITH_ALL_NETWORKS: (u16, u16) = crate::ApiLevel::ALL_NETWORKS.api;

/// What a container is made for and from, besides its specification.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Making<'a> {
    /// For what.
    pub(crate) identity: &'a Identity,
    /// Folder of its stack on the host.
    pub(crate) folder: &'a str,
    /// Image that its image name stands for at the moment.
    pub(crate) image: &'a ImageId,
    /// Volumes without a name that it takes over, by mount target.
    pub(crate) inherit: &'a BTreeMap<String, VolumeName>,
    /// API that the Engine speaks.
    pub(crate) api: (u16, u16),
}

/// The request that makes the container. Destructured on purpose: a new field does not compile
/// until someone carries it to the Engine.
pub(crate) fn create(making: &Making<'_>, spec: &ContainerSpec) -> ContainerCreateBody {
    // Several to a line: there are so many.
    #[rustfmt::skip]
    let ContainerSpec {
        image,
        command,
        entrypoint,
        env,
        hostname,
        domainname,
        user,
        working_dir,
        tty,
        stdin_open,
        network,
        ports,
        expose,
        health,
        stop_signal,
        stop_grace,
        build: _,      // the image is there by now
        labels: _,     // joined with Hob's own in `labels`
        platform: _,   // goes into the request's query
        content: _,    // decides about a replacement, means nothing to the Engine
        files: _,      // put into the container once it is made
        post_start: _, // run by Hob
        pre_stop: _,
        // The rest says how the host carries the container: `host_config`.
        annotations: _, cap_add: _, cap_drop: _, security_opt: _, privileged: _, read_only: _,
        init: _, group_add: _, sysctls: _, ulimits: _, shm_bytes: _, extra_hosts: _, dns: _,
        dns_opt: _, dns_search: _, devices: _, device_requests: _, device_cgroup_rules: _,
        namespaces: _, cgroup_parent: _, runtime: _, storage_opt: _, mounts: _, volumes_from: _,
        restart: _, limits: _, blkio: _, logging: _,
    } = spec;
    let env = env.iter().map(|(key, value)| format!("{key}={}", value.expose()));
    let env: Vec<String> = env.collect();
    ContainerCreateBody {
        image: Some(image.as_str().to_owned()),
        cmd: command.as_deref().map(exposed),
        entrypoint: entrypoint.as_deref().map(exposed),
        env: (!env.is_empty()).then_some(env),
        labels: Some(labels(making, spec)),
        hostname: hostname.clone(),
        domainname: domainname.clone(),
        user: user.clone(),
        working_dir: working_dir.clone(),
        tty: Some(*tty),
        open_stdin: Some(*stdin_open),
        exposed_ports: network::exposed(ports, expose),
        healthcheck: health.as_ref().map(health_config),
        stop_signal: stop_signal.clone(),
        stop_timeout: stop_grace.map(|grace| number(grace.as_millis().div_ceil(1000))),
        networking_config: network::at_creation(network, making.api >= API_WITH_ALL_NETWORKS),
        host_config: Some(host_config(making, spec)),
        ..ContainerCreateBody::default()
    }
}

fn host_config(making: &Making<'_>, spec: &ContainerSpec) -> HostConfig {
    let mounts::Mounted { binds, mounts, tmpfs } = mounts::of(&spec.mounts, making);
    let ulimits: Vec<ResourcesUlimits> = spec.ulimits.iter().map(ulimit).collect();
    let devices: Vec<DeviceMapping> = spec.devices.iter().map(device).collect();
    HostConfig {
        cap_add: list(&spec.cap_add),
        cap_drop: list(&spec.cap_drop),
        security_opt: list(&spec.security_opt),
        privileged: Some(spec.privileged),
        readonly_rootfs: Some(spec.read_only),
        init: spec.init,
        group_add: list(&spec.group_add),
        sysctls: map(&spec.sysctls),
        ulimits: (!ulimits.is_empty()).then_some(ulimits),
        shm_size: spec.shm_bytes.map(number),
        extra_hosts: list(&spec.extra_hosts),
        dns: list(&spec.dns),
        dns_options: list(&spec.dns_opt),
        dns_search: list(&spec.dns_search),
        devices: (!devices.is_empty()).then_some(devices),
        device_requests: resources::device_requests(&spec.device_requests),
        device_cgroup_rules: list(&spec.device_cgroup_rules),
        annotations: (!spec.annotations.is_empty()).then(|| {
            spec.annotations
                .iter()
                .map(|(key, text)| (key.clone(), text.expose().clone()))
                .collect()
        }),
        cgroup_parent: spec.cgroup_parent.clone(),
        runtime: spec.runtime.clone(),
        storage_opt: map(&spec.storage_opt),
        volumes_from: (!spec.volumes_from.is_empty())
            .then(|| spec.volumes_from.iter().map(mounts::from).collect()),
        binds: list(&binds),
        mounts: (!mounts.is_empty()).then_some(mounts),
        tmpfs: (!tmpfs.is_empty()).then_some(tmpfs),
        network_mode: Some(network::mode(&spec.network)),
        port_bindings: network::bindings(&spec.ports),
        restart_policy: Some(restart_policy(&spec.restart)),
        log_config: spec.logging.as_ref().map(log_config),
        ..resources::limits(spec)
    }
}

/// The owner's labels, and over them Hob's own and Compose's.
fn labels(making: &Making<'_>, spec: &ContainerSpec) -> HashMap<String, String> {
    let owners = spec.labels.iter().map(|(key, value)| (key.clone(), value.expose().clone()));
    owners
        .chain(making.identity.labels(&spec.digest(), making.folder))
        .chain([(IMAGE_LABEL.to_owned(), making.image.to_string())])
        .collect()
}

fn restart_policy(policy: &spec::RestartPolicy) -> RestartPolicy {
    let (name, retries) = match policy {
        spec::RestartPolicy::No => (RestartPolicyNameEnum::NO, None),
        spec::RestartPolicy::Always => (RestartPolicyNameEnum::ALWAYS, None),
        spec::RestartPolicy::UnlessStopped => (RestartPolicyNameEnum::UNLESS_STOPPED, None),
        spec::RestartPolicy::OnFailure { retries } => (RestartPolicyNameEnum::ON_FAILURE, *retries),
    };
    RestartPolicy { name: Some(name), maximum_retry_count: retries.map(i64::from) }
}

fn health_config(check: &HealthCheck) -> HealthConfig {
    let HealthCheck { test, interval, timeout, retries, start_period, start_interval } = check;
    let nanos = |time: &Option<std::time::Duration>| time.map(|time| number(time.as_nanos()));
    HealthConfig {
        test: test.as_deref().map(exposed),
        interval: nanos(interval),
        timeout: nanos(timeout),
        retries: retries.map(i64::from),
        start_period: nanos(start_period),
        start_interval: nanos(start_interval),
    }
}

fn log_config(logging: &Logging) -> HostConfigLogConfig {
    let Logging { driver, options } = logging;
    let options = options.iter().map(|(key, value)| (key.clone(), value.expose().clone()));
    HostConfigLogConfig { typ: driver.clone(), config: Some(options.collect()) }
}

fn ulimit((name, (soft, hard)): (&String, &(i64, i64))) -> ResourcesUlimits {
    ResourcesUlimits { name: Some(name.clone()), soft: Some(*soft), hard: Some(*hard) }
}

fn device(device: &spec::Device) -> DeviceMapping {
    let spec::Device { source, target, permissions } = device;
    DeviceMapping {
        path_on_host: Some(source.clone()),
        path_in_container: Some(target.clone()),
        cgroup_permissions: Some(permissions.clone()),
    }
}

fn exposed(list: &[Secret<String>]) -> Vec<String> {
    list.iter().map(|item| item.expose().clone()).collect()
}

/// A list, or nothing for an empty one.
fn list<'a>(items: impl IntoIterator<Item = &'a String>) -> Option<Vec<String>> {
    let items: Vec<String> = items.into_iter().cloned().collect();
    (!items.is_empty()).then_some(items)
}

/// A map, or nothing for an empty one.
fn map(entries: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!entries.is_empty()).then(|| entries.clone().into_iter().collect())
}

/// The API's numbers are signed.
fn number(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
