//! The canonical tree as Docker Compose's own types would hold it: attributes in their order, and
//! without those that say nothing.

use super::fields::{Field, Shape, When};
use crate::tree::{Data, Entry, Key, Mapping, Node};

/// What is printed. The two differ in what is left out, and in the order of the author's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Json,
    Yaml,
}

/// A value as it is printed.
pub(super) fn shape(node: &Node, shape: &Shape, language: Language) -> Node {
    let data = match shape {
        Shape::Nullable(_) if node.is_null() => Data::Null,
        // An env file may be its path alone.
        Shape::Struct(_) if node.as_str().is_some() => node.data.clone(),
        Shape::Struct(fields) | Shape::Nullable(fields) => structure(node, fields, language),
        Shape::Device(fields) => {
            let mut data = structure(node, fields, language);
            if language == Language::Json {
                capital_keys(&mut data);
            }
            data
        }
        Shape::Map(of) => map(node, of, language),
        Shape::List(of) => {
            let items = node.items().iter().map(|item| self::shape(item, of, language));
            Data::Sequence(items.collect())
        }
        Shape::Single => single(&node.data),
        Shape::Mode => mode(&node.data),
        Shape::Ulimit => ulimit(node, language),
        Shape::Ssh => ssh(node),
        Shape::Any => return any(node, language),
        Shape::Text | Shape::Number | Shape::Flag | Shape::Bytes => whole(&node.data),
    };
    Node::new(data, node.span.clone())
}

fn structure(node: &Node, fields: &'static [Field], language: Language) -> Data {
    let mut mapping = Mapping::default();
    for field in fields {
        let Field { name, shape: of, when } = field;
        let here = node.get(name);
        let is_there = match when {
            When::Telling => here.is_some_and(|value| is_telling(value, of)),
            When::Set => here.is_some_and(|value| !value.is_null()),
            When::Always => true,
            When::AlwaysInJson => {
                language == Language::Json || here.is_some_and(|value| is_telling(value, of))
            }
            When::Command => {
                language == Language::Json || here.is_some_and(|value| !value.is_null())
            }
        };
        if is_there {
            let value = match here {
                Some(value) if !(value.is_null() && *when == When::Command) => {
                    shape(value, of, language)
                }
                _ => absent(node, of, *when),
            };
            let span = node.as_mapping().and_then(|mapping| mapping.entry(name));
            let span = span.map_or(&node.span, |entry| &entry.key.span).clone();
            mapping.entries.push(Entry { key: Key { name: (*name).to_string(), span }, value });
        }
    }
    if language == Language::Yaml {
        extensions(node, &mut mapping);
    }
    Data::Mapping(mapping)
}

/// What stands for an attribute that has to be there and is not.
fn absent(node: &Node, shape: &Shape, when: When) -> Node {
    let data = match shape {
        _ if when == When::Command => Data::Null,
        Shape::Struct(fields) => {
            let nothing = Node::new(Data::Mapping(Mapping::default()), node.span.clone());
            structure(&nothing, fields, Language::Json)
        }
        Shape::Text => Data::String(String::new()),
        Shape::Number => Data::Int(0),
        Shape::Flag => Data::Bool(false),
        _ => Data::Mapping(Mapping::default()),
    };
    Node::new(data, node.span.clone())
}

/// The `x-*` attributes follow those that Docker Compose knows.
fn extensions(node: &Node, mapping: &mut Mapping) {
    let own = node.entries().iter().filter(|entry| entry.key.name.starts_with("x-"));
    let mut own: Vec<Entry> = own
        .map(|Entry { key, value }| Entry { key: key.clone(), value: any(value, Language::Yaml) })
        .collect();
    sort(&mut own, Language::Yaml);
    mapping.entries.extend(own);
}

fn map(node: &Node, of: &Shape, language: Language) -> Data {
    let entries = node.entries().iter();
    let mut entries: Vec<Entry> = entries
        .map(|Entry { key, value }| Entry { key: key.clone(), value: shape(value, of, language) })
        .collect();
    sort(&mut entries, language);
    Data::Mapping(Mapping { entries })
}

/// A value that belongs to the author.
pub(super) fn any(node: &Node, language: Language) -> Node {
    let data = match &node.data {
        Data::Mapping(_) => map(node, &Shape::Any, language),
        Data::Sequence(items) => {
            Data::Sequence(items.iter().map(|item| any(item, language)).collect())
        }
        other => whole(other),
    };
    Node::new(data, node.span.clone())
}

/// Whole numbers have no fraction.
fn whole(data: &Data) -> Data {
    match data {
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
            Data::Int(*number as i64)
        }
        other => other.clone(),
    }
}

fn single(data: &Data) -> Data {
    match data {
        // As many digits as tell it from its neighbours in 32 bits.
        Data::Float(number) => {
            let text = (*number as f32).to_string();
            whole(&Data::Float(text.parse().unwrap_or(*number)))
        }
        other => other.clone(),
    }
}

fn mode(data: &Data) -> Data {
    match data {
        Data::Int(bits) => Data::String(format!("0{bits:o}")),
        other => other.clone(),
    }
}

fn ulimit(node: &Node, language: Language) -> Data {
    if node.as_mapping().is_none() {
        return node.data.clone();
    }
    let mut mapping = Mapping::default();
    for name in ["soft", "hard"] {
        let limit = node.get(name).and_then(Node::as_i64).unwrap_or(0);
        if limit != 0 || language == Language::Yaml {
            mapping.set(name, Node::new(Data::Int(limit), node.span.clone()));
        }
    }
    Data::Mapping(mapping)
}

fn ssh(node: &Node) -> Data {
    let items = node.entries().iter().map(|Entry { key, value }| {
        let text = match value.scalar_text() {
            Some(text) => format!("{}={text}", key.name),
            None => key.name.clone(),
        };
        Node::string(text, &key.span)
    });
    Data::Sequence(items.collect())
}

fn capital_keys(data: &mut Data) {
    let Data::Mapping(mapping) = data else { return };
    for Entry { key, .. } in &mut mapping.entries {
        let mut letters = key.name.chars();
        let first = letters.next().map(|c| c.to_ascii_uppercase());
        key.name = first.into_iter().chain(letters).collect();
    }
}

/// Whether the value is more than what is meant if nothing is said.
fn is_telling(node: &Node, shape: &Shape) -> bool {
    match (&node.data, shape) {
        (Data::Null | Data::Bool(false) | Data::Int(0), _) => false,
        (Data::Float(number), _) => *number != 0.0,
        (Data::String(text), Shape::Bytes) => !matches!(text.as_str(), "" | "0"),
        (Data::String(text), _) => !text.is_empty(),
        (Data::Sequence(items), _) => !items.is_empty(),
        (Data::Mapping(mapping), Shape::Struct(fields)) => {
            let known = fields.iter().any(|field| {
                node.get(field.name).is_some_and(|value| match field.when {
                    When::Set | When::Command => !value.is_null(),
                    _ => is_telling(value, &field.shape),
                })
            });
            known || mapping.entries.iter().any(|entry| entry.key.name.starts_with("x-"))
        }
        (Data::Mapping(mapping), _) => !mapping.entries.is_empty(),
        (Data::Bool(true) | Data::Int(_), _) => true,
    }
}

/// JSON has keys in the order of their bytes, YAML in one that people like better.
pub(super) fn sort(entries: &mut [Entry], language: Language) {
    match language {
        Language::Json => entries.sort_by(|a, b| a.key.name.cmp(&b.key.name)),
        Language::Yaml => {
            entries.sort_by(|a, b| super::order::natural(&a.key.name, &b.key.name));
        }
    }
}
