//! The law that one more plan, done whole, is the last one.

use std::collections::BTreeMap;

use hob_model::{
    ContainerName, StackName,
    desired::{Desired, DesiredStack},
};
use hob_plan::{
    Obstacle, Policy,
    observed::{ContainerOwner, FileSeen, HostState},
};

use crate::{
    rules::{Broken, Planner, allowed, require},
    world::{HOMELAB, World},
};

/// One more plan, done whole, leaves nothing to do, *and* the world is what was declared. The
/// second half catches what the planner forgets to compare, about which it agrees with itself.
pub(crate) fn converges(
    planner: Planner,
    desired: &Desired,
    world: &World,
    law: &'static str,
) -> Result<(), Broken> {
    let policy = Policy::default();
    let mut world = world.clone();
    // A stack whose needs could not be met may find them met once the others are in order.
    for _ in &desired.hosts {
        let plan = planner(desired, &world.observed, &policy);
        allowed(world.perform_all(&plan))?;
        if !plan.blocked.iter().any(|it| matches!(it.why, Obstacle::Needs { .. })) {
            break;
        }
    }
    let rest = planner(desired, &world.observed, &policy);
    require(law, rest.steps.is_empty(), || format!("still to do: {:?}", rest.steps))?;
    for (host_name, host) in &desired.hosts {
        let Some(state) = world.state(host_name) else { continue };
        if state.homelab.as_deref().is_some_and(|homelab| homelab != HOMELAB) {
            continue;
        }
        let is_blocked = |stack: &StackName| {
            rest.blocked
                .iter()
                .any(|blocked| blocked.host == *host_name && blocked.stack.as_ref() == Some(stack))
        };
        let mut declared = BTreeMap::new();
        for (stack_name, stack) in &host.stacks {
            if is_blocked(stack_name) {
                continue;
            }
            for service in stack.services.values() {
                declared.insert(service.container.clone(), service.spec.clone());
                let applied = state.stacks.get(stack_name).and_then(|folder| {
                    folder.applied.get(&service.container).map(|applied| &applied.spec)
                });
                require(
                    "what is declared has a verdict",
                    applied == Some(&service.spec.digest()),
                    || format!("{host_name}/{}", service.container),
                )?;
            }
        }
        let owned: BTreeMap<ContainerName, _> = state
            .containers
            .iter()
            .filter(|(_, container)| match &container.owner {
                ContainerOwner::Hob { identity, .. } => {
                    identity.homelab == HOMELAB && !is_blocked(&identity.stack)
                }
                _ => false,
            })
            .filter_map(|(name, _)| {
                let spec = world.specs.get(&(host_name.clone(), name.clone()))?;
                Some((name.clone(), spec.clone()))
            })
            .collect();
        require("the world becomes what is declared", owned == declared, || {
            format!("on {host_name} there is {owned:?}, and declared is {declared:?}")
        })?;
        let in_order = host.stacks.iter().filter(|(name, _)| !is_blocked(name));
        files_become(state, in_order)?;
    }
    Ok(())
}

/// The files of these stacks are there as they are declared.
fn files_become<'a>(
    state: &HostState,
    stacks: impl Iterator<Item = (&'a StackName, &'a DesiredStack)>,
) -> Result<(), Broken> {
    for (name, stack) in stacks {
        for (path, file) in &stack.files {
            let seen = state.stacks.get(name).and_then(|folder| folder.files.get(path));
            let is_there = matches!(seen, Some(FileSeen::File { digest, .. })
                if *digest == file.digest);
            require("files become what is declared", is_there, || format!("{name} {path}"))?;
        }
    }
    Ok(())
}
