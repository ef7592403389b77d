//! Carrying out one step: its operations one by one, and what undoes them if that goes wrong.

use std::time::Duration;

use hob_host::{Host, HostError, HostErrorKind, OpProgress, StepRun};
use hob_plan::{Milestone, Op, Step, StepId};
use tokio::{
    sync::mpsc,
    time::{sleep_until, timeout},
};

use super::{
    report::{Outcome, Undone},
    slots::{Slot, Slots},
};
use crate::{
    progress::{Event, Progress, doing},
    stop::Stop,
};

/// What a step under way tells the run.
#[derive(Clone, Copy, Debug)]
pub(super) enum Note {
    Began(StepId),
    ContainerStarted,
    Reached(StepId, Milestone),
}

/// What all steps of a run share.
pub(super) struct Shared<'a> {
    pub(super) slots: Slots,
    pub(super) progress: &'a dyn Progress,
    pub(super) stop: Stop,
    pub(super) stop_grace: Duration,
    pub(super) notes: mpsc::Sender<Note>,
}

/// Why a step ended before its last operation.
enum Trouble {
    Failed(HostError),
    ToldToStop,
}

/// How a step ended.
pub(super) struct Ended {
    pub(super) outcome: Outcome,
    pub(super) warnings: Vec<String>,
}

/// A step under way.
struct Course<'a> {
    step: &'a Step,
    host: &'a dyn Host,
    shared: &'a Shared<'a>,
    slot: Option<Slot<'a>>,
    begun: bool,
    /// Whether anything on the host may be different from before.
    acted: bool,
    /// Whether its container was started, so that a verdict is all that is waited for from now on.
    started: bool,
}

/// Carries out a step and, if that goes wrong, undoes what it did.
pub(super) async fn run_step<'a>(
    step: &'a Step,
    host: &'a dyn Host,
    shared: &'a Shared<'a>,
) -> Ended {
    let progress = |news: OpProgress| {
        shared.progress.event(Event::Within { step, progress: &news });
    };
    let mut run = StepRun::new(&progress);
    let outcome = outcome(step, host, shared, &mut run).await;
    Ended { outcome, warnings: run.warnings }
}

async fn outcome<'a>(
    step: &'a Step,
    host: &'a dyn Host,
    shared: &'a Shared<'a>,
    run: &mut StepRun<'_>,
) -> Outcome {
    let mut course =
        Course { step, host, shared, slot: None, begun: false, acted: false, started: false };
    let ops = step.ops();
    let Err((at, trouble)) = course.run(&ops, run).await else { return Outcome::Done };
    course.slot = None;
    // The operation in trouble counts as begun, so that nothing before it is taken for unfinished.
    // A step that only waits has something to undo as well: a predecessor that is still kept.
    let is_bad_verdict = matches!(trouble, Trouble::Failed(_))
        && matches!(ops.get(at), Some(Op::Await { name, .. })
            if step.change.container() == Some(name));
    let undone =
        if course.acted || is_bad_verdict { course.undo(at + 1).await } else { Undone::Nothing };
    match trouble {
        Trouble::Failed(error) => Outcome::Failed { error: Box::new(error), undone },
        Trouble::ToldToStop if !course.acted => Outcome::NotBegun,
        Trouble::ToldToStop => Outcome::BrokenOff { undone },
    }
}

