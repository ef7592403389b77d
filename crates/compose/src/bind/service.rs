//! Services.

use std::time::Duration;

use super::{place, read, runtime};
use crate::canonical::published_range;
use crate::project::{
    BindOptions, Condition, Dependency, Device, FileReference, Healthcheck, HostEntry, Logging,
    MountKind, Port, PortRange, PullPolicy, RestartPolicy, Service, ServiceNetwork, ServiceVolume,
    TmpfsOptions, Ulimit, VolumeOptions,
};
use crate::tree::{Data, Entry, Node};
use crate::units;

pub(super) fn service(entry: &Entry) -> Service {
    of_mapping(entry, &entry.value)
}

fn of_mapping(entry: &Entry, node: &Node) -> Service {
    Service {
        name: entry.key.name.clone(),
        image: read::text(node, "image"),
        build: node.get("build").and_then(super::build::build),
        pull_policy: read::text(node, "pull_policy").and_then(|text| pull_policy(&text)),
        platform: read::filled(node, "platform"),
        command: read::optional_texts(node, "command"),
        entrypoint: read::optional_texts(node, "entrypoint"),
        environment: read::entries(node, "environment", |value| Some(value.scalar_text())),
        ports: read::items(node, "ports", port),
        expose: read::texts(node, "expose"),
        volumes: read::items(node, "volumes", volume),
        tmpfs: read::texts(node, "tmpfs"),
        networks: read::entries(node, "networks", |value| Some(network(value))),
        network_mode: read::filled(node, "network_mode"),
        depends_on: read::entries(node, "depends_on", |value| Some(dependency(value))),
        healthcheck: node.get("healthcheck").map(healthcheck),
        restart: runtime::restart_policy(node).or_else(|| restart(&read::text(node, "restart")?)),
        container_name: read::filled(node, "container_name"),
        hostname: read::filled(node, "hostname"),
        domainname: read::filled(node, "domainname"),
        user: read::filled(node, "user"),
        group_add: read::texts(node, "group_add"),
        working_dir: read::filled(node, "working_dir"),
        cap_add: read::texts(node, "cap_add"),
        cap_drop: read::texts(node, "cap_drop"),
        privileged: read::boolean(node, "privileged").unwrap_or(false),
        security_opt: read::texts(node, "security_opt"),
        devices: read::items(node, "devices", device),
        device_requests: runtime::device_requests(node),
        device_cgroup_rules: read::texts(node, "device_cgroup_rules"),
        namespaces: runtime::namespaces(node),
        cgroup_parent: read::filled(node, "cgroup_parent"),
        limits: runtime::limits(node),
        cpuset: read::filled(node, "cpuset"),
        blkio: runtime::blkio(node),
        storage_opt: read::text_map(node, "storage_opt"),
        runtime: read::filled(node, "runtime"),
        post_start: runtime::hooks(node, "post_start"),
        pre_stop: runtime::hooks(node, "pre_stop"),
        scale: runtime::scale(node),
        sysctls: read::text_map(node, "sysctls"),
        ulimits: read::entries(node, "ulimits", ulimit),
        shm_size: read::bytes(node, "shm_size"),
        logging: node.get("logging").map(logging),
        configs: read::items(node, "configs", |item| reference(item, "/")),
        secrets: read::items(node, "secrets", |item| reference(item, "/run/secrets/")),
        labels: read::text_map(node, "labels"),
        annotations: read::text_map(node, "annotations"),
        links: read::texts(node, "links"),
        external_links: read::texts(node, "external_links"),
        volumes_from: read::texts(node, "volumes_from"),
        mac_address: read::filled(node, "mac_address"),
        extra_hosts: read::items(node, "extra_hosts", host_entry),
        dns: read::texts(node, "dns"),
        dns_opt: read::texts(node, "dns_opt"),
        dns_search: read::texts(node, "dns_search"),
        init: read::boolean(node, "init"),
        read_only: read::boolean(node, "read_only").unwrap_or(false),
        tty: read::boolean(node, "tty").unwrap_or(false),
        stdin_open: read::boolean(node, "stdin_open").unwrap_or(false),
        stop_signal: read::text(node, "stop_signal"),
        stop_grace_period: read::duration(node, "stop_grace_period"),
        profiles: read::texts(node, "profiles"),
        extensions: read::extensions(node),
        place: place(entry),
        places: node.entries().iter().map(|e| (e.key.name.clone(), place(e))).collect(),
    }
}

fn logging(node: &Node) -> Logging {
    Logging { driver: read::text(node, "driver"), options: read::text_map(node, "options") }
}

/// A pull policy; `None` if the text is none.
pub(crate) fn pull_policy(text: &str) -> Option<PullPolicy> {
    const DAY: u64 = 86_400;
    Some(match text {
        "always" => PullPolicy::Always,
        "never" => PullPolicy::Never,
        "missing" | "if_not_present" => PullPolicy::Missing,
        "build" => PullPolicy::Build,
        "daily" => PullPolicy::Every(Duration::from_secs(DAY)),
        "weekly" => PullPolicy::Every(Duration::from_secs(7 * DAY)),
        text => PullPolicy::Every(units::duration(text.strip_prefix("every_")?)?),
    })
}

