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
    cross::Facts,
    mounts::{Mounted, Mounts},
    network::{exposed, network, ports},
    runtime::{self, container_of},
};
use crate::{
    desired::{Condition, Dependency, DesiredService, PullPolicy},
    names::{ImageRef, Role, ServiceName},
    secret::Secret,
    spec::{
        BuildSpec, ContainerSpec, HealthCheck, Logging, Namespaces, NetworkMode, PublishedPort,
        RestartPolicy, VolumesFrom,
    },
};

/// `None` if it has no image, which the loader has a finding for, or is not to run at all.
pub(super) fn resolve(
    mounts: &mut Mounts<'_, '_>,
    service: &Service,
    build: Option<&Arc<BuildSpec>>,
    facts: &mut Facts,
) -> Option<DesiredService> {
    let image = match &service.image {
        Some(image) => ImageRef::new(image),
        None => build?.image.clone(),
    };
    if service.scale == Some(0) {
        return None;
    }
    say_copies(mounts, service);
    let container = container_of(mounts.project, service);
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
    let shared = Shared {
        network: network(mounts, service, &container),
        namespaces: runtime::namespaces(mounts, service),
        volumes_from: runtime::volumes_from(mounts, service),
    };
    let ports = ports(mounts, service, facts);
    let mounted = mounts.of_service(service);
    let pull = pull(mounts, service);
    Some(DesiredService {
        container,
        spec: Arc::new(ContainerSpec {
            build: build.cloned(),
            ..spec(service, image, shared, ports, mounted)
        }),
        depends_on: depends_on(service),
        pull,
        place: Some(mounts.repository.place(&service.place)),
    })
}

fn say_copies(mounts: &mut Mounts<'_, '_>, service: &Service) {
    let Some(copies) = service.scale.filter(|copies| *copies > 1) else { return };
    let attribute = if service.places.contains_key("scale") { "scale" } else { "deploy" };
    let place = place_of(mounts, service, attribute);
    let path = match attribute {
        "scale" => "scale",
        _ => "deploy.replicas",
    };
    mounts.findings.push(
        Finding::error(
            "unsupported-attribute",
            format!("{copies} containers of one service are not supported"),
        )
        .at(place)
        .on(format!("services.{}.{path}", service.name))
        .hint("write 1, or one service for each container (extends: saves writing it twice)"),
    );
}

/// What a container has in common with others.
struct Shared {
    network: NetworkMode,
    namespaces: Namespaces,
    volumes_from: Vec<VolumesFrom>,
}

fn spec(
    service: &Service,
    image: ImageRef,
    shared: Shared,
    ports: BTreeSet<PublishedPort>,
    mounted: Mounted,
) -> ContainerSpec {
    let environment = service.environment.iter();
    let Shared { network, namespaces, volumes_from } = shared;
    let (devices, device_requests) = runtime::devices(service);
    let extra_hosts = service.extra_hosts.iter();
    let ulimits = service.ulimits.iter();
    ContainerSpec {
        image,
        build: None,
        command: words(service.command.as_ref()),
        entrypoint: words(service.entrypoint.as_ref()),
        env: environment
            .filter_map(|(key, value)| Some((key.clone(), Secret::new(value.clone()?))))
            .collect(),
        labels: secrets(&service.labels),
        annotations: secrets(&service.annotations),
        hostname: service.hostname.clone(),
        domainname: service.domainname.clone(),
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
        dns_opt: service.dns_opt.clone(),
        dns_search: service.dns_search.clone(),
        devices,
        device_requests,
        device_cgroup_rules: service.device_cgroup_rules.clone(),
        namespaces,
        cgroup_parent: service.cgroup_parent.clone(),
        runtime: service.runtime.clone(),
        storage_opt: service.storage_opt.clone(),
        mounts: mounted.mounts,
        volumes_from,
        files: mounted.files,
        network,
        ports,
        expose: exposed(service),
        restart: restart(service.restart),
        health: service.healthcheck.as_ref().map(health),
        limits: runtime::limits(service),
        blkio: service.blkio.as_ref().map(runtime::blkio),
        logging: service.logging.as_ref().map(logging),
        stop_signal: service.stop_signal.clone(),
        stop_grace: service.stop_grace_period,
        post_start: runtime::hooks(&service.post_start),
        pre_stop: runtime::hooks(&service.pre_stop),
        platform: service.platform.clone(),
        content: mounted.content,
    }
}

fn logging(logging: &project::Logging) -> Logging {
    Logging { driver: logging.driver.clone(), options: secrets(&logging.options) }
}

fn words(list: Option<&Vec<String>>) -> Option<Vec<Secret<String>>> {
    list.map(|list| list.iter().cloned().map(Secret::new).collect())
}

fn secrets(map: &BTreeMap<String, String>) -> BTreeMap<String, Secret<String>> {
    map.iter().map(|(key, value)| (key.clone(), Secret::new(value.clone()))).collect()
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

fn pull(mounts: &mut Mounts<'_, '_>, service: &Service) -> PullPolicy {
    match service.pull_policy {
        // Whether the registry is asked is part of how it is built.
        _ if service.build.is_some() => PullPolicy::Missing,
        Some(project::PullPolicy::Never) => PullPolicy::Never,
        None | Some(project::PullPolicy::Missing | project::PullPolicy::Build) => {
            PullPolicy::Missing
        }
        Some(project::PullPolicy::Always | project::PullPolicy::Every(_)) => {
            let place = place_of(mounts, service, "pull_policy");
            mounts.findings.push(
                Finding::note("not-acted-on", "the image is fetched when a container is made")
                    .at(place)
                    .on(format!("services.{}.pull_policy", service.name))
                    .hint("an update is a change in the repository: pin the version that you want"),
            );
            PullPolicy::Always
        }
    }
}

fn place_of(mounts: &Mounts<'_, '_>, service: &Service, attribute: &str) -> Place {
    mounts.repository.place(service.places.get(attribute).unwrap_or(&service.place))
}
