//! What Hob made and nobody declares any more.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{ContainerName, NetworkName, Role, StackName};

use super::{
    Context,
    draft::{Draft, DraftId, DraftStep},
    host::HostPlan,
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

pub(super) fn remove_containers(plan: &mut HostPlan<'_>, draft: &mut Draft) {
    for (name, stack) in &plan.undeclared {
        let change = Change::Remove { name: name.clone() };
        let step = DraftStep::new(plan.context.name, Some(stack), change)
            .because([Reason::NoLongerDeclared]);
        let id = draft.add(step);
        if let Some(restore) = plan.restores.get(name) {
            draft.order(*restore, id, Milestone::Done);
        }
        plan.gone.insert(name.clone(), id);
    }
}

/// Files of stacks that are gone as a whole, and networks that nothing of ours uses any more.
pub(super) fn remove_files_and_networks(plan: &mut HostPlan<'_>, draft: &mut Draft) {
    for (stack, folder) in &plan.state.stacks {
        if plan.context.host.stacks.contains_key(stack)
            || !plan.context.is_selected(stack)
            || folder.owned.is_empty()
        {
            continue;
        }
        let change = Change::RemoveFiles { remove: folder.owned.clone() };
        let step = DraftStep::new(plan.context.name, Some(stack), change)
            .because([Reason::NoLongerDeclared]);
        let id = draft.add(step);
        for (container, of) in &plan.undeclared {
            if let Some(gone) = plan.gone.get(container).filter(|_| of == stack) {
                draft.order(*gone, id, Milestone::Done);
            }
        }
    }
    for (name, stack) in unused_networks(plan) {
        let leaving: Option<BTreeSet<DraftId>> = plan
            .state
            .containers
            .iter()
            .filter(|(_, container)| container.networks.contains(&name))
            .map(|(container, _)| plan.gone.get(container).copied())
            .collect();
        // Somebody stays attached: the network is left to them.
        let Some(leaving) = leaving else { continue };
        let step = DraftStep::new(
            plan.context.name,
            stack.as_ref(),
            Change::RemoveNetwork { name: name.clone() },
        )
        .because([Reason::NoLongerDeclared]);
        let id = draft.add(step);
        for before in leaving {
            draft.order(before, id, Milestone::Done);
        }
    }
}

fn unused_networks(plan: &HostPlan<'_>) -> Vec<(NetworkName, Option<StackName>)> {
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
