//! What can go wrong with real hosts, in words that say what was being done.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// An error of the testbed.
#[derive(Debug, Error)]
pub enum LabError {
    /// A program could not be started, or its pipes broke.
    #[error("{doing}: cannot run {program}")]
    Start {
        /// What the testbed was doing.
        doing: String,
        /// The program it called.
        program: String,
        /// Why it did not start.
        #[source]
        source: std::io::Error,
    },
    /// A program ended with a code that means failure.
    #[error("{doing}: {program} ended with {code}\n{tail}")]
    Failed {
        /// What the testbed was doing.
        doing: String,
        /// The program and its first arguments.
        program: String,
        /// Its exit code, -1 for a signal.
        code: i32,
        /// The last lines of what it said.
        tail: String,
    },
    /// Something took longer than it may.
    #[error("{doing}: not done after {} s{hint}", limit.as_secs())]
    TimedOut {
        /// What the testbed was doing.
        doing: String,
        /// How long it waited.
        limit: Duration,
        /// What to look at, on a line of its own, or nothing.
        hint: String,
    },
    /// A file or directory of the testbed could not be read or written.
    #[error("{doing} {}", path.display())]
    File {
        /// "reading", "writing", ...
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// No Docker Engine, and none could be had.
    #[error("no Docker Engine: {why}\n  try: {hint}")]
    NoEngine {
        /// What was found.
        why: String,
        /// What to type.
        hint: String,
    },
    /// The local registry did not do as asked.
    #[error("registry: {doing}: {why}")]
    Registry {
        /// The request.
        doing: String,
        /// The answer.
        why: String,
    },
    /// The caller asked for something that cannot be.
    #[error("{0}")]
    Asked(String),
}

impl LabError {
    pub(crate) fn file(
        doing: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { doing, path, source }
    }

    /// The error and its causes, one line each.
    #[must_use]
    pub fn full(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(inner) = cause {
            text.push_str(&format!("\n  caused by: {inner}"));
            cause = inner.source();
        }
        text
    }
}

/// What functions of the testbed return.
pub type Result<T, E = LabError> = std::result::Result<T, E>;
