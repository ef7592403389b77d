//! A plan under construction: steps in any order, with edges that may point anywhere.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{HostName, StackName};

use crate::change::{
    Blocked, Change, Drift, Milestone, Obstacle, Order, Plan, Reason, Risk, Step, StepId, TakenOver,
};

/// So many edges may stand for "all of these after all of those".
const ALL_WITH_ALL_MAX: usize = 1_000;

/// Index of a step in the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DraftId(pub(super) usize);

#[derive(Default)]
pub(crate) struct Draft {
    pub(super) steps: Vec<DraftStep>,
    /// Steps that turned out not to be possible; what waits for them goes with them.
    cancelled: BTreeSet<DraftId>,
    /// Steps that another one stands for.
    merged: BTreeSet<DraftId>,
    pub(crate) basis: BTreeMap<HostName, String>,
    pub(crate) blocked: Vec<Blocked>,
    pub(crate) drift: Vec<Drift>,
    pub(crate) taken_over: Vec<TakenOver>,
}

pub(crate) struct DraftStep {
    pub(crate) host: HostName,
    pub(crate) stack: Option<StackName>,
    pub(crate) change: Change,
    pub(crate) why: Vec<Reason>,
    /// Reasons that name a step, which has no final number yet.
    pub(crate) follows: Vec<DraftId>,
    pub(crate) after: BTreeMap<DraftId, Milestone>,
    /// Steps that give up a name or a port that this one takes. They come first as well, unless
    /// that goes round in a circle: then they are done together.
    pub(crate) takes_from: BTreeSet<DraftId>,
}

impl DraftStep {
    pub(crate) fn new(host: &HostName, stack: Option<&StackName>, change: Change) -> Self {
        Self {
            host: host.clone(),
            stack: stack.cloned(),
            change,
            why: Vec::new(),
            follows: Vec::new(),
            after: BTreeMap::new(),
            takes_from: BTreeSet::new(),
        }
    }

    #[must_use]
    pub(crate) fn because(mut self, why: impl IntoIterator<Item = Reason>) -> Self {
        self.why.extend(why);
        self
    }

    /// Everything that comes first.
    pub(super) fn waits_for(&self) -> impl Iterator<Item = DraftId> {
        self.after.keys().chain(&self.takes_from).copied()
    }
}

impl Draft {
    pub(crate) fn add(&mut self, step: DraftStep) -> DraftId {
        self.steps.push(step);
        DraftId(self.steps.len() - 1)
    }

