//! Structured parts of a service, and the top-level sections.

use super::lists::{
    list_of_text, list_to_keys, map_of_optional_text, map_of_text, scalar_to_list, strings_to_field,
};
use super::scalars::{byte_size, duration, text};
use crate::finding::Finding;
use crate::path::Path;
use crate::tree::{Data, Key, Mapping, Node, Span};

pub(super) fn depends_on(value: &mut Node) {
    list_to_keys(value, |span| dependency("service_started", span));
    let Some(mapping) = value.as_mapping_mut() else { return };
    for entry in &mut mapping.entries {
        let span = entry.value.span.clone();
        if let Some(fields) = entry.value.as_mapping_mut()
            && !fields.contains("required")
        {
            fields.set("required", Node::new(Data::Bool(true), span));
        }
    }
}

/// A dependency as the short form means it.
pub(crate) fn dependency(condition: &str, span: &Span) -> Node {
    let mut mapping = Mapping::default();
    mapping.set("condition", Node::string(condition, span));
    mapping.set("required", Node::new(Data::Bool(true), span.clone()));
    Node::new(Data::Mapping(mapping), span.clone())
}

pub(super) fn env_files(value: &mut Node) {
    let Data::Sequence(items) = &mut value.data else { return };
    for item in items {
        let span = item.span.clone();
        if let Some(fields) = item.as_mapping_mut()
            && !fields.contains("required")
        {
            fields.set("required", Node::new(Data::Bool(true), span));
        }
    }
}

/// `source[:target[:permissions]]` becomes a mapping.
pub(super) fn devices(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Data::Sequence(items) = &mut value.data else { return };
    for (index, item) in items.iter_mut().enumerate() {
        let span = item.span.clone();
        if let Some(mapping) = item.as_mapping_mut() {
            if !mapping.contains("target") {
                findings.push(
                    Finding::error("missing-target", "the device has no target")
                        .at(span.place())
                        .on(path.item(index))
                        .hint("write target: with the path in the container"),
                );
            }
            continue;
        }
        let Some(text) = item.scalar_text() else { continue };
        let parts: Vec<&str> = text.split(':').collect();
        let (source, target, permissions) = match parts[..] {
            [source] => (source, source, "rwm"),
            [source, target] => (source, target, "rwm"),
            [source, target, permissions] => (source, target, permissions),
            _ => {
                findings.push(
                    Finding::error("invalid-device", format!("{text:?} is not a device"))
                        .about(item)
                        .on(path.item(index))
                        .hint("write source[:target[:permissions]]"),
                );
                continue;
            }
        };
        let mut mapping = Mapping::default();
        mapping.set("source", Node::string(source, &span));
        mapping.set("target", Node::string(target, &span));
        mapping.set("permissions", Node::string(permissions, &span));
        item.data = Data::Mapping(mapping);
    }
}

/// Numbers that may be written as text, and rates such as `1024k`.
pub(super) fn numbers(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    match &mut value.data {
        Data::Mapping(mapping) => {
            for entry in &mut mapping.entries {
                let path = path.key(&entry.key.name);
                match entry.key.name.as_str() {
                    "rate" => byte_size(&mut entry.value, &path, findings),
                    "path" => {}
                    _ => numbers(&mut entry.value, &path, findings),
                }
            }
        }
        Data::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                numbers(item, &path.item(index), findings);
            }
        }
        Data::String(text) => match text.parse() {
            Ok(number) => value.data = Data::Int(number),
            Err(_) => findings.push(
                Finding::error("wrong-type", format!("{text:?} is not a whole number"))
                    .about(value)
                    .on(path),
            ),
        },
        _ => {}
    }
}

pub(super) fn gpus_form(value: &mut Node) {
    if value.as_str() == Some("all") {
        let item = Node::new(Data::Mapping(Mapping::default()), value.span.clone());
        value.data = Data::Sequence(vec![item]);
    }
    device_requests_form(value);
}

/// Who asks for devices and says neither how many nor which wants all of them.
pub(super) fn device_requests_form(value: &mut Node) {
    let Data::Sequence(items) = &mut value.data else { return };
    for item in items {
        let span = item.span.clone();
        if let Some(mapping) = item.as_mapping_mut()
            && !mapping.contains("count")
            && !mapping.contains("device_ids")
        {
            mapping.set("count", Node::string("all", &span));
        }
    }
}

