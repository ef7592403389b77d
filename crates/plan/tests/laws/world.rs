//! Random worlds: what is declared now, and hosts on which something else was declared before, was
//! perhaps interrupted, and was then tampered with.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hob_model::{
    ContainerName, Digest, HostName, ImageId, NetworkName,
    desired::{Desired, DesiredHost},
    spec::ContainerSpec,
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

use crate::{
    choices::Choices,
    declared::{HOSTS, STACKS, desired},
    refusals::refusal,
};

pub(crate) const HOMELAB: &str = "lab";

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
