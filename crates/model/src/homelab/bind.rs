//! The tree of `hob.yaml` bound to a [`Homelab`], and what its parts must say about each other.

use std::collections::BTreeMap;

use hob_compose::{Finding, Place, tree::Node};

use super::{
    GROUP_OF_ALL, Group, Homelab, Placed, Vars, hosts,
    reader::{Reader, child, did_you_mean},
    shared,
};
use crate::{layers::Pattern, names::StackName};

const KEYS: [&str; 9] =
    ["homelab", "domain", "layers", "groups", "hosts", "stacks", "networks", "policy", "secrets"];

/// Where Compose files lie if `hob.yaml` does not say.
const LAYERS_DEFAULT: [&str; 3] = [
    "stacks/{stack}/compose.yaml",
    "hosts/{host}/{stack}/compose.yaml",
    "hosts/{host}/compose.yaml",
];

/// Binds a document; `None` only if it is no mapping at all.
pub(super) fn homelab(document: &Node, findings: &mut Vec<Finding>) -> Option<Homelab> {
    let mut reader = Reader { findings };
    if document.as_mapping().is_none() {
        reader.wrong_kind(document, "", "a mapping");
        return None;
    }
    let mut homelab = Homelab {
        name: String::new(),
        domain: None,
        layers: Vec::new(),
        groups: BTreeMap::new(),
        hosts: BTreeMap::new(),
        stacks: BTreeMap::new(),
        networks: BTreeMap::new(),
        publish: None,
        secret_files: Vec::new(),
        sealed: Vec::new(),
    };
    for entry in reader.known(document, "", &KEYS) {
        let node = &entry.value;
        match entry.key.name.as_str() {
            "homelab" => homelab.name = name(&mut reader, node),
            "domain" => homelab.domain = domain(&mut reader, node),
            "layers" => homelab.layers = patterns(&mut reader, node, "layers"),
            "groups" => homelab.groups = groups(&mut reader, node),
            "hosts" => homelab.hosts = hosts::hosts(&mut reader, node),
            "stacks" => homelab.stacks = shared::stacks(&mut reader, node),
            "networks" => homelab.networks = shared::networks(&mut reader, node),
            "policy" => homelab.publish = shared::policy(&mut reader, node),
            "secrets" => homelab.secret_files = shared::secrets(&mut reader, node),
            _ => {}
        }
    }
    complete(&mut reader, document, &mut homelab);
    check_references(&mut reader, &homelab);
    Some(homelab)
}

fn name(reader: &mut Reader<'_>, node: &Node) -> String {
    let Some(name) = reader.text(node, "homelab") else { return String::new() };
    reader.check_name(&name.value, "homelab", name.place, "homelab");
    name.value
}

fn domain(reader: &mut Reader<'_>, node: &Node) -> Option<Placed<String>> {
    let domain = reader.text(node, "domain")?;
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && label.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    if !domain.value.split('.').all(is_label) {
        reader.findings.push(
            Finding::error("bad-name", format!("{:?} is no domain", domain.value))
                .at(domain.place.clone())
                .on("domain")
                .hint("write it like example.com"),
        );
    }
    Some(domain)
}

/// A list of path patterns.
pub(super) fn patterns(reader: &mut Reader<'_>, node: &Node, path: &str) -> Vec<Placed<Pattern>> {
    let mut patterns: Vec<Placed<Pattern>> = Vec::new();
    for (index, text) in reader.texts(node, path).into_iter().enumerate() {
        match Pattern::parse(&text.value) {
            Ok(pattern) => {
                if let Some(first) = patterns.iter().find(|other| other.value == pattern) {
                    reader.findings.push(
                        Finding::error("duplicate", format!("{pattern} is in the list twice"))
                            .at(text.place)
                            .on(format!("{path}[{index}]"))
                            .related(first.place.clone(), "first here"),
                    );
                    continue;
                }
                patterns.push(Placed { value: pattern, place: text.place });
            }
            Err(message) => reader.findings.push(
                Finding::error("bad-path", format!("{:?}: {message}", text.value))
                    .at(text.place)
                    .on(format!("{path}[{index}]"))
                    .hint(
                        "write a path relative to the repository, with {host}, {stack} or * in it",
                    ),
            ),
        }
    }
    patterns
}

