//! `# hob: allow RULE reason` in a file: on the line that a finding is about, or above it.

use std::{cell::Cell, collections::BTreeMap};

use hob_compose::{Finding, Place};

use super::rules;
use crate::homelab::did_you_mean;

/// What begins such a comment, after the sign that begins any.
const MARK: &str = "hob: allow";

/// One comment and one rule of it.
#[derive(Debug)]
struct Comment {
    rule: String,
    reason: String,
    place: Place,
    /// The line that it is about.
    about: u32,
    is_used: Cell<bool>,
}

/// The comments of all files.
#[derive(Debug, Default)]
pub(super) struct Comments {
    by_file: BTreeMap<String, Vec<Comment>>,
}

impl Comments {
    pub(super) fn read(&mut self, file: &str, text: &str) {
        if !text.contains(MARK) {
            return;
        }
        let mut found: Vec<Comment> = Vec::new();
        // Comments that have a line to themselves, and wait for the next that is none.
        let mut waiting = 0;
        for (line, number) in text.lines().zip(1..) {
            let trimmed = line.trim_start();
            let is_alone = trimmed.starts_with('#');
            if !is_alone && !trimmed.is_empty() {
                let at = found.len() - waiting;
                found[at..].iter_mut().for_each(|comment| comment.about = number);
                waiting = 0;
            }
            let Some((at, rules, reason)) = split(line) else { continue };
            for rule in rules.split(',').filter(|rule| !rule.is_empty()) {
                let column = u32::try_from(line[..at].chars().count()).unwrap_or(0) + 1;
                let len = u32::try_from(line[at..].chars().count()).unwrap_or(1).max(1);
                found.push(Comment {
                    rule: rule.to_owned(),
                    reason: reason.to_owned(),
                    place: Place { file: file.to_owned(), line: number, column, len },
                    about: number,
                    is_used: Cell::new(false),
                });
                waiting += usize::from(is_alone);
            }
        }
        self.by_file.insert(file.to_owned(), found);
    }

    /// Whether a comment allows a finding of a rule at a place. One without a reason allows
    /// nothing.
    pub(super) fn allow(&self, rule: &str, place: Option<&Place>) -> bool {
        let Some(place) = place else { return false };
        let comments = self.by_file.get(&place.file).map(Vec::as_slice).unwrap_or_default();
        let fits = |comment: &&Comment| {
            comment.about == place.line && comment.rule == rule && !comment.reason.is_empty()
        };
        let Some(comment) = comments.iter().find(fits) else { return false };
        comment.is_used.set(true);
        true
    }

    /// What is wrong with the comments themselves, after everything was asked.
    pub(super) fn findings(&self) -> Vec<Finding> {
        let known = rules::known();
        let all = self.by_file.values().flatten().filter(|comment| !comment.is_used.get());
        all.map(|comment| comment.finding(&known)).collect()
    }
}

impl Comment {
    fn finding(&self, known: &[&str]) -> Finding {
        let Self { rule, reason, place, .. } = self;
        let finding = if !known.contains(&rule.as_str()) {
            let hint = match did_you_mean(rule, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => "use the code of a warning or note, as it stands in square brackets".into(),
            };
            Finding::warning("unknown-rule", format!("{rule} cannot be allowed")).hint(hint)
        } else if reason.is_empty() {
            let message = format!("{rule} is not allowed without a reason");
            Finding::warning("allow-without-reason", message)
                .hint(format!("write why: # {MARK} {rule} because ..."))
        } else {
            Finding::note("allow-not-used", format!("there is no finding {rule} here"))
                .hint("remove it, or put it on the line that the finding is about")
        };
        finding.at(place.clone())
    }
}

/// Where the mark is, the rules behind it, and the reason.
fn split(line: &str) -> Option<(usize, &str, &str)> {
    let at = line.find(MARK)?;
    let before = line.get(..at)?.trim_end();
    if !before.ends_with('#') {
        return None;
    }
    let rest = line.get(at + MARK.len()..)?;
    if !rest.starts_with(' ') {
        return None;
    }
    let rest = rest.trim();
    let (rules, reason) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    Some((at, rules, reason.trim_matches([' ', ':', '-'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn comments(text: &str) -> Comments {
        let mut comments = Comments::default();
        comments.read("a.yaml", text);
        comments
    }

    fn allows(comments: &Comments, rule: &str, line: u32) -> bool {
        let place = Place { file: "a.yaml".into(), line, column: 1, len: 1 };
        comments.allow(rule, Some(&place))
    }

    #[test]
    fn a_comment_is_about_its_line_or_the_next() {
        let text = "a: 1 # hob: allow privileged it drives the lights\n\
                    # hob: allow latest-tag it is mine\n\
                    # hob: allow docker-socket,open-port it shows containers\n\
                    b: 2\nc: 3\n";
        let comments = comments(text);
        assert!(allows(&comments, "privileged", 1));
        for rule in ["latest-tag", "docker-socket", "open-port"] {
            assert!(allows(&comments, rule, 4), "{rule}");
            assert!(!allows(&comments, rule, 5), "{rule}");
        }
        assert!(!allows(&comments, "privileged", 4));
        assert!(comments.findings().is_empty());
    }

    #[test]
    fn what_is_wrong_with_comments_is_said() {
        let comments = comments(
            "a: 1 # hob: allow privileged\nb: 1 # hob: allow latest-tags mine\n\
             c: 1 # hob: allow latest-tag mine\nd: 1 # hob: allowed\n",
        );
        assert!(!allows(&comments, "privileged", 1));
        let lines: Vec<String> = comments.findings().iter().map(Finding::line).collect();
        assert_eq!(
            lines,
            [
                "a.yaml:1:8: warning[allow-without-reason]: privileged is not allowed without a \
                 reason (write why: # hob: allow privileged because ...)",
                "a.yaml:2:8: warning[unknown-rule]: latest-tags cannot be allowed (did you mean \
                 latest-tag?)",
                "a.yaml:3:8: note[allow-not-used]: there is no finding latest-tag here (remove \
                 it, or put it on the line that the finding is about)",
            ]
        );
    }
}