pub(super) fn deploy_form(value: &mut Node) {
    let reservations = value.get_mut("resources").and_then(|r| r.get_mut("reservations"));
    if let Some(devices) = reservations.and_then(|r| r.get_mut("devices")) {
        device_requests_form(devices);
    }
}

pub(super) fn device_requests(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Data::Sequence(items) = &mut value.data else { return };
    for (index, item) in items.iter_mut().enumerate() {
        let span = item.span.clone();
        let Some(mapping) = item.as_mapping_mut() else { continue };
        if let Some(options) = mapping.get_mut("options") {
            map_of_text(options, "=");
        }
        if let (Some(count), Some(ids)) = (mapping.entry("count"), mapping.entry("device_ids")) {
            findings.push(
                Finding::error("exclusive-attributes", "count and device_ids exclude each other")
                    .at(ids.key.span.place())
                    .on(path.item(index))
                    .hint("keep one of the two")
                    .related(count.key.span.place(), "count is here"),
            );
        }
        let count = match mapping.get("count").map(|count| &count.data) {
            Some(Data::String(count)) if count == "all" => Some(-1),
            Some(Data::String(count)) => {
                let number = count.parse().ok();
                if number.is_none() {
                    findings.push(
                        Finding::error(
                            "wrong-type",
                            format!("{count:?} is not a number of devices"),
                        )
                        .at(mapping.get("count").map_or(span.place(), Node::place))
                        .on(path.item(index).key("count"))
                        .hint("write a number, or all"),
                    );
                }
                number
            }
            _ => None,
        };
        if let Some(count) = count {
            mapping.set("count", Node::new(Data::Int(count), span));
        }
    }
}

/// Commands that run beside the one of the container.
pub(super) fn hooks(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Data::Sequence(items) = &mut value.data else { return };
    for (index, item) in items.iter_mut().enumerate() {
        hook(item, &path.item(index), findings);
    }
}

fn hook(item: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    if let Some(command) = item.get_mut("command") {
        super::scalars::words(command, &path.key("command"), findings);
    }
    if let Some(environment) = item.get_mut("environment") {
        map_of_optional_text(environment);
    }
}

/// What `docker compose watch` looks at.
pub(super) fn develop(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Some(watch) = value.get_mut("watch") else { return };
    let Data::Sequence(items) = &mut watch.data else { return };
    let path = path.key("watch");
    for (index, item) in items.iter_mut().enumerate() {
        for name in ["ignore", "include"] {
            if let Some(list) = item.get_mut(name) {
                scalar_to_list(list);
            }
        }
        if let Some(exec) = item.get_mut("exec") {
            hook(exec, &path.item(index).key("exec"), findings);
        }
    }
}

/// Every option of a provider becomes a list of texts.
pub(super) fn provider(value: &mut Node) {
    let Some(options) = value.get_mut("options").and_then(Node::as_mapping_mut) else { return };
    for entry in &mut options.entries {
        scalar_to_list(&mut entry.value);
        list_of_text(&mut entry.value);
    }
}

/// A text is the context of a build.
pub(super) fn build_form(value: &mut Node) {
    if let Some(context) = value.as_str().map(String::from) {
        let key = Key { name: "context".into(), span: value.span.clone() };
        let mut mapping = Mapping::default();
        mapping.insert(key, Node::string(context, &value.span));
        value.data = Data::Mapping(mapping);
    }
    let Some(mapping) = value.as_mapping_mut() else { return };
    mapping.entries.retain(|entry| !entry.value.is_null());
    for entry in &mut mapping.entries {
        let value = &mut entry.value;
        match entry.key.name.as_str() {
            "additional_contexts" => map_of_text(value, "="),
            "ssh" => {
                scalar_to_list(value);
                map_of_optional_text(value);
            }
            "secrets" => strings_to_field(value, "source"),
            "provenance" | "sbom" => text(value),
            "no_cache_filter" => scalar_to_list(value),
            _ => {}
        }
    }
}

