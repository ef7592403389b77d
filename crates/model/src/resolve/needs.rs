//! Which stacks wait for which, and whether that can ever end.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Finding, Place};

use super::cross::AllFacts;
use crate::{
    desired::Desired,
    homelab::{Need, did_you_mean},
    names::{HostName, StackName},
};

type StackId = (HostName, StackName);
type Graph = BTreeMap<StackId, BTreeMap<StackId, Place>>;

/// Puts the needs into the stacks, and says which lead nowhere or in a circle.
pub(super) fn check(desired: &mut Desired, facts: &AllFacts, findings: &mut Vec<Finding>) {
    let mut graph = Graph::new();
    for (host, stacks) in facts {
        for (stack, facts) in stacks {
            let id = (host.clone(), stack.clone());
            let needed = graph.entry(id).or_default();
            for need in &facts.needs {
                let of = need.host.clone().unwrap_or_else(|| host.clone());
                match unknown(desired, &of, need) {
                    Some(finding) => findings.push(finding),
                    None => {
                        needed
                            .entry((of, need.stack.clone()))
                            .or_insert_with(|| need.place.clone());
                    }
                }
            }
        }
    }
    for ((host, stack), needed) in &graph {
        let declared = desired.hosts.get_mut(host).and_then(|host| host.stacks.get_mut(stack));
        let Some(declared) = declared else { continue };
        declared.needs = needed
            .keys()
            .map(|(of, needed)| ((of != host).then(|| of.clone()), needed.clone()))
            .collect();
    }
    circles(graph, findings);
}

fn unknown(desired: &Desired, of: &HostName, need: &Need) -> Option<Finding> {
    let Some(host) = desired.hosts.get(of) else {
        if let Some(machine) = desired.machines.get(of) {
            let message = format!("{of} is not managed yet, so nothing can wait for its stacks");
            let finding = Finding::error("unknown-host", message).at(need.place.clone());
            let hint = format!("it is of kind {}; take this need away", machine.kind);
            return Some(finding.on(&need.path).hint(hint));
        }
        let hosts = desired.hosts.keys().map(HostName::as_str);
        let finding = Finding::error("unknown-host", format!("there is no host {of}"))
            .at(need.place.clone())
            .on(&need.path);
        return Some(suggest(finding, of.as_str(), hosts));
    };
    if host.stacks.contains_key(&need.stack) {
        return None;
    }
    let message = format!("{of} has no stack {}", need.stack);
    let finding = Finding::error("unknown-stack", message).at(need.place.clone()).on(&need.path);
    let elsewhere = desired.hosts.iter().find(|(_, host)| host.stacks.contains_key(&need.stack));
    if let Some((other, _)) = elsewhere {
        let stack = &need.stack;
        return Some(
            finding.hint(format!("{other} has: write {other}/{stack}, or give {of} the stack too")),
        );
    }
    Some(suggest(finding, need.stack.as_str(), host.stacks.keys().map(StackName::as_str)))
}

fn suggest<'a>(finding: Finding, text: &str, known: impl IntoIterator<Item = &'a str>) -> Finding {
    match did_you_mean(text, known) {
        Some(near) => finding.hint(format!("did you mean {near}?")),
        None => finding,
    }
}

/// Reports every circle, one finding each: stacks that wait for nothing that is left are taken
/// away until only circles, and what waits for them, remain.
fn circles(mut graph: Graph, findings: &mut Vec<Finding>) {
    loop {
        let free: BTreeSet<StackId> = graph
            .iter()
            .filter(|(_, needed)| !needed.keys().any(|id| graph.contains_key(id)))
            .map(|(id, _)| id.clone())
            .collect();
        graph.retain(|id, _| !free.contains(id));
        if !free.is_empty() {
            continue;
        }
        let Some(circle) = circle(&graph) else { return };
        findings.push(in_a_circle(&graph, &circle));
        graph.retain(|id, _| !circle.contains(id));
    }
}

/// Follows needs from the first stack until one comes up again. Every stack that is left needs
/// another one that is left.
fn circle(graph: &Graph) -> Option<Vec<StackId>> {
    let mut way: Vec<StackId> = vec![graph.keys().next()?.clone()];
    loop {
        let last = way.last()?;
        let next = graph.get(last)?.keys().find(|id| graph.contains_key(*id))?;
        if let Some(at) = way.iter().position(|id| id == next) {
            return Some(way.split_off(at));
        }
        way.push(next.clone());
    }
}

fn in_a_circle(graph: &Graph, circle: &[StackId]) -> Finding {
    let names: Vec<String> = circle
        .iter()
        .chain(circle.first())
        .map(|(host, stack)| format!("{host}/{stack}"))
        .collect();
    let message = format!("stacks wait for each other: {}", names.join(" -> "));
    let mut places = circle.iter().enumerate().filter_map(|(at, id)| {
        let next = &circle[(at + 1) % circle.len()];
        graph.get(id)?.get(next).cloned()
    });
    let mut finding = Finding::error("needs-in-a-circle", message)
        .on("x-hob.needs")
        .hint("take one of these needs away");
    finding.place = places.next();
    places.fold(finding, |finding, place| finding.related(place, "and here"))
}
