//! A plan under construction: steps in any order, with edges that may point anywhere.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{HostName, StackName};

use crate::change::{
    Blocked, Change, Drift, Milestone, Obstacle, Plan, Reason, Risk, Step, StepId,
};

/// Index of a step in the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DraftId(usize);

#[derive(Default)]
pub(crate) struct Draft {
    steps: Vec<DraftStep>,
    /// Steps that turned out not to be possible; what waits for them goes with them.
    cancelled: BTreeSet<DraftId>,
    pub(crate) basis: BTreeMap<HostName, String>,
    pub(crate) blocked: Vec<Blocked>,
    pub(crate) drift: Vec<Drift>,
}

pub(crate) struct DraftStep {
    pub(crate) host: HostName,
    pub(crate) stack: Option<StackName>,
    pub(crate) change: Change,
    pub(crate) why: Vec<Reason>,
    /// Reasons that name a step, which has no final number yet.
    pub(crate) follows: Vec<DraftId>,
    pub(crate) after: BTreeMap<DraftId, Milestone>,
    pub(crate) risk: Risk,
}

impl DraftStep {
    pub(crate) fn new(host: &HostName, stack: Option<&StackName>, change: Change) -> Self {
        let risk = risk(&change);
        Self {
            host: host.clone(),
            stack: stack.cloned(),
            change,
            why: Vec::new(),
            follows: Vec::new(),
            after: BTreeMap::new(),
            risk,
        }
    }

    #[must_use]
    pub(crate) fn because(mut self, why: impl IntoIterator<Item = Reason>) -> Self {
        self.why.extend(why);
        self
    }
}

impl Draft {
    pub(crate) fn add(&mut self, step: DraftStep) -> DraftId {
        self.steps.push(step);
        DraftId(self.steps.len() - 1)
    }

    /// `later` begins only once `earlier` has come this far.
    pub(crate) fn order(&mut self, earlier: DraftId, later: DraftId, until: Milestone) {
        if earlier != later
            && let Some(step) = self.steps.get_mut(later.0)
        {
            let known = step.after.entry(earlier).or_insert(until);
            *known = (*known).max(until);
        }
    }

    /// `later` begins only once all of `earlier` have come this far.
    pub(crate) fn order_all(&mut self, earlier: &[DraftId], later: DraftId, until: Milestone) {
        for before in earlier {
            self.order(*before, later, until);
        }
    }

    /// `later` is there because `earlier` is.
    pub(crate) fn follow(&mut self, earlier: DraftId, later: DraftId) {
        if let Some(step) = self.steps.get_mut(later.0) {
            step.follows.push(earlier);
        }
    }

    /// Takes steps out again, and with them what would have followed them.
    pub(crate) fn cancel(&mut self, steps: &[DraftId]) {
        self.cancelled.extend(steps);
    }

    /// Numbers the steps so that every edge points backwards, in the order in which they were
    /// added where edges leave a choice. Steps that wait for each other in a circle are blocked.
    pub(crate) fn finish(mut self) -> Plan {
        let sequence = self.sequence();
        let number: BTreeMap<DraftId, StepId> = sequence
            .iter()
            .enumerate()
            .map(|(at, id)| (*id, StepId(u32::try_from(at).unwrap_or(u32::MAX))))
            .collect();
        let dropped = self.dropped();
        for (at, step) in self.steps.iter().enumerate() {
            if !number.contains_key(&DraftId(at)) && !dropped.contains(&at) {
                self.blocked.push(Blocked {
                    host: step.host.clone(),
                    stack: step.stack.clone(),
                    service: None,
                    why: Obstacle::Circle,
                });
            }
        }
        let mut steps: Vec<Option<DraftStep>> = self.steps.into_iter().map(Some).collect();
        let steps = sequence
            .iter()
            .filter_map(|id| {
                let DraftStep { host, stack, change, mut why, follows, after, risk } =
                    steps.get_mut(id.0)?.take()?;
                why.extend(
                    follows.iter().filter_map(|id| number.get(id)).map(|id| Reason::Follows(*id)),
                );
                let after = after.iter().filter_map(|(id, until)| Some((*number.get(id)?, *until)));
                let after = after.collect();
                Some(Step { id: *number.get(id)?, host, stack, change, why, after, risk })
            })
            .collect();
        Plan { basis: self.basis, steps, blocked: self.blocked, drift: self.drift }
    }

    /// The cancelled steps and all that directly or indirectly wait for one.
    fn dropped(&self) -> BTreeSet<usize> {
        let mut dropped: BTreeSet<usize> = self.cancelled.iter().map(|id| id.0).collect();
        if dropped.is_empty() {
            return dropped;
        }
        loop {
            let before = dropped.len();
            for (at, step) in self.steps.iter().enumerate() {
                if step.after.keys().any(|id| dropped.contains(&id.0)) {
                    dropped.insert(at);
                }
            }
            if dropped.len() == before {
                return dropped;
            }
        }
    }

    /// Kahn's algorithm, with the first-added of those that are ready.
    fn sequence(&self) -> Vec<DraftId> {
        let mut followers: Vec<Vec<usize>> = vec![Vec::new(); self.steps.len()];
        let mut waits_for: Vec<usize> = Vec::with_capacity(self.steps.len());
        for (at, step) in self.steps.iter().enumerate() {
            waits_for.push(step.after.len());
            for before in step.after.keys() {
                if let Some(list) = followers.get_mut(before.0) {
                    list.push(at);
                }
            }
        }
        let mut ready: BTreeSet<usize> = (0..self.steps.len())
            .filter(|at| waits_for.get(*at) == Some(&0))
            .filter(|at| !self.cancelled.contains(&DraftId(*at)))
            .collect();
        let mut sequence = Vec::with_capacity(self.steps.len());
        while let Some(next) = ready.pop_first() {
            sequence.push(DraftId(next));
            for follower in followers.get(next).into_iter().flatten() {
                if let Some(count) = waits_for.get_mut(*follower) {
                    *count -= 1;
                    if *count == 0 && !self.cancelled.contains(&DraftId(*follower)) {
                        ready.insert(*follower);
                    }
                }
            }
        }
        sequence
    }
}

fn risk(change: &Change) -> Risk {
    use crate::change::Order;
    match change {
        Change::Pull { .. }
        | Change::CreateNetwork(_)
        | Change::RemoveNetwork { .. }
        | Change::CreateVolume(_)
        | Change::WriteFiles { .. }
        | Change::RemoveFiles { .. }
        | Change::Create(_)
        | Change::Start(_)
        | Change::Confirm { .. }
        | Change::Restore { .. } => Risk::None,
        Change::Replace { order: Order::StartFirst, .. } => Risk::Restart,
        Change::Replace { order: Order::StopFirst, .. }
        | Change::Restart(_)
        | Change::Remove { .. } => Risk::Downtime,
    }
}
