//! Builds.

use super::{place, read, service};
use crate::project::Build;
use crate::tree::{Data, Node};

/// The attributes that [`Build`] has fields for.
const FIELDS: &[&str] = &[
    "args",
    "cache_from",
    "context",
    "dockerfile",
    "dockerfile_inline",
    "extra_hosts",
    "isolation",
    "labels",
    "network",
    "no_cache",
    "platforms",
    "privileged",
    "pull",
    "shm_size",
    "tags",
    "target",
    "ulimits",
];

pub(super) fn build(node: &Node) -> Option<Build> {
    node.as_mapping()?;
    let others = node.entries().iter().filter(|entry| {
        let name = entry.key.name.as_str();
        !FIELDS.contains(&name) && !name.starts_with("x-") && !says_nothing(&entry.value)
    });
    let mut others: Vec<String> = others.map(|entry| entry.key.name.clone()).collect();
    others.sort();
    Some(Build {
        context: read::text(node, "context").unwrap_or_else(|| ".".to_string()),
        dockerfile: read::text(node, "dockerfile"),
        dockerfile_inline: read::text(node, "dockerfile_inline"),
        // An argument without a value that the environment does not have is not given at all.
        args: read::entries(node, "args", Node::scalar_text),
        target: read::text(node, "target"),
        labels: read::text_map(node, "labels"),
        tags: read::texts(node, "tags"),
        cache_from: read::texts(node, "cache_from"),
        network: read::text(node, "network"),
        shm_size: read::bytes(node, "shm_size"),
        extra_hosts: read::items(node, "extra_hosts", service::host_entry),
        ulimits: read::entries(node, "ulimits", service::ulimit),
        platforms: read::texts(node, "platforms"),
        pull: read::boolean(node, "pull").unwrap_or(false),
        no_cache: read::boolean(node, "no_cache").unwrap_or(false),
        privileged: read::boolean(node, "privileged").unwrap_or(false),
        isolation: read::text(node, "isolation"),
        others,
        places: node.entries().iter().map(|e| (e.key.name.clone(), place(e))).collect(),
    })
}

fn says_nothing(node: &Node) -> bool {
    match &node.data {
        Data::Null | Data::Bool(false) => true,
        Data::String(text) => matches!(text.as_str(), "" | "false"),
        Data::Sequence(items) => items.is_empty(),
        Data::Mapping(_) => node.entries().is_empty(),
        _ => false,
    }
}
