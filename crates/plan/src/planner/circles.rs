//! Circles of steps: where names or ports go round between containers, the containers are changed
//! in one go.
//!
//! Everything here is about strongly connected parts of the draft: sets of steps each of which
//! waits, by way of others, for each other one. A part that hands nothing over (only `needs` and
//! `depends_on` go round) is left as it is, and blocked.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::ContainerName;

use super::draft::{Draft, DraftId, DraftStep};
use crate::change::{Change, Member, Milestone, Reason};

/// Resolves the circles of a draft, as far as that can be done.
pub(super) fn resolve(draft: &mut Draft) {
    if draft.steps.iter().all(|step| step.takes_from.is_empty()) {
        return;
    }
    for part in parts(draft) {
        free(draft, &part);
    }
    let mut joined = BTreeMap::new();
    for part in parts(draft) {
        joined.extend(join(draft, &part));
    }
    draft.merge(&joined);
}

/// The parts of more than one step that hand something over among themselves.
fn parts(draft: &Draft) -> Vec<BTreeSet<DraftId>> {
    let edges: Vec<Vec<usize>> =
        draft.steps.iter().map(|step| step.waits_for().map(|id| id.0).collect()).collect();
    let mut parts = Vec::new();
    for part in strongly_connected(&edges) {
        let part: BTreeSet<DraftId> = part.into_iter().map(DraftId).collect();
        let hands_over = part
            .iter()
            .filter_map(|id| draft.steps.get(id.0))
            .any(|step| step.takes_from.iter().any(|giver| part.contains(giver)));
        if part.len() > 1 && hands_over {
            parts.push(part);
        }
    }
    parts
}

/// Takes steps that change no container out of a part: what prepares something waits for nothing in
/// it any more, and what tidies up after it is waited for by nothing in it.
fn free(draft: &mut Draft, part: &BTreeSet<DraftId>) {
    let is_container = |draft: &Draft, id: &DraftId| {
        draft.steps.get(id.0).is_some_and(|step| step.change.target().is_some())
    };
    let (containers, others): (BTreeSet<DraftId>, BTreeSet<DraftId>) =
        part.iter().copied().partition(|id| is_container(draft, id));
    let givers: BTreeSet<DraftId> = part
        .iter()
        .filter_map(|id| draft.steps.get(id.0))
        .flat_map(|step| step.takes_from.iter().copied())
        .collect();
    for id in others {
        let Some(step) = draft.steps.get(id.0) else { continue };
        let is_last = !givers.contains(&id)
            && step.after.keys().any(|before| {
                let same_stack = |other: &DraftStep| other.stack == step.stack;
                containers.contains(before) && draft.steps.get(before.0).is_some_and(same_stack)
            });
        let waiting: Vec<DraftId> = if is_last { part.iter().copied().collect() } else { vec![id] };
        for waiting in waiting {
            let Some(step) = draft.steps.get_mut(waiting.0) else { continue };
            let keeps =
                |before: &DraftId| if is_last { *before != id } else { !part.contains(before) };
            step.after.retain(|before, _| keeps(before));
            step.takes_from.retain(keeps);
        }
    }
}

/// Makes one step of a part, if all its steps change containers of one host and some order of them
/// follows what they depend on. Says which step stands for which from now on.
fn join(draft: &mut Draft, part: &BTreeSet<DraftId>) -> BTreeMap<DraftId, DraftId> {
    let (Some(first), Some(order)) = (part.first().copied(), order(draft, part)) else {
        return BTreeMap::new();
    };
    let steps = || part.iter().filter_map(|id| draft.steps.get(id.0));
    let hosts: BTreeSet<_> = steps().map(|step| &step.host).collect();
    if hosts.len() != 1 || steps().any(|step| step.change.target().is_none()) {
        return BTreeMap::new();
    }
    let stacks: BTreeSet<_> = steps().map(|step| step.stack.clone()).collect();
    let stack = if stacks.len() == 1 { stacks.into_iter().next().flatten() } else { None };
    let awaits: Vec<_> = order.iter().map(|id| awaited(draft, part, *id)).collect();
    let mut whole = JoinedStep { why: vec![Reason::Exchanged], ..JoinedStep::default() };
    for (id, awaits) in order.iter().zip(awaits) {
        if let Some(step) = draft.steps.get_mut(id.0) {
            whole.take(step, awaits);
        }
    }
    if let Some(step) = draft.steps.get_mut(first.0) {
        let change = Change::Exchange { members: whole.members };
        *step = DraftStep::new(&step.host, stack.as_ref(), change).because(whole.why);
        step.after = whole.after;
        step.after.retain(|before, _| !part.contains(before));
        step.takes_from = whole.takes_from.difference(part).copied().collect();
        step.follows = whole.follows.difference(part).copied().collect();
    }
    part.iter().map(|id| (*id, first)).collect()
}

