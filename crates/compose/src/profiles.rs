//! Which services are in: by profile, then by selection.

use std::collections::BTreeSet;

use crate::finding::Finding;
use crate::schema::closest;
use crate::tree::{Entry, Node};

/// Removes the services that no active profile enables, and, if `selected` names any, those that
/// are neither selected nor needed by one that is. Gives the names of what was removed.
pub(crate) fn select(
    root: &mut Node,
    profiles: &[String],
    selected: &[String],
    findings: &mut Vec<Finding>,
) -> BTreeSet<String> {
    let place = root.place_of("services");
    let Some(services) = root.get_mut("services").and_then(Node::as_mapping_mut) else {
        return BTreeSet::new();
    };
    let mut active: BTreeSet<String> = profiles.iter().cloned().collect();
    // Naming a service activates what it needs to be there.
    for name in selected {
        match services.get(name) {
            Some(service) => active.extend(profiles_of(service)),
            None => {
                let names = services.entries.iter().map(|entry| entry.key.name.as_str());
                let hint = match closest(name, names) {
                    Some(other) => format!("did you mean {other}?"),
                    None => "select one of the services of the project".to_string(),
                };
                let message = format!("there is no service {name:?} to select");
                let finding = Finding::error("no-such-service", message).on("services").hint(hint);
                findings.push(Finding { place: place.clone(), ..finding });
            }
        }
    }
    let enabled = |entry: &Entry| {
        let own = profiles_of(&entry.value);
        own.is_empty() || active.contains("*") || own.iter().any(|name| active.contains(name))
    };
    let mut removed = BTreeSet::new();
    services.entries.retain(|entry| {
        let keep = enabled(entry);
        if !keep {
            removed.insert(entry.key.name.clone());
        }
        keep
    });
    removed
}

/// Removes the services that are neither selected nor a dependency of one that is.
pub(crate) fn cut(root: &mut Node, selected: &[String], removed: &mut BTreeSet<String>) {
    if selected.is_empty() {
        return;
    }
    let Some(services) = root.get_mut("services").and_then(Node::as_mapping_mut) else { return };
    let mut needed: BTreeSet<String> = BTreeSet::new();
    let mut next: Vec<String> = selected.to_vec();
    while let Some(name) = next.pop() {
        let Some(service) = services.get(&name) else { continue };
        if needed.insert(name) {
            let dependencies = service.get("depends_on").map(Node::entries).unwrap_or_default();
            next.extend(dependencies.iter().map(|entry| entry.key.name.clone()));
        }
    }
    services.entries.retain(|entry| {
        let keep = needed.contains(&entry.key.name);
        if !keep {
            removed.insert(entry.key.name.clone());
        }
        keep
    });
}

fn profiles_of(service: &Node) -> Vec<String> {
    let profiles = service.get("profiles").map(Node::items).unwrap_or_default();
    profiles.iter().filter_map(Node::scalar_text).collect()
}
