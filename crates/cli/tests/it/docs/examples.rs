//! Examples of `hob.yaml` and of Compose files have no mistake in them.

use serde_json::Value;

use super::{Block, Page, pages};
use crate::hermetic::Place;

#[test]
fn examples_are_valid() {
    let mut faults = Vec::new();
    let mut examples = 0;
    for page in pages() {
        for block in page.blocks().iter().filter(|block| block.language == "yaml") {
            let found = findings(block);
            examples += usize::from(found.is_some());
            faults.extend(found.unwrap_or_default().iter().map(|found| told(&page, block, found)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(examples > 2, "only {examples} examples were found");
}

/// Errors in an example; `None` if it is no whole file.
fn findings(block: &Block<'_>) -> Option<Vec<Value>> {
    let text: String = block.lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    let first = block.lines.first()?.1;
    let said = if first.starts_with("homelab:") {
        Place::with(&format!("--- hob.yaml\n{text}")).hob("check --offline --json")
    } else if first.starts_with("services:") {
        Place::with(&format!("--- compose.yaml\n{text}")).hob("config --json")
    } else {
        return None;
    };
    let said: Value = serde_json::from_str(&said.stdout).unwrap();
    let all = said["findings"].as_array().cloned().unwrap_or_default();
    let errors = all.into_iter().filter(|found| found["severity"] == "error");
    // Other files are not part of the example.
    let is_missing = |code: &Value| code == "stack-not-found" || code == "missing-file";
    Some(errors.filter(|found| !is_missing(&found["code"])).collect())
}

#[test]
fn mistakes_in_examples_are_found() {
    let check = |lines: &[&'static str], expected: Option<usize>| {
        let lines = lines.iter().enumerate().map(|(at, line)| (at + 1, *line)).collect();
        let found = findings(&Block { language: "yaml", lines });
        assert_eq!(found.map(|found| found.len()), expected);
    };
    check(&["homelab: home", "hosts: { nas: { connect: local, stacks: [web] } }"], Some(0));
    check(&["homelab: home", "hosts: { nas: { conect: local } }"], Some(2));
    check(&["services: { app: { image: app } }"], Some(0));
    check(&["services: { app: { image: app, port: 1 } }"], Some(1));
    check(&["- 1"], None);
}

fn told(page: &Page, block: &Block<'_>, found: &Value) -> String {
    let line = block.lines.first().map_or(0, |(line, _)| *line);
    format!("{}:{line}: {} {}", page.path, found["code"], found["message"])
}
