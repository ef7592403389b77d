//! Which steps may begin: pure bookkeeping over the `after` edges of a plan.

use std::collections::VecDeque;

use hob_plan::{Milestone, Plan, StepId};

/// What is known of the steps of a plan while it is carried out. Steps are counted by their
/// position, which is their id.
pub(super) struct Schedule {
    /// Who waits for a step, and until how far it must have come.
    dependents: Vec<Vec<(usize, Milestone)>>,
    /// How many of its conditions a step still waits for.
    missing: Vec<usize>,
    reached: Vec<Option<Milestone>>,
    skipped: Vec<bool>,
    ready: VecDeque<usize>,
}

impl Schedule {
    pub(super) fn new(plan: &Plan) -> Self {
        let count = plan.steps.len();
        let mut schedule = Self {
            dependents: vec![Vec::new(); count],
            missing: vec![0; count],
            reached: vec![None; count],
            skipped: vec![false; count],
            ready: VecDeque::new(),
        };
        for (at, step) in plan.steps.iter().enumerate() {
            for (before, milestone) in &step.after {
                // An edge to nowhere or to itself would never be met; plans have none.
                if let Some(dependents) = schedule.dependents.get_mut(index(*before)) {
                    dependents.push((at, *milestone));
                }
                schedule.missing[at] += 1;
            }
        }
        schedule.ready = (0..count).filter(|at| schedule.missing[*at] == 0).collect();
        schedule
    }

    /// The next step that may begin; each is handed out once.
    pub(super) fn next_ready(&mut self) -> Option<usize> {
        while let Some(at) = self.ready.pop_front() {
            if !self.skipped[at] {
                return Some(at);
            }
        }
        None
    }

    /// A step has come this far; who waited for that may become ready.
    pub(super) fn reached(&mut self, id: StepId, milestone: Milestone) {
        let at = index(id);
        let before = self.reached[at];
        if before >= Some(milestone) {
            return;
        }
        self.reached[at] = Some(milestone);
        for (dependent, needed) in &self.dependents[at] {
            if *needed <= milestone && before < Some(*needed) {
                self.missing[*dependent] -= 1;
                if self.missing[*dependent] == 0 {
                    self.ready.push_back(*dependent);
                }
            }
        }
    }

    /// A step will not come any further. Everything that waits for it, or for something that does,
    /// is skipped, unless it only waits for its end; the newly skipped ones are returned in the
    /// order of the plan.
    pub(super) fn failed(&mut self, id: StepId) -> Vec<usize> {
        let mut newly = Vec::new();
        let mut open = vec![index(id)];
        while let Some(at) = open.pop() {
            for (dependent, needed) in self.dependents[at].clone() {
                if self.reached[at] >= Some(needed) || self.skipped[dependent] {
                    continue;
                }
                if needed == Milestone::Ended {
                    self.missing[dependent] -= 1;
                    if self.missing[dependent] == 0 {
                        self.ready.push_back(dependent);
                    }
                } else {
                    self.skipped[dependent] = true;
                    newly.push(dependent);
                    open.push(dependent);
                }
            }
        }
        newly.sort_unstable();
        newly
    }
}

fn index(id: StepId) -> usize {
    id.0 as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{plan_of, step_id};

    /// `plan` is a list of steps with what they wait for; `script` says what happens to them. The
    /// answer names, for each line of the script, who becomes ready and who is skipped.
    fn check(plan: &str, script: &str) -> String {
        let plan = plan_of(plan);
        let name = |at: usize| plan.steps[at].stack.as_ref().unwrap().to_string();
        let mut schedule = Schedule::new(&plan);
        let mut lines = Vec::new();
        for line in std::iter::once("begin").chain(script.split(';').map(str::trim)) {
            let mut words = line.split(' ');
            let what = words.next().unwrap();
            let skipped = match (what, words.next()) {
                ("started", Some(step)) => {
                    schedule.reached(step_id(&plan, step), Milestone::Started);
                    Vec::new()
                }
                ("done", Some(step)) => {
                    schedule.reached(step_id(&plan, step), Milestone::Done);
                    Vec::new()
                }
                ("failed", Some(step)) => schedule.failed(step_id(&plan, step)),
                _ => Vec::new(),
            };
            let mut says = vec![format!("{line}:")];
            says.extend(skipped.into_iter().map(|at| format!("-{}", name(at))));
            while let Some(at) = schedule.next_ready() {
                says.push(format!("+{}", name(at)));
            }
            lines.push(says.join(" "));
        }
        lines.join("\n")
    }

    #[test]
    fn steps_begin_when_all_they_wait_for_has_come_far_enough() {
        assert_eq!(
            check(
                "a; b after a; c after a:started; d after b c",
                "started a; done a; done c; done b"
            ),
            "begin: +a\nstarted a: +c\ndone a: +b\ndone c:\ndone b: +d"
        );
    }

    #[test]
    fn done_counts_as_started_and_each_step_begins_once() {
        assert_eq!(
            check("a; b after a:started", "done a; started a; done a"),
            "begin: +a\ndone a: +b\nstarted a:\ndone a:"
        );
    }

    #[test]
    fn a_failure_skips_its_dependents_and_theirs_and_nobody_else() {
        assert_eq!(
            check("a; b after a; c after b; d; e after d c", "failed a; done d"),
            "begin: +a +d\nfailed a: -b -c -e\ndone d:"
        );
    }

    #[test]
    fn who_only_needed_the_start_goes_on_when_the_verdict_is_bad() {
        assert_eq!(
            check("a; b after a:started; c after a", "started a; failed a; done b"),
            "begin: +a\nstarted a: +b\nfailed a: -c\ndone b:"
        );
    }
}
