//! The same on a real Engine: this machine's. Every test works under a homelab name of its own, in a
//! folder of its own, and takes away what it made.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests may panic")]
#![allow(clippy::disallowed_methods, reason = "tests read and write files as they are")]

#[path = "real/attributes.rs"]
mod attributes;
#[path = "real/bench.rs"]
mod bench;
#[path = "real/builds.rs"]
mod builds;
#[path = "real/containers.rs"]
mod containers;
#[path = "real/engine.rs"]
mod engine;
#[path = "real/files.rs"]
mod files;
#[path = "real/verdicts.rs"]
mod verdicts;
