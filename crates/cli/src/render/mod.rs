//! Data into text: pure functions.

pub(crate) mod checks;
pub(crate) mod findings;
pub(crate) mod plan;
pub(crate) mod report;
pub(crate) mod snippets;
pub(crate) mod table;
pub(crate) mod unmanaged;
