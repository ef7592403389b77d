//! Services that wait for each other.

use std::collections::BTreeMap;

use super::{Project, place_in};
use crate::finding::Finding;
use crate::tree::{Entry, Node};

pub(super) fn check(project: &Project<'_>, findings: &mut Vec<Finding>) {
    let services: BTreeMap<&str, &Entry> =
        project.section("services").iter().map(|entry| (entry.key.name.as_str(), entry)).collect();
    let mut states = BTreeMap::new();
    for name in services.keys() {
        let mut chain = Vec::new();
        if let Some(cycle) = find(name, &services, &mut states, &mut chain) {
            let Some(entry) = cycle.first().and_then(|name| services.get(name)) else { continue };
            findings.push(
                Finding::error(
                    "dependency-cycle",
                    format!("these services wait for each other: {}", cycle.join(" -> ")),
                )
                .at(place_in(entry, "depends_on"))
                .on(format!("services.{}.depends_on", entry.key.name))
                .hint("remove one of the dependencies"),
            );
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    Done,
}

/// A walk with its own stack: a chain of dependencies may be long.
fn find<'a>(
    start: &'a str,
    services: &BTreeMap<&'a str, &'a Entry>,
    states: &mut BTreeMap<&'a str, State>,
    chain: &mut Vec<(&'a str, usize)>,
) -> Option<Vec<&'a str>> {
    if states.contains_key(start) {
        return None;
    }
    states.insert(start, State::Open);
    chain.push((start, 0));
    let mut cycle = None;
    while let Some((name, next)) = chain.last_mut() {
        let dependencies = services.get(name).map(|entry| dependencies(entry)).unwrap_or_default();
        let Some(dependency) = dependencies.get(*next) else {
            states.insert(name, State::Done);
            chain.pop();
            continue;
        };
        *next += 1;
        let dependency = dependency.key.name.as_str();
        match states.get(dependency) {
            None => {
                states.insert(dependency, State::Open);
                chain.push((dependency, 0));
            }
            Some(State::Open) if cycle.is_none() => {
                let names = chain.iter().map(|(name, _)| *name);
                let mut names: Vec<&str> = names.skip_while(|name| *name != dependency).collect();
                names.push(dependency);
                cycle = Some(names);
            }
            Some(_) => {}
        }
    }
    cycle
}

fn dependencies(entry: &Entry) -> &[Entry] {
    entry.value.get("depends_on").map(Node::entries).unwrap_or_default()
}
