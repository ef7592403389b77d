//! Lists in which a later item takes the place of an earlier one with the same key.

use std::collections::HashMap;

use crate::canonical::{mount_target, port_key};
use crate::path::Path;
use crate::tree::{Data, Node};

type KeyOf = fn(&Node) -> Option<String>;

/// Applies the uniqueness rules to everything below `node`: the last of several items counts, at
/// the position of the first.
pub(crate) fn unique(node: &mut Node, path: &Path<'_>) {
    match &mut node.data {
        Data::Mapping(mapping) => {
            for entry in &mut mapping.entries {
                if !entry.key.name.starts_with("x-") {
                    unique(&mut entry.value, &path.key(&entry.key.name));
                }
            }
        }
        Data::Sequence(items) => {
            if let Some(key_of) = path.matches(rule) {
                let all = std::mem::take(items);
                *items = last_wins(all, key_of);
            }
        }
        _ => {}
    }
}

fn last_wins(all: Vec<Node>, key_of: KeyOf) -> Vec<Node> {
    let mut kept: Vec<Node> = Vec::with_capacity(all.len());
    let mut positions: HashMap<String, usize> = HashMap::new();
    for mut item in all {
        let Some(key) = key_of(&item) else {
            kept.push(item);
            continue;
        };
        match positions.get(&key) {
            Some(&at) => {
                item.replaces(&kept[at]);
                kept[at] = item;
            }
            None => {
                positions.insert(key, kept.len());
                kept.push(item);
            }
        }
    }
    kept
}

fn rule(path: &[&str]) -> Option<KeyOf> {
    match path {
        ["services", _, rest @ ..] => service_rule(rest),
        ["networks", _, "labels"] | ["networks", _, "ipam", "options"] => Some(before_equals),
        _ => None,
    }
}

fn service_rule(path: &[&str]) -> Option<KeyOf> {
    Some(match path {
        [
            "annotations" | "cap_add" | "cap_drop" | "dns" | "dns_opt" | "dns_search"
            | "environment" | "labels" | "links" | "profiles" | "sysctls" | "tmpfs",
        ]
        | ["build", "args" | "additional_contexts" | "tags" | "labels" | "platform"]
        | ["deploy", "labels"]
        | ["networks", _, "aliases" | "link_local_ips"] => before_equals,
        ["volumes"] => mount_target,
        ["devices"] => device_target,
        ["configs"] => |item| file_target(item, "/"),
        ["secrets"] => |item| file_target(item, "/run/secrets/"),
        ["env_file"] => env_file_path,
        ["expose"] => Node::scalar_text,
        ["ports"] => port_key,
        _ => return None,
    })
}

fn before_equals(item: &Node) -> Option<String> {
    let text = item.scalar_text()?;
    Some(text.split_once('=').map_or(text.as_str(), |(name, _)| name).to_string())
}

fn device_target(item: &Node) -> Option<String> {
    if item.as_mapping().is_some() {
        return item.get("target").or_else(|| item.get("source"))?.scalar_text();
    }
    let text = item.scalar_text()?;
    Some(text.split(':').nth(1).unwrap_or(&text).to_string())
}

fn file_target(item: &Node, directory: &str) -> Option<String> {
    if item.as_mapping().is_none() {
        return item.scalar_text().map(|source| format!("{directory}{source}"));
    }
    match item.get("target") {
        Some(target) => target.scalar_text(),
        None => item.get("source")?.scalar_text().map(|source| format!("{directory}{source}")),
    }
}

fn env_file_path(item: &Node) -> Option<String> {
    match item.as_mapping() {
        Some(mapping) => mapping.get("path")?.scalar_text(),
        None => item.scalar_text(),
    }
}
