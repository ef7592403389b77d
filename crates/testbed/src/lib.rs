//! Fake hosts, stories, and real hosts in containers. For tests and demos only.

pub mod lab;

pub mod fake;
pub mod story;
