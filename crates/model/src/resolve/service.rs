//! A service of a project as the specification of its container.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hob_compose::{
    Finding, Place,
    project::{self, Service},
};

use super::{
    cross::{Facts, PortFact},
    mounts::{Mounted, Mounts, not_acted_on},
};
use crate::{
    desired::{Condition, Dependency, DesiredService, PullPolicy},
    names::{ContainerName, ImageRef, NetworkName, Role, ServiceName},
    secret::Secret,
    spec::{
        ContainerSpec, Device, Endpoint, HealthCheck, Limits, Logging, NetworkMode, PublishedPort,
        RestartPolicy,
    },
};

/// Nanoseconds of processor time in a second of one core.
const NANO: f64 = 1e9;

/// `None` if it has no image, which the loader has a finding for.
pub(super) fn resolve(
    mounts: &mut Mounts<'_, '_>,
    service: &Service,
    facts: &mut Facts,
) -> Option<DesiredService> {
    let image = ImageRef::new(service.image.as_ref()?);
    let container = ContainerName::new(match &service.container_name {
        Some(name) => name.clone(),
        None => format!("{}-{}-1", mounts.project.name, service.name),
    });
    if container.role().0 != Role::Current {
        let name = mounts.repository.place(&service.place);
        mounts.findings.push(
            Finding::error(
                "reserved-container-name",
                format!("{container} is a name that Hob gives to containers it is replacing"),
            )
            .at(name)
            .on(format!("services.{}.container_name", service.name))
            .hint("choose a name that does not end in .hob-old or .hob-new"),
        );
    }
    say_ignored(mounts, service);
    let network = network(mounts, service, &container);
    let ports = ports(mounts, service, facts);
    let mounted = mounts.of_service(service);
    let pull = pull(mounts, service);
    Some(DesiredService {
        container,
        spec: Arc::new(spec(service, image, network, ports, mounted)),
        depends_on: depends_on(service),
        pull,
        place: Some(mounts.repository.place(&service.place)),
    })
}

fn spec(
    service: &Service,
    image: ImageRef,
    network: NetworkMode,
    ports: BTreeSet<PublishedPort>,
    mounted: Mounted,
) -> ContainerSpec {
    let environment = service.environment.iter();
    let logging = service.logging.as_ref().map(|logging| Logging {
        driver: logging.driver.clone(),
        options: secrets(&logging.options),
    });
    let extra_hosts = service.extra_hosts.iter();
    let ulimits = service.ulimits.iter();
    ContainerSpec {
        image,
        command: words(service.command.as_ref()),
        entrypoint: words(service.entrypoint.as_ref()),
        env: environment
            .filter_map(|(key, value)| Some((key.clone(), Secret::new(value.clone()?))))
            .collect(),
        labels: secrets(&service.labels),
        hostname: service.hostname.clone(),
        user: service.user.clone(),
        working_dir: service.working_dir.clone(),
        cap_add: service.cap_add.iter().cloned().collect(),
        cap_drop: service.cap_drop.iter().cloned().collect(),
        security_opt: service.security_opt.iter().cloned().collect(),
        privileged: service.privileged,
        read_only: service.read_only,
        init: service.init,
        tty: service.tty,
        stdin_open: service.stdin_open,
        group_add: service.group_add.clone(),
        sysctls: service.sysctls.clone(),
        ulimits: ulimits.map(|(name, at)| (name.clone(), (at.soft, at.hard))).collect(),
        shm_bytes: service.shm_size,
        extra_hosts: extra_hosts.map(|at| format!("{}:{}", at.host, at.address)).collect(),
        dns: service.dns.clone(),
        devices: service.devices.iter().map(device).collect(),
        mounts: mounted.mounts,
        network,
        ports,
        restart: restart(service.restart),
        health: service.healthcheck.as_ref().map(health),
        limits: limits(&service.limits),
        logging,
        stop_signal: service.stop_signal.clone(),
        stop_grace: service.stop_grace_period,
        platform: service.platform.clone(),
        content: mounted.content,
    }
}

fn words(list: Option<&Vec<String>>) -> Option<Vec<Secret<String>>> {
    list.map(|list| list.iter().cloned().map(Secret::new).collect())
}

fn secrets(map: &BTreeMap<String, String>) -> BTreeMap<String, Secret<String>> {
    map.iter().map(|(key, value)| (key.clone(), Secret::new(value.clone()))).collect()
}

fn device(device: &project::Device) -> Device {
    Device {
        source: device.source.clone(),
        target: device.target.clone(),
        permissions: device.permissions.clone(),
    }
}

fn restart(policy: Option<project::RestartPolicy>) -> RestartPolicy {
    match policy {
        None | Some(project::RestartPolicy::No) => RestartPolicy::No,
        Some(project::RestartPolicy::Always) => RestartPolicy::Always,
        Some(project::RestartPolicy::UnlessStopped) => RestartPolicy::UnlessStopped,
        Some(project::RestartPolicy::OnFailure { max_retries }) => {
            let retries = max_retries.map(|most| u32::try_from(most).unwrap_or(u32::MAX));
            RestartPolicy::OnFailure { retries }
        }
    }
}

fn health(check: &project::Healthcheck) -> HealthCheck {
    let test = if check.disable {
        Some(vec![Secret::from("NONE")])
    } else {
        Some(&check.test).filter(|test| !test.is_empty()).and_then(|test| words(Some(test)))
    };
    HealthCheck {
        test,
        interval: check.interval,
        timeout: check.timeout,
        retries: check.retries.map(|most| u32::try_from(most).unwrap_or(u32::MAX)),
        start_period: check.start_period,
        start_interval: check.start_interval,
    }
}

