//! What `hob.yaml` says about stacks, shared networks, policy and secrets.

use std::collections::BTreeMap;

use hob_compose::{Finding, tree::Node};

use super::{
    Placed, Stack, Vars, bind, hosts,
    reader::{Reader, child},
};
use crate::{
    names::{NetworkName, StackName},
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
            place,
        };
        for part in reader.known(&entry.value, &path, &["files", "env_files", "project", "vars"]) {
            let (node, path) = (&part.value, child(&path, &part.key.name));
            match part.key.name.as_str() {
                "files" => stack.files = bind::patterns(reader, node, &path),
                "env_files" => stack.env_files = bind::patterns(reader, node, &path),
                "project" => stack.project = project(reader, node, &path),
                "vars" => stack.vars = hosts::vars(reader, node, &path),
                _ => {}
            }
        }
        stacks.insert(StackName::new(name), stack);
    }
    stacks
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

const NETWORK_KEYS: [&str; 8] = [
    "driver",
    "driver_opts",
    "internal",
    "attachable",
    "enable_ipv6",
    "subnet",
    "gateway",
    "labels",
];

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
    for part in reader.known(node, path, &NETWORK_KEYS) {
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

pub(super) fn policy(reader: &mut Reader<'_>, node: &Node) -> Option<Vec<Placed<String>>> {
    reader.known(node, "policy", &["publish"]);
    let publish = reader.texts(node.get("publish")?, "policy.publish");
    let mut kept = Vec::new();
    for (index, at) in publish.into_iter().enumerate() {
        if is_address(&at.value) || is_interface(&at.value) {
            kept.push(at);
            continue;
        }
        let message = format!("{:?} is neither an address nor a network interface", at.value);
        reader.findings.push(
            Finding::error("bad-address", message)
                .at(at.place)
                .on(format!("policy.publish[{index}]"))
                .hint("write it like 127.0.0.1, 192.168.1.0/24 or tailscale0"),
        );
    }
    Some(kept)
}

fn is_address(text: &str) -> bool {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let bits = match address.parse::<std::net::IpAddr>() {
        Ok(std::net::IpAddr::V4(_)) => 32,
        Ok(std::net::IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    prefix.is_none_or(|prefix| prefix.parse::<u32>().is_ok_and(|prefix| prefix <= bits))
}

/// Linux allows 15 characters; a dotted number is a mistyped address.
fn is_interface(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '@');
    text.len() <= 15
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(allowed)
}

pub(super) fn secrets(reader: &mut Reader<'_>, node: &Node) -> Vec<Placed<String>> {
    reader.known(node, "secrets", &["files"]);
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
        reader.findings.push(
            Finding::error("bad-path", message).at(file.place).on(path).hint(
                "write a path relative to the repository, such as secrets.sops.yaml or \
                 hosts/{host}/secrets.sops.env",
            ),
        );
    }
    kept
}
