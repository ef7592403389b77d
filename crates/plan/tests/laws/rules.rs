//! The laws. Each takes a planner, so that planted bugs can be held against it.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{
    ContainerName, HostName, Role, Selection, StackName,
    desired::{Condition, Desired},
};
use hob_plan::{
    Change, Obstacle, Plan, Policy, Thing,
    observed::{
        Container, ContainerOwner, ContainerState, FileSeen, Health, HostState, Observed, Verdict,
    },
    ownership::ThingOwner,
};

use crate::{
    choices::Choices,
    convergence::converges,
    world::{HOMELAB, World, interleaved},
};

pub(crate) type Planner = fn(&Desired, &Observed, &Policy) -> Plan;

/// A law that does not hold, by its name, with what was seen.
#[derive(Debug)]
pub(crate) struct Broken {
    pub(crate) law: &'static str,
    pub(crate) seen: String,
}

pub(crate) fn require(
    law: &'static str,
    holds: bool,
    seen: impl FnOnce() -> String,
) -> Result<(), Broken> {
    if holds { Ok(()) } else { Err(Broken { law, seen: seen() }) }
}

/// Holds all laws against a planner in one world. Says whether there was anything to do.
pub(crate) fn check(
    planner: Planner,
    desired: &Desired,
    world: &World,
    choices: &mut Choices<'_>,
) -> Result<bool, Broken> {
    let policy = Policy::default();
    let first = planner(desired, &world.observed, &policy);
    require("deterministic", first == planner(desired, &world.observed, &policy), String::new)?;
    well_formed(&first, world)?;
    blocked_for_a_reason(&first, world)?;
    nothing_foreign(planner, desired, world)?;
    uses_nothing_foreign(&first, desired, world)?;
    undone_is_as_before(&first, world)?;
    let sequence = interleaved(&first, choices);
    only_what_is_selected(planner, desired, world, choices)?;
    nothing_is_forgotten(&first, desired, world)?;
    let mut crashed = world.clone();
    converges(planner, desired, &crashed, "converges")?;
    for (at, (host, op)) in sequence.iter().enumerate() {
        dependencies_first(desired, &crashed, host, op)?;
        allowed(crashed.perform(host, op))?;
        // All prefixes of all worlds would take minutes; every world tries some of them.
        if at + 1 == sequence.len() || choices.chance(600 / sequence.len()) {
            converges(planner, desired, &crashed, "converges after a crash")?;
        }
    }
    Ok(!first.steps.is_empty())
}

fn well_formed(plan: &Plan, world: &World) -> Result<(), Broken> {
    for (at, step) in plan.steps.iter().enumerate() {
        require("steps are numbered", step.id.0 as usize == at, || format!("{step:?}"))?;
        require("edges point backwards", step.after.keys().all(|id| *id < step.id), || {
            format!("{step:?}")
        })?;
        require("every step has a reason", !step.why.is_empty(), || format!("{step:?}"))?;
        require("no step on an unreachable host", world.state(&step.host).is_some(), || {
            format!("{step:?}")
        })?;
    }
    for host in world.observed.hosts.keys().filter(|host| world.state(host).is_none()) {
        let is_said = plan.blocked.iter().any(|blocked| {
            blocked.host == *host && matches!(blocked.why, Obstacle::Unreachable { .. })
        });
        require("an unreachable host is said to be blocked", is_said, || host.to_string())?;
    }
    Ok(())
}

/// A service whose container is not there or not what is declared has a step, or it is said what
/// stands in its way.
fn nothing_is_forgotten(plan: &Plan, desired: &Desired, world: &World) -> Result<(), Broken> {
    let mut stepped = BTreeSet::new();
    for step in &plan.steps {
        if let Change::Restore { name, .. } = &step.change {
            stepped.insert((&step.host, name));
        }
        let members: &[hob_plan::Member] = match &step.change {
            Change::Exchange { members } => members,
            _ => &[],
        };
        let changes = members.iter().map(|member| &member.change).chain([&step.change]);
        stepped.extend(changes.filter_map(Change::target).map(|it| (&step.host, &it.name)));
    }
    for (host_name, host) in &desired.hosts {
        for (stack_name, stack) in &host.stacks {
            let is_said = plan.blocked.iter().any(|blocked| {
                let is_whole_host = blocked.stack.is_none()
                    && !matches!(blocked.why, Obstacle::NetworkDiffers { .. });
                blocked.host == *host_name
                    && (is_whole_host || blocked.stack.as_ref() == Some(stack_name))
            });
            for service in stack.services.values().filter(|_| !is_said) {
                let key = (host_name.clone(), service.container.clone());
                let is_there = world.specs.get(&key) == Some(&service.spec);
                let is_changed = stepped.contains(&(host_name, &service.container));
                require("nothing is forgotten", is_there || is_changed, || {
                    format!("{} on {host_name}", service.container)
                })?;
            }
        }
    }
    Ok(())
}