fn limits(limits: &project::Limits) -> Limits {
    let project::Limits { memory, cpus, pids } = limits;
    Limits {
        memory_bytes: *memory,
        memory_reservation_bytes: None,
        // why: a negative number of cores saturates to 0, which is no limit; no number that the
        // Engine accepts comes near the upper end.
        nano_cpus: cpus.map(|cores| (cores * NANO).round() as u64),
        pids: *pids,
    }
}

fn depends_on(service: &Service) -> BTreeMap<ServiceName, Dependency> {
    let one = |dependency: &project::Dependency| Dependency {
        condition: match dependency.condition {
            project::Condition::Started => Condition::Started,
            project::Condition::Healthy => Condition::Healthy,
            project::Condition::Completed => Condition::Completed,
        },
        restart: dependency.restart,
        required: dependency.required,
    };
    service.depends_on.iter().map(|(name, on)| (ServiceName::new(name), one(on))).collect()
}

fn network(
    mounts: &mut Mounts<'_, '_>,
    service: &Service,
    container: &ContainerName,
) -> NetworkMode {
    let mode = service.network_mode.as_deref();
    match mode {
        Some("host") => return NetworkMode::Host,
        Some("none") => return NetworkMode::None,
        // The Engine's own bridge knows no aliases.
        Some("bridge" | "default") => {
            let bridge = (NetworkName::from("bridge"), Endpoint::default());
            return NetworkMode::Attached(BTreeMap::from([bridge]));
        }
        Some(other) if other.contains(':') => {
            let place = place_of(mounts, service, "network_mode");
            mounts.findings.push(
                Finding::error("unsupported-attribute", format!("{other} is not supported yet"))
                    .at(place)
                    .on(format!("services.{}.network_mode", service.name))
                    .hint("put both services on one network"),
            );
            return NetworkMode::None;
        }
        Some(_) | None => {}
    }
    let names = |aliases: &[String]| -> BTreeSet<String> {
        let own = [container.as_str().to_owned(), service.name.clone()];
        own.into_iter().chain(aliases.iter().cloned()).collect()
    };
    if let Some(name) = mode {
        let endpoint = Endpoint { aliases: names(&[]), ..Endpoint::default() };
        return NetworkMode::Attached(BTreeMap::from([(NetworkName::new(name), endpoint)]));
    }
    let endpoints = service.networks.iter().filter_map(|(key, at)| {
        // A network that is not declared has a finding of the loader.
        let network = mounts.project.networks.get(key)?;
        let endpoint = Endpoint {
            aliases: names(&at.aliases),
            ipv4: at.ipv4_address.clone(),
            ipv6: at.ipv6_address.clone(),
            priority: at.priority,
        };
        Some((NetworkName::new(&network.name), endpoint))
    });
    NetworkMode::Attached(endpoints.collect())
}

fn ports(mounts: &Mounts<'_, '_>, service: &Service, facts: &mut Facts) -> BTreeSet<PublishedPort> {
    let mut ports = BTreeSet::new();
    for (index, port) in service.ports.iter().enumerate() {
        let published = port.published.map(|range| match range.first == range.last {
            true => range.first.to_string(),
            false => format!("{}-{}", range.first, range.last),
        });
        let resolved = PublishedPort {
            address: port.host_ip.clone(),
            published,
            target: port.target,
            protocol: port.protocol.clone(),
        };
        facts.ports.push(PortFact {
            service: ServiceName::new(&service.name),
            fixed: port.published.filter(|at| at.first == at.last).map(|at| at.first),
            port: resolved.clone(),
            path: format!("services.{}.ports[{index}]", service.name),
            place: mounts.repository.place(&port.place),
        });
        ports.insert(resolved);
    }
    ports
}

fn pull(mounts: &mut Mounts<'_, '_>, service: &Service) -> PullPolicy {
    let ignored = match service.pull_policy {
        Some(project::PullPolicy::Never) => return PullPolicy::Never,
        None | Some(project::PullPolicy::Missing) => return PullPolicy::Missing,
        Some(project::PullPolicy::Always) => "always",
        Some(project::PullPolicy::Build) => "build",
        Some(project::PullPolicy::Every(_)) => "every",
    };
    let place = place_of(mounts, service, "pull_policy");
    mounts.findings.push(
        Finding::note("not-acted-on", format!("{ignored} counts as missing"))
            .at(place)
            .on(format!("services.{}.pull_policy", service.name))
            .hint("an update is a change in the repository: pin the version that you want"),
    );
    PullPolicy::Missing
}

/// What the typed project carries and a container's specification does not.
fn say_ignored(mounts: &mut Mounts<'_, '_>, service: &Service) {
    let base = format!("services.{}", service.name);
    for (attribute, is_set) in
        [("dns_opt", !service.dns_opt.is_empty()), ("dns_search", !service.dns_search.is_empty())]
    {
        if is_set {
            let place = place_of(mounts, service, attribute);
            mounts.findings.push(not_acted_on(&format!("{base}.{attribute}"), place));
        }
    }
    for (key, at) in &service.networks {
        let ignored = [
            ("link_local_ips", !at.link_local_ips.is_empty()),
            ("mac_address", at.mac_address.is_some()),
            ("driver_opts", !at.driver_opts.is_empty()),
            ("gw_priority", at.gw_priority != 0),
            ("interface_name", at.interface_name.is_some()),
        ];
        for (attribute, is_set) in ignored {
            if is_set {
                let place = place_of(mounts, service, "networks");
                let path = format!("{base}.networks.{key}.{attribute}");
                mounts.findings.push(not_acted_on(&path, place));
            }
        }
    }
}

fn place_of(mounts: &Mounts<'_, '_>, service: &Service, attribute: &str) -> Place {
    mounts.repository.place(service.places.get(attribute).unwrap_or(&service.place))
}