impl Course<'_> {
    async fn run(&mut self, ops: &[Op], run: &mut StepRun<'_>) -> Result<(), (usize, Trouble)> {
        let step = self.step;
        for (at, op) in ops.iter().enumerate() {
            if let Op::Reached(milestone) = op {
                self.started |= *milestone == Milestone::Started;
                self.tell(Note::Reached(step.id, *milestone)).await;
                continue;
            }
            self.operation(op, run).await.map_err(|trouble| (at, trouble))?;
            if matches!(op, Op::Start(_)) {
                self.tell(Note::ContainerStarted).await;
            }
        }
        Ok(())
    }

    async fn operation(&mut self, op: &Op, run: &mut StepRun<'_>) -> Result<(), Trouble> {
        let is_wait = matches!(op, Op::Await { .. });
        if is_wait {
            self.slot = None;
        } else if self.slot.is_none() {
            let slots = &self.shared.slots;
            self.slot = Some(tokio::select! {
                biased;
                () = self.told_to_stop(op) => return Err(Trouble::ToldToStop),
                slot = slots.take_for_finish(&self.step.host), if self.started => slot,
                slot = slots.take(&self.step.host), if !self.started => slot,
            });
        }
        if self.shared.stop.is_requested() && !self.acted {
            return Err(Trouble::ToldToStop);
        }
        if !self.begun {
            self.begun = true;
            self.tell(Note::Began(self.step.id)).await;
            self.shared.progress.event(Event::Began { step: self.step });
        }
        self.acted |= !is_wait;
        self.shared.progress.event(Event::Operation { step: self.step, op });
        tokio::select! {
            biased;
            () = self.told_to_stop(op) => Err(Trouble::ToldToStop),
            done = perform(self.host, op, run) => done.map_err(Trouble::Failed),
        }
    }

    /// Waits until the operation under way has to be broken off: at once where nothing has been
    /// changed yet or a broken off operation leaves nothing behind, else after a grace.
    async fn told_to_stop(&self, op: &Op) {
        if matches!(op, Op::Stop(_) | Op::PutBack { .. }) {
            // The Engine goes on with a stop that nobody waits for any more, and what is put back
            // meanwhile would be stopped by it. It is bounded by the container's own grace.
            return std::future::pending().await;
        }
        let since = self.shared.stop.requested().await;
        if self.acted && !matches!(op, Op::Pull { .. } | Op::Build(_)) {
            sleep_until(since + self.shared.stop_grace).await;
        }
    }

    async fn undo(&self, begun: usize) -> Undone {
        let ops = self.step.undo(begun);
        let undone = match ops.last() {
            None => return Undone::Nothing,
            Some(Op::Stop(_)) => Undone::LeftStopped,
            Some(_) => Undone::PutBack,
        };
        self.shared.progress.event(Event::PuttingBack { step: self.step });
        let _slot = self.shared.slots.take_for_undo(&self.step.host).await;
        let mut run = StepRun::new(&|_| ());
        for op in &ops {
            if let Err(error) = perform(self.host, op, &mut run).await {
                return Undone::Failed { error: Box::new(error) };
            }
        }
        undone
    }

    async fn tell(&self, note: Note) {
        // The run listens for as long as its steps are polled.
        let _ = self.shared.notes.send(note).await;
    }
}

/// Does an operation within its bound of time.
async fn perform(host: &dyn Host, op: &Op, run: &mut StepRun<'_>) -> Result<(), HostError> {
    let bound = bound(op);
    timeout(bound, host.perform(op, run)).await.unwrap_or_else(|_| {
        Err(HostError {
            host: host.name().clone(),
            doing: doing(op),
            kind: HostErrorKind::TimedOut(bound.as_secs()),
        })
    })
}

/// How long an operation may take before it counts as failed. Generous: these are for hosts that
/// hang, the ordinary bounds are in the operations themselves.
fn bound(op: &Op) -> Duration {
    const MINUTE: u64 = 60;
    Duration::from_secs(match op {
        // A first pull of a large image over a slow line; a build from nothing on a small machine;
        // or a program with a long stop grace.
        Op::Pull { .. } | Op::Build(_) | Op::Stop(_) | Op::PutBack { .. } | Op::RunHooks { .. } => {
            60 * MINUTE
        }
        Op::Await { expect, .. } => {
            return hob_host::await_within(expect) + Duration::from_secs(MINUTE);
        }
        Op::WriteFiles { .. } | Op::RemoveFiles { .. } => 10 * MINUTE,
        Op::CreateNetwork(_)
        | Op::RemoveNetwork(_)
        | Op::CreateVolume(_)
        | Op::OwnFiles { .. }
        | Op::CreateContainer { .. }
        | Op::Rename { .. }
        | Op::Start(_)
        | Op::RemoveContainer(_)
        | Op::Record { .. }
        | Op::Forget { .. }
        | Op::Reached(_) => 5 * MINUTE,
    })
}
