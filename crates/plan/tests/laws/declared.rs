//! Random declarations: what the hosts of a homelab are to run.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use hob_model::{
    ContainerName, Digest, HostName, NetworkName, Secret, ServiceName, StackName, VolumeName,
    desired::{
        Condition, Connect, Dependency, Desired, DesiredHost, DesiredService, DesiredStack,
        PullPolicy, StackFile, StackNetwork, StackVolume,
    },
    spec::{
        BuildSpec, ContainerSpec, Endpoint, HealthCheck, Mount, NetworkMode, NetworkSpec,
        PublishedPort, RestartPolicy, VolumeSpec,
    },
};

use crate::{choices::Choices, world::HOMELAB};

pub(crate) const HOSTS: [&str; 3] = ["nas", "pi", "vps"];
pub(crate) const STACKS: [&str; 3] = ["media", "photos", "web"];
const SERVICES: [&str; 4] = ["app", "db", "job", "proxy"];
const IMAGES: [&str; 3] = ["docker.io/library/app:1", "app:2", "ghcr.io/x/db"];

pub(crate) fn desired(choices: &mut Choices<'_>) -> Desired {
    let hosts = HOSTS.into_iter().map(|name| (HostName::from(name), host(name, choices))).collect();
    Desired { homelab: HOMELAB.into(), hosts, ..Desired::default() }
}

/// What the stacks of a host share.
struct Common {
    ports: Vec<usize>,
    name: Option<ContainerName>,
    /// Hosts that stacks of this one may need, so that needs never go round.
    earlier_hosts: &'static [&'static str],
}

fn host(name: &str, choices: &mut Choices<'_>) -> DesiredHost {
    let mut stacks = BTreeMap::new();
    // Ports and names go from one stack to another between two versions of a host.
    let mut common = Common {
        ports: vec![9000, 9001],
        name: Some(ContainerName::from("common")),
        earlier_hosts: HOSTS.iter().position(|host| *host == name).map_or(&[], |at| &HOSTS[..at]),
    };
    for (at, name) in STACKS.iter().enumerate() {
        if choices.chance(60) {
            stacks.insert(StackName::from(*name), stack(name, at, &mut common, choices));
        }
    }
    DesiredHost {
        connect: Connect::Local { socket: None },
        root: "/opt/hob".into(),
        networks: BTreeMap::from([("shared".into(), NetworkSpec::default())]),
        stacks,
        storage: Vec::new(),
    }
}

fn stack(name: &str, at: usize, common: &mut Common, choices: &mut Choices<'_>) -> DesiredStack {
    let mut stack = DesiredStack { project: name.into(), ..DesiredStack::default() };
    let own = NetworkName::new(format!("{name}_default"));
    let network = StackNetwork { key: "default".into(), spec: NetworkSpec::default() };
    stack.networks.insert(own.clone(), network);
    let volume = StackVolume { key: "data".into(), spec: VolumeSpec::default() };
    stack.volumes.insert(VolumeName::new(format!("{name}_data")), volume);
    if choices.chance(50) {
        let content: &[u8] = choices.pick(&[b"one".as_slice(), b"two"]);
        let file = StackFile {
            digest: Digest::of(content),
            mode: 0o644,
            content: Secret::new(content.into()),
        };
        stack.files.insert("conf/own.txt".into(), file);
    }
    if choices.chance(30) {
        stack.external_networks.insert(
            "shared".into(),
            hob_model::Place { file: "compose.yaml".into(), line: 1, column: 1, len: 1 },
        );
    }
    if at > 0 && choices.chance(20) {
        stack.needs.insert((None, StackName::from(STACKS[at - 1])));
    }
    if !common.earlier_hosts.is_empty() && choices.chance(15) {
        let on = HostName::from(choices.pick(common.earlier_hosts));
        stack.needs.insert((Some(on), StackName::from(choices.pick(&STACKS))));
    }
    // Names and ports go from one service to another between two versions of a stack.
    let mut ports: Vec<usize> = (0..3).map(|number| 8000 + 100 * at + number).collect();
    let mut spare_name = Some(ContainerName::new(format!("the-{name}")));
    for service in SERVICES {
        if choices.chance(55) {
            let ports = if choices.chance(25) { &mut common.ports } else { &mut ports };
            let port = choices.chance(40).then(|| choices.below(ports.len().max(1)));
            let port = port.filter(|at| *at < ports.len()).map(|at| ports.remove(at));
            let mut declared = service_of(&stack, name, service, port, choices);
            let name = if choices.chance(20) { &mut common.name } else { &mut spare_name };
            if choices.chance(20)
                && let Some(name) = name.take()
            {
                declared.container = name;
            }
            stack.services.insert(ServiceName::from(service), declared);
        }
    }
    // Two services have each other's name.
    if choices.chance(25) {
        let mut names: Vec<&mut ContainerName> =
            stack.services.values_mut().map(|service| &mut service.container).collect();
        if let [first, .., last] = names.as_mut_slice() {
            std::mem::swap(*first, *last);
        }
    }
    stack
}

