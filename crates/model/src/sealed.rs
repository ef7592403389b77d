//! What lies sealed in the repository, as far as the caller could open it. Keys are the caller's:
//! the values come in as data, and files that Compose files name are opened through [`Opener`].

use std::{collections::BTreeMap, sync::Arc};

use hob_compose::Place;

use crate::{homelab::Homelab, names::HostName, secret::Secret};

/// What stands for a value that could not be opened, so that the rest can be checked. A homelab
/// that has such values is not fit for a plan.
pub const UNOPENED: &str = "unopened-secret";

/// One of the files of `secrets.files`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedFile {
    /// Relative to the repository.
    pub path: String,
    /// The host whose stacks see its values; `None`: all of them.
    pub host: Option<HostName>,
    /// Its values by the names of their variables.
    pub values: BTreeMap<String, SealedValue>,
}

/// One value of such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealedValue {
    /// `None` if no key opens the file.
    pub value: Option<Secret<String>>,
    /// Whether the file has it sealed. What stands there in clear is no secret.
    pub is_secret: bool,
    /// Where it is written.
    pub place: Place,
}

impl Homelab {
    /// The values that stacks of a host see, lowest priority first.
    pub(crate) fn sealed_for<'a>(
        &'a self,
        host: &'a HostName,
    ) -> impl Iterator<Item = (&'a String, &'a SealedValue)> {
        let files = self.sealed.iter();
        files
            .filter(move |file| file.host.as_ref().is_none_or(|only| only == host))
            .flat_map(|file| &file.values)
    }
}

/// Opens sealed files that Compose files name as a config or secret.
pub trait Opener {
    /// What a file holds. `file` is relative to the repository; `value` names one value of it.
    fn open(&self, file: &str, content: &[u8], value: Option<&str>) -> Opening;
}

/// What became of opening a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It is an ordinary file.
    NotSealed,
    /// What is in it.
    Opened(Secret<Arc<[u8]>>),
    /// It is for other keys than those that are there.
    NoKey {
        /// In words.
        why: String,
        /// What to do.
        hint: String,
    },
    /// It is damaged, or does not have the value.
    Refused {
        /// In words.
        why: String,
        /// What to do.
        hint: String,
    },
}

/// Opens nothing and takes every file for an ordinary one.
pub(crate) struct NoKeys;

impl Opener for NoKeys {
    fn open(&self, _: &str, _: &[u8], _: Option<&str>) -> Opening {
        Opening::NotSealed
    }
}
