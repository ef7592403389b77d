//! What the three formats have in common: values with names, in order, that can be replaced.

use std::fmt;

use super::metadata::{AgeKey, Metadata};
use crate::error::Result;

/// The name under which a SOPS file describes itself.
pub(super) const METADATA: &str = "sops";

/// One step on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Into a mapping.
    Key(String),
    /// Into a list.
    Index(usize),
}

impl Step {
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        }
    }
}

/// The name of a value: `postgres.users[0].password`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name(pub Vec<Step>);

impl Name {
    /// Reads `a.b[0].c`. A key that has a dot in it cannot be named.
    pub fn parse(text: &str) -> Option<Self> {
        let mut steps = Vec::new();
        for part in text.split('.') {
            let (key, indices) = match part.find('[') {
                Some(at) => part.split_at(at),
                None => (part, ""),
            };
            if key.is_empty() {
                return None;
            }
            steps.push(Step::Key(key.to_owned()));
            let mut rest = indices;
            while !rest.is_empty() {
                let (index, after) = rest.strip_prefix('[')?.split_once(']')?;
                steps.push(Step::Index(index.parse().ok()?));
                rest = after;
            }
        }
        Some(Self(steps))
    }

    /// What values are sealed under: the keys on the way, without list positions.
    pub(super) fn sealed_under(&self) -> String {
        self.0.iter().filter_map(Step::key).map(|key| format!("{key}:")).collect()
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if index == 0 => write!(f, "{key}")?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(at) => write!(f, "[{at}]")?,
            }
        }
        Ok(())
    }
}

/// A value as the file has it: sealed, or not.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar {
    /// Text, sealed text included.
    Str(String),
    /// A whole number.
    Int(i64),
    /// Another number.
    Float(f64),
    /// A truth value.
    Bool(bool),
    /// Nothing: never sealed and never part of the digest.
    Null,
}

impl Scalar {
    /// What counts for the digest, after `ToBytes` in `sops.go`; `None` for nothing.
    pub(super) fn digested(&self) -> Option<String> {
        match self {
            Scalar::Str(text) => Some(text.clone()),
            Scalar::Int(number) => Some(number.to_string()),
            // Rust, like Go's 'f' with precision -1, writes the shortest that reads back, never
            // with an exponent.
            Scalar::Float(number) => Some(number.to_string()),
            Scalar::Bool(true) => Some("True".to_owned()),
            Scalar::Bool(false) => Some("False".to_owned()),
            Scalar::Null => None,
        }
    }
}

/// A value and its name.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub(super) name: Name,
    pub(super) value: Scalar,
    /// Counted from 1, where the format has lines.
    pub(super) line: Option<u32>,
}

/// A file in one of the formats. What is not changed stays as it is, comments and order included.
pub(super) trait Document {
    /// The values in the order of the file, those under `sops` left out.
    fn leaves(&self) -> Result<Vec<Leaf>>;
    /// What stands under `sops`.
    fn metadata(&self) -> Result<Metadata>;
    /// Whether there are sealed comments.
    fn has_sealed_comments(&self) -> bool;
    /// Replaces a value, or adds it where the last key of its name is new.
    fn set(&mut self, name: &Name, text: &str) -> Result<()>;
    /// Takes a value out, and mappings that are empty then.
    fn remove(&mut self, name: &Name) -> Result<()>;
    /// Sets a text of `sops`.
    fn set_metadata(&mut self, name: &str, text: &str) -> Result<()>;
    /// Sets for whom the file is.
    fn set_age(&mut self, keys: &[AgeKey]) -> Result<()>;
    /// The file.
    fn text(&self) -> String;
}
