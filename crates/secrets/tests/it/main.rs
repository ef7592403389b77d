//! Files of secrets, text in and text out, and the real programs beside them where they are there.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod creation;
mod edit;
mod keys;
mod others;
mod sops;
mod support;
mod vault;
