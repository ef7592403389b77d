//! Carrying out a plan: ready steps, bounded parallelism, a failure skips only its dependents.

mod report;
mod schedule;
mod slots;
mod step;
#[cfg(test)]
mod tests;

use std::time::Duration;

use futures_util::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use hob_host::{HostError, HostErrorKind};
use hob_plan::{Milestone, Plan};
use tokio::{sync::mpsc, time::Instant};

pub use report::{Outcome, Report, StepReport, Undone};

use crate::{
    observe::OpenHosts,
    progress::{Event, Progress},
    stop::Stop,
};
use schedule::Schedule;
use slots::Slots;
use step::{Ended, Note, Shared, run_step};

/// Bounds of an apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplyOptions {
    /// Operations at the same time on one host.
    pub per_host: usize,
    /// Hosts' worth of operations at the same time in all.
    pub hosts: usize,
    /// Time that steps under way have to finish once the run was told to stop.
    pub stop_grace: Duration,
}

impl Default for ApplyOptions {
    fn default() -> Self {
        Self { per_host: 8, hosts: 16, stop_grace: Duration::from_secs(15) }
    }
}

/// Notes on their way from steps to the run; a full channel makes steps wait a moment.
const NOTES_UNREAD_MAX: usize = 64;

/// Carries out a plan on the hosts it was made for. Never fails: what went wrong is in the report,
/// which has an entry for every step.
pub async fn apply(
    plan: &Plan,
    open: &OpenHosts,
    options: &ApplyOptions,
    progress: &dyn Progress,
    stop: Stop,
) -> Report {
    let (notes, heard) = mpsc::channel(NOTES_UNREAD_MAX);
    let shared = Shared {
        slots: Slots::new(plan, options),
        progress,
        stop: stop.clone(),
        stop_grace: options.stop_grace,
        notes,
    };
    let mut run = Run {
        plan,
        progress,
        schedule: Schedule::new(plan),
        began: vec![None; plan.steps.len()],
        ended: plan.steps.iter().map(|_| None).collect(),
        warnings: vec![Vec::new(); plan.steps.len()],
        start: Instant::now(),
        started_after: None,
    };
    run.until_done(open, &shared, heard, &stop).await;
    run.report(stop.is_requested())
}

/// A run under way.
struct Run<'a> {
    plan: &'a Plan,
    progress: &'a dyn Progress,
    schedule: Schedule,
    began: Vec<Option<Instant>>,
    ended: Vec<Option<(Outcome, Duration)>>,
    warnings: Vec<Vec<String>>,
    start: Instant,
    started_after: Option<Duration>,
}

impl<'a> Run<'a> {
    async fn until_done(
        &mut self,
        open: &'a OpenHosts,
        shared: &'a Shared<'a>,
        mut heard: mpsc::Receiver<Note>,
        stop: &Stop,
    ) {
        let mut under_way: FuturesUnordered<BoxFuture<'a, (usize, Ended)>> =
            FuturesUnordered::new();
        let mut is_stopping = false;
        loop {
            while let Some(at) = self.schedule.next_ready() {
                under_way.push(begin(self.plan, at, open, shared));
            }
            if under_way.is_empty() {
                return;
            }
            tokio::select! {
                biased;
                () = stop.now() => return,
                _ = stop.requested(), if !is_stopping => {
                    is_stopping = true;
                    self.progress.event(Event::Stopping);
                }
                Some(note) = heard.recv() => self.note(note),
                Some((at, Ended { outcome, warnings })) = under_way.next() => {
                    // What it said before it ended comes first.
                    while let Ok(note) = heard.try_recv() {
                        self.note(note);
                    }
                    self.warnings[at] = warnings;
                    self.end(at, outcome);
                }
            }
        }
    }

    fn note(&mut self, note: Note) {
        match note {
            Note::Began(id) => self.began[id.0 as usize] = Some(Instant::now()),
            Note::ContainerStarted => self.started_after = Some(self.start.elapsed()),
            Note::Reached(id, milestone) => self.schedule.reached(id, milestone),
        }
    }

    fn end(&mut self, at: usize, outcome: Outcome) {
        let id = self.plan.steps[at].id;
        match &outcome {
            Outcome::Done => self.schedule.reached(id, Milestone::Done),
            Outcome::Failed { .. } | Outcome::BrokenOff { .. } => {
                for skipped in self.schedule.failed(id) {
                    self.conclude(skipped, Outcome::Skipped { because: id });
                }
            }
            // Its dependents' turn does not come either; the report says so of each.
            Outcome::Skipped { .. } | Outcome::NotBegun => {}
        }
        self.conclude(at, outcome);
    }

    fn conclude(&mut self, at: usize, outcome: Outcome) {
        let took = self.began[at].map(|began| began.elapsed()).unwrap_or_default();
        let step = &self.plan.steps[at];
        self.progress.event(Event::Ended { step, outcome: &outcome, took });
        self.ended[at] = Some((outcome, took));
    }

    fn report(self, stopped: bool) -> Report {
        let ended = self.ended.into_iter().zip(self.began).zip(self.warnings);
        let steps = ended.zip(&self.plan.steps).map(|(((ended, began), warnings), step)| {
            let (outcome, took) = ended.unwrap_or_else(|| match began {
                Some(began) => (Outcome::BrokenOff { undone: Undone::LeftAsIs }, began.elapsed()),
                None => (Outcome::NotBegun, Duration::ZERO),
            });
            StepReport { id: step.id, outcome, warnings, took }
        });
        Report {
            steps: steps.collect(),
            stopped,
            started_after: self.started_after,
            took: self.start.elapsed(),
        }
    }
}

fn begin<'a>(
    plan: &'a Plan,
    at: usize,
    open: &'a OpenHosts,
    shared: &'a Shared<'a>,
) -> BoxFuture<'a, (usize, Ended)> {
    async move {
        let step = &plan.steps[at];
        let ended = match open.get(&step.host) {
            Some(host) => run_step(step, host.as_ref(), shared).await,
            None => {
                let error = Box::new(not_open(step));
                let outcome = Outcome::Failed { error, undone: Undone::Nothing };
                Ended { outcome, warnings: Vec::new() }
            }
        };
        (at, ended)
    }
    .boxed()
}

/// Plans have no step on a host that did not answer; a saved plan may meet one that has left since.
fn not_open(step: &hob_plan::Step) -> HostError {
    HostError {
        host: step.host.clone(),
        doing: "carrying out the plan".to_owned(),
        kind: HostErrorKind::Unreachable("it was not there when the run began".to_owned()),
    }
}
