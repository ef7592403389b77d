//! The tree of `hob.yaml` bound to a [`Homelab`], and what its parts must say about each other.

use std::collections::BTreeMap;

use hob_compose::{Finding, Place, tree::Node};

use super::{
    Group, Homelab, Layer, Placed, Policy, Vars, fields, hosts, policy,
    reader::{Reader, child},
    references, shared,
};
use crate::layers::Pattern;

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
        policy: Policy::default(),
        secret_files: Vec::new(),
        sealed: Vec::new(),
    };
    for entry in reader.fields(document, "", &fields::HOMELAB) {
        let node = &entry.value;
        match entry.key.name.as_str() {
            "homelab" => homelab.name = name(&mut reader, node),
            "domain" => homelab.domain = domain(&mut reader, node),
            "layers" => homelab.layers = layers(&mut reader, node),
            "groups" => homelab.groups = groups(&mut reader, node),
            "hosts" => homelab.hosts = hosts::hosts(&mut reader, node),
            "stacks" => homelab.stacks = shared::stacks(&mut reader, node),
            "networks" => homelab.networks = shared::networks(&mut reader, node),
            "policy" => homelab.policy = policy::policy(&mut reader, node),
            "secrets" => homelab.secret_files = shared::secrets(&mut reader, node),
            _ => {}
        }
    }
    complete(&mut reader, document, &mut homelab);
    references::complete(&mut reader, &mut homelab);
    references::check(&mut reader, &homelab);
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

fn layers(reader: &mut Reader<'_>, node: &Node) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for (index, item) in reader.list(node, "layers").iter().enumerate() {
        let path = format!("layers[{index}]");
        let Some(layer) = layer(reader, item, &path) else { continue };
        let twin = layers.iter().find(|other| other.files.value == layer.files.value);
        match twin {
            Some(twin) => say_twice(reader, &layer.files, &twin.files.place, &path),
            None => layers.push(layer),
        }
    }
    layers
}

/// A pattern, or a mapping that says more.
fn layer(reader: &mut Reader<'_>, item: &Node, path: &str) -> Option<Layer> {
    if item.as_mapping().is_none() {
        let text = reader.text(item, path)?;
        return Some(Layer { files: pattern(reader, text, path)?, env_files: None });
    }
    let (mut files, mut env_files) = (None, None);
    for part in reader.fields(item, path, &fields::LAYER) {
        let path = child(path, &part.key.name);
        match part.key.name.as_str() {
            "files" => {
                let text = reader.text(&part.value, &path);
                files = text.and_then(|text| pattern(reader, text, &path));
            }
            "env_files" => env_files = Some(patterns(reader, &part.value, &path)),
            _ => {}
        }
    }
    if item.get("files").is_none() {
        let place = Place { len: 1, ..item.place() };
        reader.missing(place, path, "files", "write { files: stacks/{stack}/compose.yaml }");
    }
    Some(Layer { files: files?, env_files })
}

/// A path pattern, or a list of them.
pub(super) fn patterns(reader: &mut Reader<'_>, node: &Node, path: &str) -> Vec<Placed<Pattern>> {
    let mut patterns: Vec<Placed<Pattern>> = Vec::new();
    for (index, text) in reader.one_or_texts(node, path).into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        let Some(pattern) = pattern(reader, text, &path) else { continue };
        match patterns.iter().find(|other| other.value == pattern.value) {
            Some(first) => say_twice(reader, &pattern, &first.place, &path),
            None => patterns.push(pattern),
        }
    }
    patterns
}

fn pattern(reader: &mut Reader<'_>, text: Placed<String>, path: &str) -> Option<Placed<Pattern>> {
    let Placed { value: text, place } = text;
    match Pattern::parse(&text) {
        Ok(value) => Some(Placed { value, place }),
        Err(message) => {
            let hint = "write a path relative to the repository, with {host}, {stack} or * in it";
            reader.findings.push(
                Finding::error("bad-path", format!("{text:?}: {message}"))
                    .at(place)
                    .on(path)
                    .hint(hint),
            );
            None
        }
    }
}

fn say_twice(reader: &mut Reader<'_>, pattern: &Placed<Pattern>, first: &Place, path: &str) {
    reader.findings.push(
        Finding::error("duplicate", format!("{} is in the list twice", pattern.value))
            .at(pattern.place.clone())
            .on(path)
            .related(first.clone(), "first here"),
    );
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
        let mut group = Group { stacks: Vec::new(), vars: Vars::new(), tags: Vec::new(), place };
        for part in reader.fields(&entry.value, &path, &fields::GROUP) {
            let part_path = child(&path, &part.key.name);
            match part.key.name.as_str() {
                "stacks" => group.stacks = hosts::stack_names(reader, &part.value, &part_path),
                "vars" => group.vars = hosts::vars(reader, &part.value, &part_path),
                "tags" => group.tags = hosts::names(reader, &part.value, &part_path, "tag"),
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
            .map(|value| Layer { files: Placed { value, place: start.clone() }, env_files: None })
            .collect();
    }
    if document.get("hosts").is_none() {
        let hint = "describe at least one: hosts: { this: { connect: local, stacks: [] } }";
        reader.missing(start, "", "hosts", hint);
    }
}
