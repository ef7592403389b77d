//! A loaded project as `docker compose config` prints it: the same attributes in the same order,
//! the same values, the same bytes.

mod fields;
mod json;
mod order;
mod scalar;
mod shape;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::{Data, Entry, Mapping, Node};

use fields::{PROJECT, SERVICE, Shape};
use shape::{Language, any, shape, sort};

/// The tree of a [`crate::Loaded`] as indented JSON.
pub fn to_json(tree: &Node) -> String {
    double_dollars(&json::indented(&project(tree, Language::Json)))
}

/// The tree of a [`crate::Loaded`] as YAML.
pub fn to_yaml(tree: &Node) -> String {
    double_dollars(&yaml::document(&project(tree, Language::Yaml)))
}

/// The tree of a project that was loaded without interpolation as indented JSON, see [`verbatim`].
pub fn to_json_verbatim(tree: &Node) -> String {
    json::indented(&verbatim(tree))
}

/// The tree of a project that was loaded without interpolation as YAML: nothing is left out or
/// doubled, because nobody can say yet what a variable means.
pub fn to_yaml_verbatim(tree: &Node) -> String {
    yaml::document(&any(tree, Language::Yaml))
}

/// The tree that [`to_json_verbatim`] prints: keys sorted, nothing left out or doubled.
pub fn verbatim(tree: &Node) -> Node {
    any(tree, Language::Json)
}

/// The tree that [`to_json`] prints, with every key sorted: values that say nothing left out,
/// resources that nobody uses left out, and `$` doubled, so that it can be loaded again.
pub fn shown(tree: &Node) -> Node {
    let mut root = any(&project(tree, Language::Json), Language::Json);
    double_dollars_below(&mut root);
    root
}

/// One service on a line of JSON, as Docker Compose hashes it.
pub(crate) fn service_json(service: &Node) -> String {
    json::compact(&shape(service, &Shape::Struct(SERVICE), Language::Json))
}

fn project(tree: &Node, language: Language) -> Node {
    let mut root = tree.clone();
    if let Some(mapping) = root.as_mapping_mut() {
        keep_used(mapping);
    }
    let mut shaped = shape(&root, &Shape::Struct(PROJECT), language);
    if let (Language::Json, Some(mapping)) = (language, shaped.as_mapping_mut()) {
        let own = root.entries().iter().filter(|entry| entry.key.name.starts_with("x-"));
        mapping.entries.extend(
            own.map(|Entry { key, value }| Entry { key: key.clone(), value: any(value, language) }),
        );
        sort(&mut mapping.entries, language);
    }
    shaped
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

fn double_dollars(text: &str) -> String {
    text.replace('$', "$$")
}

fn double_dollars_below(node: &mut Node) {
    match &mut node.data {
        Data::Mapping(mapping) => {
            for Entry { key, value } in &mut mapping.entries {
                key.name = double_dollars(&key.name);
                double_dollars_below(value);
            }
        }
        Data::Sequence(items) => items.iter_mut().for_each(double_dollars_below),
        Data::String(text) => *text = double_dollars(text),
        _ => {}
    }
}
