//! A loaded project as `docker compose config --format json` prints it.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{Data, Entry, Mapping, Node};

/// The tree of a [`crate::Loaded`] as indented JSON in the shape of Docker Compose, see [`shown`].
pub fn to_json(tree: &Node) -> String {
    print(&shown(tree))
}

/// The tree of a project that was loaded without interpolation as indented JSON, see [`verbatim`].
pub fn to_json_verbatim(tree: &Node) -> String {
    print(&verbatim(tree))
}

/// The tree that [`to_json_verbatim`] prints: keys sorted, nothing left out or doubled, because
/// nobody can say yet what a variable means.
pub fn verbatim(tree: &Node) -> Node {
    let mut root = tree.clone();
    finish(&mut root);
    root
}

fn print(tree: &Node) -> String {
    serde_json::to_string_pretty(tree).unwrap_or_default()
}

/// The tree that [`to_json`] prints: keys sorted, values that say nothing left out, resources that
/// nobody uses left out, and `$` doubled, so that it can be loaded again.
pub fn shown(tree: &Node) -> Node {
    let mut root = tree.clone();
    let span = root.span.clone();
    let Some(mapping) = root.as_mapping_mut() else { return root };
    if !mapping.contains("services") {
        mapping.set("services", Node::mapping(Vec::new(), &span));
    }
    keep_used(mapping);
    mapping.entries.retain(|Entry { key, value }| match key.name.as_str() {
        "networks" | "volumes" | "configs" | "secrets" | "models" => !value.entries().is_empty(),
        _ => true,
    });
    for Entry { key, value: section } in &mut mapping.entries {
        let section_name = key.name.clone();
        let Some(section) = section.as_mapping_mut() else { continue };
        if section_name.starts_with("x-") {
            continue;
        }
        for Entry { value, .. } in &mut section.entries {
            match section_name.as_str() {
                "services" => service(value),
                "networks" if value.get("name").is_some() => set_empty(value, "ipam"),
                _ => {}
            }
            trim(value);
        }
    }
    finish(&mut root);
    double_dollars(&mut root);
    root
}

/// Leaves out networks, volumes, configs, secrets and models that no service refers to.
fn keep_used(root: &mut Mapping) {
    let mut used: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let services = root.get("services").map(Node::entries).unwrap_or_default();
    for Entry { value: service, .. } in services {
        for section in ["networks", "models"] {
            let entries = service.get(section).map(Node::entries).unwrap_or_default();
            let names = entries.iter().map(|entry| entry.key.name.clone());
            used.entry(section).or_default().extend(names);
        }
        for section in ["volumes", "configs", "secrets"] {
            let own = service.get(section).map(Node::items).unwrap_or_default();
            let build = service.get("build").and_then(|build| build.get(section));
            let items = own.iter().chain(build.map(Node::items).unwrap_or_default());
            let sources = items.filter_map(|item| item.get("source")?.scalar_text());
            used.entry(section).or_default().extend(sources);
        }
    }
    for (section, used) in used {
        if let Some(section) = root.get_mut(section).and_then(Node::as_mapping_mut) {
            section.entries.retain(|entry| used.contains(&entry.key.name));
        }
    }
}

fn service(node: &mut Node) {
    let span = node.span.clone();
    if let Some(mapping) = node.as_mapping_mut() {
        mapping.remove("extends");
        for name in ["command", "entrypoint"] {
            if !mapping.contains(name) {
                mapping.set(name, Node::null(&span));
            }
        }
    }
    if let Some(deploy) = node.get_mut("deploy") {
        set_empty(deploy, "placement");
        set_empty(deploy, "resources");
    }
    file_modes(node);
    if let Some(build) = node.get_mut("build") {
        file_modes(build);
        if let Some(ssh) = build.get_mut("ssh") {
            pairs(ssh);
        }
    }
    if let Some(blkio) = node.get_mut("blkio_config").and_then(Node::as_mapping_mut) {
        for Entry { value, .. } in &mut blkio.entries {
            for_each(value, capital_keys);
        }
    }
    if let Some(watch) = node.get_mut("develop").and_then(|develop| develop.get_mut("watch")) {
        for_each(watch, |item| {
            set_empty(item, "exec");
            if let Some(exec) = item.get_mut("exec").and_then(Node::as_mapping_mut)
                && !exec.contains("command")
            {
                exec.set("command", Node::null(&span));
            }
        });
    }
}

fn set_empty(node: &mut Node, name: &str) {
    crate::defaults::set_default(node, name, |span| Node::mapping(Vec::new(), span));
}

