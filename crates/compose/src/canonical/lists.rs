//! Attributes that may be written as a list or as a mapping.

use crate::finding::Finding;
use crate::path::Path;
use crate::tree::{Data, Entry, Key, Mapping, Node, Span};

/// A single value becomes a list of one.
pub(super) fn scalar_to_list(value: &mut Node) {
    if matches!(value.data, Data::Sequence(_) | Data::Null | Data::Mapping(_)) {
        return;
    }
    let item = Node::new(value.data.clone(), value.span.clone());
    value.data = Data::Sequence(vec![item]);
}

/// Numbers and booleans in a list become text.
pub(super) fn list_of_text(value: &mut Node) {
    if let Data::Sequence(items) = &mut value.data {
        items.iter_mut().for_each(super::text);
    }
}

/// A list of keys becomes a mapping; each key gets the value that `value_of` makes.
pub(super) fn list_to_keys(value: &mut Node, value_of: fn(&Span) -> Node) {
    let Data::Sequence(items) = &value.data else { return };
    let mut mapping = Mapping::default();
    let keys = items.iter().filter_map(|item| {
        let key = Key { name: item.scalar_text()?, span: item.span.clone() };
        Some((key, value_of(&item.span)))
    });
    mapping.insert_all(keys, |_, value, _| value);
    value.data = Data::Mapping(mapping);
}

/// Text in a list becomes a mapping with that text in one field.
pub(super) fn strings_to_field(value: &mut Node, field: &str) {
    let Data::Sequence(items) = &mut value.data else { return };
    for item in items {
        if let Some(text) = item.scalar_text() {
            let key = Key { name: field.to_string(), span: item.span.clone() };
            let entry = Entry { key, value: Node::string(text, &item.span) };
            item.data = Data::Mapping(Mapping { entries: vec![entry] });
        }
    }
}

/// Splits the items of a list at the separator; the later of two equal keys wins. A value that is
/// missing is null.
fn split_items(items: &[Node], separator: &str) -> Mapping {
    let mut mapping = Mapping::default();
    let pairs = items.iter().filter_map(|item| {
        let text = item.scalar_text()?;
        let (name, mut value) = match text.split_once(separator) {
            Some((name, value)) => (name, Node::string(value, &item.span)),
            None => (text.as_str(), Node::null(&item.span)),
        };
        value.origin.clone_from(&item.origin);
        Some((Key { name: name.to_string(), span: item.span.clone() }, value))
    });
    mapping.insert_all(pairs, |_, value, _| value);
    mapping
}

/// A list of `key=value` or a mapping of scalars becomes a mapping of text; nothing is `""`.
pub(super) fn map_of_text(value: &mut Node, separator: &str) {
    if let Data::Sequence(items) = &value.data {
        value.data = Data::Mapping(split_items(items, separator));
    }
    let Some(mapping) = value.as_mapping_mut() else { return };
    for entry in &mut mapping.entries {
        match entry.value.data {
            Data::Null => entry.value.data = Data::String(String::new()),
            _ => super::text(&mut entry.value),
        }
    }
}

/// Like [`map_of_text`], but a key without a value stays null.
pub(super) fn map_of_optional_text(value: &mut Node) {
    if let Data::Sequence(items) = &value.data {
        value.data = Data::Mapping(split_items(items, "="));
    }
    let Some(mapping) = value.as_mapping_mut() else { return };
    mapping.entries.iter_mut().for_each(|entry| super::text(&mut entry.value));
}

pub(super) fn environment(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    map_of_optional_text(value);
    for entry in value.entries() {
        let name = &entry.key.name;
        if name.ends_with(char::is_whitespace) {
            findings.push(
                Finding::error("invalid-variable", format!("the name {name:?} ends with a space"))
                    .at(entry.key.span.place())
                    .on(path)
                    .hint(format!("write {}", name.trim_end())),
            );
        }
    }
}

/// Every entry becomes `host=address`.
pub(super) fn extra_hosts(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let mut lines: Vec<Node> = Vec::new();
    match &value.data {
        Data::Mapping(mapping) => {
            for Entry { key, value } in &mapping.entries {
                let one = std::slice::from_ref(value);
                for address in value.as_sequence().unwrap_or(one) {
                    let address = address.scalar_text().unwrap_or_default();
                    lines.push(host_line(&key.name, &address, &key.span));
                }
            }
        }
        Data::Sequence(items) => {
            for item in items {
                let Some(text) = item.as_str() else { continue };
                let split = text.split_once('=').or_else(|| text.split_once(':'));
                match split {
                    Some((host, addresses)) if !host.is_empty() => {
                        let addresses = addresses.split(',');
                        lines.extend(addresses.map(|a| host_line(host, a, &item.span)));
                    }
                    _ => findings.push(
                        Finding::error("invalid-host", format!("{text:?} has no address"))
                            .about(item)
                            .on(path)
                            .hint("write host=address"),
                    ),
                }
            }
        }
        _ => return,
    }
    // The addresses of one host stand together, whoever added them; their order counts.
    lines.sort_by(|a, b| host_of(a).cmp(&host_of(b)));
    value.data = Data::Sequence(lines);
}

fn host_of(line: &Node) -> Option<&str> {
    line.as_str().and_then(|text| text.split('=').next())
}

fn host_line(host: &str, address: &str, span: &Span) -> Node {
    let address = address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(address);
    Node::string(format!("{}={}", host.trim(), address.trim()), span)
}
