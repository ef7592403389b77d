//! What an interrupted run left half done, and the host as it will be once that is undone.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use hob_model::{ContainerName, Role, StackName};

use super::{
    Context,
    service::{self, Wanted},
};
use crate::{
    change::{Kept, Leftover},
    observed::{Applied, Container, ContainerOwner, HostState, Verdict},
    op::Op,
    ownership::Identity,
};

/// A host as it will be once leftovers are undone.
pub(super) struct Healed<'a> {
    /// The host then.
    pub(super) state: Cow<'a, HostState>,
    /// What is undone, by stack and by the name of the container concerned.
    pub(super) leftovers: BTreeMap<StackName, BTreeMap<ContainerName, Vec<Leftover>>>,
}

/// Finds half-done replacements. A predecessor whose successor took over, is still wanted and has
/// no verdict yet stays: it waits for the verdict.
pub(super) fn heal<'a>(context: &Context<'_>, state: &'a HostState) -> Healed<'a> {
    let mut healed = Healed { state: Cow::Borrowed(state), leftovers: BTreeMap::new() };
    let bases: BTreeSet<ContainerName> = state
        .containers
        .keys()
        .filter_map(|name| match name.role() {
            (Role::Current, _) => None,
            (Role::Old | Role::New, base) => Some(base),
        })
        .collect();
    for name in bases {
        let trial = Trial::of(context, state, &name);
        let Some(identity) = trial.old.or(trial.new) else { continue };
        let leftovers = trial.leftovers(context, state, &name);
        for leftover in &leftovers {
            healed.state.to_mut().simulate(&match leftover {
                Leftover::New => Op::RemoveContainer(name.successor()),
                Leftover::Done => Op::RemoveContainer(name.old()),
                Leftover::Old(kept) => {
                    Op::PutBack { name: name.clone(), was: name.clone(), start: kept.start }
                }
            });
        }
        if !leftovers.is_empty() {
            let of = healed.leftovers.entry(identity.stack.clone()).or_default();
            of.insert(name, leftovers);
        }
    }
    healed
}

/// The containers that bear one name and its temporary forms, as far as they are ours.
struct Trial<'a> {
    current: Option<&'a Identity>,
    old: Option<&'a Identity>,
    new: Option<&'a Identity>,
}

impl<'a> Trial<'a> {
    fn of(context: &Context<'_>, state: &'a HostState, name: &ContainerName) -> Self {
        let ours = |name: &ContainerName| match &state.containers.get(name)?.owner {
            ContainerOwner::Hob { identity, .. }
                if identity.homelab == context.desired.homelab
                    && context.is_selected(&identity.stack) =>
            {
                Some(identity)
            }
            _ => None,
        };
        Self { current: ours(name), old: ours(&name.old()), new: ours(&name.successor()) }
    }

    fn leftovers(
        &self,
        context: &Context<'_>,
        state: &HostState,
        name: &ContainerName,
    ) -> Vec<Leftover> {
        let new = self.new.map(|_| Leftover::New);
        let Some(old) = self.old else { return new.into_iter().collect() };
        let record = state.stacks.get(&old.stack).and_then(|folder| folder.applied.get(name));
        let kept = kept(record);
        let current = state.containers.get(name);
        let old = match (self.current, current) {
            (None, None) => return vec![Leftover::Old(kept)],
            // The name is a stranger's, or another service's whose name this one was to get: the
            // predecessor stands for its service where it is.
            (None, Some(_)) => None,
            (Some(identity), _) if !identity.is_same_service(old) => None,
            (Some(_), None) => None,
            (Some(identity), Some(container)) => {
                if is_verified(container, record) {
                    Some(Leftover::Done)
                } else if is_wanted(context, state, name, identity, container) {
                    None
                } else {
                    return vec![Leftover::Old(kept)];
                }
            }
        };
        old.into_iter().chain(new).collect()
    }
}

/// What becomes of a predecessor that is put back: the record is still its own.
pub(super) fn kept(record: Option<&Applied>) -> Kept {
    Kept { start: record.is_none_or(|record| record.verdict != Verdict::Completed) }
}

fn is_verified(container: &Container, record: Option<&Applied>) -> bool {
    match (&container.owner, record) {
        (ContainerOwner::Hob { spec, .. }, Some(record)) => *spec == record.spec,
        _ => false,
    }
}

/// Whether the container is what is declared, so that only its verdict is open.
fn is_wanted(
    context: &Context<'_>,
    state: &HostState,
    name: &ContainerName,
    identity: &Identity,
    container: &Container,
) -> bool {
    let Some(stack) = context.host.stacks.get(&identity.stack) else { return false };
    stack.services.get(&identity.service).is_some_and(|service| {
        let digest = service.spec.digest();
        let wanted = Wanted { stack_name: &identity.stack, stack, service, digest: Some(&digest) };
        service::reasons_to_replace(state, &wanted, name, container).is_empty()
    })
}
