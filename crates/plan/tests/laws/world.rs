//! Random worlds: what is declared now, and hosts on which something else was declared before, was
//! perhaps interrupted, and was then tampered with.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use hob_model::{
    ContainerName, Digest, HostName, ImageId, NetworkName, Secret, ServiceName, StackName,
    VolumeName,
    desired::{
        Condition, Connect, Dependency, Desired, DesiredHost, DesiredService, DesiredStack,
        PullPolicy, StackFile, StackNetwork, StackVolume,
    },
    spec::{
        BuildSpec, ContainerSpec, Endpoint, HealthCheck, Mount, NetworkMode, NetworkSpec,
        PublishedPort, RestartPolicy, VolumeSpec,
    },
};
use hob_plan::{
    Op, Plan, Policy,
    observed::{
        Container, ContainerOwner, ContainerState, FileSeen, Health, HostState, HostView, Network,
        Observed, Volume,
    },
    ownership::{Identity, ThingOwner},
    plan, simulate_op,
};

use crate::{choices::Choices, refusals::refusal};

pub(crate) const HOMELAB: &str = "lab";
const HOSTS: [&str; 3] = ["nas", "pi", "vps"];
const STACKS: [&str; 3] = ["media", "photos", "web"];
const SERVICES: [&str; 4] = ["app", "db", "job", "proxy"];
const IMAGES: [&str; 3] = ["docker.io/library/app:1", "app:2", "ghcr.io/x/db"];

/// An observed world together with the full specification of each container in it, which no host
/// would tell, but which decides whether the world is what was declared.
#[derive(Clone, Debug)]
pub(crate) struct World {
    pub(crate) observed: Observed,
    pub(crate) specs: BTreeMap<(HostName, ContainerName), Arc<ContainerSpec>>,
}

impl World {
    /// Does an operation as an Engine would, which refuses what cannot be.
    pub(crate) fn perform(&mut self, host: &HostName, op: &Op) -> Result<(), String> {
        if let Some(state) = self.state(host) {
            refusal(state, op).map_or(Ok(()), Err)?;
        }
        let key = |name: &ContainerName| (host.clone(), name.clone());
        let exists = |world: &Self, name: &ContainerName| {
            world.state(host).is_some_and(|state| state.containers.contains_key(name))
        };
        match op {
            Op::CreateContainer { name, spec, .. } if !exists(self, name) => {
                self.specs.insert(key(name), Arc::clone(spec));
            }
            Op::Rename { from, to } => {
                if let Some(spec) = self.specs.remove(&key(from)) {
                    self.specs.insert(key(to), spec);
                }
            }
            Op::RemoveContainer(name) => {
                self.specs.remove(&key(name));
            }
            Op::PutBack { name, was, .. } => {
                self.specs.remove(&key(&name.successor()));
                if exists(self, &name.old()) {
                    self.specs.remove(&key(name));
                    if let Some(spec) = self.specs.remove(&key(&name.old())) {
                        self.specs.insert(key(was), spec);
                    }
                }
            }
            _ => {}
        }
        simulate_op(&mut self.observed, host, op);
        Ok(())
    }

    pub(crate) fn perform_all(&mut self, plan: &Plan) -> Result<(), String> {
        for step in &plan.steps {
            for op in step.ops() {
                self.perform(&step.host, &op)?;
            }
        }
        Ok(())
    }

    pub(crate) fn state(&self, host: &HostName) -> Option<&HostState> {
        match self.observed.hosts.get(host)? {
            HostView::Seen(state) => Some(state),
            HostView::Unreachable { .. } => None,
        }
    }
}