fn is_ours(container: &Container) -> bool {
    matches!(&container.owner, ContainerOwner::Hob { identity, .. } if identity.homelab == HOMELAB)
}

fn foreign(state: &HostState) -> (BTreeMap<&ContainerName, &Container>, BTreeSet<String>) {
    let containers = state.containers.iter().filter(|(_, container)| !is_ours(container));
    let things = state
        .networks
        .iter()
        .filter(|(_, network)| network.owner == ThingOwner::Foreign)
        .map(|(name, _)| format!("network {name}"))
        .chain(state.volumes.keys().map(|name| format!("volume {name}")))
        .chain(state.stacks.iter().flat_map(|(stack, folder)| {
            let unowned = folder.files.iter().filter(|(path, _)| !folder.owned.contains(*path));
            unowned.map(move |(path, seen)| format!("file {stack} {path} {seen:?}"))
        }));
    (containers.collect(), things.collect())
}

/// What Hob did not make, and every volume whoever made it, is there afterwards as it was before.
fn nothing_foreign(planner: Planner, desired: &Desired, world: &World) -> Result<(), Broken> {
    let mut after = world.clone();
    allowed(after.perform_all(&planner(desired, &world.observed, &Policy::default())))?;
    for host in world.observed.hosts.keys() {
        let (Some(before), Some(after)) = (world.state(host), after.state(host)) else { continue };
        let (containers, things) = foreign(before);
        let (containers_after, things_after) = foreign(after);
        let adopted = adopted_files(before, desired, host);
        let lost: Vec<_> = things
            .iter()
            .filter(|thing| !things_after.contains(*thing) && !adopted.contains(*thing))
            .collect();
        require("nothing foreign is touched", containers == containers_after, || {
            format!("{containers:?} became {containers_after:?}")
        })?;
        require("nothing foreign is touched", lost.is_empty(), || format!("{lost:?}"))?;
    }
    Ok(())
}

/// A file that is already there with exactly the declared content becomes Hob's.
fn adopted_files(state: &HostState, desired: &Desired, host: &HostName) -> BTreeSet<String> {
    let mut adopted = BTreeSet::new();
    for (stack, folder) in &state.stacks {
        let declared = desired.hosts.get(host).and_then(|host| host.stacks.get(stack));
        for (path, seen) in &folder.files {
            let is_declared = declared.and_then(|stack| stack.files.get(path)).is_some_and(
                |file| matches!(seen, FileSeen::File { digest, .. } if *digest == file.digest),
            );
            if is_declared {
                adopted.insert(format!("file {stack} {path} {seen:?}"));
            }
        }
    }
    adopted
}

/// A replacement that fails at any operation before its verdict is recorded leaves the old
/// containers as they were: their names, their specifications, and running if they were running.
fn undone_is_as_before(plan: &Plan, world: &World) -> Result<(), Broken> {
    for step in &plan.steps {
        let replaced = replaced(&step.change);
        let ops = step.ops();
        let recorded = ops.iter().position(|op| matches!(op, hob_plan::Op::Record { .. }));
        let Some(recorded) = recorded.filter(|_| !replaced.is_empty()) else { continue };
        // Leftovers are undone by steps that come before.
        let mut ready = world.clone();
        for id in step.after.keys() {
            let before = &plan.steps[id.0 as usize];
            if matches!(before.change, Change::Restore { .. }) {
                before.ops().iter().for_each(|op| lenient(&mut ready, &step.host, op));
            }
        }
        for begun in 1..=recorded + 1 {
            for is_done in [false, true] {
                let mut failed = ready.clone();
                let done = if is_done { begun } else { begun - 1 };
                ops[..done].iter().for_each(|op| lenient(&mut failed, &step.host, op));
                step.undo(begun).iter().for_each(|op| lenient(&mut failed, &step.host, op));
                for (was, back) in &replaced {
                    let key = (step.host.clone(), (*was).clone());
                    let back = (step.host.clone(), back.clone());
                    let runs = is_running(&ready, &key) || should_run(&ready, step, was);
                    require(
                        "a failed replacement is put back",
                        ready.specs.get(&key) == failed.specs.get(&back)
                            && runs == is_running(&failed, &back),
                        || format!("{step:?} failed after {done} of {begun} operations"),
                    )?;
                }
            }
        }
    }
    Ok(())
}