pub(super) fn build_values(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Some(mapping) = value.as_mapping_mut() else { return };
    for entry in &mut mapping.entries {
        let path = path.key(&entry.key.name);
        let value = &mut entry.value;
        match entry.key.name.as_str() {
            "args" => map_of_optional_text(value),
            "labels" => map_of_text(value, "="),
            "extra_hosts" => super::lists::extra_hosts(value, &path, findings),
            "shm_size" => byte_size(value, &path, findings),
            "ulimits" => numbers(value, &path, findings),
            _ => {}
        }
    }
}

pub(super) fn deploy(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    if let Some(labels) = value.get_mut("labels") {
        map_of_text(labels, "=");
    }
    for (section, fields) in [
        ("restart_policy", &["delay", "window"][..]),
        ("update_config", &["delay", "monitor"][..]),
        ("rollback_config", &["delay", "monitor"][..]),
    ] {
        let Some(section_value) = value.get_mut(section) else { continue };
        for field in fields {
            if let Some(node) = section_value.get_mut(field) {
                duration(node, &path.key(section).key(field), findings);
            }
            // No delay between copies is what there is anyway.
            if let Some(fields) = section_value.as_mapping_mut()
                && section != "restart_policy"
                && fields.get(field).and_then(Node::as_str) == Some("0s")
            {
                fields.remove(field);
            }
        }
    }
    let Some(resources) = value.get_mut("resources") else { return };
    let path = path.key("resources");
    for section in ["limits", "reservations"] {
        let path = path.key(section);
        let Some(section_value) = resources.get_mut(section) else { continue };
        if let Some(memory) = section_value.get_mut("memory") {
            byte_size(memory, &path.key("memory"), findings);
        }
        if let Some(cpus) = section_value.get_mut("cpus") {
            number(cpus, &path.key("cpus"), findings);
        }
        if let Some(pids) = section_value.get_mut("pids") {
            numbers(pids, &path.key("pids"), findings);
        }
        if let Some(devices) = section_value.get_mut("devices") {
            device_requests(devices, &path.key("devices"), findings);
        }
    }
}

/// A number that may be written as text.
fn number(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Data::String(text) = &value.data else { return };
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => value.data = Data::Float(number),
        _ => findings.push(
            Finding::error("wrong-type", format!("{text:?} is not a number")).about(value).on(path),
        ),
    }
}

/// Options of the drivers of the networks that a service joins.
pub(super) fn joined_networks(value: &mut Node) {
    let Some(mapping) = value.as_mapping_mut() else { return };
    for entry in &mut mapping.entries {
        if let Some(options) = entry.value.get_mut("driver_opts") {
            map_of_text(options, "=");
        }
    }
}

pub(super) fn network_values(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    resource_values(value, path, findings);
    let options = value.get_mut("ipam").and_then(|ipam| ipam.get_mut("options"));
    if let Some(options) = options {
        map_of_text(options, "=");
    }
}

pub(super) fn model_values(value: &mut Node, _: &Path<'_>, _: &mut Vec<Finding>) {
    if let Some(flags) = value.get_mut("runtime_flags") {
        list_of_text(flags);
    }
}

pub(super) fn resource_values(value: &mut Node, _: &Path<'_>, _: &mut Vec<Finding>) {
    for name in ["labels", "driver_opts"] {
        if let Some(node) = value.get_mut(name) {
            map_of_text(node, "=");
        }
    }
}

pub(super) fn resource_form(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    if value.is_null() {
        value.data = Data::Mapping(Mapping::default());
    }
    old_external(value, path, findings);
}

/// `external: {name: x}` was the way to name an external resource.
fn old_external(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Some(mapping) = value.as_mapping_mut() else { return };
    let Some(external) = mapping.get("external").filter(|node| node.as_mapping().is_some()) else {
        return;
    };
    let span = external.span.clone();
    let name = external.get("name").cloned();
    let path = path.key("external");
    if let Some(name) = name {
        if mapping.get("name").is_some_and(|own| *own != name) {
            findings.push(
                Finding::error("name-conflict", "name and external.name differ")
                    .about(&name)
                    .on(path)
                    .hint("keep name, and write external: true"),
            );
        } else {
            findings.push(
                Finding::warning("old-external", "external.name is an old form")
                    .about(&name)
                    .on(path)
                    .hint("write name: beside external: true"),
            );
        }
        mapping.set("name", name);
    }
    mapping.set("external", Node::new(Data::Bool(true), span));
}
