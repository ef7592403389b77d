//! What `hob.yaml` says about stacks, shared networks and secrets.

use std::collections::BTreeMap;

use hob_compose::{Finding, tree::Node};

use super::{
    Need, Placed, Stack, Vars, bind, fields, hosts,
    reader::{Reader, child, is_name},
};
use crate::{
    names::{HostName, NetworkName, StackName},
    spec::{NetworkSpec, Pool},
};

pub(super) fn stacks(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<StackName, Stack> {
    let mut stacks = BTreeMap::new();
    for entry in reader.mapping(node, "stacks") {
        let name = &entry.key.name;
        let path = child("stacks", name);
        let place = entry.key.span.place();
        if !reader.check_name(name, "stack", place.clone(), &path) {
            continue;
        }
        let mut stack = Stack {
            files: Vec::new(),
            env_files: Vec::new(),
            project: None,
            vars: Vars::new(),
            tags: Vec::new(),
            needs: Vec::new(),
            hosts: Vec::new(),
            place,
        };
        for part in reader.fields(&entry.value, &path, &fields::STACK) {
            let (node, path) = (&part.value, child(&path, &part.key.name));
            match part.key.name.as_str() {
                "files" => stack.files = bind::patterns(reader, node, &path),
                "env_files" => stack.env_files = bind::patterns(reader, node, &path),
                "project" => stack.project = project(reader, node, &path),
                "vars" => stack.vars = hosts::vars(reader, node, &path),
                "tags" => stack.tags = hosts::names(reader, node, &path, "tag"),
                "needs" => stack.needs = needs(reader, node, &path, name),
                "hosts" => stack.hosts = host_names(reader, node, &path),
                _ => {}
            }
        }
        stacks.insert(StackName::new(name), stack);
    }
    stacks
}

fn host_names(reader: &mut Reader<'_>, node: &Node, path: &str) -> Vec<Placed<HostName>> {
    let names = hosts::names(reader, node, path, "host").into_iter();
    names.map(|Placed { value, place }| Placed { value: HostName::new(value), place }).collect()
}

/// Names of stacks, or `host/name`. Whether there are such stacks is seen when all are known.
pub(crate) fn needs(reader: &mut Reader<'_>, node: &Node, path: &str, stack: &str) -> Vec<Need> {
    let mut needs = Vec::new();
    for (index, need) in reader.texts(node, path).into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        let (host, name) = match need.value.split_once('/') {
            Some((host, name)) => (Some(host), name),
            None => (None, need.value.as_str()),
        };
        if !is_name(name) || host.is_some_and(|host| !is_name(host)) {
            reader.findings.push(
                Finding::error("bad-name", format!("{:?} names no stack", need.value))
                    .at(need.place)
                    .on(path)
                    .hint("write the name of a stack, or host/stack for one of another host"),
            );
            continue;
        }
        if host.is_none() && name == stack {
            reader.findings.push(
                Finding::error("needs-itself", format!("the stack {stack} needs itself"))
                    .at(need.place)
                    .on(path)
                    .hint("remove it from the list"),
            );
            continue;
        }
        let (host, stack) = (host.map(HostName::from), StackName::from(name));
        needs.push(Need { host, stack, path, place: need.place });
    }
    needs
}

