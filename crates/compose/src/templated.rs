//! Files that a template engine has to fill in before they are Compose files.

use std::collections::BTreeSet;

use crate::finding::{Finding, Severity};

/// What a piece of text is written for, if it is a template.
fn engine(text: &str) -> Option<&'static str> {
    let marks = [
        ("{{op://", "1Password (op inject)"),
        ("{{ op://", "1Password (op inject)"),
        ("{{ .", "Go templates"),
        ("{{.", "Go templates"),
        ("{%", "Jinja (Ansible)"),
        ("{{", "Jinja (Ansible)"),
        ("#@ ", "ytt"),
        ("<%", "ERB"),
    ];
    marks.iter().find(|(mark, _)| text.contains(mark)).map(|(_, engine)| *engine)
}

fn hint(engine: &str) -> String {
    format!("have {engine} or the like fill it in first, and name what comes of it")
}

/// Findings of the YAML parser about a text that is a template say so.
pub(crate) fn explain_syntax(text: &str, findings: &mut Vec<Finding>) {
    let Some(engine) = engine(text) else { return };
    if findings.iter().any(|finding| finding.code == "yaml-syntax") {
        // What else was found comes of the same.
        findings.retain(|finding| finding.code == "yaml-syntax");
    }
    for finding in findings.iter_mut().filter(|finding| finding.code == "yaml-syntax") {
        finding.message = format!("this file is a template, and no YAML: {}", finding.message);
        finding.hint = Some(hint(engine));
    }
}

/// Of errors about values that are still templates, one for each file stays.
pub(crate) fn once_a_file(findings: &mut Vec<Finding>) {
    let mut said = BTreeSet::new();
    findings.retain_mut(|finding| {
        let is_about_name = matches!(finding.code, "undefined-volume" | "invalid-volume");
        if finding.severity != Severity::Error || !is_about_name {
            return true;
        }
        let (Some(engine), Some(place)) = (engine(&finding.message), &finding.place) else {
            return true;
        };
        let is_first = said.insert(place.file.clone());
        finding.code = "templated-file";
        finding.message =
            "this file is a template: a value in double braces is not filled in".to_string();
        finding.hint = Some(hint(engine));
        is_first
    });
}
