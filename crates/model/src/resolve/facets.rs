//! `x-hob`: what Compose has no word for.

use hob_compose::{
    Finding,
    project::{Project, Service},
    tree::Node,
};

use super::cross::{Facts, NeedFact};
use crate::{
    desired::DesiredStack,
    homelab::{Reader, is_name},
    names::{HostName, StackName},
    repository::Repository,
};

/// The attribute that Hob reads.
const ATTRIBUTE: &str = "x-hob";

/// What a service may say, all of it for later.
const SERVICE_KEYS: [&str; 8] =
    ["route", "auth", "monitor", "backup", "reload", "rollout", "tile", "gpu"];

/// Reads `x-hob` of a Compose file's top level into the stack.
pub(super) fn of_stack(
    repository: &Repository<'_>,
    name: &StackName,
    project: &Project,
    stack: &mut DesiredStack,
    facts: &mut Facts,
    findings: &mut Vec<Finding>,
) {
    let Some(node) = project.extensions.get(ATTRIBUTE) else { return };
    let mut own = Vec::new();
    let mut reader = Reader { findings: &mut own };
    for entry in reader.known(node, ATTRIBUTE, &["needs", "tags"]) {
        let value = &entry.value;
        match entry.key.name.as_str() {
            "needs" => needs(&mut reader, name, value, facts),
            "tags" => {
                let tags = reader.texts(value, "x-hob.tags");
                stack.tags.extend(tags.into_iter().map(|tag| tag.value));
            }
            _ => {}
        }
    }
    for fact in &mut facts.needs {
        fact.place = repository.place(&fact.place);
    }
    findings.extend(own.into_iter().map(|finding| repository.finding(finding)));
}

fn needs(reader: &mut Reader<'_>, name: &StackName, node: &Node, facts: &mut Facts) {
    for (index, need) in reader.texts(node, "x-hob.needs").into_iter().enumerate() {
        let path = format!("x-hob.needs[{index}]");
        let (host, stack) = match need.value.split_once('/') {
            Some((host, stack)) => (Some(host), stack),
            None => (None, need.value.as_str()),
        };
        if !is_name(stack) || host.is_some_and(|host| !is_name(host)) {
            reader.findings.push(
                Finding::error("bad-name", format!("{:?} names no stack", need.value))
                    .at(need.place)
                    .on(path)
                    .hint("write the name of a stack, or host/stack for one of another host"),
            );
            continue;
        }
        if host.is_none() && stack == name.as_str() {
            reader.findings.push(
                Finding::error("needs-itself", format!("the stack {name} needs itself"))
                    .at(need.place)
                    .on(path)
                    .hint("remove it from the list"),
            );
            continue;
        }
        facts.needs.push(NeedFact {
            host: host.map(HostName::from),
            stack: StackName::from(stack),
            path,
            place: need.place,
        });
    }
}

/// Checks `x-hob` of a service.
pub(super) fn of_service(
    repository: &Repository<'_>,
    service: &Service,
    findings: &mut Vec<Finding>,
) {
    let Some(node) = service.extensions.get(ATTRIBUTE) else { return };
    let path = format!("services.{}.{ATTRIBUTE}", service.name);
    let mut own = Vec::new();
    let mut reader = Reader { findings: &mut own };
    for entry in reader.known(node, &path, &SERVICE_KEYS) {
        let key = &entry.key.name;
        if SERVICE_KEYS.contains(&key.as_str()) {
            let message = format!("{key} has no effect yet");
            reader.findings.push(
                Finding::note("not-acted-on", message)
                    .at(entry.key.span.place())
                    .on(format!("{path}.{key}")),
            );
        }
    }
    findings.extend(own.into_iter().map(|finding| repository.finding(finding)));
}
