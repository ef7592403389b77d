//! What becomes of findings: `policy` of `hob.yaml` and comments in files have their say, and what
//! would drown the rest becomes one.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Finding, Severity};

use super::{Draft, Known, StackKnown, comments::Comments, rules};
use crate::homelab::{HOMELAB_FILE, Homelab, Judgement, Subject};

/// From how many notes of one kind on they are told as one.
const FOLD_FROM: usize = 4;

/// How many further places such a note shows.
const RELATED_MAX: usize = 9;

/// Rules of which there are many, with what a note about several says after their number.
const FOLDED: [(&str, &str); 3] = [
    ("latest-tag", "images have no fixed version"),
    ("outside-storage", "folders that are written to lie outside of the declared storage"),
    ("shared-path", "paths are written to by several services"),
];

/// Judges what rules and everybody else found.
pub(crate) fn judge(known: &Known<'_>, found: Vec<Finding>, drafts: Vec<Draft>) -> Vec<Finding> {
    let mut judge =
        Judge { homelab: known.homelab, comments: comments(known), used: BTreeSet::new() };
    let users = known.users();
    let mut kept = Vec::new();
    for finding in found {
        if is_law(&finding) {
            kept.push(finding);
            continue;
        }
        let file = finding.place.as_ref().map(|place| place.file.as_str()).unwrap_or_default();
        let stacks = users.get(file).map(Vec::as_slice).unwrap_or_default();
        kept.extend(judge.of_all(finding, stacks));
    }
    let mut own = Vec::new();
    for draft in drafts {
        own.extend(judge.draft(draft, &users));
    }
    own.sort_by_key(|finding| finding.place.clone());
    own.dedup();
    kept.extend(folded(known.homelab, own));
    kept.extend(judge.comments.findings());
    kept.extend(known.homelab.policy.unused(&judge.used));
    kept
}

/// Whether the owner has no choice: without an error mended, Hob does not know what to do.
fn is_law(finding: &Finding) -> bool {
    finding.severity == Severity::Error
        && !rules::RULES.iter().any(|rule| rule.id == finding.code && rule.can_be_changed)
}

struct Judge<'a> {
    homelab: &'a Homelab,
    comments: Comments,
    /// Which entries of `policy.allow` fitted something.
    used: BTreeSet<usize>,
}

impl Judge<'_> {
    fn draft(&mut self, draft: Draft, users: &BTreeMap<&str, Vec<&StackKnown>>) -> Option<Finding> {
        let Draft { finding, host, stack, service } = draft;
        if host.is_none() && stack.is_none() {
            let file = finding.place.as_ref().map(|place| place.file.as_str()).unwrap_or_default();
            let stacks = users.get(file).map(Vec::as_slice).unwrap_or_default();
            return self.of_all(finding, stacks);
        }
        let subject = Subject {
            host: host.as_ref().map(|host| host.as_str()),
            stack: stack.as_ref().map(|stack| stack.as_str()),
            service: service.as_deref(),
            ..Subject::default()
        };
        self.one(finding, &[subject])
    }

    /// A finding in a file that several stacks are made of: it is only allowed if it is for all.
    fn of_all(&mut self, finding: Finding, stacks: &[&StackKnown]) -> Option<Finding> {
        let service = service_of(&finding.path).map(str::to_owned);
        let subject = Subject { service: service.as_deref(), ..Subject::default() };
        let subjects: Vec<Subject<'_>> = stacks
            .iter()
            .map(|stack| Subject {
                host: Some(stack.host.as_str()),
                stack: Some(stack.name.as_str()),
                ..subject
            })
            .collect();
        let subjects = if subjects.is_empty() { vec![subject] } else { subjects };
        self.one(finding, &subjects)
    }

    fn one(&mut self, finding: Finding, subjects: &[Subject<'_>]) -> Option<Finding> {
        if self.comments.allow(finding.code, finding.place.as_ref()) {
            return None;
        }
        let file = finding.place.as_ref().map(|place| place.file.clone());
        let mut severity = finding.severity;
        let mut is_allowed = true;
        for subject in subjects {
            let subject = Subject { file: file.as_deref(), ..*subject };
            match self.homelab.policy.judge(finding.code, finding.severity, &subject) {
                Judgement::Allowed(at) => {
                    self.used.insert(at);
                }
                Judgement::Off => {}
                Judgement::Shown(shown) => {
                    is_allowed = false;
                    severity = shown;
                }
            }
        }
        (!is_allowed).then_some(Finding { severity, ..finding })
    }
}

fn comments(known: &Known<'_>) -> Comments {
    let mut comments = Comments::default();
    let users = known.users();
    for file in &known.files {
        if file != HOMELAB_FILE && !users.contains_key(file.as_str()) {
            continue;
        }
        if let Some(text) = known.text(file) {
            comments.read(file, &text);
        }
    }
    comments
}

/// The service that a path such as `services.web.ports[0]` is about.
fn service_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("services.")?;
    rest.split(['.', '[']).next().filter(|name| !name.is_empty())
}

/// Notes of one kind as one, unless the owner asked for them.
fn folded(homelab: &Homelab, found: Vec<Finding>) -> Vec<Finding> {
    let mut kept = Vec::new();
    let mut notes: BTreeMap<&str, Vec<Finding>> = BTreeMap::new();
    for finding in found {
        let is_asked_for = homelab.policy.rules.contains_key(finding.code);
        let may_be_folded = FOLDED.iter().any(|(rule, _)| *rule == finding.code);
        if finding.severity == Severity::Note && may_be_folded && !is_asked_for {
            notes.entry(finding.code).or_default().push(finding);
        } else {
            kept.push(finding);
        }
    }
    for (code, mut notes) in notes {
        if notes.len() < FOLD_FROM {
            kept.append(&mut notes);
            continue;
        }
        let words = FOLDED.iter().find(|(rule, _)| *rule == code).map_or("", |(_, words)| *words);
        let message = format!("{} {words}", notes.len());
        let mut notes = notes.into_iter();
        let Some(first) = notes.next() else { continue };
        let others = notes.filter_map(|note| Some((note.place?, note.message))).take(RELATED_MAX);
        let hint = format!(
            "policy: {{ rules: {{ {code}: warning }} }} in {HOMELAB_FILE} shows each, off none"
        );
        let first = Finding { message, path: String::new(), ..first }.hint(hint);
        kept.push(others.fold(first, |all, (place, message)| all.related(place, message)));
    }
    kept
}
