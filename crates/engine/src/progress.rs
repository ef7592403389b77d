//! What those who watch an apply are told.

use std::time::Duration;

use hob_host::OpProgress;
use hob_plan::{Op, Step};

use crate::apply::Outcome;

/// Watches an apply. Called from the middle of things: it must return at once.
pub trait Progress: Send + Sync {
    /// Something happened.
    fn event(&self, event: Event<'_>);
}

/// Something that happened during an apply.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step begins with its first operation.
    Began {
        /// Which.
        step: &'a Step,
    },
    /// A step begins an operation.
    Operation {
        /// Which step.
        step: &'a Step,
        /// Which operation.
        op: &'a Op,
    },
    /// An operation goes on.
    Within {
        /// Which step.
        step: &'a Step,
        /// How far it is.
        progress: &'a OpProgress,
    },
    /// A step failed or was broken off, and what it did is being undone.
    PuttingBack {
        /// Which step.
        step: &'a Step,
    },
    /// The run was told to stop: nothing new begins.
    Stopping,
    /// A step ended, or was found not to begin at all.
    Ended {
        /// Which step.
        step: &'a Step,
        /// How.
        outcome: &'a Outcome,
        /// Time since it began.
        took: Duration,
    },
}

/// For those who do not watch.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn event(&self, _: Event<'_>) {}
}

/// What an operation is doing, in words: `creating container web`.
pub fn doing(op: &Op) -> String {
    match op {
        Op::Pull { image, .. } => format!("pulling {image}"),
        Op::Build(build) => format!("building {}", build.spec.image),
        Op::CreateNetwork(network) => format!("creating network {}", network.name),
        Op::RemoveNetwork(name) => format!("removing network {name}"),
        Op::CreateVolume(volume) => format!("creating volume {}", volume.name),
        Op::OwnFiles { stack, .. } => format!("noting files of stack {stack}"),
        Op::WriteFiles { stack, files } => {
            format!("writing {} of stack {stack}", count(files.len(), "file"))
        }
        Op::RemoveFiles { stack, paths } => {
            format!("removing {} of stack {stack}", count(paths.len(), "file"))
        }
        Op::CreateContainer { name, .. } => format!("creating container {name}"),
        Op::Rename { from, to } => format!("renaming container {from} to {to}"),
        Op::Start(name) => format!("starting container {name}"),
        Op::Stop(name) => format!("stopping container {name}"),
        Op::RemoveContainer(name) => format!("removing container {name}"),
        Op::PutBack { was, .. } => format!("putting back container {was}"),
        Op::RunHooks { name, turn, .. } => format!("running {turn} in container {name}"),
        Op::Await { name, .. } => format!("waiting for container {name}"),
        Op::Record { name, .. } => format!("recording the verdict of container {name}"),
        Op::Forget { name, .. } => format!("removing the record of container {name}"),
        Op::Reached(_) => "going on".to_owned(),
    }
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: usize, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}
