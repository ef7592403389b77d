//! Top-level networks, volumes, configs and secrets.

use super::place_in;
use crate::finding::Finding;
use crate::path::Path;
use crate::tree::{Entry, Node};

pub(super) fn check(root: &Node, findings: &mut Vec<Finding>) {
    for (section, contents) in [
        ("networks", None),
        ("volumes", None),
        ("configs", Some(&["file", "environment", "content"][..])),
        ("secrets", Some(&["file", "environment"][..])),
    ] {
        let path = Path::ROOT.key(section);
        for entry in root.get(section).map(Node::entries).unwrap_or_default() {
            let path = path.key(&entry.key.name);
            let external = entry.value.get("external").and_then(Node::as_bool).unwrap_or(false);
            match contents {
                Some(contents) => one_content(external, entry, contents, &path, findings),
                None if external => external_alone(section, entry, &path, findings),
                None => {}
            }
        }
    }
}

/// Who creates an external resource also decides about it. Docker Compose refuses this for volumes
/// only, and ignores it for networks.
fn external_alone(section: &str, entry: &Entry, path: &Path<'_>, findings: &mut Vec<Finding>) {
    for field in entry.value.entries() {
        let name = field.key.name.as_str();
        if matches!(name, "name" | "external") || name.starts_with("x-") {
            continue;
        }
        let finding = match section {
            "volumes" => Finding::error(
                "external-conflict",
                format!("external and {name} exclude each other"),
            )
            .hint(format!("remove {name}, or external")),
            _ => Finding::warning(
                "external-conflict",
                format!("the network is external, so {name} has no effect"),
            )
            .hint(format!("remove {name}")),
        };
        findings.push(
            finding
                .at(field.key.span.place())
                .on(path.key(name))
                .related(place_in(entry, "external"), "it is external here"),
        );
    }
}

fn one_content(
    external: bool,
    entry: &Entry,
    contents: &[&str],
    path: &Path<'_>,
    findings: &mut Vec<Finding>,
) {
    let given: Vec<&str> =
        contents.iter().copied().filter(|name| entry.value.get(name).is_some()).collect();
    match given[..] {
        [_] => {}
        [] if external => {}
        [] => findings.push(
            Finding::error("no-content", format!("one of {} is needed", contents.join(", ")))
                .at(entry.key.span.place())
                .on(path)
                .hint("write file: with the path of its content"),
        ),
        [first, second, ..] => findings.push(
            Finding::error(
                "exclusive-attributes",
                format!("{first} and {second} exclude each other"),
            )
            .at(place_in(entry, second))
            .on(path)
            .hint("keep one of the two")
            .related(place_in(entry, first), format!("{first} is here")),
        ),
    }
}
