//! Values that a form implies, whoever reads it.

use crate::canonical::clean;
use crate::tree::{Data, Node, Span};

/// Adds what short and long forms leave out.
pub(crate) fn defaults(root: &mut Node) {
    let Some(services) = root.get_mut("services").and_then(Node::as_mapping_mut) else { return };
    for entry in &mut services.entries {
        service(&mut entry.value);
    }
}

fn service(node: &mut Node) {
    if let Some(build) = node.get_mut("build") {
        set_default(build, "context", |span| Node::string(".", span));
    }
    for_each(node.get_mut("ports"), |port| {
        set_default(port, "mode", |span| Node::string("ingress", span));
        set_default(port, "protocol", |span| Node::string("tcp", span));
    });
    for_each(node.get_mut("secrets"), secret_target);
    for_each(node.get_mut("volumes"), |mount| {
        if let Some(Data::String(target)) = mount.get_mut("target").map(|target| &mut target.data) {
            *target = clean(target);
        }
    });
}

fn secret_target(secret: &mut Node) {
    let source = secret.get("source").and_then(Node::as_str).map(String::from);
    if let Some(source) = source {
        set_default(secret, "target", |span| Node::string(format!("/run/secrets/{source}"), span));
    }
}

fn for_each(list: Option<&mut Node>, change: impl FnMut(&mut Node)) {
    if let Some(Data::Sequence(items)) = list.map(|list| &mut list.data) {
        items.iter_mut().for_each(change);
    }
}

/// Sets a field of a mapping that has none, at the place of the mapping.
pub(crate) fn set_default(node: &mut Node, name: &str, value: impl FnOnce(&Span) -> Node) {
    let span = node.span.clone();
    if let Some(mapping) = node.as_mapping_mut()
        && !mapping.contains(name)
    {
        mapping.set(name, value(&span));
    }
}
