//! Reading fields of canonical mappings.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::tree::{Data, Node};
use crate::units;

pub(super) fn text(node: &Node, name: &str) -> Option<String> {
    node.get(name)?.scalar_text()
}

/// A text of which an empty one means the same as none: often a variable that is not set.
pub(super) fn filled(node: &Node, name: &str) -> Option<String> {
    text(node, name).filter(|text| !text.is_empty())
}

pub(super) fn boolean(node: &Node, name: &str) -> Option<bool> {
    node.get(name)?.as_bool()
}

pub(super) fn integer(node: &Node, name: &str) -> Option<i64> {
    let value = node.get(name)?;
    match &value.data {
        Data::Float(number) if number.fract() == 0.0 => Some(*number as i64),
        Data::String(text) => text.parse().ok(),
        _ => value.as_i64(),
    }
}

pub(super) fn float(node: &Node, name: &str) -> Option<f64> {
    let value = node.get(name)?;
    value.as_f64().or_else(|| value.as_str()?.parse().ok())
}

/// A size in bytes; absent if it is negative, which means no limit.
pub(super) fn bytes(node: &Node, name: &str) -> Option<u64> {
    integer(node, name).and_then(|size| u64::try_from(size).ok())
}

pub(super) fn duration(node: &Node, name: &str) -> Option<Duration> {
    units::duration(&text(node, name)?)
}

pub(super) fn texts(node: &Node, name: &str) -> Vec<String> {
    optional_texts(node, name).unwrap_or_default()
}

pub(super) fn optional_texts(node: &Node, name: &str) -> Option<Vec<String>> {
    let items = node.get(name)?.as_sequence()?;
    Some(items.iter().filter_map(Node::scalar_text).collect())
}

pub(super) fn text_map(node: &Node, name: &str) -> BTreeMap<String, String> {
    entries(node, name, |value| Some(value.scalar_text().unwrap_or_default()))
}

/// Permission bits, from a number or from octal text.
pub(super) fn mode(node: &Node, name: &str) -> Option<u32> {
    let value = node.get(name)?;
    match &value.data {
        Data::String(text) => {
            let digits = text.strip_prefix("0o").unwrap_or(text);
            u32::from_str_radix(digits, 8).ok()
        }
        _ => u32::try_from(value.as_i64()?).ok(),
    }
}

/// The entries of a mapping below `node`, each bound by `bind`.
pub(super) fn entries<T>(
    node: &Node,
    name: &str,
    bind: impl Fn(&Node) -> Option<T>,
) -> BTreeMap<String, T> {
    let entries = node.get(name).map(Node::entries).unwrap_or_default();
    entries.iter().filter_map(|entry| Some((entry.key.name.clone(), bind(&entry.value)?))).collect()
}

/// The items of a list below `node`, each bound by `bind`.
pub(super) fn items<T>(node: &Node, name: &str, bind: impl Fn(&Node) -> Option<T>) -> Vec<T> {
    node.get(name).map(Node::items).unwrap_or_default().iter().filter_map(bind).collect()
}

pub(super) fn extensions(node: &Node) -> BTreeMap<String, Node> {
    let entries = node.entries().iter().filter(|entry| entry.key.name.starts_with("x-"));
    entries.map(|entry| (entry.key.name.clone(), entry.value.clone())).collect()
}
