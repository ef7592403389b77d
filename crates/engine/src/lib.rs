//! The calls that touch hosts: observe all, check, apply, verify.
//!
//! What is judged is judged by pure functions over what was seen; what acts is boring: ready steps,
//! bounded parallelism, a failure skips only its dependents, a stop signal between operations, and
//! always a full report.

mod apply;
mod check;
mod hint;
mod lock;
mod observe;
mod progress;
mod standing;
#[cfg(test)]
mod standing_tests;
mod status;
mod stop;
#[cfg(test)]
mod testing;
mod verify;

pub use apply::{ApplyOptions, Outcome, Report, StepReport, Undone, apply};
pub use check::{Answer, Check, Kind, Manual, Wanted, check, judge_host};
pub use hint::hint;
pub use lock::Locks;
pub use observe::{OpenHosts, Sight, observe};
pub use progress::{Event, NoProgress, Progress, doing};
pub use status::{Condition, Row, status};
pub use stop::{Stop, StopHandle, stop_signal};
pub use verify::{Heard, PortAnswers, judge_deployed, verify};