/// The operations of a plan in an order in which a parallel run might do them.
pub(crate) fn interleaved(plan: &Plan, choices: &mut Choices<'_>) -> Vec<(HostName, Op)> {
    let mut queues: Vec<(usize, Vec<Op>)> = plan.steps.iter().map(|step| (0, step.ops())).collect();
    let mut sequence = Vec::new();
    loop {
        let ready: Vec<usize> = (0..queues.len())
            .filter(|at| queues[*at].0 < queues[*at].1.len())
            .filter(|at| {
                plan.steps[*at].after.iter().all(|(before, until)| {
                    let (done, ops) = &queues[before.0 as usize];
                    *done == ops.len() || ops[..*done].contains(&Op::Reached(*until))
                })
            })
            .collect();
        if ready.is_empty() {
            return sequence;
        }
        let at = ready[choices.below(ready.len())];
        let (done, ops) = &mut queues[at];
        sequence.push((plan.steps[at].host.clone(), ops[*done].clone()));
        *done += 1;
    }
}

/// What is declared now and the hosts as they are.
pub(crate) fn generate(choices: &mut Choices<'_>) -> (Desired, World) {
    let past = desired(choices);
    let mut now = desired(choices);
    if choices.chance(30) {
        // Most of it stayed as it was.
        let kept = choices.below(STACKS.len());
        for (name, host) in &mut now.hosts {
            let Some(before) = past.hosts.get(name) else { continue };
            host.stacks.retain(|stack, _| stack.as_str() == STACKS[kept]);
            let others = before.stacks.iter().filter(|(name, _)| name.as_str() != STACKS[kept]);
            host.stacks.extend(others.map(|(name, stack)| (name.clone(), stack.clone())));
            drop_clashes(host);
        }
    }
    let mut world = empty_world();
    if choices.chance(80) {
        let policy = Policy::default();
        let before = plan(&past, &world.observed, &policy);
        let ops = interleaved(&before, choices);
        let cut = if choices.chance(40) { choices.below(ops.len() + 1) } else { ops.len() };
        perform(&mut world, &ops[..cut]);
        if choices.chance(30) {
            let between = desired(choices);
            let ops = interleaved(&plan(&between, &world.observed, &policy), choices);
            let cut = choices.below(ops.len() + 1);
            perform(&mut world, &ops[..cut]);
        }
    }
    tamper(&mut world, choices);
    (now, world)
}

/// Leaves out stacks that are to have a name or a port of an earlier one, which nobody can declare.
fn drop_clashes(host: &mut DesiredHost) {
    let (mut names, mut ports) = (BTreeSet::new(), BTreeSet::new());
    host.stacks.retain(|_, stack| {
        let services = || stack.services.values();
        let published =
            services().flat_map(|it| &it.spec.ports).filter_map(|it| it.published.clone());
        let published: Vec<String> = published.collect();
        let is_free = services().all(|it| !names.contains(&it.container))
            && published.iter().all(|port| !ports.contains(port));
        if is_free {
            names.extend(services().map(|it| it.container.clone()));
            ports.extend(published);
        }
        is_free
    });
}

/// What was done before a world is looked at; the laws look at refusals later.
fn perform(world: &mut World, ops: &[(HostName, Op)]) {
    for (host, op) in ops {
        if world.perform(host, op).is_err() {
            return;
        }
    }
}

fn empty_world() -> World {
    let seen = |name: &str| (HostName::from(name), HostView::Seen(Box::<HostState>::default()));
    World {
        observed: Observed { hosts: HOSTS.into_iter().map(seen).collect() },
        specs: BTreeMap::new(),
    }
}