/// The containers that a change replaces, and how they are called when it is undone: what a broken
/// off exchange had put aside gets the name that it was put aside for.
fn replaced(change: &Change) -> Vec<(&ContainerName, ContainerName)> {
    match change {
        Change::Replace { was, target, .. } if *was == target.name.old() => {
            vec![(was, target.name.clone())]
        }
        Change::Replace { was, .. } => vec![(was, was.clone())],
        Change::Exchange { members } => members
            .iter()
            .flat_map(|member| replaced(&member.change))
            .map(|(was, _)| (was, was.clone()))
            .collect(),
        _ => Vec::new(),
    }
}

/// Failures within a step are the subject there; what else would be refused is not.
fn lenient(world: &mut World, host: &HostName, op: &hob_plan::Op) {
    let _ = world.perform(host, op);
}

fn is_running(world: &World, (host, name): &(HostName, ContainerName)) -> bool {
    world.state(host).and_then(|state| state.containers.get(name)).is_some_and(|container| {
        matches!(
            container.state,
            ContainerState::Running { .. } | ContainerState::Restarting | ContainerState::Paused
        )
    })
}

/// By its record: it passed its verdict as something that runs. What a broken off exchange put
/// aside has none under its name, and was running.
fn should_run(world: &World, step: &hob_plan::Step, name: &ContainerName) -> bool {
    if name.role().0 == Role::Old {
        return true;
    }
    let folder = step.stack.as_ref().and_then(|stack| world.state(&step.host)?.stacks.get(stack));
    folder
        .and_then(|folder| folder.applied.get(name))
        .is_some_and(|applied| matches!(applied.verdict, Verdict::Healthy | Verdict::Running))
}

pub(crate) fn allowed(outcome: Result<(), String>) -> Result<(), Broken> {
    outcome.map_err(|seen| Broken { law: "the Engine refuses nothing", seen })
}

/// A container starts only once what it depends on has come as far as it asks.
fn dependencies_first(
    desired: &Desired,
    world: &World,
    host: &HostName,
    op: &hob_plan::Op,
) -> Result<(), Broken> {
    let hob_plan::Op::Start(name) = op else { return Ok(()) };
    let (Some(state), Some(declared)) = (world.state(host), desired.hosts.get(host)) else {
        return Ok(());
    };
    let (_, base) = name.role();
    for (stack_name, stack) in &declared.stacks {
        let service = stack.services.values().find(|service| service.container == base);
        for (needed, dependency) in service.iter().flat_map(|service| &service.depends_on) {
            if !dependency.required {
                continue;
            }
            // Under whatever name: it may be on its way to another one.
            let mut states =
                state.containers.iter().filter_map(|(name, container)| match &container.owner {
                    ContainerOwner::Hob { identity, .. }
                        if identity.stack == *stack_name && identity.service == *needed =>
                    {
                        Some((container.state, has_completed(state, stack_name, name)))
                    }
                    _ => None,
                });
            let is_met = states.any(|(seen, completed)| match dependency.condition {
                Condition::Started => seen != ContainerState::Created,
                Condition::Healthy => matches!(
                    seen,
                    ContainerState::Running { health: Health::Healthy }
                        | ContainerState::Exited { code: 0 }
                ),
                Condition::Completed => completed || seen == ContainerState::Exited { code: 0 },
            });
            require("dependencies come first", is_met, || {
                format!("{name} starts before {needed} is there: {dependency:?}")
            })?;
        }
    }
    Ok(())
}

/// By its record, whoever started it again since.
fn has_completed(state: &HostState, stack: &StackName, name: &ContainerName) -> bool {
    let applied = state.stacks.get(stack).and_then(|folder| folder.applied.get(name));
    applied.is_some_and(|applied| applied.verdict == Verdict::Completed)
}

fn is_foreign(owner: &ThingOwner) -> bool {
    match owner {
        ThingOwner::Hob { homelab, .. } => homelab != HOMELAB,
        ThingOwner::Compose { project } => project == "theirs",
        ThingOwner::Foreign => true,
    }
}

