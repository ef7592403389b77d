//! Fake hosts, stories, and real hosts in containers. For tests and demos only.

#[allow(clippy::disallowed_methods, reason = "`LabError::file` adds the path to every error")]
pub mod lab;

pub mod fake;
pub mod story;
