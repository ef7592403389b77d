//! What Hob made and nobody declares any more.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{ContainerName, NetworkName, Role, StackName};

use super::{
    Context,
    draft::{Draft, DraftId, DraftStep},
    host::{HostPlan, Made},
};
use crate::{
    change::{Change, Milestone, Reason},
    observed::{ContainerOwner, HostState},
    ownership::{Identity, ThingOwner},
};

/// Containers of selected stacks that Hob made for this homelab and that nobody declares any more:
/// the stack or the service is gone, or another container already stands for the service.
pub(super) fn containers(
    context: &Context<'_>,
    state: &HostState,
) -> BTreeMap<ContainerName, StackName> {
    let mut standing: BTreeMap<&Identity, &ContainerName> = BTreeMap::new();
    let mut undeclared = BTreeMap::new();
    for (name, container) in &state.containers {
        let ContainerOwner::Hob { identity, .. } = &container.owner else { continue };
        if identity.homelab != context.desired.homelab || !context.is_selected(&identity.stack) {
            continue;
        }
        let service = context
            .host
            .stacks
            .get(&identity.stack)
            .and_then(|stack| stack.services.get(&identity.service));
        let is_kept_predecessor = name.role().0 != Role::Current;
        let surplus = match service {
            None => Some(name),
            Some(_) if is_kept_predecessor => None,
            Some(service) => match standing.get(identity).copied() {
                None => {
                    standing.insert(identity, name);
                    None
                }
                Some(other) if service.container == *name => {
                    standing.insert(identity, name);
                    Some(other)
                }
                Some(_) => Some(name),
            },
        };
        if let Some(surplus) = surplus {
            undeclared.insert(surplus.clone(), identity.stack.clone());
        }
    }
    undeclared
}

/// Adds the steps that undo what an interrupted run left of a stack.
pub(super) fn restore(
    plan: &HostPlan<'_>,
    stack: &StackName,
    made: &mut Made,
    draft: &mut Draft,
) -> Vec<DraftId> {
    let mut ids = Vec::new();
    for (name, leftovers) in plan.leftovers.get(stack).into_iter().flatten() {
        for leftover in leftovers {
            let change = Change::Restore { name: name.clone(), leftover: *leftover };
            let step = DraftStep::new(plan.context.name, Some(stack), change)
                .because([Reason::Interrupted]);
            let id = draft.add(step);
            if let Some(earlier) = made.restores.insert(name.clone(), id) {
                draft.order(earlier, id, Milestone::Done);
            }
            ids.push(id);
        }
    }
    ids
}

/// Adds the steps that remove the containers of a stack that nobody declares any more.
pub(super) fn remove_containers(
    plan: &HostPlan<'_>,
    stack: &StackName,
    made: &mut Made,
    draft: &mut Draft,
) -> BTreeMap<ContainerName, DraftId> {
    let mut steps = BTreeMap::new();
    for name in plan.undeclared_of.get(stack).into_iter().flatten() {
        let change = Change::Remove { name: name.clone() };
        let step = DraftStep::new(plan.context.name, Some(stack), change)
            .because([Reason::NoLongerDeclared]);
        let id = draft.add(step);
        if let Some(restore) = made.restores.get(name) {
            draft.order(*restore, id, Milestone::Done);
        }
        steps.insert(name.clone(), id);
    }
    made.gone.extend(steps.iter().map(|(name, id)| (name.clone(), *id)));
    steps
}

/// Removes what is left of stacks that nobody declares any more: containers, then files.
pub(super) fn remove_stacks(plan: &HostPlan<'_>, made: &mut Made, draft: &mut Draft) {
    let context = plan.context;
    let is_gone = |stack: &&StackName| {
        !context.host.stacks.contains_key(*stack) && context.is_selected(stack)
    };
    let with_files = plan.state.stacks.iter().filter(|(_, folder)| !folder.owned.is_empty());
    let with_leftovers = plan.leftovers.keys();
    let gone: BTreeSet<&StackName> = plan
        .undeclared_of
        .keys()
        .chain(with_files.map(|(stack, _)| stack))
        .chain(with_leftovers)
        .filter(is_gone)
        .collect();
    for stack in gone {
        restore(plan, stack, made, draft);
        let containers = remove_containers(plan, stack, made, draft);
        let owned = plan.state.stacks.get(stack).map(|folder| folder.owned.clone());
        let Some(remove) = owned.filter(|owned| !owned.is_empty()) else { continue };
        let step = DraftStep::new(context.name, Some(stack), Change::RemoveFiles { remove })
            .because([Reason::NoLongerDeclared]);
        let id = draft.add(step);
        for container in containers.values() {
            draft.order(*container, id, Milestone::Done);
        }
    }
}

/// Removes networks that Hob made, nobody declares and nothing stays attached to.
pub(super) fn remove_networks(plan: &HostPlan<'_>, made: &Made, draft: &mut Draft) {
    let unused = unused_networks(plan);
    if unused.is_empty() {
        return;
    }
    let mut attached: BTreeMap<&NetworkName, Vec<&ContainerName>> = BTreeMap::new();
    for (name, container) in &plan.state.containers {
        for network in container.networks.iter().filter(|network| unused.contains_key(*network)) {
            attached.entry(network).or_default().push(name);
        }
    }
    for (name, stack) in &unused {
        let users = attached.get(name).map_or(&[][..], Vec::as_slice);
        let leaving: Option<BTreeSet<DraftId>> =
            users.iter().map(|container| made.gone.get(*container).copied()).collect();
        // Somebody stays attached: the network is left to them.
        let Some(leaving) = leaving else { continue };
        let change = Change::RemoveNetwork { name: name.clone() };
        let step = DraftStep::new(plan.context.name, stack.as_ref(), change)
            .because([Reason::NoLongerDeclared]);
        let id = draft.add(step);
        for before in leaving {
            draft.order(before, id, Milestone::Done);
        }
    }
}

fn unused_networks(plan: &HostPlan<'_>) -> BTreeMap<NetworkName, Option<StackName>> {
    let context = plan.context;
    let declared: BTreeSet<&NetworkName> = context
        .host
        .stacks
        .values()
        .flat_map(|stack| stack.networks.keys().chain(stack.external_networks.keys()))
        .chain(context.host.networks.keys())
        .collect();
    plan.state
        .networks
        .iter()
        .filter(|(name, _)| !declared.contains(name))
        .filter_map(|(name, network)| match &network.owner {
            ThingOwner::Hob { homelab, stack } if *homelab == context.desired.homelab => {
                let is_meant = match stack {
                    Some(stack) => context.is_selected(stack),
                    None => context.policy.selection.is_whole_hosts(),
                };
                is_meant.then(|| (name.clone(), stack.clone()))
            }
            _ => None,
        })
        .collect()
}
