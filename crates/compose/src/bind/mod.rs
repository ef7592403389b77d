//! From the canonical tree to the typed project. By now every form and type has been checked, so
//! a value that does not fit has a finding already and is left out.

mod build;
mod read;
mod resources;
mod runtime;
mod service;

pub(crate) use service::{pull_policy, restart};

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Place;
use crate::project::Project;
use crate::tree::{Entry, Node};

/// The project that a canonical tree describes. `disabled` are the services that are not in it;
/// from the environment comes the content of some configs and secrets.
pub(crate) fn bind(
    root: &Node,
    working_dir: &str,
    disabled: BTreeSet<String>,
    environment: &BTreeMap<String, String>,
) -> Project {
    let file_object = |entry: &Entry| resources::file_object(entry, environment);
    let mut services = section(root, "services", |entry| Some(service::service(entry)));
    let names: BTreeSet<String> = services.keys().cloned().collect();
    for service in services.values_mut() {
        service.depends_on.retain(|name, _| names.contains(name));
    }
    Project {
        name: read::text(root, "name").unwrap_or_default(),
        working_dir: working_dir.to_string(),
        services,
        disabled_services: disabled,
        networks: section(root, "networks", |entry| Some(resources::network(entry))),
        volumes: section(root, "volumes", |entry| Some(resources::volume(entry))),
        configs: section(root, "configs", file_object),
        secrets: section(root, "secrets", file_object),
        extensions: read::extensions(root),
    }
}

fn section<T>(root: &Node, name: &str, bind: impl Fn(&Entry) -> Option<T>) -> BTreeMap<String, T> {
    let entries = root.get(name).map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.key.name.clone(), bind(entry)?))).collect()
}

fn place(entry: &Entry) -> Place {
    entry.key.span.place()
}
