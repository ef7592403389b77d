//! The tree itself and how to look into it.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::float_text;
use super::span::Span;
use crate::finding::Place;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub enum Data {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction or an exponent.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Keys and values in the order of the file.
    Mapping(Mapping),
}

/// A YAML tag that means something to Compose, or a foreign one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tag {
    /// `!reset`: remove what earlier files say.
    Reset,
    /// `!override`: replace what earlier files say.
    Override,
    /// A plain scalar that YAML 1.1 reads as a date.
    Timestamp,
    /// Any other tag, as written.
    Foreign(String),
}

/// Through what a value came to where it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// An alias (`*name`) stands at the place.
    Alias,
    /// A merge key (`<<`) stands at the place.
    MergeKey,
    /// `extends` stands at the place.
    Extends,
    /// `include` stands at the place.
    Include,
    /// An earlier value stands at the place; this one replaced it.
    Replaced,
    /// The name of the file with variables in which the value is written stands at the place.
    EnvFile,
    /// The name of a variable without a value stands at the place; the environment has the value.
    Environment,
}

/// One step of the way that a value took; the newest step first.
#[derive(Clone, Debug)]
pub struct Origin {
    /// What kind of step.
    pub how: How,
    /// Where it is written.
    pub span: Span,
    /// The step before it.
    pub earlier: Option<Arc<Origin>>,
}

impl Drop for Origin {
    /// One after the other: a way of many steps would not fit on the stack.
    fn drop(&mut self) {
        let mut next = self.earlier.take();
        while let Some(mut step) = next.and_then(Arc::into_inner) {
            next = step.earlier.take();
        }
    }
}

/// A value with its place. Two nodes are equal if their data is, wherever they were written.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub data: Data,
    /// Where it was written.
    pub span: Span,
    /// Its tag, if it has one that counts.
    pub tag: Option<Tag>,
    /// How it came here, if not simply by being written here.
    pub origin: Option<Arc<Origin>>,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.data == other.data
    }
}

/// A mapping key with its place.
#[derive(Clone, Debug)]
pub struct Key {
    /// The text of the key.
    pub name: String,
    /// Where it was written.
    pub span: Span,
}

/// One key and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The value.
    pub value: Node,
}

/// From this many entries on it pays to look keys up in an index.
const WORTH_AN_INDEX: usize = 32;

/// Entries in order, each key once.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// The entries.
    pub entries: Vec<Entry>,
}

impl PartialEq for Mapping {
    fn eq(&self, other: &Self) -> bool {
        self.entries.len() == other.entries.len()
            && self.entries.iter().all(|e| other.get(&e.key.name) == Some(&e.value))
    }
}

impl Mapping {
    /// The value of a key.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|entry| entry.key.name == name).map(|entry| &mut entry.value)
    }

    /// The key and the value.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key.name == name)
    }

    /// Whether the key is there, even with a null value.
    pub fn contains(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// Takes a key out.
    pub fn remove(&mut self, name: &str) -> Option<Entry> {
        let at = self.entries.iter().position(|entry| entry.key.name == name)?;
        Some(self.entries.remove(at))
    }

    /// Sets a key, keeping its position if it was there.
    pub fn insert(&mut self, key: Key, value: Node) {
        match self.get_mut(&key.name) {
            Some(slot) => *slot = value,
            None => self.entries.push(Entry { key, value }),
        }
    }

    /// Sets many keys, each keeping its position if it was there; `join` makes one value of the old
    /// one and the new one.
    pub(crate) fn insert_all(
        &mut self,
        more: impl IntoIterator<Item = (Key, Node)>,
        mut join: impl FnMut(Node, Node, &Key) -> Node,
    ) {
        let mut index: Option<HashMap<String, usize>> = None;
        for (key, value) in more {
            if index.is_none() && self.entries.len() >= WORTH_AN_INDEX {
                let names = self.entries.iter().map(|entry| entry.key.name.clone());
                index = Some(names.enumerate().map(|(at, name)| (name, at)).collect());
            }
            let at = match &index {
                Some(index) => index.get(&key.name).copied(),
                None => self.entries.iter().position(|entry| entry.key.name == key.name),
            };
            match at.and_then(|at| self.entries.get_mut(at)) {
                Some(entry) => {
                    let old = std::mem::replace(&mut entry.value, Node::null(&key.span));
                    entry.value = join(old, value, &key);
                }
                None => {
                    if let Some(index) = &mut index {
                        index.insert(key.name.clone(), self.entries.len());
                    }
                    self.entries.push(Entry { key, value });
                }
            }
        }
    }

    /// Sets a key that nobody wrote, at the place of its value.
    pub fn set(&mut self, name: &str, value: Node) {
        let key = Key { name: name.to_string(), span: value.span.clone() };
        self.insert(key, value);
    }
}

