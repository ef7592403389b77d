//! The model as its users see it: text in, text out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod adopt;
mod attributes;
mod between;
mod builds;
mod files;
mod homelab;
mod layers;
mod pi_gitops;
mod service;
mod starter;
mod support;
mod variables;