fn service_of(
    stack: &DesiredStack,
    stack_name: &str,
    name: &str,
    port: Option<usize>,
    choices: &mut Choices<'_>,
) -> DesiredService {
    let mut depends_on = BTreeMap::new();
    for earlier in stack.services.keys() {
        if choices.chance(30) {
            let condition =
                choices.pick(&[Condition::Started, Condition::Healthy, Condition::Completed]);
            let dependency =
                Dependency { condition, restart: choices.chance(30), required: choices.chance(80) };
            depends_on.insert(earlier.clone(), dependency);
        }
    }
    let container = if choices.chance(15) {
        ContainerName::new(format!("my-{stack_name}-{name}"))
    } else {
        ContainerName::new(format!("{stack_name}-{name}-1"))
    };
    DesiredService {
        container,
        spec: Arc::new(spec(stack, stack_name, name, port, choices)),
        depends_on,
        pull: PullPolicy::Missing,
        place: None,
    }
}

fn spec(
    stack: &DesiredStack,
    stack_name: &str,
    name: &str,
    port: Option<usize>,
    choices: &mut Choices<'_>,
) -> ContainerSpec {
    let mut networks = BTreeMap::from([(
        NetworkName::new(format!("{stack_name}_default")),
        Endpoint { aliases: BTreeSet::from([name.to_owned()]), ..Endpoint::default() },
    )]);
    if let Some(shared) = stack.external_networks.keys().next() {
        networks.insert(shared.clone(), Endpoint::default());
    }
    let mut mounts = BTreeMap::new();
    let mut content = BTreeMap::new();
    if choices.chance(30) {
        let (name, read_only) = (format!("{stack_name}_data"), choices.chance(50));
        let name = VolumeName::new(name);
        let mount = Mount::Volume { name, read_only, nocopy: false, subpath: None };
        mounts.insert("/data".to_owned(), mount);
    }
    if choices.chance(20) {
        mounts.insert("/scratch".to_owned(), Mount::Anonymous);
    }
    if let Some((path, file)) = stack.files.iter().next()
        && choices.chance(60)
    {
        mounts.insert("/etc/own.txt".to_owned(), Mount::stack_file(path.to_string()));
        content.insert("/etc/own.txt".to_owned(), file.digest.clone());
    }
    let ports = port.map(|port| PublishedPort {
        address: None,
        published: Some(port.to_string()),
        target: 80,
        protocol: "tcp".into(),
    });
    let value = choices.pick(&["1", "2"]);
    let build = choices.chance(15).then(|| {
        let text = choices.pick(&["FROM a", "FROM b"]);
        Arc::new(BuildSpec::new(format!("{stack_name}-{name}").as_str(), text))
    });
    let image = match &build {
        Some(build) => build.image.as_str(),
        None => choices.pick(&IMAGES),
    };
    ContainerSpec {
        build: build.clone(),
        env: BTreeMap::from([("LEVEL".to_owned(), Secret::from(value))]),
        hostname: choices.chance(30).then(|| choices.pick(&["a", "b"]).to_owned()),
        user: choices.chance(20).then(|| "1000".to_owned()),
        mounts,
        content,
        network: NetworkMode::Attached(networks),
        ports: ports.into_iter().collect(),
        restart: choices.pick(&[
            RestartPolicy::UnlessStopped,
            RestartPolicy::UnlessStopped,
            RestartPolicy::No,
            RestartPolicy::OnFailure { retries: Some(3) },
        ]),
        health: choices.chance(40).then(|| HealthCheck {
            test: Some(vec![Secret::from("CMD"), Secret::from("true")]),
            interval: Some(Duration::from_secs(5)),
            ..HealthCheck::default()
        }),
        ..bare_spec(image)
    }
}

pub(crate) fn bare_spec(image: &str) -> ContainerSpec {
    ContainerSpec::new(image)
}