#[derive(Default)]
struct JoinedStep {
    members: Vec<Member>,
    why: Vec<Reason>,
    after: BTreeMap<DraftId, Milestone>,
    takes_from: BTreeSet<DraftId>,
    follows: BTreeSet<DraftId>,
}

impl JoinedStep {
    fn take(&mut self, step: &mut DraftStep, awaits: BTreeSet<ContainerName>) {
        for (before, until) in std::mem::take(&mut step.after) {
            let known = self.after.entry(before).or_insert(until);
            *known = (*known).max(until);
        }
        self.takes_from.append(&mut step.takes_from);
        self.follows.extend(std::mem::take(&mut step.follows));
        for reason in &step.why {
            // What it was and is to be differs from member to member, and is told there.
            let reason = match reason {
                Reason::Attribute { name, .. } => {
                    Reason::Attribute { name: name.clone(), from: None, to: None }
                }
                other => other.clone(),
            };
            if !self.why.contains(&reason) {
                self.why.push(reason);
            }
        }
        let (change, why) = (step.change.clone(), std::mem::take(&mut step.why));
        self.members.push(Member { change, why, awaits });
    }
}

/// Containers in the part whose verdict a step of it waits for.
fn awaited(draft: &Draft, part: &BTreeSet<DraftId>, id: DraftId) -> BTreeSet<ContainerName> {
    let after = draft.steps.get(id.0).map(|step| &step.after);
    after
        .into_iter()
        .flatten()
        .filter(|(before, until)| **until == Milestone::Done && part.contains(before))
        .filter_map(|(before, _)| draft.steps.get(before.0)?.change.container().cloned())
        .collect()
}

/// The steps of a part, each after those of it that it depends on; `None` if they depend on each
/// other in a circle.
fn order(draft: &Draft, part: &BTreeSet<DraftId>) -> Option<Vec<DraftId>> {
    let mut open = part.clone();
    let mut order = Vec::new();
    while !open.is_empty() {
        let next = open.iter().copied().find(|id| {
            let after = draft.steps.get(id.0).map(|step| &step.after);
            !after.is_some_and(|after| after.keys().any(|before| open.contains(before)))
        })?;
        open.remove(&next);
        order.push(next);
    }
    Some(order)
}

/// Tarjan's algorithm over `edges` (from each node to others), without recursion: circles may be
/// long.
fn strongly_connected(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    const UNSEEN: usize = usize::MAX;
    let count = edges.len();
    let (mut index, mut low) = (vec![UNSEEN; count], vec![0; count]);
    let (mut on_stack, mut stack) = (vec![false; count], Vec::new());
    let (mut parts, mut seen) = (Vec::new(), 0);
    for root in 0..count {
        if index[root] != UNSEEN {
            continue;
        }
        let mut path = vec![(root, 0)];
        while let Some((node, at)) = path.last_mut() {
            let node = *node;
            if *at == 0 {
                (index[node], low[node]) = (seen, seen);
                seen += 1;
                stack.push(node);
                on_stack[node] = true;
            }
            if let Some(&next) = edges[node].get(*at) {
                *at += 1;
                if index[next] == UNSEEN {
                    path.push((next, 0));
                } else if on_stack[next] {
                    low[node] = low[node].min(index[next]);
                }
                continue;
            }
            path.pop();
            if let Some((parent, _)) = path.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
            if low[node] == index[node] {
                let from = stack.iter().rposition(|other| *other == node).unwrap_or(0);
                let part = stack.split_off(from);
                part.iter().for_each(|member| on_stack[*member] = false);
                parts.push(part);
            }
        }
    }
    parts
}
