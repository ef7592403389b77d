//! A homelab of any size: stacks of ten services on hosts of fifty stacks, with what homelabs have:
//! variables, labels, networks, volumes, files, dependencies and needs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hob_model::{
    ContainerName, Digest, HostName, NetworkName, Secret, ServiceName, StackName, StackPath,
    VolumeName,
    desired::{
        Condition, Connect, Dependency, Desired, DesiredHost, DesiredService, DesiredStack,
        PullPolicy, StackFile, StackNetwork, StackVolume,
    },
    spec::{
        BindSource, ContainerSpec, Endpoint, Mount, NetworkMode, NetworkSpec, PublishedPort,
        VolumeSpec,
    },
};
use hob_plan::observed::{HostState, HostView, Observed};

const SERVICES_PER_STACK: usize = 10;
const STACKS_PER_HOST: usize = 50;

/// A homelab of so many containers.
pub(crate) fn desired(containers: usize) -> Desired {
    let stacks = containers.div_ceil(SERVICES_PER_STACK);
    let hosts = stacks.div_ceil(STACKS_PER_HOST);
    let hosts = (0..hosts).map(|number| {
        let here = STACKS_PER_HOST.min(stacks - number * STACKS_PER_HOST);
        let stacks = (0..here).map(|at| stack(at, SERVICES_PER_STACK)).collect();
        (HostName::new(format!("host{number}")), host(stacks))
    });
    Desired { homelab: "scale".into(), hosts: hosts.collect(), ..Desired::default() }
}

/// A homelab of one host with one stack.
#[allow(dead_code, reason = "the laws of growth use it, the measurement does not")]
pub(crate) fn one_stack(services: usize) -> Desired {
    let host = host(BTreeMap::from([stack(0, services)]));
    let hosts = BTreeMap::from([(HostName::from("host0"), host)]);
    Desired { homelab: "scale".into(), hosts, ..Desired::default() }
}

/// Its hosts, with nothing on them.
pub(crate) fn empty(desired: &Desired) -> Observed {
    let seen = |name: &HostName| (name.clone(), HostView::Seen(Box::<HostState>::default()));
    Observed { hosts: desired.hosts.keys().map(seen).collect() }
}

fn host(stacks: BTreeMap<StackName, DesiredStack>) -> DesiredHost {
    DesiredHost {
        connect: Connect::Local { socket: None },
        root: "/opt/hob".into(),
        networks: BTreeMap::new(),
        stacks,
        storage: Vec::new(),
    }
}

fn stack(at: usize, services: usize) -> (StackName, DesiredStack) {
    let name = format!("stack{at}");
    let network = NetworkName::new(format!("{name}_default"));
    let volume = VolumeName::new(format!("{name}_data"));
    let path = StackPath::from("conf/app.yaml");
    let digest = Digest::of(name.as_bytes());
    let content: Arc<[u8]> = Arc::from(name.as_bytes());
    let file = StackFile { digest, mode: 0o644, content: Secret::new(content) };
    let services = (0..services).map(|service| {
        let made = self::service(&name, at, service, &network, &volume);
        (ServiceName::new(format!("service{service}")), made)
    });
    let mut needs = BTreeSet::new();
    if !at.is_multiple_of(5) {
        needs.insert((None, StackName::new(format!("stack{}", at - at % 5))));
    }
    let stack = DesiredStack {
        project: name.clone(),
        services: services.collect(),
        networks: BTreeMap::from([(
            network,
            StackNetwork { key: "default".into(), spec: NetworkSpec::default() },
        )]),
        volumes: BTreeMap::from([(
            volume,
            StackVolume { key: "data".into(), spec: VolumeSpec::default() },
        )]),
        files: BTreeMap::from([(path, file)]),
        needs,
        ..DesiredStack::default()
    };
    (StackName::new(name), stack)
}

fn service(
    stack: &str,
    at: usize,
    service: usize,
    network: &NetworkName,
    volume: &VolumeName,
) -> DesiredService {
    let mut spec = ContainerSpec::new(format!("ghcr.io/example/{stack}-{service}:1").as_str());
    for key in 0..12 {
        let value = Secret::new(format!("value {key} of {stack}"));
        spec.env.insert(format!("VARIABLE_{key}"), value);
        let value = Secret::new(format!("Host(`{service}.{stack}.example.com`)"));
        spec.labels.insert(format!("traefik.http.routers.{key}.rule"), value);
    }
    spec.network = NetworkMode::Attached(BTreeMap::from([(network.clone(), Endpoint::default())]));
    let conf = Mount::Bind {
        source: BindSource::Stack("conf/app.yaml".into()),
        read_only: true,
        create: false,
        propagation: None,
        recursive: Default::default(),
        selinux: Default::default(),
    };
    spec.mounts.insert("/etc/app.yaml".into(), conf);
    spec.content.insert("/etc/app.yaml".into(), Digest::of(stack.as_bytes()));
    if service == 0 {
        let published = Some((10_000 + at).to_string());
        let protocol = "tcp".to_owned();
        spec.ports.insert(PublishedPort { address: None, published, target: 80, protocol });
        let data =
            Mount::Volume { name: volume.clone(), read_only: false, nocopy: false, subpath: None };
        spec.mounts.insert("/data".into(), data);
    }
    let needs_first = Dependency { condition: Condition::Started, restart: false, required: true };
    let first = (service % 3 == 2).then(|| (ServiceName::from("service0"), needs_first));
    DesiredService {
        container: ContainerName::new(format!("{stack}-service{service}-1")),
        spec: Arc::new(spec),
        depends_on: first.into_iter().collect(),
        pull: PullPolicy::Missing,
        place: None,
    }
}
