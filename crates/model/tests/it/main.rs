//! The model as its users see it: text in, text out.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

mod adopt;
mod attributes;
mod between;
mod builds;
mod files;
mod homelab;
mod layers;
mod lint;
mod machines;
mod pi_gitops;
mod policy;
mod provenance;
mod schema;
mod sealed;
mod service;
mod starter;
mod support;
mod variables;
