//! What a project implies: the default network, names of resources, dependencies, variables that
//! are passed through.

use std::collections::BTreeMap;

use crate::defaults::set_default;
use crate::tree::{Data, Entry, How, Key, Mapping, Node, Span};

/// Values of variables that are declared without one: taken from the environment, else left
/// without a value.
pub(crate) fn pass_through(root: &mut Node, environment: &BTreeMap<String, String>) {
    for service in services(root) {
        if let Some(declared) = service.get_mut("environment").and_then(Node::as_mapping_mut) {
            declared.entries.iter_mut().for_each(|entry| fill(entry, environment));
        }
        let arguments = service.get_mut("build").and_then(|build| build.get_mut("args"));
        if let Some(arguments) = arguments.and_then(Node::as_mapping_mut) {
            arguments.entries.iter_mut().for_each(|entry| fill(entry, environment));
            arguments.entries.retain(|entry| !entry.value.is_null());
        }
    }
}

fn fill(entry: &mut Entry, environment: &BTreeMap<String, String>) {
    if entry.value.is_null()
        && let Some(value) = environment.get(&entry.key.name)
    {
        entry.value.data = Data::String(value.clone());
        entry.value.came_through(How::Environment, &entry.key.span);
    }
}

/// Adds what is implied.
pub(crate) fn normalise(root: &mut Node, project: &str) {
    let mut default_network: Option<Span> = None;
    for service in services(root) {
        join_default_network(service, &mut default_network);
        implied_dependencies(service);
        implied_hook_images(service);
        if let Some(build) = service.get_mut("build")
            && build.get("dockerfile_inline").is_none()
        {
            set_default(build, "dockerfile", |span| Node::string("Dockerfile", span));
        }
    }
    if let Some(span) = default_network {
        set_default(root, "networks", |_| Node::mapping(Vec::new(), &span));
        if let Some(networks) = root.get_mut("networks") {
            set_default(networks, "default", |_| Node::mapping(Vec::new(), &span));
        }
    }
    for section in ["networks", "volumes", "configs", "secrets"] {
        let Some(section) = root.get_mut(section).and_then(Node::as_mapping_mut) else { continue };
        for Entry { key, value } in &mut section.entries {
            name_resource(value, key, project);
        }
    }
}

fn services(root: &mut Node) -> impl Iterator<Item = &mut Node> {
    let services = root.get_mut("services").and_then(Node::as_mapping_mut);
    services.into_iter().flat_map(|mapping| &mut mapping.entries).map(|entry| &mut entry.value)
}

fn join_default_network(service: &mut Node, used: &mut Option<Span>) {
    // An empty mode, such as `${MODE:-}` that nobody set, is none.
    let has_mode = service.get("network_mode").is_some_and(|mode| mode.as_str() != Some(""));
    if has_mode || service.get("provider").is_some() {
        return;
    }
    let span = service.span.clone();
    let Some(mapping) = service.as_mapping_mut() else { return };
    let networks = mapping.get("networks");
    if networks.is_none_or(|networks| networks.entries().is_empty()) {
        let mut networks = Mapping::default();
        networks.set("default", Node::null(&span));
        mapping.set("networks", Node::new(Data::Mapping(networks), span));
    }
    let joins = mapping.get("networks").and_then(Node::as_mapping);
    if let Some(entry) = joins.and_then(|networks| networks.entry("default")) {
        used.get_or_insert_with(|| entry.key.span.clone());
    }
}

/// Sharing a namespace, linking and mounting the volumes of a service mean depending on it.
fn implied_dependencies(service: &mut Node) {
    let mut implied: Vec<(String, bool, Span)> = Vec::new();
    for link in service.get("links").map(Node::items).unwrap_or_default() {
        let Some(text) = link.as_str() else { continue };
        let target = text.split_once(':').map_or(text, |(target, _)| target);
        implied.push((target.to_string(), true, link.span.clone()));
    }
    for namespace in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
        let Some(node) = service.get(namespace) else { continue };
        if let Some(target) = node.as_str().and_then(|text| text.strip_prefix("service:")) {
            implied.push((target.to_string(), true, node.span.clone()));
        }
    }
    for source in service.get("volumes_from").map(Node::items).unwrap_or_default() {
        let Some(text) = source.as_str().filter(|text| !text.starts_with("container:")) else {
            continue;
        };
        let target = text.split_once(':').map_or(text, |(target, _)| target);
        implied.push((target.to_string(), false, source.span.clone()));
    }
    if implied.is_empty() {
        return;
    }
    set_default(service, "depends_on", |span| Node::mapping(Vec::new(), span));
    let Some(dependencies) = service.get_mut("depends_on").and_then(Node::as_mapping_mut) else {
        return;
    };
    for (target, restart, span) in implied {
        if !dependencies.contains(&target) {
            let mut dependency = crate::canonical::dependency("service_started", &span);
            if let Some(mapping) = dependency.as_mapping_mut() {
                mapping.set("restart", Node::new(Data::Bool(restart), span.clone()));
            }
            dependencies.insert(Key { name: target, span }, dependency);
        }
    }
}

/// What runs before a service runs in the service's image unless it has its own.
fn implied_hook_images(service: &mut Node) {
    let Some(image) = service.get("image").and_then(Node::as_str).map(String::from) else { return };
    let Some(hooks) = service.get_mut("pre_start") else { return };
    if let Data::Sequence(items) = &mut hooks.data {
        for item in items {
            set_default(item, "image", |span| Node::string(image.clone(), span));
        }
    }
}

fn name_resource(value: &mut Node, key: &Key, project: &str) {
    if value.is_null() {
        value.data = Data::Mapping(Mapping::default());
    }
    let external = value.get("external").and_then(Node::as_bool).unwrap_or(false);
    let name = match external {
        true => key.name.clone(),
        false => format!("{project}_{}", key.name),
    };
    set_default(value, "name", |_| Node::string(name, &key.span));
}
