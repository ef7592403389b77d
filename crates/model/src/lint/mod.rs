//! Rules for a repository: what is probably not meant, though Hob could do it. Each has a name, a
//! severity that the owner can change, and a section of its own in `docs/rules.md`.
//!
//! Rules see the whole homelab at once ([`Known`]), after it was resolved, and are linear in it.
//! What they find goes through [`judge`], together with everything that loading and resolving
//! found: there, and nowhere else, `policy` and comments in files have a say.

mod capacity;
mod comments;
mod exposure;
mod gitignore;
mod images;
mod judge;
mod known;
mod order;
mod recorder;
mod rules;
pub mod secrets;
mod secrets_in_files;
mod shared_paths;
mod storage;

use hob_compose::{Finding, Severity};

use crate::names::{HostName, StackName};

pub use rules::{OTHERS, RULES, Rule, known, page};

pub(crate) use judge::judge;
pub(crate) use known::{Known, StackKnown};
pub(crate) use recorder::Recorder;

/// A finding on its way to being judged, with what it is about.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    finding: Finding,
    host: Option<HostName>,
    stack: Option<StackName>,
    service: Option<String>,
}

impl Draft {
    /// A finding of a rule, with the severity that the rule has of itself.
    fn new(rule: &'static str, message: impl Into<String>) -> Self {
        let severity = rules::default_severity(rule).unwrap_or(Severity::Warning);
        let finding = Finding { severity, ..Finding::note(rule, message) };
        Self { finding, host: None, stack: None, service: None }
    }

    fn about(self, stack: &StackKnown, service: &str) -> Self {
        Self {
            host: Some(stack.host.clone()),
            stack: Some(stack.name.clone()),
            service: Some(service.to_owned()),
            ..self
        }
    }

    /// The same, as something to know: it may well be right.
    fn only_noted(mut self) -> Self {
        self.finding.severity = Severity::Note;
        self
    }

    fn with(mut self, change: impl FnOnce(Finding) -> Finding) -> Self {
        self.finding = change(self.finding);
        self
    }
}

/// What all rules have to say about a homelab.
pub(crate) fn drafts(known: &Known<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for stack in known.stacks {
        exposure::check(known, stack, &mut drafts);
        images::check(known, stack, &mut drafts);
        order::check(known, stack, &mut drafts);
    }
    capacity::check(known, &mut drafts);
    storage::check(known, &mut drafts);
    shared_paths::check(known, &mut drafts);
    secrets_in_files::check(known, &mut drafts);
    drafts
}
