//! A loaded project as `docker compose config --format json` prints it.

use std::collections::BTreeSet;

use crate::tree::{Data, Mapping, Node};

/// The tree of a [`crate::Loaded`] as indented JSON in the shape of Docker Compose: keys sorted,
/// values that say nothing left out, resources that nobody uses left out, `$` doubled.
pub fn to_json(tree: &Node) -> String {
    let shown = shown(tree);
    serde_json::to_string_pretty(&shown).unwrap_or_default()
}

/// The tree that [`to_json`] prints.
pub fn shown(tree: &Node) -> Node {
    let mut root = tree.clone();
    let Some(mapping) = root.as_mapping_mut() else { return root };
    mapping.remove("include");
    keep_used(mapping);
    for section in ["services", "networks", "volumes", "configs", "secrets", "models"] {
        let Some(node) = mapping.get_mut(section) else { continue };
        let Some(section_mapping) = node.as_mapping_mut() else { continue };
        for entry in &mut section_mapping.entries {
            match section {
                "services" => service(&mut entry.value),
                "networks" => network(&mut entry.value),
                _ => {}
            }
            trim(&mut entry.value);
        }
    }
    mapping.entries.retain(|entry| {
        !matches!(&entry.value.data, Data::Mapping(m) if m.entries.is_empty())
            || matches!(entry.key.name.as_str(), "services")
            || entry.key.name.starts_with("x-")
    });
    finish(&mut root);
    root
}

fn keep_used(root: &mut Mapping) {
    let mut used: [BTreeSet<String>; 4] = Default::default();
    let services = root.get("services").map(Node::entries).unwrap_or_default();
    for service in services.iter().map(|entry| &entry.value) {
        let networks = service.get("networks").map(Node::entries).unwrap_or_default();
        used[0].extend(networks.iter().map(|entry| entry.key.name.clone()));
        let sources = |name: &str| {
            let items = service.get(name).map(Node::items).unwrap_or_default();
            items.iter().filter_map(|item| item.get("source")?.scalar_text()).collect::<Vec<_>>()
        };
        used[1].extend(sources("volumes"));
        used[2].extend(sources("configs"));
        used[3].extend(sources("secrets"));
        let build = service.at_path("build.secrets").map(Node::items).unwrap_or_default();
        used[3].extend(build.iter().filter_map(|item| item.get("source")?.scalar_text()));
    }
    for (section, used) in ["networks", "volumes", "configs", "secrets"].iter().zip(used) {
        if let Some(section) = root.get_mut(section).and_then(Node::as_mapping_mut) {
            section.entries.retain(|entry| used.contains(&entry.key.name));
        }
    }
}

fn service(node: &mut Node) {
    let span = node.span.clone();
    let Some(mapping) = node.as_mapping_mut() else { return };
    for name in ["env_file", "label_file", "extends"] {
        mapping.remove(name);
    }
    for name in ["command", "entrypoint"] {
        if !mapping.contains(name) {
            mapping.set(name, Node::null(&span));
        }
    }
    if let Some(deploy) = mapping.get_mut("deploy").and_then(Node::as_mapping_mut) {
        for name in ["placement", "resources"] {
            if !deploy.contains(name) {
                deploy.set(name, Node::mapping(Vec::new(), &span));
            }
        }
    }
    for name in ["secrets", "configs"] {
        let items = mapping.get_mut(name).map(|list| &mut list.data);
        if let Some(Data::Sequence(items)) = items {
            items.iter_mut().for_each(octal_mode);
        }
    }
}

/// Permission bits are printed as text with a leading zero.
fn octal_mode(item: &mut Node) {
    if let Some(mode) = item.get_mut("mode") {
        if let Data::Int(bits) = mode.data {
            mode.data = Data::String(format!("{bits:04o}"));
        }
    }
}

fn network(node: &mut Node) {
    let span = node.span.clone();
    if let Some(mapping) = node.as_mapping_mut() {
        if !mapping.contains("ipam") {
            mapping.set("ipam", Node::mapping(Vec::new(), &span));
        }
    }
}

/// Removes what says nothing: `false`, empty text, 0, empty lists and mappings.
fn trim(node: &mut Node) {
    match &mut node.data {
        Data::Mapping(mapping) => {
            mapping.entries.retain(|entry| says_something(&entry.key.name, &entry.value));
            for entry in &mut mapping.entries {
                if !is_free(&entry.key.name) {
                    trim(&mut entry.value);
                }
            }
        }
        Data::Sequence(items) => items.iter_mut().for_each(trim),
        _ => {}
    }
}

/// Mappings whose keys and values belong to the author.
fn is_free(name: &str) -> bool {
    name.starts_with("x-")
        || matches!(
            name,
            "environment"
                | "labels"
                | "annotations"
                | "sysctls"
                | "args"
                | "driver_opts"
                | "options"
                | "aux_addresses"
                | "storage_opt"
                | "additional_contexts"
                | "ssh"
                | "networks"
                | "models"
                | "ulimits"
        )
}

fn says_something(name: &str, value: &Node) -> bool {
    if name.starts_with("x-") {
        return true;
    }
    match &value.data {
        Data::Null => matches!(name, "command" | "entrypoint"),
        Data::Bool(false) => matches!(
            name,
            "init" | "attach" | "enable_ipv4" | "enable_ipv6" | "required" | "create_host_path"
        ),
        Data::Int(0) => matches!(name, "retries" | "replicas" | "scale" | "max_attempts"),
        Data::String(text) => !text.is_empty(),
        Data::Sequence(items) => !items.is_empty() || matches!(name, "command" | "entrypoint"),
        Data::Mapping(mapping) => {
            !mapping.entries.is_empty()
                || matches!(
                    name,
                    "ipam"
                        | "placement"
                        | "resources"
                        | "bind"
                        | "volume"
                        | "deploy"
                        | "tmpfs"
                        | "image"
                )
        }
        _ => true,
    }
}

/// Sorts keys, doubles `$`, and prints whole numbers without a fraction.
fn finish(node: &mut Node) {
    match &mut node.data {
        Data::Mapping(mapping) => {
            mapping.entries.sort_by(|a, b| a.key.name.cmp(&b.key.name));
            mapping.entries.iter_mut().for_each(|entry| finish(&mut entry.value));
        }
        Data::Sequence(items) => items.iter_mut().for_each(finish),
        Data::String(text) => *text = text.replace('$', "$$"),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            node.data = Data::Int(*number as i64);
        }
        _ => {}
    }
}
