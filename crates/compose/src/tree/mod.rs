//! YAML as an untyped tree in which every value knows where it was written.
//!
//! All work on a project happens on this tree; typed structs come last. [`parse`] composes it from
//! the events of the YAML parser: anchors, aliases and merge keys are resolved, duplicate keys are
//! findings, and plain scalars follow the rules that Docker Compose users rely on (`0777` is 511,
//! `yes` is a text).

mod base64;
mod build;
mod node;
mod scalar;
mod span;

pub use crate::limits::Limits;
pub use build::{parse, parse_with};
pub use node::{Data, Entry, How, Key, Mapping, Node, Origin, Tag};
pub use span::{Source, Span};

pub(crate) use scalar::{float_text, is_timestamp, resolve};