/// A Compose project name, which has stricter rules than the name of a stack.
fn project(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<Placed<String>> {
    let name = reader.text(node, path)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let begins_well = !name.value.starts_with(['_', '-']);
    if begins_well && name.value.chars().all(allowed) {
        return Some(name);
    }
    reader.findings.push(
        Finding::error("bad-name", format!("{:?} cannot be a project name", name.value))
            .at(name.place)
            .on(path)
            .hint("use lower-case letters, digits, _ and -, and begin with a letter or digit"),
    );
    None
}

pub(super) fn networks(
    reader: &mut Reader<'_>,
    node: &Node,
) -> BTreeMap<NetworkName, Placed<NetworkSpec>> {
    let mut networks = BTreeMap::new();
    for entry in reader.mapping(node, "networks") {
        let name = &entry.key.name;
        let path = child("networks", name);
        let place = entry.key.span.place();
        if !reader.check_name(name, "network", place.clone(), &path) {
            continue;
        }
        if matches!(name.as_str(), "bridge" | "host" | "none" | "default") {
            reader.findings.push(
                Finding::error("bad-name", format!("{name} is a network of the Engine's own"))
                    .at(place)
                    .on(path)
                    .hint("choose another name"),
            );
            continue;
        }
        let spec = network(reader, &entry.value, &path);
        networks.insert(NetworkName::new(name), Placed { value: spec, place });
    }
    networks
}

fn network(reader: &mut Reader<'_>, node: &Node, path: &str) -> NetworkSpec {
    let mut spec = NetworkSpec::default();
    let (mut subnet, mut gateway) = (None, None);
    for part in reader.fields(node, path, &fields::NETWORK) {
        let (node, path) = (&part.value, child(path, &part.key.name));
        match part.key.name.as_str() {
            "driver" => spec.driver = reader.text(node, &path).map(|driver| driver.value),
            "driver_opts" => spec.options = scalars(reader, node, &path),
            "internal" => spec.internal = reader.boolean(node, &path),
            "attachable" => spec.attachable = reader.boolean(node, &path),
            "enable_ipv6" => spec.ipv6 = reader.boolean(node, &path),
            "subnet" => subnet = reader.text(node, &path),
            "gateway" => gateway = reader.text(node, &path),
            "labels" => spec.labels = scalars(reader, node, &path),
            _ => {}
        }
    }
    match (subnet, gateway) {
        (Some(subnet), gateway) => {
            spec.pools.push(Pool {
                subnet: Some(subnet.value),
                gateway: gateway.map(|gateway| gateway.value),
                ..Pool::default()
            });
        }
        (None, Some(gateway)) => reader.findings.push(
            Finding::error("missing-key", "a gateway needs a subnet")
                .at(gateway.place)
                .on(child(path, "gateway"))
                .hint("add subnet: 172.30.0.0/24, say"),
        ),
        (None, None) => {}
    }
    spec
}

fn scalars(reader: &mut Reader<'_>, node: &Node, path: &str) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for entry in reader.mapping(node, path) {
        let name = &entry.key.name;
        if let Some(value) = reader.scalar(&entry.value, &child(path, name)) {
            map.insert(name.clone(), value.value);
        }
    }
    map
}

pub(super) fn secrets(reader: &mut Reader<'_>, node: &Node) -> Vec<Placed<String>> {
    reader.fields(node, "secrets", &fields::SECRETS);
    let Some(files) = node.get("files") else { return Vec::new() };
    let mut kept: Vec<Placed<String>> = Vec::new();
    for (index, file) in reader.texts(files, "secrets.files").into_iter().enumerate() {
        let path = format!("secrets.files[{index}]");
        if let Some(first) = kept.iter().find(|other| other.value == file.value) {
            reader.findings.push(
                Finding::error("duplicate", format!("{} is in the list twice", file.value))
                    .at(file.place)
                    .on(path)
                    .related(first.place.clone(), "first here"),
            );
            continue;
        }
        // `{host}` is the one thing that a path may leave open.
        let is_path = |text: &str| {
            !text.starts_with('/')
                && !text.contains(['{', '}', '*'])
                && text.split('/').all(|part| !matches!(part, "" | "." | ".."))
        };
        if is_path(&file.value.replace("{host}", "host")) {
            kept.push(file);
            continue;
        }
        let message = format!("{:?} is no path of a file of secrets", file.value);
        reader.findings.push(Finding::error("bad-path", message).at(file.place).on(path).hint(
            "write a path relative to the repository, such as secrets.sops.yaml or \
                 hosts/{host}/secrets.sops.env",
        ));
    }
    kept
}
