//! Stories: what happens to a homelab over time, as a script that its owner could have typed, with
//! the recorded output beside it.
//!
//! A story is one file, `NAME.story`, and its record is `NAME.out`:
//!
//! ```text
//! # What the story shows, in a sentence.
//! --- hob.yaml
//! homelab: home
//! ...
//! --- stacks/web/compose.yaml
//! services: ...
//! --- story
//! hob apply --yes
//! # Somebody stops the container by hand.
//! docker nas stop web
//! hob plan
//! ```
//!
//! A line of the script is a call of `hob`, a change in the repository, something that happens to
//! a host ([`Act`]), or a comment. The record holds what `hob` wrote and its exit code. The same
//! script runs in every [`StoryWorld`]: on imagined hosts, and on real ones.

mod act;
mod fake;
mod files;
mod keys;
mod normal;
mod parse;
mod real;
mod record;
mod run;
#[cfg(test)]
mod tests;
mod words;

use std::path::Path;

use async_trait::async_trait;
use thiserror::Error;

pub use crate::fake::Fate;
pub use act::{Act, Happening, Show};
pub use fake::{FakeStoryWorld, Hob, HobCall, Output};
pub use normal::normal;
pub use parse::{Command, Line, Once, Story};
pub use real::RealStoryWorld;
pub use record::{UPDATE_VARIABLE, check, compare, read, stories_in};
pub use run::run;

/// Where a story can happen.
#[async_trait(?Send)]
pub trait StoryWorld {
    /// Runs `hob` in the repository.
    async fn hob(
        &mut self,
        arguments: &[String],
        repository: &Path,
        fate: &Fate,
    ) -> Result<Ran, StoryError>;

    /// Runs `hob` in the repository, until it says something and then ends as it is told to.
    async fn hob_once(
        &mut self,
        arguments: &[String],
        repository: &Path,
        once: &Once,
    ) -> Result<Ran, StoryError>;

    /// Lets something happen, or shows something.
    async fn act(&mut self, act: &Act) -> Result<String, StoryError>;

    /// Remembers the world as it is, to come back to it any number of times.
    fn remember(&mut self) -> Result<(), StoryError>;

    /// Goes back to the world that was remembered.
    fn go_back(&mut self) -> Result<(), StoryError>;
}

/// What came of a call of `hob`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Its exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

/// A story that cannot be told.
#[derive(Debug, Error)]
pub enum StoryError {
    /// A line that means nothing.
    #[error("line {line}: {why}")]
    Script {
        /// Counted from 1 in the story's file.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A file of the story, its record or its repository.
    #[error("{doing} {path}: {why}")]
    File {
        /// `reading`, `writing`...
        doing: &'static str,
        /// Which.
        path: String,
        /// What went wrong.
        why: std::io::Error,
    },
    /// A world in which this cannot happen, or did not.
    #[error("{0}")]
    World(String),
    /// On real hosts it comes out differently: a bug in `simulate`, in the host or in the fake.
    #[error("{name}: the imagined world (-) and the real one (+) differ\n{difference}")]
    WorldsDiffer {
        /// Which story.
        name: String,
        /// Lines of one world only.
        difference: String,
    },
    /// The record says something else.
    #[error("{name}: not as recorded ({UPDATE_VARIABLE}=1 records anew)\n{difference}")]
    NotAsRecorded {
        /// Which story.
        name: String,
        /// Lines that are gone, and lines that are new.
        difference: String,
    },
}

impl StoryError {
    fn file(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.display().to_string();
        move |why| Self::File { doing, path, why }
    }
}
