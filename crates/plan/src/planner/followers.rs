//! Services that ask to be restarted with a service that they depend on
//! (`depends_on.<service>.restart`).

use std::collections::BTreeSet;

use hob_model::{ContainerName, ServiceName};

use super::{
    host::HostPlan,
    service::{Decision, View},
    stack::Decided,
};
use crate::{change::Change, observed::ContainerState};

/// Restarts the running followers of services that are replaced or restarted, their own followers
/// included, and notes them with the service that they follow.
pub(super) fn restart(plan: &HostPlan<'_>, decided: &mut Decided<'_>) {
    let Decided { name: stack_name, declared: stack, dependents, decisions, .. } = decided;
    let mut interrupted: Vec<&ServiceName> =
        decisions.iter().filter(|(_, it)| it.interrupts()).map(|(name, _)| *name).collect();
    // Every service is put on the list once at the most.
    while let Some(name) = interrupted.pop() {
        let mut followers = BTreeSet::new();
        for follower in dependents.followers(name) {
            let Some(service) = stack.services.get(*follower) else { continue };
            if !decisions.contains_key(follower) {
                let view = View { plan, stack_name, stack, dependents, name: follower, service };
                let is_running = view.current().is_some_and(|(_, container)| {
                    matches!(container.state, ContainerState::Running { .. })
                });
                if !is_running {
                    continue;
                }
                decisions.insert(follower, Decision::follower(view.target()));
                interrupted.push(follower);
            }
            if decisions.get(follower).is_some_and(|decision| decision.is_follower) {
                followers.insert(service.container.clone());
            }
        }
        if let Some(decision) = decisions.get_mut(name) {
            note(&mut decision.change, followers);
        }
    }
}

fn note(change: &mut Change, followers: BTreeSet<ContainerName>) {
    if let Change::Replace { target, .. } | Change::Restart(target) = change {
        target.followers = followers.into_iter().collect();
    }
}