/// A restart policy; `None` if the text is none.
pub(crate) fn restart(text: &str) -> Option<RestartPolicy> {
    Some(match text {
        "no" | "false" => RestartPolicy::No,
        "always" => RestartPolicy::Always,
        "unless-stopped" => RestartPolicy::UnlessStopped,
        "on-failure" => RestartPolicy::OnFailure { max_retries: None },
        text => {
            let retries = text.strip_prefix("on-failure:")?.parse().ok()?;
            RestartPolicy::OnFailure { max_retries: Some(retries) }
        }
    })
}

fn port(node: &Node) -> Option<Port> {
    let published = read::text(node, "published").and_then(|text| published_range(&text));
    Some(Port {
        target: u16::try_from(read::integer(node, "target")?).ok()?,
        published: published.map(|(first, last)| PortRange { first, last }),
        host_ip: read::text(node, "host_ip").filter(|ip| !ip.is_empty()),
        protocol: read::text(node, "protocol").unwrap_or_else(|| "tcp".to_string()),
        mode: read::text(node, "mode").unwrap_or_else(|| "ingress".to_string()),
        name: read::text(node, "name"),
        app_protocol: read::text(node, "app_protocol"),
        place: node.place(),
    })
}

fn volume(node: &Node) -> Option<ServiceVolume> {
    let kind = match node.get("type")?.as_str()? {
        "bind" => MountKind::Bind,
        "volume" => MountKind::Volume,
        "tmpfs" => MountKind::Tmpfs,
        "image" => MountKind::Image,
        _ => return None,
    };
    let bind = node.get("bind").map(|bind| BindOptions {
        propagation: read::text(bind, "propagation"),
        create_host_path: read::boolean(bind, "create_host_path").unwrap_or(true),
        selinux: read::text(bind, "selinux"),
        recursive: read::text(bind, "recursive"),
    });
    let options = node.get("volume").map(|volume| VolumeOptions {
        nocopy: read::boolean(volume, "nocopy").unwrap_or(false),
        subpath: read::text(volume, "subpath"),
        labels: read::text_map(volume, "labels"),
    });
    let tmpfs = node.get("tmpfs").map(|tmpfs| TmpfsOptions {
        size: read::bytes(tmpfs, "size"),
        mode: read::mode(tmpfs, "mode"),
    });
    Some(ServiceVolume {
        kind,
        source: read::text(node, "source").filter(|source| !source.is_empty()),
        target: read::text(node, "target")?,
        read_only: read::boolean(node, "read_only").unwrap_or(false),
        consistency: read::text(node, "consistency"),
        bind: bind.unwrap_or(BindOptions { create_host_path: true, ..BindOptions::default() }),
        volume: options.unwrap_or_default(),
        tmpfs: tmpfs.unwrap_or_default(),
        image_subpath: node.get("image").and_then(|image| read::text(image, "subpath")),
        place: node.place(),
    })
}

fn network(node: &Node) -> ServiceNetwork {
    ServiceNetwork {
        aliases: read::texts(node, "aliases"),
        ipv4_address: read::text(node, "ipv4_address"),
        ipv6_address: read::text(node, "ipv6_address"),
        link_local_ips: read::texts(node, "link_local_ips"),
        mac_address: read::filled(node, "mac_address"),
        driver_opts: read::text_map(node, "driver_opts"),
        priority: read::integer(node, "priority").unwrap_or(0),
        gw_priority: read::integer(node, "gw_priority").unwrap_or(0),
        interface_name: read::text(node, "interface_name"),
    }
}

fn dependency(node: &Node) -> Dependency {
    let condition = match node.get("condition").and_then(Node::as_str) {
        Some("service_healthy") => Condition::Healthy,
        Some("service_completed_successfully") => Condition::Completed,
        _ => Condition::Started,
    };
    Dependency {
        condition,
        restart: read::boolean(node, "restart").unwrap_or(false),
        required: read::boolean(node, "required").unwrap_or(true),
    }
}

fn healthcheck(node: &Node) -> Healthcheck {
    let test = read::texts(node, "test");
    let off = test.first().is_some_and(|word| word == "NONE");
    Healthcheck {
        disable: read::boolean(node, "disable").unwrap_or(false) || off,
        test,
        interval: read::duration(node, "interval"),
        timeout: read::duration(node, "timeout"),
        retries: read::integer(node, "retries").and_then(|n| u64::try_from(n).ok()),
        start_period: read::duration(node, "start_period"),
        start_interval: read::duration(node, "start_interval"),
    }
}

fn device(node: &Node) -> Option<Device> {
    Some(Device {
        source: read::text(node, "source")?,
        target: read::text(node, "target")?,
        permissions: read::text(node, "permissions").unwrap_or_else(|| "rwm".to_string()),
    })
}

pub(super) fn ulimit(node: &Node) -> Option<Ulimit> {
    if let Data::Int(limit) = node.data {
        return Some(Ulimit { soft: limit, hard: limit });
    }
    Some(Ulimit { soft: read::integer(node, "soft")?, hard: read::integer(node, "hard")? })
}

fn reference(node: &Node, directory: &str) -> Option<FileReference> {
    let source = read::text(node, "source")?;
    let target = read::text(node, "target").unwrap_or_else(|| source.clone());
    Some(FileReference {
        target: match target.starts_with('/') {
            true => target,
            false => format!("{directory}{target}"),
        },
        source,
        uid: read::text(node, "uid"),
        gid: read::text(node, "gid"),
        mode: read::mode(node, "mode"),
    })
}

pub(super) fn host_entry(node: &Node) -> Option<HostEntry> {
    let (host, address) = node.as_str()?.split_once('=')?;
    Some(HostEntry { host: host.to_string(), address: address.to_string() })
}
