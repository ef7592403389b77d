//! The repository that a command works on: found, loaded, resolved.

use std::path::{Path, PathBuf};

use hob_compose::{Finding, Severity, finding};
use hob_model::{HOMELAB_FILE, Homelab, REPOSITORY_ROOT, desired::Desired};

use crate::{
    context::Context,
    disk::{self, DiskFiles},
    error::CommandError,
    render::findings::Findings,
    secrets::{self, Keys, Vault},
    style::{HINT, WARNING, paint},
};

/// A repository as far as it could be read.
pub(crate) struct Repository {
    pub(crate) homelab: Option<Homelab>,
    pub(crate) desired: Desired,
    pub(crate) findings: Findings,
}

/// A repository without errors.
pub(crate) struct Sound {
    pub(crate) homelab: Homelab,
    pub(crate) desired: Desired,
}

impl Repository {
    /// Whether the command was called in a repository of a homelab.
    pub(crate) fn is_here(context: &Context) -> bool {
        disk::find_repository(&context.directory).is_some()
    }

    /// The folder of the repository that the command was called in.
    pub(crate) fn folder(context: &Context) -> Result<PathBuf, CommandError> {
        find(&context.directory)
    }

    /// Reads the repository that the command was called in, or in a folder of which it was called,
    /// for a command that does not need the values of secrets: that some could not be opened is a
    /// warning, and something else stands in their place.
    pub(crate) fn read_without_values(context: &Context) -> Result<Self, CommandError> {
        Self::with(context, |finding| {
            if finding.code == secrets::NO_KEY {
                finding.severity = Severity::Warning;
            }
        })
    }

    /// Reads the repository that the command was called in, or in a folder of which it was called.
    pub(crate) fn read(context: &Context) -> Result<Self, CommandError> {
        Self::with(context, |_| {})
    }

    fn with(context: &Context, judge: impl Fn(&mut Finding)) -> Result<Self, CommandError> {
        let root = find(&context.directory)?;
        let files = DiskFiles::repository(&root)?;
        let (mut homelab, mut list) = hob_model::load(&files, REPOSITORY_ROOT);
        let mut desired = Desired::default();
        if let Some(homelab) = homelab.as_mut().filter(|_| !finding::has_errors(&list)) {
            let keys = match context.keys.find() {
                // A homelab without secrets needs no key, wherever one was said to be.
                Err(_) if homelab.secret_files.is_empty() => Keys::default(),
                found => found?,
            };
            let vault = Vault::new(keys);
            list.extend(vault.open_files(homelab, &files));
            let (resolved, more) =
                hob_model::resolve_with(homelab, &files, REPOSITORY_ROOT, &vault);
            context.ui.hide(vault.hidden(&resolved));
            desired = resolved;
            list.extend(more);
        }
        list.iter_mut().for_each(judge);
        let findings = Findings::new(sorted(list), &files, REPOSITORY_ROOT);
        Ok(Self { homelab, desired, findings })
    }

    /// Reads the repository and goes on only if it has no errors. Warnings are mentioned.
    pub(crate) fn open(context: &Context) -> Result<Sound, CommandError> {
        let Self { homelab, desired, findings, .. } = Self::read(context)?;
        let (Some(homelab), 0) = (homelab, findings.errors()) else {
            return Err(CommandError::repository(findings));
        };
        if findings.warnings() > 0 {
            context.ui.talk(&format!(
                "{} the repository has {}; {} shows them\n",
                paint(WARNING, "warning:"),
                findings.summary(),
                paint(HINT, "hob check --offline")
            ));
        }
        Ok(Sound { homelab, desired })
    }
}

fn sorted(mut list: Vec<Finding>) -> Vec<Finding> {
    finding::sort(&mut list, &[HOMELAB_FILE.to_owned()]);
    list
}

fn find(directory: &Path) -> Result<PathBuf, CommandError> {
    disk::check_folder(directory)?;
    disk::find_repository(directory).ok_or_else(|| {
        CommandError::config(format!(
            "there is no {HOMELAB_FILE} in {} or above it",
            directory.display()
        ))
        .hint("name the folder of a homelab's repository with -C, or make one with hob init")
    })
}
