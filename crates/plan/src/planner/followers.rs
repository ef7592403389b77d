//! Services that ask to be restarted with a service that they depend on
//! (`depends_on.<service>.restart`).

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{
    ContainerName, ServiceName, StackName,
    desired::{DesiredService, DesiredStack},
};

use super::{
    host::HostPlan,
    service::{Decision, View},
};
use crate::{change::Change, observed::ContainerState};

/// Restarts the running followers of services that are replaced or restarted, their own followers
/// included, and notes them with the service that they follow.
pub(super) fn restart(
    plan: &HostPlan<'_>,
    stack_name: &StackName,
    stack: &DesiredStack,
    decisions: &mut BTreeMap<ServiceName, Decision>,
) {
    let mut interrupted: Vec<ServiceName> = decisions
        .iter()
        .filter(|(_, decision)| decision.interrupts())
        .map(|(name, _)| name.clone())
        .collect();
    // Every service is put on the list once at the most.
    while let Some(name) = interrupted.pop() {
        let mut followers = BTreeSet::new();
        for (follower, service) in following(stack, &name) {
            if !decisions.contains_key(follower) {
                let view = View { plan, stack_name, stack, name: follower, service };
                let is_running = view.current().is_some_and(|(_, container)| {
                    matches!(container.state, ContainerState::Running { .. })
                });
                if !is_running {
                    continue;
                }
                decisions.insert(follower.clone(), Decision::follower(view.target()));
                interrupted.push(follower.clone());
            }
            if decisions.get(follower).is_some_and(|decision| decision.is_follower) {
                followers.insert(service.container.clone());
            }
        }
        if let Some(decision) = decisions.get_mut(&name) {
            note(&mut decision.change, followers);
        }
    }
}

fn following<'a>(
    stack: &'a DesiredStack,
    name: &ServiceName,
) -> Vec<(&'a ServiceName, &'a DesiredService)> {
    let follows = |service: &DesiredService| {
        service.depends_on.get(name).is_some_and(|dependency| dependency.restart)
    };
    stack.services.iter().filter(|(_, service)| follows(service)).collect()
}

fn note(change: &mut Change, followers: BTreeSet<ContainerName>) {
    if let Change::Replace { target, .. } | Change::Restart(target) = change {
        target.followers = followers.into_iter().collect();
    }
}
