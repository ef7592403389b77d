//! Services that ask to be restarted with a service that they depend on
//! (`depends_on.<service>.restart`), and those whose containers hold on to the container of
//! another: the Engine knows that one by its id, so they are made anew when it is.

use std::collections::BTreeSet;

use hob_model::{ContainerName, ServiceName};

use super::{
    host::HostPlan,
    service::{Decision, View},
    stack::Decided,
};
use crate::{change::Change, observed::ContainerState};

/// Restarts the running followers of services that are replaced or restarted, and replaces those
/// that hold on to a container that is made anew, their own followers included; notes them with the
/// service that they follow.
pub(super) fn restart(plan: &HostPlan<'_>, decided: &mut Decided<'_>) {
    let mut interrupted: Vec<&ServiceName> =
        decided.decisions.iter().filter(|(_, it)| it.interrupts()).map(|(name, _)| *name).collect();
    // Every service is put on the list twice at the most: when it follows and when it is replaced.
    while let Some(name) = interrupted.pop() {
        let Some(decision) = decided.decisions.get(name) else { continue };
        // Who holds on is made anew; the others are restarted with what ran before.
        let holders = decided.dependents.holders(name).iter().copied();
        let followers = decided.dependents.followers(name).iter().copied();
        let holders: BTreeSet<_> = holders.filter(|_| decision.makes_a_container()).collect();
        let is_first = matches!(decision.change, Change::Create(_));
        let all: BTreeSet<_> = followers.filter(|_| !is_first).chain(holders.clone()).collect();
        let mut noted = BTreeSet::new();
        for follower in all {
            if follow(plan, decided, follower, holders.contains(follower)) {
                interrupted.push(follower);
            }
            if let Some(service) = decided.declared.services.get(follower)
                && decided.decisions.get(follower).is_some_and(|decision| decision.is_follower)
            {
                noted.insert(service.container.clone());
            }
        }
        if let Some(decision) = decided.decisions.get_mut(name) {
            note(&mut decision.change, noted);
        }
    }
}

/// Decides about a follower, unless what is decided already does; whether that is new.
fn follow<'a>(
    plan: &HostPlan<'_>,
    decided: &mut Decided<'a>,
    name: &'a ServiceName,
    anew: bool,
) -> bool {
    let Some(service) = decided.declared.services.get(name) else { return false };
    let view = View {
        plan,
        stack_name: decided.name,
        stack: decided.declared,
        dependents: &decided.dependents,
        name,
        service,
    };
    let Some((was, container)) = view.current() else { return false };
    let is_running = matches!(container.state, ContainerState::Running { .. });
    let was_decided = decided.decisions.get(name);
    let follower = match was_decided {
        Some(decision) if !anew || decision.makes_a_container() => return false,
        // Its predecessor is kept: that comes to an end first.
        Some(Decision { change: Change::Confirm { kept: Some(_), .. }, .. }) => return false,
        None if !is_running => return false,
        _ if anew => Decision {
            change: view.replace(was, container),
            why: was_decided.map(|decision| decision.why.clone()).unwrap_or_default(),
            is_follower: true,
        },
        _ => Decision::follower(view.target()),
    };
    decided.decisions.insert(name, follower);
    true
}

fn note(change: &mut Change, followers: BTreeSet<ContainerName>) {
    if let Change::Create(target) | Change::Replace { target, .. } | Change::Restart(target) =
        change
    {
        target.followers.extend(followers);
        target.followers.sort();
        target.followers.dedup();
    }
}
