//! Order across stacks and hosts: a stack begins once the stacks that it needs are in order.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{HostName, StackName, desired::Desired};

use super::draft::{Draft, DraftId};
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
pub(super) fn link(desired: &Desired, observed: &Observed, draft: &mut Draft, stacks: Stacks) {
    let needs = needs_of(desired, &stacks);
    let mut unmet: BTreeSet<Key> = stacks
        .outcomes
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Blocked))
        .map(|(key, _)| key.clone())
        .collect();
    let unreachable =
        |host: &HostName| matches!(observed.hosts.get(host), Some(HostView::Unreachable { .. }));
    // Each round blocks at least one more stack, so there are at most as many rounds as stacks.
    loop {
        let blocked: Vec<(Key, Key)> = needs
            .iter()
            .filter(|(key, _)| !unmet.contains(*key) && !stacks.steps(key).is_empty())
            .filter_map(|(key, needed)| {
                let cause = needed.iter().find(|key| unmet.contains(*key) || unreachable(&key.0));
                Some((key.clone(), cause?.clone()))
            })
            .collect();
        if blocked.is_empty() {
            break;
        }
        for (key, (host, stack)) in blocked {
            draft.cancel(stacks.steps(&key));
            draft.blocked.push(Blocked {
                host: key.0.clone(),
                stack: Some(key.1.clone()),
                service: None,
                why: Obstacle::Needs { what: format!("{host}/{stack}") },
            });
            unmet.insert(key);
        }
    }
    for (key, needed) in &needs {
        for before in needed.iter().filter(|key| !unmet.contains(*key)) {
            for later in stacks.steps(key) {
                for earlier in stacks.steps(before) {
                    draft.order(*earlier, *later, Milestone::Done);
                }
            }
        }
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
