//! `x-hob`: what Compose has no word for.

use hob_compose::{
    Finding,
    project::{Project, Service},
};

use super::cross::Facts;
use crate::{
    desired::DesiredStack,
    homelab::{Reader, needs},
    names::StackName,
    repository::Repository,
};

/// The attribute that Hob reads.
const ATTRIBUTE: &str = "x-hob";

/// What a service may say, nearly all of it for later.
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
            "needs" => {
                facts.needs.extend(needs(&mut reader, value, "x-hob.needs", name.as_str()));
            }
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
        // What a service wants of a GPU is compared with what its host has.
        if SERVICE_KEYS.contains(&key.as_str()) && key != "gpu" {
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