/// A stack's own networks and volumes are Hob's, or Compose's for the same project; somebody else's
/// are used only where they are called external.
fn uses_nothing_foreign(plan: &Plan, desired: &Desired, world: &World) -> Result<(), Broken> {
    for step in &plan.steps {
        let (Some(state), Some(stack)) = (world.state(&step.host), &step.stack) else { continue };
        let declared = desired.hosts.get(&step.host).and_then(|host| host.stacks.get(stack));
        let Some(declared) = declared else { continue };
        let networks = declared.networks.keys().filter_map(|name| state.networks.get(name));
        let volumes = declared.volumes.keys().filter_map(|name| state.volumes.get(name));
        let owners = networks.map(|it| &it.owner).chain(volumes.map(|it| &it.owner));
        for owner in owners {
            let is_own = match owner {
                ThingOwner::Hob { homelab, .. } => homelab == HOMELAB,
                ThingOwner::Compose { project } => *project == declared.project,
                ThingOwner::Foreign => false,
            };
            require("nothing foreign is used", is_own, || format!("{step:?}: {owner:?}"))?;
        }
    }
    Ok(())
}

/// A stack is blocked only by something that is really there, or really missing.
fn blocked_for_a_reason(plan: &Plan, world: &World) -> Result<(), Broken> {
    for blocked in &plan.blocked {
        let Some(state) = world.state(&blocked.host) else { continue };
        let container = |name: &ContainerName| state.containers.get(name);
        let folder = blocked.stack.as_ref().and_then(|stack| state.stacks.get(stack));
        let is_real = match &blocked.why {
            Obstacle::ForeignContainer { name, .. } => {
                container(name).is_some_and(|it| !is_ours(it))
            }
            Obstacle::NameInUse { name, .. } => container(name).is_some_and(is_ours),
            Obstacle::PortTaken { by, .. } => container(by).is_some(),
            Obstacle::ForeignFile { path } => {
                folder.is_some_and(|it| it.files.contains_key(path) && !it.owned.contains(path))
            }
            Obstacle::UnusableFile { path } => folder.is_some_and(|it| it.owned.contains(path)),
            Obstacle::NoNetwork { name } => !state.networks.contains_key(name),
            Obstacle::NetworkDiffers { name } => state.networks.contains_key(name),
            Obstacle::NoVolume { name } => !state.volumes.contains_key(name),
            Obstacle::VolumeDiffers { name } => state.volumes.contains_key(name),
            Obstacle::FolderOfOther { homelab } => state.homelab.as_ref() == Some(homelab),
            Obstacle::NoImage { image } => state.image(image).is_none(),
            Obstacle::ForeignThing { thing, .. } => match thing {
                Thing::Network(name) => {
                    state.networks.get(name).is_some_and(|it| is_foreign(&it.owner))
                }
                Thing::Volume(name) => {
                    state.volumes.get(name).is_some_and(|it| is_foreign(&it.owner))
                }
            },
            Obstacle::OtherHomelab { homelab, .. } => homelab != HOMELAB,
            // This is about other parts of the plan.
            Obstacle::Needs { .. } => plan.blocked.len() > 1,
            // What is declared has no circles, and names and ports may go round.
            Obstacle::OtherPlatform { .. } | Obstacle::EngineTooOld { .. } => true,
            // Health checks of these worlds are seen to be there once they are waited for.
            Obstacle::NoHealthCheck { .. } => false,
            Obstacle::Unreachable { .. } | Obstacle::Circle => false,
        };
        require("blocked only for a reason", is_real, || format!("{blocked:?}"))?;
    }
    Ok(())
}

/// What is not selected stays as it is.
fn only_what_is_selected(
    planner: Planner,
    desired: &Desired,
    world: &World,
    choices: &mut Choices<'_>,
) -> Result<(), Broken> {
    let stack = StackName::from(choices.pick(&["media", "photos", "web"]));
    let mut selection = Selection::default();
    if choices.chance(50) {
        selection.stacks.insert(stack.clone());
    } else {
        selection.skip_stacks.insert(stack.clone());
    }
    let policy = Policy { selection: selection.clone(), ..Policy::default() };
    let mut after = world.clone();
    allowed(after.perform_all(&planner(desired, &world.observed, &policy)))?;
    for host in world.observed.hosts.keys() {
        let (Some(before), Some(after)) = (world.state(host), after.state(host)) else { continue };
        for (name, container) in &before.containers {
            let ContainerOwner::Hob { identity, .. } = &container.owner else { continue };
            if !selection.has_stack(&identity.stack, &BTreeSet::new()) {
                require(
                    "what is not selected stays",
                    after.containers.get(name) == Some(container),
                    || format!("{host}: {name}"),
                )?;
            }
        }
    }
    Ok(())
}
