//! Order across stacks and hosts: a stack begins once the stacks that it needs are in order.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{HostName, StackName, desired::Desired};

use super::draft::{Draft, DraftId, DraftStep};
use crate::{
    change::{Blocked, Milestone, Obstacle},
    observed::{HostView, Observed},
};

type Key = (HostName, StackName);

/// What came of planning each stack.
#[derive(Default)]
pub(super) struct Stacks {
    outcomes: BTreeMap<Key, Outcome>,
}

/// What came of planning a stack.
pub(super) enum Outcome {
    /// Its steps; none if it is in order.
    Steps(Vec<DraftId>),
    /// It is blocked, which was said.
    Blocked,
}

impl Stacks {
    pub(super) fn add(&mut self, host: &HostName, stack: &StackName, outcome: Outcome) {
        self.outcomes.insert((host.clone(), stack.clone()), outcome);
    }

    fn steps(&self, key: &Key) -> &[DraftId] {
        match self.outcomes.get(key) {
            Some(Outcome::Steps(steps)) => steps,
            _ => &[],
        }
    }
}

/// Adds the edges between stacks, and blocks the stacks whose needs cannot be met.
pub(super) fn link(desired: &Desired, observed: &Observed, draft: &mut Draft, stacks: &Stacks) {
    let needs = needs_of(desired, stacks);
    let unmet = block(&needs, observed, draft, stacks);
    for (key, needed) in &needs {
        let Ends { first, .. } = Ends::of(draft, stacks.steps(key));
        for before in needed.iter().filter(|key| !unmet.contains(*key)) {
            let Ends { last, very_last, .. } = Ends::of(draft, stacks.steps(before));
            draft.order_each(&last, very_last, &first);
        }
    }
}

/// Blocks the stacks that need a blocked one or an unreachable host, directly or by way of others,
/// and with them those that take a name or a port from a stack that is blocked by that, or use what
/// it would have made: nothing is left out without a word.
fn block(
    needs: &BTreeMap<Key, Vec<Key>>,
    observed: &Observed,
    draft: &mut Draft,
    stacks: &Stacks,
) -> BTreeSet<Key> {
    let unreachable =
        |host: &HostName| matches!(observed.hosts.get(host), Some(HostView::Unreachable { .. }));
    let mut needed_by: BTreeMap<&Key, Vec<&Key>> = BTreeMap::new();
    for (key, needed) in needs {
        needed.iter().for_each(|needed| needed_by.entry(needed).or_default().push(key));
    }
    let used_by = users(draft, stacks);
    let mut unmet: BTreeSet<Key> = stacks
        .outcomes
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Blocked))
        .map(|(key, _)| key.clone())
        .collect();
    let lost = needed_by.keys().filter(|key| unreachable(&key.0)).map(|key| (*key).clone());
    let mut open: Vec<Key> = unmet.iter().cloned().chain(lost).collect();
    let mut causes = BTreeMap::new();
    while let Some(cause) = open.pop() {
        let users = used_by.get(&cause).into_iter().flatten();
        for key in needed_by.get(&cause).into_iter().flatten().chain(users).copied() {
            // A stack that is in order may stay so.
            if !stacks.steps(key).is_empty() && unmet.insert(key.clone()) {
                open.push(key.clone());
                causes.insert(key.clone(), cause.clone());
            }
        }
    }
    for (key, (host, stack)) in causes {
        draft.cancel(stacks.steps(&key));
        draft.blocked.push(Blocked {
            host: key.0,
            stack: Some(key.1),
            service: None,
            why: Obstacle::Needs { what: format!("{host}/{stack}") },
        });
    }
    unmet
}

/// The stacks whose steps wait for a step of another stack, by that other one.
fn users<'a>(draft: &Draft, stacks: &'a Stacks) -> BTreeMap<&'a Key, BTreeSet<&'a Key>> {
    let mut stack_of: BTreeMap<DraftId, &Key> = BTreeMap::new();
    for key in stacks.outcomes.keys() {
        stack_of.extend(stacks.steps(key).iter().map(|step| (*step, key)));
    }
    let mut users: BTreeMap<&Key, BTreeSet<&Key>> = BTreeMap::new();
    for (step, key) in &stack_of {
        let before = draft.steps.get(step.0).into_iter().flat_map(DraftStep::waits_for);
        for owner in before.filter_map(|before| stack_of.get(&before)).filter(|it| *it != key) {
            users.entry(owner).or_default().insert(key);
        }
    }
    users
}

/// The steps of a stack by their place in its order.
struct Ends {
    /// Those that wait for none of the others: the others come after them anyway.
    first: Vec<DraftId>,
    /// Those whose end none of the others waits for: the others are done before them.
    last: Vec<DraftId>,
    /// One that none of the others waits for in any way.
    very_last: Option<DraftId>,
}

impl Ends {
    fn of(draft: &Draft, steps: &[DraftId]) -> Self {
        let all: BTreeSet<DraftId> = steps.iter().copied().collect();
        let (mut first, mut last) = (Vec::new(), all.clone());
        let mut very_last = all.clone();
        for step in &all {
            let mut waits = false;
            for (before, until) in draft.waits_for(*step).filter(|(it, _)| all.contains(it)) {
                very_last.remove(&before);
                // What only has to have ended may as well have been left out.
                waits |= until != Milestone::Ended;
                if until == Milestone::Done {
                    last.remove(&before);
                }
            }
            if !waits {
                first.push(*step);
            }
        }
        let (last, very_last) = (last.into_iter().collect(), very_last.pop_last());
        Self { first, last, very_last }
    }
}

fn needs_of(desired: &Desired, stacks: &Stacks) -> BTreeMap<Key, Vec<Key>> {
    let mut needs = BTreeMap::new();
    for (host_name, host) in &desired.hosts {
        for (stack_name, stack) in &host.stacks {
            let key = (host_name.clone(), stack_name.clone());
            if stack.needs.is_empty() || !stacks.outcomes.contains_key(&key) {
                continue;
            }
            let needed = stack.needs.iter().map(|(on, needed)| {
                (on.clone().unwrap_or_else(|| host_name.clone()), needed.clone())
            });
            needs.insert(key, needed.collect());
        }
    }
    needs
}
