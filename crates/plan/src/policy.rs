//! What the owner decides about planning, apart from what is declared.

use std::time::Duration;

use hob_model::Selection;

/// Bounds and preferences of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What the plan is about. The rest is neither changed nor missed.
    pub selection: Selection,
    /// How long a container without a health check must run without a restart.
    pub settle: Duration,
    /// Least time that a health check has to pass; its own schedule may give it more.
    pub healthy_within: Duration,
    /// Time that a one-shot has to complete.
    pub complete_within: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            selection: Selection::default(),
            settle: Duration::from_secs(5),
            healthy_within: Duration::from_secs(120),
            complete_within: Duration::from_secs(600),
        }
    }
}
