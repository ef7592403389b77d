//! SOPS in YAML. Changes are made in the text, so that comments, order and quotes stay as they are
//! and Git shows the lines that changed.

use std::ops::Range;

use hob_compose::tree::{self, Data, Entry, Node};

use super::document::{Document, Leaf, METADATA, Name, Scalar, Step};
use super::metadata::{AgeKey, Metadata};
use crate::error::{Error, Result};

/// Indentation of what is added, as SOPS writes it.
const INDENT: usize = 4;

pub(super) struct Yaml {
    file: String,
    text: String,
    root: Node,
}

impl Yaml {
    pub(super) fn parse(file: &str, text: &str) -> Result<Self> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).to_owned();
        let (mut documents, findings) = tree::parse(&text, file);
        if let Some(finding) =
            findings.iter().find(|finding| finding.severity == hob_compose::Severity::Error)
        {
            return Err(Error::Syntax {
                file: file.to_owned(),
                line: finding.place.as_ref().map(|place| place.line),
                what: finding.message.clone(),
            });
        }
        let root = match documents.len() {
            1 => documents.remove(0),
            _ => {
                let what = "a SOPS file of several documents is not supported; make it several \
                            files";
                return Err(Error::Unsupported { file: file.to_owned(), what: what.to_owned() });
            }
        };
        if root.as_mapping().is_none() {
            let what = "a file of secrets is a mapping: name: value".to_owned();
            return Err(Error::Syntax { file: file.to_owned(), line: Some(1), what });
        }
        Ok(Self { file: file.to_owned(), text, root })
    }

    fn changed(&mut self, range: Range<usize>, new: &str) -> Result<()> {
        let mut text = self.text.clone();
        text.replace_range(range, new);
        *self = Self::parse(&self.file, &text)?;
        Ok(())
    }

    fn metadata_node(&self, name: &str) -> Option<&Node> {
        self.root.get(METADATA)?.get(name)
    }

    fn no_value(&self, name: &Name, what: &str) -> Error {
        Error::Name { file: self.file.clone(), name: name.to_string(), what: what.to_owned() }
    }

    /// From the start of a line to the start of the line after the end of a node.
    fn lines(&self, first: usize, node: &Node) -> Range<usize> {
        let start = self.text[..first].rfind('\n').map_or(0, |at| at + 1);
        // What is blank behind a block is not part of it.
        let last = self.text[..end_of(node).max(first)].trim_end().len();
        let end = self.text[last..].find('\n').map_or(self.text.len(), |at| last + at + 1);
        start..end
    }

    /// Where lines can be added behind the entries of a block mapping, and their indentation.
    fn room_in(&self, mapping: &Node) -> Option<(usize, usize)> {
        let entries: Vec<&Entry> =
            mapping.entries().iter().filter(|entry| !self.is_metadata(entry)).collect();
        let Some(last) = entries.last() else {
            let entry = mapping.entries().first()?;
            let start = entry.key.span.range().start;
            return Some((self.lines(start, &entry.value).start, 0));
        };
        let is_flow = mapping.span.text().starts_with('{');
        let column = usize::try_from(last.key.span.column).ok()?.checked_sub(1)?;
        let end = self.lines(last.key.span.range().start, &last.value).end;
        (!is_flow).then_some((end, column))
    }

    fn is_metadata(&self, entry: &Entry) -> bool {
        entry.key.name == METADATA
            && self.root.entries().iter().any(|top| top.key.span.range() == entry.key.span.range())
    }

    fn add(&mut self, name: &Name, text: &str) -> Result<()> {
        let mut parent = &self.root;
        let mut rest = name.0.as_slice();
        while let [step, after @ ..] = rest {
            let Some(child) = step.key().and_then(|key| parent.get(key)) else { break };
            parent = child;
            rest = after;
        }
        if parent.as_mapping().is_none() || rest.iter().any(|step| step.key().is_none()) {
            let what = "there is no such value, and it cannot be added here";
            return Err(self.no_value(name, what));
        }
        let Some((at, column)) = self.room_in(parent) else {
            let what = "its mapping is written in braces or empty; write it in lines first";
            return Err(self.no_value(name, what));
        };
        let mut lines = String::new();
        if !self.text[..at].is_empty() && !self.text[..at].ends_with('\n') {
            lines.push('\n');
        }
        for (depth, key) in rest.iter().filter_map(Step::key).enumerate() {
            let indent = " ".repeat(column + depth * INDENT);
            let is_last = depth + 1 == rest.len();
            let value = if is_last { format!(" {}", scalar(text)) } else { String::new() };
            lines.push_str(&format!("{indent}{}:{value}\n", scalar(key)));
        }
        self.changed(at..at, &lines)
    }
}

impl Document for Yaml {
    fn leaves(&self) -> Result<Vec<Leaf>> {
        let mut leaves = Vec::new();
        for entry in self.root.entries().iter().filter(|entry| entry.key.name != METADATA) {
            let mut path = vec![Step::Key(entry.key.name.clone())];
            collect(&self.file, &entry.value, &mut path, &mut leaves)?;
        }
        Ok(leaves)
    }

    fn metadata(&self) -> Result<Metadata> {
        let keys = self.metadata_node("age").map(Node::items).unwrap_or_default();
        let text = |node: &Node, name: &str| node.get(name).and_then(Node::scalar_text);
        let age = keys.iter().filter_map(|key| {
            Some(AgeKey { recipient: text(key, "recipient")?, enc: text(key, "enc")? })
        });
        let read = |name: &str| {
            let node = self.metadata_node(name)?;
            match node.data {
                Data::Null => None,
                Data::Sequence(ref items) => (!items.is_empty()).then(|| "a list".to_owned()),
                _ => node.scalar_text(),
            }
        };
        Metadata::read(&self.file, read, age.collect())
    }

