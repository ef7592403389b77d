//! Tier 5 in one program: what needs a Docker Engine and hosts of its own.
#![allow(clippy::disallowed_methods, reason = "a panic in a test shows the place anyway")]

mod real_facts;
mod real_hosts;
mod real_ssh;