fn tamper(world: &mut World, choices: &mut Choices<'_>) {
    let mut removed = Vec::new();
    for (host, view) in &mut world.observed.hosts {
        if choices.chance(10) {
            *view = HostView::Unreachable { why: "timed out".into() };
            continue;
        }
        let HostView::Seen(state) = view else { continue };
        let names: Vec<ContainerName> = state.containers.keys().cloned().collect();
        for name in names {
            match choices.below(17) {
                9 => {
                    state.containers.remove(&name);
                    removed.push((host.clone(), name));
                }
                10 => change(state, &name, |container| {
                    container.state = ContainerState::Exited { code: 137 };
                }),
                11 => change(state, &name, |container| {
                    container.state = ContainerState::Running { health: Health::Unhealthy };
                }),
                8 => change(state, &name, |container| container.networks.clear()),
                12 => change(state, &name, |container| {
                    container.state = ContainerState::Exited { code: 0 };
                }),
                13 => change(state, &name, |it| it.state = ContainerState::Restarting),
                14 => change(state, &name, |it| it.state = ContainerState::Paused),
                15 => change(state, &name, |it| it.state = ContainerState::Dead),
                _ => {}
            }
        }
        if choices.chance(5) {
            state.homelab = Some("other".to_owned());
        }
        if choices.chance(15) {
            state.stacks.values_mut().for_each(|folder| folder.applied.clear());
        }
        if choices.chance(15) {
            state.images.clear();
            // The names stand for something newer by now, which a pull will show.
            if choices.chance(50) {
                for container in state.containers.values_mut() {
                    container.image = ImageId::from("sha256:older");
                }
            }
        }
        if choices.chance(10) {
            for id in state.images.values_mut() {
                *id = ImageId::from("sha256:newer");
            }
        }
        if choices.chance(20) {
            edit_a_file(state, choices);
        }
        add_foreign(state, choices);
    }
    removed.iter().for_each(|key| {
        world.specs.remove(key);
    });
}

fn change(state: &mut HostState, name: &ContainerName, edit: impl FnOnce(&mut Container)) {
    if let Some(container) = state.containers.get_mut(name) {
        edit(container);
    }
}

fn edit_a_file(state: &mut HostState, choices: &mut Choices<'_>) {
    for folder in state.stacks.values_mut() {
        for seen in folder.files.values_mut() {
            if choices.chance(50) {
                *seen = FileSeen::File { digest: Digest::of(b"edited"), mode: 0o644 };
            }
        }
    }
}

fn add_foreign(state: &mut HostState, choices: &mut Choices<'_>) {
    let other_homelab = Identity {
        homelab: "other".into(),
        stack: "media".into(),
        project: "theirs".into(),
        service: "app".into(),
    };
    let owners = [
        ContainerOwner::Foreign,
        ContainerOwner::Compose { project: "media".into(), service: "app".into() },
        ContainerOwner::Hob {
            identity: other_homelab,
            spec: hob_model::spec::SpecDigest::from_label("v1:theirs"),
        },
    ];
    for (at, owner) in owners.into_iter().enumerate() {
        if !choices.chance(25) {
            continue;
        }
        let name = if choices.chance(30) {
            ContainerName::new(format!("{}-app-1", choices.pick(&STACKS)))
        } else {
            ContainerName::new(format!("stranger-{at}{}", choices.pick(&["", ".hob-old"])))
        };
        let container = Container {
            owner,
            image: ImageId::from("sha256:strange"),
            state: ContainerState::Running { health: Health::Unchecked },
            networks: BTreeSet::from([NetworkName::from("shared")]),
            ports: BTreeSet::new(),
            anonymous_volumes: BTreeMap::new(),
        };
        state.containers.entry(name).or_insert(container);
    }
    if choices.chance(20) {
        let network = Network { owner: ThingOwner::Foreign, spec: None };
        state.networks.entry("shared".into()).or_insert(network);
    }
    let volume = Volume { owner: ThingOwner::Foreign, spec: None };
    state.volumes.entry("precious".into()).or_insert(volume);
    if choices.chance(15) {
        let stack = choices.pick(&STACKS);
        let compose = |project: &str| ThingOwner::Compose { project: project.to_owned() };
        let owners = [ThingOwner::Foreign, compose("theirs"), compose(stack)];
        let mut owner = || owners[choices.below(owners.len())].clone();
        let network = Network { owner: owner(), spec: None };
        let volume = Volume { owner: owner(), spec: None };
        state.networks.entry(format!("{stack}_default").as_str().into()).or_insert(network);
        state.volumes.entry(format!("{stack}_data").as_str().into()).or_insert(volume);
    }
    if choices.chance(15) {
        let folder = state.stacks.entry("web".into()).or_default();
        let seen = FileSeen::File { digest: Digest::of(b"mine"), mode: 0o600 };
        folder.files.entry("conf/own.txt".into()).or_insert(seen);
    }
}

fn desired(choices: &mut Choices<'_>) -> Desired {
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
