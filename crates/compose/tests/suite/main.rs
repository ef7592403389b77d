//! All tests of the loader from the outside.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "tests read their cases and may panic"
)]

mod cases;
mod codes;
mod comparable;
mod conformance;
mod hostile;
mod limits;
mod noise;
mod oracle;
mod typed;