impl Node {
    /// A value that was written at a place.
    pub fn new(data: Data, span: Span) -> Self {
        Self { data, span, tag: None, origin: None }
    }

    /// Text at a place.
    pub fn string(text: impl Into<String>, span: &Span) -> Self {
        Self::new(Data::String(text.into()), span.clone())
    }

    /// Null at a place.
    pub fn null(span: &Span) -> Self {
        Self::new(Data::Null, span.clone())
    }

    /// A mapping at a place.
    pub fn mapping(entries: Vec<Entry>, span: &Span) -> Self {
        Self::new(Data::Mapping(Mapping { entries }), span.clone())
    }

    /// Where it was written, for a finding.
    pub fn place(&self) -> Place {
        self.span.place()
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        self.data == Data::Null
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        match &self.data {
            Data::String(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.data {
            Data::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if it is a whole one.
    pub fn as_i64(&self) -> Option<i64> {
        match self.data {
            Data::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The number, whole or not.
    pub fn as_f64(&self) -> Option<f64> {
        match self.data {
            Data::Int(value) => Some(value as f64),
            Data::Float(value) => Some(value),
            _ => None,
        }
    }

    /// The items, if it is a list.
    pub fn as_sequence(&self) -> Option<&[Node]> {
        match &self.data {
            Data::Sequence(items) => Some(items),
            _ => None,
        }
    }

    /// The mapping, if it is one.
    pub fn as_mapping(&self) -> Option<&Mapping> {
        match &self.data {
            Data::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The mapping, if it is one, to change it.
    pub fn as_mapping_mut(&mut self) -> Option<&mut Mapping> {
        match &mut self.data {
            Data::Mapping(mapping) => Some(mapping),
            _ => None,
        }
    }

    /// The value of a key, if it is a mapping that has it.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.as_mapping()?.get(name)
    }

    /// The value of a key, to change it.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.as_mapping_mut()?.get_mut(name)
    }

    /// The entries of a mapping; none if it is something else.
    pub fn entries(&self) -> &[Entry] {
        self.as_mapping().map_or(&[], |mapping| &mapping.entries)
    }

    /// The items of a list; none if it is something else.
    pub fn items(&self) -> &[Node] {
        self.as_sequence().unwrap_or(&[])
    }

    /// A scalar as Compose prints it into text (`0777` as `511`); `None` for null, lists and
    /// mappings.
    pub fn scalar_text(&self) -> Option<String> {
        match &self.data {
            Data::Bool(value) => Some(value.to_string()),
            Data::Int(value) => Some(value.to_string()),
            Data::Float(value) => Some(float_text(*value)),
            Data::String(text) => Some(text.clone()),
            Data::Null | Data::Sequence(_) | Data::Mapping(_) => None,
        }
    }

    /// What kind of value it is, in words for a message.
    pub fn kind_name(&self) -> &'static str {
        match self.data {
            Data::Null => "null",
            Data::Bool(_) => "a boolean",
            Data::Int(_) | Data::Float(_) => "a number",
            Data::String(_) => "a text",
            Data::Sequence(_) => "a list",
            Data::Mapping(_) => "a mapping",
        }
    }

    /// The node at a path such as `services.web.ports[0]`; a key that contains a dot is found by
    /// trying the longest key first.
    pub fn at_path(&self, path: &str) -> Option<&Node> {
        self.find_path(path).map(|(_, node)| node)
    }

    /// The place to point at for a path: that of the key if the last step is a key, else that of
    /// the item.
    pub fn place_of(&self, path: &str) -> Option<Place> {
        self.find_path(path).map(|(span, _)| span.place())
    }

    fn find_path(&self, path: &str) -> Option<(&Span, &Node)> {
        let mut way = Vec::new();
        let span = find_step(self, path, &self.span, &mut way)?;
        Some((span, way.first()?))
    }

    /// Remembers that the value took the place of another one, and where that one came from.
    pub(crate) fn replaces(&mut self, other: &Node) {
        let mut steps = Vec::new();
        let mut next = self.origin.take();
        while let Some(step) = next {
            next = step.earlier.clone();
            steps.push((step.how, step.span.clone()));
        }
        self.origin.clone_from(&other.origin);
        self.came_through(How::Replaced, &other.span);
        for (how, span) in steps.into_iter().rev() {
            self.came_through(how, &span);
        }
    }

    /// Gives the way that it took to what is in it, before something joins that came another way.
    pub(crate) fn hand_down(&mut self) {
        let Some(origin) = self.origin.take() else { return };
        match &mut self.data {
            Data::Mapping(mapping) => {
                mapping.entries.iter_mut().for_each(|entry| entry.value.inherits(&origin));
            }
            Data::Sequence(items) => items.iter_mut().for_each(|item| item.inherits(&origin)),
            _ => self.origin = Some(origin),
        }
    }

    fn inherits(&mut self, later: &Arc<Origin>) {
        if self.origin.is_none() {
            self.origin = Some(Arc::clone(later));
            return;
        }
        let steps = std::iter::successors(Some(later), |step| step.earlier.as_ref());
        let steps: Vec<&Arc<Origin>> = steps.collect();
        for step in steps.into_iter().rev() {
            self.came_through(step.how, &step.span);
        }
    }

    /// Remembers one more step of the way that the value took.
    pub(crate) fn came_through(&mut self, how: How, span: &Span) {
        let earlier = self.origin.take();
        self.origin = Some(Arc::new(Origin { how, span: span.clone(), earlier }));
    }
}

/// Collects the nodes of the path from its end to `node`; gives the place to point at.
fn find_step<'a>(
    node: &'a Node,
    path: &str,
    span: &'a Span,
    way: &mut Vec<&'a Node>,
) -> Option<&'a Span> {
    let path = path.strip_prefix('.').unwrap_or(path);
    let found = if path.is_empty() {
        Some(span)
    } else if let Some(rest) = path.strip_prefix('[') {
        let (number, rest) = rest.split_once(']')?;
        let item = node.items().get(number.parse::<usize>().ok()?)?;
        find_step(item, rest, &item.span, way)
    } else {
        // A key may contain a dot: the longest one that fits is tried first.
        let fits = |entry: &&Entry| {
            let rest = path.strip_prefix(entry.key.name.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let mut candidates: Vec<&Entry> = node.entries().iter().filter(fits).collect();
        candidates.sort_by_key(|entry| std::cmp::Reverse(entry.key.name.len()));
        candidates.into_iter().find_map(|entry| {
            find_step(&entry.value, &path[entry.key.name.len()..], &entry.key.span, way)
        })
    };
    way.extend(found.map(|_| node));
    found
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.data {
            Data::Null => serializer.serialize_unit(),
            Data::Bool(value) => serializer.serialize_bool(*value),
            Data::Int(value) => serializer.serialize_i64(*value),
            Data::Float(value) => serializer.serialize_f64(*value),
            Data::String(text) => serializer.serialize_str(text),
            Data::Sequence(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Data::Mapping(mapping) => {
                let mut map = serializer.serialize_map(Some(mapping.entries.len()))?;
                for entry in &mapping.entries {
                    map.serialize_entry(&entry.key.name, &entry.value)?;
                }
                map.end()
            }
        }
    }
}
