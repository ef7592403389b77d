//! What a file is, by what stands in it; names only help where the content does not decide.

use std::collections::BTreeSet;

use hob_compose::{
    Severity,
    tree::{Node, parse},
};

/// Larger files are no descriptions.
pub(super) const SIZE_MAX: u64 = 1 << 20;

/// Names that `docker compose` finds by itself, the ones it prefers first.
pub(super) const USUAL_NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];

/// What a file turned out to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// A Compose file.
    Compose(Contents),
    /// One that is made by a template engine, not valid, or not what its name says; with the
    /// reason and the line.
    Unreadable(String),
    /// Something else.
    Other,
}

/// What matters of a Compose file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Contents {
    /// Its services.
    pub(super) services: BTreeSet<String>,
    /// Services that say what they run: `image`, `build` or `extends`.
    pub(super) whole: usize,
    /// Other files that it takes in: `include`, `extends`.
    pub(super) takes_in: Vec<String>,
    /// Networks that it expects somebody else to have made.
    pub(super) external_networks: BTreeSet<String>,
    /// Networks that it makes under a name of their own.
    pub(super) own_networks: BTreeSet<String>,
    /// Whether it publishes a port on every address.
    pub(super) publishes_widely: bool,
    /// Whether it is for Swarm: what it says about placement means nothing elsewhere.
    pub(super) is_for_swarm: bool,
}

impl Contents {
    /// Whether it only adds to another file.
    pub(super) fn is_fragment(&self) -> bool {
        self.whole < self.services.len() || (self.services.is_empty() && self.takes_in.is_empty())
    }
}

/// Looks at a file.
pub(super) fn classify(path: &str, text: &str) -> Class {
    let (documents, findings) = parse(text, path);
    let error = findings.iter().find(|finding| finding.severity == Severity::Error);
    let is_usual = USUAL_NAMES.contains(&path.rsplit('/').next().unwrap_or(path));
    if let Some(error) = error.filter(|_| is_usual || mentions_services(text)) {
        let line = error.place.as_ref().map_or(1, |place| place.line);
        let is_template = text.contains("{{") || text.contains("{%");
        return Class::Unreadable(match is_template {
            true => format!("a template, not YAML (line {line})"),
            false => format!("not valid, line {line}: {}", error.message),
        });
    }
    match documents.first().and_then(contents) {
        Some(contents) => Class::Compose(contents),
        None if is_usual => Class::Unreadable("nothing in it is a service".to_owned()),
        None => Class::Other,
    }
}

fn mentions_services(text: &str) -> bool {
    text.lines().any(|line| line.trim_end() == "services:")
}

fn contents(root: &Node) -> Option<Contents> {
    let services = root.get("services");
    let include = root.get("include").map(Node::items).unwrap_or_default();
    let is_compose = match services {
        Some(node) => node.entries().iter().all(|entry| is_service(&entry.value)),
        None => !include.is_empty() && include.iter().all(|item| included(item).is_some()),
    };
    if !is_compose || (services.is_some_and(|node| node.entries().is_empty()) && include.is_empty())
    {
        return None;
    }
    let mut contents = Contents::default();
    contents.takes_in.extend(include.iter().filter_map(included).flatten());
    for entry in services.map(Node::entries).unwrap_or_default() {
        contents.services.insert(entry.key.name.clone());
        read_service(&entry.value, &mut contents);
    }
    for entry in root.get("networks").map(Node::entries).unwrap_or_default() {
        let named = entry.value.get("name").and_then(Node::as_str);
        let external = entry.value.get("external");
        let old_name = external.and_then(|node| node.get("name")?.as_str());
        let is_external = external.is_some_and(|node| node.as_bool() != Some(false));
        match (is_external, named.or(old_name)) {
            (true, name) => {
                let name = name.unwrap_or(&entry.key.name).to_owned();
                contents.external_networks.insert(name);
            }
            (false, Some(name)) => {
                contents.own_networks.insert(name.to_owned());
            }
            (false, None) => {}
        }
    }
    Some(contents)
}

/// Whether a value can be a service: a mapping of words that services have.
fn is_service(node: &Node) -> bool {
    const WORDS: [&str; 14] = [
        "image",
        "build",
        "extends",
        "environment",
        "volumes",
        "ports",
        "networks",
        "command",
        "labels",
        "restart",
        "deploy",
        "devices",
        "container_name",
        "profiles",
    ];
    let is_empty = node.entries().is_empty();
    node.is_null()
        || (node.as_mapping().is_some()
            && (is_empty || WORDS.iter().any(|word| node.get(word).is_some())))
}

fn read_service(service: &Node, contents: &mut Contents) {
    if ["image", "build", "extends"].iter().any(|word| service.get(word).is_some()) {
        contents.whole += 1;
    }
    if let Some(file) = service.get("extends").and_then(|node| node.get("file")?.as_str()) {
        contents.takes_in.push(file.to_owned());
    }
    for port in service.get("ports").map(Node::items).unwrap_or_default() {
        let is_wide = match port.scalar_text() {
            Some(text) => {
                // A variable may hold a port as well as an address: that is for `hob check`.
                !text.contains('$') && text.contains(':') && text.split(':').count() == 2
            }
            None => port.get("published").is_some() && port.get("host_ip").is_none(),
        };
        contents.publishes_widely |= is_wide;
    }
    contents.is_for_swarm |= service.get("deploy").is_some_and(|it| it.get("placement").is_some());
}

/// The files that an item of `include` names.
fn included(item: &Node) -> Option<Vec<String>> {
    match (item.as_str(), item.get("path")) {
        (Some(path), _) => Some(vec![path.to_owned()]),
        (None, Some(path)) => match path.as_str() {
            Some(path) => Some(vec![path.to_owned()]),
            None => path.items().iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        },
        (None, None) => None,
    }
}
