//! The model as its users see it: text in, text out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod pi_gitops;
mod support;