    fn has_sealed_comments(&self) -> bool {
        self.text.lines().any(|line| line.trim_start().starts_with("#ENC["))
    }

    fn set(&mut self, name: &Name, text: &str) -> Result<()> {
        let Some(node) = find(&self.root, &name.0) else { return self.add(name, text) };
        if node.as_mapping().is_some() || node.as_sequence().is_some() {
            return Err(self.no_value(name, "this is a mapping or a list; name a value in it"));
        }
        if node.origin.is_some() {
            return Err(self.no_value(name, "this value stands elsewhere, behind an alias"));
        }
        let range = node.span.range();
        let gap = if self.text[..range.start].ends_with(':') { " " } else { "" };
        // A block of lines ends with its last line break, which belongs to the next key.
        let tail = if node.span.text().ends_with('\n') { "\n" } else { "" };
        self.changed(range, &format!("{gap}{}{tail}", scalar(text)))
    }

    fn remove(&mut self, name: &Name) -> Result<()> {
        let missing = self.no_value(name, "there is no such value");
        let [parents @ .., Step::Key(key)] = name.0.as_slice() else {
            return Err(self.no_value(name, "an item of a list cannot be removed"));
        };
        let Some(parent) = find(&self.root, parents) else { return Err(missing) };
        let Some(mapping) = parent.as_mapping() else { return Err(missing) };
        let Some(entry) = mapping.entry(key) else { return Err(missing) };
        if parent.entries().len() == 1 && !parents.is_empty() {
            return self.remove(&Name(parents.to_vec()));
        }
        if parent.span.text().starts_with('{') {
            return Err(self.no_value(name, "its mapping is written in braces"));
        }
        let range = self.lines(entry.key.span.range().start, &entry.value);
        self.changed(range, "")
    }

    fn set_metadata(&mut self, name: &str, text: &str) -> Result<()> {
        let way = Name(vec![Step::Key(METADATA.to_owned()), Step::Key(name.to_owned())]);
        self.set(&way, text)
    }

    fn set_age(&mut self, keys: &[AgeKey]) -> Result<()> {
        let lines = age_lines(keys);
        let at = self.root.get(METADATA).and_then(|node| node.as_mapping()?.entry("age").cloned());
        match at {
            Some(entry) => {
                let range = self.lines(entry.key.span.range().start, &entry.value);
                self.changed(range, &lines)
            }
            None => {
                let end = self.root.get(METADATA).and_then(|node| self.room_in(node));
                let at = end.map_or(self.text.len(), |(at, _)| at);
                self.changed(at..at, &lines)
            }
        }
    }

    fn text(&self) -> String {
        self.text.clone()
    }
}

/// A new file: nothing in it but what SOPS needs to know.
pub(super) fn empty() -> String {
    format!("{METADATA}:\n    age: []\n    lastmodified: \"\"\n    mac: \"\"\n    version: 3.9.0\n")
}

fn age_lines(keys: &[AgeKey]) -> String {
    let mut lines = "    age:\n".to_owned();
    for AgeKey { recipient, enc } in keys {
        lines.push_str(&format!("        - recipient: {recipient}\n          enc: |\n"));
        for line in enc.lines() {
            lines.push_str(&format!("            {line}\n"));
        }
    }
    lines
}

/// The byte behind the last one of a value and all that is in it.
fn end_of(node: &Node) -> usize {
    let entries = node.entries().iter().map(|entry| end_of(&entry.value));
    let items = node.items().iter().map(end_of);
    entries.chain(items).chain([node.span.range().end]).max().unwrap_or_default()
}

fn find<'a>(root: &'a Node, path: &[Step]) -> Option<&'a Node> {
    path.iter().try_fold(root, |node, step| match step {
        Step::Key(key) => node.get(key),
        Step::Index(at) => node.items().get(*at),
    })
}

fn collect(file: &str, node: &Node, path: &mut Vec<Step>, leaves: &mut Vec<Leaf>) -> Result<()> {
    let value = match &node.data {
        Data::Mapping(_) => {
            for entry in node.entries() {
                path.push(Step::Key(entry.key.name.clone()));
                collect(file, &entry.value, path, leaves)?;
                path.pop();
            }
            return Ok(());
        }
        Data::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(Step::Index(index));
                collect(file, item, path, leaves)?;
                path.pop();
            }
            return Ok(());
        }
        Data::Null => Scalar::Null,
        Data::Bool(value) => Scalar::Bool(*value),
        Data::Int(number) => Scalar::Int(*number),
        Data::Float(number) => Scalar::Float(*number),
        Data::String(_) if matches!(node.tag, Some(tree::Tag::Timestamp)) => {
            let what = "a date without quotes; quote it".to_owned();
            return Err(Error::Syntax { file: file.to_owned(), line: Some(node.span.line), what });
        }
        Data::String(text) => Scalar::Str(text.clone()),
    };
    leaves.push(Leaf { name: Name(path.clone()), value, line: Some(node.span.line) });
    Ok(())
}

/// A text as a YAML scalar on one line: plain where that is safe, else in double quotes, which
/// read like JSON.
fn scalar(text: &str) -> String {
    let is_sealed = text.starts_with("ENC[AES256_GCM,") && text.ends_with(']');
    let is_word = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    let reads_otherwise = || {
        let (documents, _) = tree::parse(text, "");
        documents.first().and_then(Node::as_str) != Some(text)
    };
    match is_sealed || (is_word && !reads_otherwise()) {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}
