//! What came of an apply: every step of the plan, whatever became of it.

use std::time::Duration;

use hob_host::HostError;
use hob_plan::StepId;

/// What came of an apply.
#[derive(Debug, Default)]
pub struct Report {
    /// One entry per step of the plan, in its order.
    pub steps: Vec<StepReport>,
    /// Whether it was told to stop.
    pub stopped: bool,
    /// Time until the last container was started; `None` if none was.
    pub started_after: Option<Duration>,
    /// Time until the end, verdicts included.
    pub took: Duration,
}

/// What became of a step.
#[derive(Debug)]
pub struct StepReport {
    /// Which step.
    pub id: StepId,
    /// What became of it.
    pub outcome: Outcome,
    /// What went wrong without being a failure, whatever became of it otherwise.
    pub warnings: Vec<String>,
    /// Time from its beginning to its end; zero if it did not begin.
    pub took: Duration,
}

/// What became of a step.
#[derive(Debug)]
pub enum Outcome {
    /// It was done.
    Done,
    /// It failed.
    Failed {
        /// Why.
        error: Box<HostError>,
        /// What became of what it had done.
        undone: Undone,
    },
    /// It was under way when the run was told to stop, and could not finish in time.
    BrokenOff {
        /// What became of what it had done.
        undone: Undone,
    },
    /// What it waits for was not done.
    Skipped {
        /// The step that failed or was broken off.
        because: StepId,
    },
    /// The run was told to stop before its turn came.
    NotBegun,
}

/// What became of what a step had done before it failed.
#[derive(Debug)]
pub enum Undone {
    /// There was nothing to undo.
    Nothing,
    /// The predecessor has its place back.
    PutBack,
    /// A new container was stopped and left for its owner to look at.
    LeftStopped,
    /// Undoing failed as well; the next run tries again.
    Failed {
        /// Why.
        error: Box<HostError>,
    },
    /// There was no time to undo anything; the next run does.
    LeftAsIs,
}

impl Report {
    /// Whether every step was done.
    pub fn is_success(&self) -> bool {
        self.steps.iter().all(|step| matches!(step.outcome, Outcome::Done))
    }

    /// How many steps were done.
    pub fn done(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step.outcome, Outcome::Done)).count()
    }
}
