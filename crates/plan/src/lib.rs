//! From what should be and what was seen to a plan with reasons. Pure and total.
//!
//! ```text
//! Desired ─┐
//!          ├─plan─▶ Plan ──(perform or simulate its operations)──▶ Observed
//! Observed ┘
//! ```

mod change;
pub mod document;
pub mod observed;
mod op;
pub mod ownership;
mod planner;
mod policy;
mod simulate;
mod verdict;
mod why;
mod wording;

pub use change::*;
pub use document::PlanDocument;
pub use op::{Op, Turn};
pub use planner::{may_stay_ended, plan};
pub use policy::Policy;
pub use simulate::{simulate, simulate_op};
pub use verdict::{Failure, Judgement, Sighting, judge};
pub use wording::{Sign, Summary, by_host, text};
