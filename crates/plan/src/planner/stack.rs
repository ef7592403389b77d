//! One stack on one host: what is done about each service, and what stands in the way.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{
    ServiceName, StackName, StackPath,
    desired::{Condition, DesiredStack, PullPolicy, StackFile},
    spec::HealthCheck,
};

use super::{
    builds,
    dependents::Dependents,
    files, followers, gates,
    host::HostPlan,
    service::{self, Decision, View},
    things,
};
use crate::{
    change::{Blocked, Change, Obstacle},
    observed::{Container, ContainerOwner, ContainerState, Health, StackFolder},
};

/// What is done about a stack in which nothing stands in the way.
pub(super) struct Decided<'a> {
    pub(super) name: &'a StackName,
    pub(super) declared: &'a DesiredStack,
    pub(super) dependents: Dependents<'a>,
    /// Files to be written.
    pub(super) write: BTreeMap<StackPath, StackFile>,
    /// What is done about each service that is not in order.
    pub(super) decisions: BTreeMap<&'a ServiceName, Decision>,
}

/// What Hob keeps for a stack on its host.
pub(super) fn folder<'b>(plan: &'b HostPlan<'_>, stack: &StackName) -> &'b StackFolder {
    static NOTHING: StackFolder =
        StackFolder { owned: BTreeSet::new(), files: BTreeMap::new(), applied: BTreeMap::new() };
    plan.state.stacks.get(stack).unwrap_or(&NOTHING)
}

/// Decides about one stack. A stack is a transaction: if something stands in the way of a part of
/// it, nothing of it is begun.
pub(super) fn decide<'a>(
    plan: &HostPlan<'_>,
    name: &'a StackName,
    declared: &'a DesiredStack,
) -> Result<Decided<'a>, Vec<Blocked>> {
    let (write, mut obstacles) = files::to_write(declared, folder(plan, name));
    obstacles.extend(things::obstacles(plan, declared));
    let changed: BTreeSet<&str> = write.keys().map(StackPath::as_str).collect();
    let dependents = Dependents::of(declared);
    let mut decisions = BTreeMap::new();
    for (service_name, service) in &declared.services {
        let uses = files::seen_by(service, &changed);
        let (stack_name, stack) = (name, declared);
        let dependents = &dependents;
        let view = View { plan, stack_name, stack, dependents, name: service_name, service };
        match service::decide(&view, &uses) {
            Ok(Some(decision)) => {
                decisions.insert(service_name, decision);
            }
            Ok(None) => {}
            Err(found) => obstacles.extend(found.into_iter().map(|why| (Some(service_name), why))),
        }
    }
    obstacles.extend(missing_images(plan, declared, &decisions));
    obstacles.extend(gates::obstacles(plan, declared, &decisions));
    obstacles.extend(missing_health_checks(plan, declared, &decisions));
    if !obstacles.is_empty() {
        let blocked = obstacles.into_iter().map(|(service, why)| Blocked {
            host: plan.context.name.clone(),
            stack: Some(name.clone()),
            service: service.cloned(),
            why,
        });
        return Err(blocked.collect());
    }
    let mut decided = Decided { name, declared, dependents, write, decisions };
    followers::restart(plan, &mut decided);
    Ok(decided)
}

type Found<'a> = (Option<&'a ServiceName>, Obstacle);

fn missing_images<'a>(
    plan: &HostPlan<'_>,
    declared: &'a DesiredStack,
    decisions: &BTreeMap<&ServiceName, Decision>,
) -> Vec<Found<'a>> {
    let mut obstacles = Vec::new();
    for (name, service) in &declared.services {
        if !decisions.get(name).is_some_and(Decision::makes_a_container) {
            continue;
        }
        if let Some(build) = builds::needed(plan, service) {
            obstacles.extend(builds::obstacle(plan, build).map(|why| (Some(name), why)));
        } else if service.spec.build.is_none()
            && service.pull == PullPolicy::Never
            && plan.state.image(&service.spec.image).is_none()
        {
            let image = service.spec.image.clone();
            obstacles.push((Some(name), Obstacle::NoImage { image }));
        }
    }
    obstacles
}

/// Services that are to wait for one to be healthy that is known to have no health check: by its
/// declaration, or because it runs as it should and the Engine checks nothing. An image may have a
/// check of its own, so for a service that is still to be made the verdict tells.
fn missing_health_checks<'a>(
    plan: &HostPlan<'_>,
    declared: &'a DesiredStack,
    decisions: &BTreeMap<&ServiceName, Decision>,
) -> Vec<Found<'a>> {
    let has_none = |name: &ServiceName| {
        let Some(service) = declared.services.get(name) else { return false };
        let is_own = |container: &Container| {
            matches!(&container.owner, ContainerOwner::Hob { identity, .. }
                if identity.homelab == plan.context.desired.homelab
                    && plan.declared(identity).is_some_and(|it| std::ptr::eq(it, service)))
        };
        let container = plan.state.containers.get(&service.container).filter(|it| is_own(it));
        let is_unchecked = container.is_some_and(|container| {
            container.state == ContainerState::Running { health: Health::Unchecked }
        });
        service.spec.health.as_ref().is_some_and(HealthCheck::is_disabled)
            || (!decisions.contains_key(name) && is_unchecked)
    };
    let mut obstacles = Vec::new();
    for (name, service) in &declared.services {
        let starts = decisions
            .get(name)
            .is_some_and(|decision| !matches!(decision.change, Change::Confirm { .. }));
        for (needed, dependency) in service.depends_on.iter().filter(|_| starts) {
            let waits = dependency.required && dependency.condition == Condition::Healthy;
            if waits && has_none(needed) {
                obstacles.push((Some(name), Obstacle::NoHealthCheck { service: needed.clone() }));
            }
        }
    }
    obstacles
}