fn groups(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<String, Group> {
    let mut groups = BTreeMap::new();
    for entry in reader.mapping(node, "groups") {
        let name = &entry.key.name;
        let path = child("groups", name);
        let place = entry.key.span.place();
        if !reader.check_name(name, "group", place.clone(), &path) {
            continue;
        }
        let mut group = Group { stacks: Vec::new(), vars: Vars::new(), place };
        for part in reader.known(&entry.value, &path, &["stacks", "vars"]) {
            let part_path = child(&path, &part.key.name);
            match part.key.name.as_str() {
                "stacks" => group.stacks = hosts::stack_names(reader, &part.value, &part_path),
                "vars" => group.vars = hosts::vars(reader, &part.value, &part_path),
                _ => {}
            }
        }
        groups.insert(name.clone(), group);
    }
    groups
}

/// What must be there, and what stands for what is not said.
fn complete(reader: &mut Reader<'_>, document: &Node, homelab: &mut Homelab) {
    let start = Place { len: 1, ..document.place() };
    if document.get("homelab").is_none() {
        reader.missing(start.clone(), "", "homelab", "name it: homelab: my-home");
    }
    if document.get("layers").is_none() {
        homelab.layers = LAYERS_DEFAULT
            .iter()
            .filter_map(|text| Pattern::parse(text).ok())
            .map(|value| Placed { value, place: start.clone() })
            .collect();
    }
    if document.get("hosts").is_none() {
        let hint = "describe at least one: hosts: { this: { connect: local, stacks: [] } }";
        reader.missing(start, "", "hosts", hint);
    }
}

fn check_references(reader: &mut Reader<'_>, homelab: &Homelab) {
    for (host_name, host) in &homelab.hosts {
        for (index, group) in host.groups.iter().enumerate() {
            if group.value == GROUP_OF_ALL || homelab.groups.contains_key(&group.value) {
                continue;
            }
            let known = homelab.groups.keys().map(String::as_str);
            let hint = match did_you_mean(&group.value, known) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("add it: groups: {{ {}: {{ stacks: [] }} }}", group.value),
            };
            reader.findings.push(
                Finding::error("unknown-group", format!("there is no group {}", group.value))
                    .at(group.place.clone())
                    .on(format!("hosts.{host_name}.groups[{index}]"))
                    .hint(hint),
            );
        }
    }
    for (name, group) in homelab.groups.iter().filter(|(name, _)| *name != GROUP_OF_ALL) {
        if homelab.hosts_of(name).next().is_none() {
            reader.findings.push(
                Finding::warning("group-not-used", format!("no host is in the group {name}"))
                    .at(group.place.clone())
                    .on(child("groups", name))
                    .hint(format!("give a host `groups: [{name}]`, or remove the group")),
            );
        }
    }
    for (name, stack) in &homelab.stacks {
        if !is_named(homelab, name) {
            let known = homelab.hosts.values().flat_map(|host| homelab.stacks_of(host).into_keys());
            let known: Vec<StackName> = known.collect();
            let hint = match did_you_mean(name.as_str(), known.iter().map(StackName::as_str)) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("give a host `stacks: [{name}]`, or remove it here"),
            };
            reader.findings.push(
                Finding::warning("stack-not-used", format!("no host runs the stack {name}"))
                    .at(stack.place.clone())
                    .on(child("stacks", name.as_str()))
                    .hint(hint),
            );
        }
    }
}

/// A stack may also be named by being a host's own.
fn is_named(homelab: &Homelab, stack: &StackName) -> bool {
    homelab.hosts.iter().any(|(name, host)| {
        name.as_str() == stack.as_str() || homelab.stacks_of(host).contains_key(stack)
    })
}