    /// A step, to add to it.
    pub(crate) fn step_mut(&mut self, id: DraftId) -> Option<&mut DraftStep> {
        self.steps.get_mut(id.0)
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

    /// Each of `later` begins only once all of `earlier` are done.
    ///
    /// All with all are as many edges as the product of both. Past a limit `through`, one of
    /// `earlier` that none of them waits for, waits for the others, and `later` only for it: that
    /// holds up one step of many a little.
    pub(crate) fn order_each(
        &mut self,
        earlier: &[DraftId],
        through: Option<DraftId>,
        later: &[DraftId],
    ) {
        match through {
            Some(through) if earlier.len() * later.len() > ALL_WITH_ALL_MAX => {
                self.order_all(earlier, through, Milestone::Done);
                self.order_all_after(through, later);
            }
            _ => later.iter().for_each(|step| self.order_all(earlier, *step, Milestone::Done)),
        }
    }

    fn order_all_after(&mut self, earlier: DraftId, later: &[DraftId]) {
        for step in later {
            self.order(earlier, *step, Milestone::Done);
        }
    }

    /// What a step waits for, and how far it must have come.
    pub(super) fn waits_for(&self, id: DraftId) -> impl Iterator<Item = (DraftId, Milestone)> {
        let after = self.steps.get(id.0).into_iter().flat_map(|step| &step.after);
        after.map(|(id, until)| (*id, *until))
    }

    /// `taker` takes a name or a port that `giver` gives up.
    pub(crate) fn hand_over(&mut self, giver: DraftId, taker: DraftId) {
        if giver != taker
            && let Some(step) = self.steps.get_mut(taker.0)
        {
            step.takes_from.insert(giver);
        }
    }

    /// Lets steps stand for others, which are left out: who waited for one of those waits for the
    /// one that stands for it.
    pub(super) fn merge(&mut self, into: &BTreeMap<DraftId, DraftId>) {
        let standing = |id: DraftId| into.get(&id).copied().unwrap_or(id);
        for step in &mut self.steps {
            let mut after = BTreeMap::new();
            for (id, until) in &step.after {
                let known = after.entry(standing(*id)).or_insert(*until);
                *known = (*known).max(*until);
            }
            step.after = after;
            step.takes_from = step.takes_from.iter().map(|id| standing(*id)).collect();
            step.follows.iter_mut().for_each(|id| *id = standing(*id));
        }
        self.cancelled = self.cancelled.iter().map(|id| standing(*id)).collect();
        self.merged.extend(into.keys().filter(|id| standing(**id) != **id));
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
        for step in &mut self.steps {
            for giver in std::mem::take(&mut step.takes_from) {
                step.after.insert(giver, Milestone::Done);
            }
        }
        let followers = self.followers();
        let dropped = self.dropped(&followers);
        let sequence = self.sequence(&followers, &dropped);
        let mut number: Vec<Option<StepId>> = vec![None; self.steps.len()];
        for (at, id) in sequence.iter().enumerate() {
            if let Some(number) = number.get_mut(id.0) {
                *number = Some(StepId(u32::try_from(at).unwrap_or(u32::MAX)));
            }
        }
        let number = |id: &DraftId| number.get(id.0).copied().flatten();
        for (at, step) in self.steps.iter().enumerate() {
            let id = DraftId(at);
            if number(&id).is_none() && !dropped.contains(&id) && !self.merged.contains(&id) {
                self.blocked.push(Blocked {
                    host: step.host.clone(),
                    stack: step.stack.clone(),
                    service: step.change.service().cloned(),
                    why: Obstacle::Circle,
                });
            }
        }
        let mut steps: Vec<Option<DraftStep>> = self.steps.into_iter().map(Some).collect();
        let steps = sequence
            .iter()
            .filter_map(|id| {
                let DraftStep { host, stack, change, mut why, follows, after, takes_from: _ } =
                    steps.get_mut(id.0)?.take()?;
                why.extend(follows.iter().filter_map(number).map(Reason::Follows));
                let after = after.iter().filter_map(|(id, until)| Some((number(id)?, *until)));
                let (after, risk) = (after.collect(), risk(&change));
                Some(Step { id: number(id)?, host, stack, change, why, after, risk })
            })
            .collect();
        Plan {
            basis: self.basis,
            steps,
            blocked: self.blocked,
            drift: self.drift,
            taken_over: self.taken_over,
        }
    }

    /// Who waits for each step.
    fn followers(&self) -> Vec<Vec<DraftId>> {
        let mut followers = vec![Vec::new(); self.steps.len()];
        for (at, step) in self.steps.iter().enumerate() {
            for before in step.after.keys() {
                if let Some(list) = followers.get_mut(before.0) {
                    list.push(DraftId(at));
                }
            }
        }
        followers
    }

    /// The cancelled steps and all that directly or indirectly wait for one.
    fn dropped(&self, followers: &[Vec<DraftId>]) -> BTreeSet<DraftId> {
        let mut dropped = self.cancelled.clone();
        let mut open: Vec<DraftId> = dropped.iter().copied().collect();
        while let Some(id) = open.pop() {
            for follower in followers.get(id.0).into_iter().flatten() {
                if dropped.insert(*follower) {
                    open.push(*follower);
                }
            }
        }
        dropped
    }

    /// Kahn's algorithm, with the first-added of those that are ready.
    fn sequence(&self, followers: &[Vec<DraftId>], dropped: &BTreeSet<DraftId>) -> Vec<DraftId> {
        let mut waits_for: Vec<usize> = self.steps.iter().map(|step| step.after.len()).collect();
        let is_left_out = |id: &DraftId| dropped.contains(id) || self.merged.contains(id);
        let mut ready: BTreeSet<DraftId> = (0..self.steps.len())
            .filter(|at| waits_for.get(*at) == Some(&0))
            .map(DraftId)
            .filter(|id| !is_left_out(id))
            .collect();
        let mut sequence = Vec::with_capacity(self.steps.len());
        while let Some(next) = ready.pop_first() {
            sequence.push(next);
            for follower in followers.get(next.0).into_iter().flatten() {
                if let Some(count) = waits_for.get_mut(follower.0) {
                    *count -= 1;
                    if *count == 0 && !is_left_out(follower) {
                        ready.insert(*follower);
                    }
                }
            }
        }
        sequence
    }
}

fn risk(change: &Change) -> Risk {
    match change {
        Change::Pull { .. }
        | Change::Build(_)
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
        | Change::Remove { .. }
        | Change::Exchange { .. } => Risk::Downtime,
    }
}
