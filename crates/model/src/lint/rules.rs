//! The table of rules.

use hob_compose::Severity::{self, Error, Note, Warning};

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, which is the code of its findings.
    pub id: &'static str,
    /// How much its findings matter if the owner says nothing; some of its findings may matter
    /// less.
    pub severity: Severity,
    /// Whether the owner can choose otherwise: not where Hob could not do what is asked.
    pub can_be_changed: bool,
    /// What it finds, in a few words.
    pub about: &'static str,
}

const fn rule(id: &'static str, severity: Severity, about: &'static str) -> Rule {
    Rule { id, severity, can_be_changed: true, about }
}

/// A rule without which nothing could be done.
const fn law(id: &'static str, about: &'static str) -> Rule {
    Rule { id, severity: Error, can_be_changed: false, about }
}

/// Every rule, in the order of the alphabet.
pub const RULES: &[Rule] = &[
    law("dependency-cycle", "services that wait for each other"),
    rule("docker-socket", Warning, "containers that can command the Docker Engine"),
    law("duplicate-container", "two containers of one name on a host"),
    law("duplicate-port", "one port of a host published twice"),
    rule("external-network", Note, "networks that nobody here makes"),
    rule("external-volume", Note, "volumes that nobody here makes"),
    rule("gpu-not-there", Warning, "services that reserve a GPU that their host does not have"),
    rule("latest-tag", Note, "images whose version may change any day"),
    rule("memory-over-host", Warning, "memory that a host does not have"),
    rule("memory-overcommitted", Note, "limits that together are more than a host's memory"),
    law("missing-env-file", "files with variables that are not there"),
    law("needs-in-a-circle", "stacks that wait for each other"),
    rule("no-health-check", Warning, "waiting for the health of what has no health check"),
    rule("one-shot-not-awaited", Warning, "services that do not wait for the end of a one-shot"),
    rule("open-port", Warning, "ports published where the policy does not allow it"),
    rule("outside-storage", Note, "data outside of a host's declared storage"),
    rule("privileged", Warning, "containers with every right on their host"),
    rule("secret-in-clear", Warning, "secrets in clear text in the repository"),
    rule("shared-path", Warning, "several services that write to one path"),
    law("undefined-config", "configs that are not declared"),
    law("undefined-network", "networks that are not declared"),
    law("undefined-secret", "secrets that are not declared"),
    law("undefined-service", "services that do not exist"),
    rule("undefined-variable", Warning, "variables that nobody sets"),
    law("undefined-volume", "volumes that are not declared"),
    law("unknown-host", "needs that name no host"),
    law("unknown-stack", "needs that name no stack"),
    rule("vram-over-host", Warning, "GPU memory that a host does not have"),
    rule("vram-overcommitted", Note, "GPU memory that is not enough for all at once"),
];

/// Warnings and notes of loading and resolving that are no rules: they too can be allowed, be made
/// to matter more or less, or be switched off.
pub const OTHERS: &[&str] = &[
    "duplicate",
    "empty-port",
    "external-conflict",
    "folder-elsewhere",
    "group-not-used",
    "host-not-declared",
    "inert-attribute",
    "missing-file",
    "network-not-used",
    "not-acted-on",
    "obsolete-version",
    "old-boolean",
    "old-external",
    "other-directory",
    "remote-context",
    "shell-operator",
    "single-letter-volume",
    "stack-not-used",
    "unknown-attribute",
    "unknown-tag",
    "unknown-volume-option",
    "visible-secret",
    "volume-made-twice",
    "writable-repository-file",
];

/// The codes that `policy` can speak of.
pub fn known() -> Vec<&'static str> {
    let rules = RULES.iter().filter(|rule| rule.can_be_changed).map(|rule| rule.id);
    let mut known: Vec<&str> = rules.chain(OTHERS.iter().copied()).collect();
    known.sort_unstable();
    known.dedup();
    known
}

/// Where a rule is explained, from the root of Hob's documentation; `None` for what is no rule.
pub fn page(code: &str) -> Option<String> {
    RULES.iter().any(|rule| rule.id == code).then(|| format!("docs/rules.md#{code}"))
}

pub(super) fn default_severity(id: &str) -> Option<Severity> {
    RULES.iter().find(|rule| rule.id == id).map(|rule| rule.severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_in_order_and_unique() {
        let ids: Vec<&str> = RULES.iter().map(|rule| rule.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
    }
}