fn for_each(list: &mut Node, change: impl FnMut(&mut Node)) {
    if let Data::Sequence(items) = &mut list.data {
        items.iter_mut().for_each(change);
    }
}

/// Permission bits are printed as text with a leading zero.
fn file_modes(node: &mut Node) {
    for name in ["secrets", "configs"] {
        let Some(list) = node.get_mut(name) else { continue };
        for_each(list, |item| {
            let Some(mode) = item.get_mut("mode") else { return };
            if let Data::Int(bits) = mode.data {
                mode.data = Data::String(format!("{bits:04o}"));
            }
        });
    }
}

/// `key=value`, or `key` if there is no value.
fn pairs(node: &mut Node) {
    let items = node.entries().iter().map(|Entry { key, value }| {
        let text = match value.scalar_text() {
            Some(text) => format!("{}={text}", key.name),
            None => key.name.clone(),
        };
        Node::string(text, &key.span)
    });
    node.data = Data::Sequence(items.collect());
}

/// Docker Compose prints the fields of block device limits with a capital letter.
fn capital_keys(node: &mut Node) {
    let Some(mapping) = node.as_mapping_mut() else { return };
    for Entry { key, .. } in &mut mapping.entries {
        let mut letters = key.name.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        key.name = first.into_iter().chain(letters).collect();
    }
}

/// Removes what says nothing: `false`, empty text, 0, empty lists and mappings, extensions.
fn trim(node: &mut Node) {
    match &mut node.data {
        Data::Mapping(mapping) => {
            mapping.entries.retain(|entry| says_something(&entry.key.name, &entry.value));
            for entry in &mut mapping.entries {
                match entry.key.name.as_str() {
                    // The keys are names of services, whatever they begin with.
                    "depends_on" => {
                        let services = entry.value.as_mapping_mut();
                        let entries = services.into_iter().flat_map(|map| &mut map.entries);
                        entries.for_each(|entry| trim(&mut entry.value));
                    }
                    name if is_free(name) => {}
                    _ => trim(&mut entry.value),
                }
            }
        }
        Data::Sequence(items) => items.iter_mut().for_each(trim),
        _ => {}
    }
}

/// Mappings whose keys and values belong to the author.
fn is_free(name: &str) -> bool {
    matches!(
        name,
        "additional_contexts"
            | "annotations"
            | "args"
            | "aux_addresses"
            | "driver_opts"
            | "environment"
            | "labels"
            | "models"
            | "networks"
            | "options"
            | "storage_opt"
            | "sysctls"
            | "ulimits"
    )
}

fn says_something(name: &str, value: &Node) -> bool {
    if name.starts_with("x-") {
        return false;
    }
    match &value.data {
        Data::Null => matches!(name, "command" | "entrypoint"),
        Data::Bool(false) => {
            matches!(name, "attach" | "enable_ipv4" | "enable_ipv6" | "init" | "required")
        }
        Data::Int(0) => matches!(name, "max_attempts" | "replicas" | "retries" | "scale"),
        Data::String(text) => !(text.is_empty() || name == "size" && text == "0"),
        Data::Sequence(items) => !items.is_empty() || matches!(name, "command" | "entrypoint"),
        Data::Mapping(mapping) => {
            !mapping.entries.is_empty()
                || matches!(
                    name,
                    "bind"
                        | "deploy"
                        | "image"
                        | "ipam"
                        | "placement"
                        | "resources"
                        | "tmpfs"
                        | "volume"
                )
        }
        _ => true,
    }
}

fn double_dollars(node: &mut Node) {
    match &mut node.data {
        Data::Mapping(mapping) => {
            for Entry { key, value } in &mut mapping.entries {
                key.name = key.name.replace('$', "$$");
                double_dollars(value);
            }
        }
        Data::Sequence(items) => items.iter_mut().for_each(double_dollars),
        Data::String(text) => *text = text.replace('$', "$$"),
        _ => {}
    }
}

/// Sorts keys, and prints whole numbers without a fraction.
fn finish(node: &mut Node) {
    match &mut node.data {
        Data::Mapping(mapping) => {
            mapping.entries.sort_by(|a, b| a.key.name.cmp(&b.key.name));
            mapping.entries.iter_mut().for_each(|entry| finish(&mut entry.value));
        }
        Data::Sequence(items) => items.iter_mut().for_each(finish),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            node.data = Data::Int(*number as i64);
        }
        _ => {}
    }
}
