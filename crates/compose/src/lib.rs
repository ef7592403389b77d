//! The Compose Specification as a pure function: files in, project and findings out.
//!
//! The crate does no I/O and reads no environment: [`Files`] and [`LoadOptions`] bring all of it.
//! Work happens on a [`tree`] in which every value knows its file, line and column; typed structs
//! ([`project`]) come last. All faults of the input are collected as [`Finding`]s.

#![cfg_attr(test, allow(clippy::panic, clippy::unwrap_used, reason = "tests may panic"))]

mod bind;
mod canonical;
mod consistency;
mod defaults;
pub mod dotenv;
mod env_file;
pub mod files;
pub mod finding;
mod interpolate;
mod load;
mod merge;
mod normalise;
mod path;
mod paths;
mod profiles;
pub mod project;
pub mod render;
mod reset;
pub mod schema;
mod template;
pub mod tree;
mod unique;
mod units;

pub use files::{FileError, Files, Kind, MemoryFiles};
pub use finding::{Finding, Place, Related, Severity};
pub use load::{LoadOptions, Loaded, Part, load, merged};
