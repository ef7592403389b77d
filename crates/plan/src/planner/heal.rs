//! Undoing what an interrupted run left half done, before anything else is decided.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{ContainerName, Role};

use super::{
    Context,
    draft::{Draft, DraftId, DraftStep},
};
use crate::{
    change::{Change, Leftover, Reason},
    observed::{ContainerOwner, HostState},
    op::Op,
    ownership::Identity,
};

/// A host as it will be once leftovers are undone, and the steps that do it.
pub(super) struct Healed {
    /// The host after the steps.
    pub(super) state: HostState,
    /// Steps by the name of the container concerned.
    pub(super) steps: BTreeMap<ContainerName, DraftId>,
}

/// Plans the undoing of half-done replacements. A predecessor whose successor took over and is
/// still wanted stays: it waits for the verdict.
pub(super) fn heal(context: &Context<'_>, state: &HostState, draft: &mut Draft) -> Healed {
    let mut healed = Healed { state: state.clone(), steps: BTreeMap::new() };
    let bases: BTreeSet<ContainerName> = state
        .containers
        .keys()
        .filter_map(|name| match name.role() {
            (Role::Current, _) => None,
            (Role::Old | Role::New, base) => Some(base),
        })
        .collect();
    for name in bases {
        let ours = |name: &ContainerName| owner(context, state, name);
        let (current, old, new) = (ours(&name), ours(&name.old()), ours(&name.successor()));
        let taken_by_stranger = state.containers.contains_key(&name) && current.is_none();
        let leftover = match (current, old, new) {
            (None, Some(_), _) if !taken_by_stranger => Some(Leftover::Old),
            (Some(current), Some(_), _) if !is_wanted(context, state, &name, current) => {
                Some(Leftover::Old)
            }
            (_, _, Some(_)) => Some(Leftover::New),
            _ => None,
        };
        let (Some(leftover), Some(identity)) = (leftover, old.or(new)) else { continue };
        let change = Change::Restore { name: name.clone(), leftover };
        let step = DraftStep::new(context.name, Some(&identity.stack), change)
            .because([Reason::Interrupted]);
        let ops = match leftover {
            Leftover::New => Op::RemoveContainer(name.successor()),
            Leftover::Old => Op::PutBack { name: name.clone(), was: name.clone(), start: false },
        };
        healed.state.simulate(&ops);
        healed.steps.insert(name, draft.add(step));
    }
    healed
}

/// The identity of a container of a selected stack of this homelab.
fn owner<'a>(
    context: &Context<'_>,
    state: &'a HostState,
    name: &ContainerName,
) -> Option<&'a Identity> {
    match &state.containers.get(name)?.owner {
        ContainerOwner::Hob { identity, .. }
            if identity.homelab == context.desired.homelab
                && context.is_selected(&identity.stack) =>
        {
            Some(identity)
        }
        _ => None,
    }
}

/// Whether the container is what is declared, so that only its verdict is open.
fn is_wanted(
    context: &Context<'_>,
    state: &HostState,
    name: &ContainerName,
    identity: &Identity,
) -> bool {
    let declared = context
        .host
        .stacks
        .get(&identity.stack)
        .and_then(|stack| stack.services.get(&identity.service))
        .filter(|service| service.container == *name);
    match (declared, state.containers.get(name).map(|container| &container.owner)) {
        (Some(service), Some(ContainerOwner::Hob { spec, .. })) => *spec == service.spec.digest(),
        _ => false,
    }
}
