//! From the events of the YAML parser to the tree.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use granit_parser::{Event, Parser, ScalarStyle, Span as RawSpan, StrInput, Tag as RawTag};

use super::node::{Data, Entry, How, Key, Mapping, Node, Tag};
use super::span::{Source, Span};
use super::{base64, scalar};
use crate::finding::Finding;
use crate::limits::{
    COPIED_PER_NODE, FEW_ALIASED, LONGEST_KEY, LONGEST_PATH, Limits, MOST_ALIASED_PER_WRITTEN,
    file_too_large, is_full, weight_of_text,
};

/// Composes every document of a text. `file` is the name that findings give it. A document with a
/// syntax error is left out; duplicate keys and the like are findings, and the tree still comes.
pub fn parse(text: &str, file: &str) -> (Vec<Node>, Vec<Finding>) {
    parse_with(text, file, &Limits::default())
}

/// [`parse`] with limits other than the default ones.
pub fn parse_with(text: &str, file: &str, limits: &Limits) -> (Vec<Node>, Vec<Finding>) {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let oversized = text.len() > limits.bytes;
    let kept = if oversized { String::new() } else { text.to_string() };
    let source = Arc::new(Source { name: file.to_string(), text: kept });
    if oversized {
        let finding = file_too_large(file, text.len() as u64, limits.bytes);
        return (Vec::new(), vec![finding]);
    }
    let mut composer = Composer {
        parser: Parser::new_from_str(&source.text),
        source: Arc::clone(&source),
        limits,
        nodes: 0,
        aliased: 0,
        copied: 0,
        anchors: HashMap::new(),
        path: Vec::new(),
        findings: Vec::new(),
    };
    let documents = composer.documents();
    (documents, composer.findings)
}

/// Composing stops at once: the finding has been recorded.
struct Stop;

struct Composer<'a> {
    parser: Parser<'a, StrInput<'a>>,
    source: Arc<Source>,
    limits: &'a Limits,
    nodes: usize,
    /// How many of the nodes came from aliases.
    aliased: usize,
    /// How many nodes were copied, for aliases and to keep what an anchor stands for.
    copied: usize,
    /// Finished anchors with the number of nodes below them; an anchor that is still being built
    /// is not in here, so an alias to it is a cycle.
    anchors: HashMap<usize, (Node, usize)>,
    path: Vec<String>,
    findings: Vec<Finding>,
}

impl<'a> Composer<'a> {
    fn documents(&mut self) -> Vec<Node> {
        let mut documents = Vec::new();
        loop {
            match self.next() {
                Ok((Event::DocumentStart(..), _)) => {
                    self.anchors.clear();
                    let Ok((event, span)) = self.next() else { break };
                    match self.node(event, span, 0) {
                        Ok(node) => documents.push(node),
                        Err(Stop) => break,
                    }
                }
                Ok((Event::StreamEnd, _)) | Err(Stop) => break,
                Ok(_) => {}
            }
        }
        documents
    }

    fn next(&mut self) -> Result<(Event<'a>, Span), Stop> {
        match self.parser.next_event() {
            Some(Ok((event, raw))) => Ok((event, self.span(raw))),
            Some(Err(error)) => {
                let marker = *error.marker();
                let span = self.span(RawSpan::new(marker, marker));
                let message = format!("this is not valid YAML: {}", error.info());
                let mut finding = Finding::error("yaml-syntax", message).at(span.place());
                finding.hint = bare_variable(&self.source.text, &span).map(|variable| {
                    format!("between {{ }} or [ ], put a text with {variable} in quotes")
                });
                self.findings.push(finding);
                Err(Stop)
            }
            None => Err(Stop),
        }
    }

    fn span(&self, raw: RawSpan) -> Span {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Span {
            source: Arc::clone(&self.source),
            line: number(raw.start.line()),
            column: number(raw.start.col() + 1),
            start: number(raw.start.byte_offset().unwrap_or_default()),
            end: number(raw.end.byte_offset().unwrap_or_default()),
        }
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Node, Stop> {
        if depth > self.limits.depth {
            let message = format!("values are nested deeper than {} levels", self.limits.depth);
            return Err(self.stop("nested-too-deep", message, &span));
        }
        if is_full(&self.findings) {
            let message = "there may be more findings below".to_string();
            return Err(self.stop("too-many-findings", message, &span));
        }
        let before = self.nodes;
        let weight = match &event {
            Event::Scalar(text, ..) => weight_of_text(text.len()),
            _ => 1,
        };
        self.count(weight, &span)?;
        let written = span.clone();
        let (mut node, anchor) = match event {
            Event::Alias(id) => return self.alias(id, span),
            Event::Scalar(text, style, anchor, tag) => {
                (self.scalar(&text, style, tag.as_deref(), span), anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                let mut node = Node::new(Data::Sequence(self.sequence(depth)?), span);
                node.tag = tag.as_deref().and_then(tag_of);
                (node, anchor)
            }
            Event::MappingStart(_, anchor, tag) => {
                let mapping = self.mapping(depth)?;
                let mut node = Node::new(Data::Mapping(mapping), span);
                node.tag = tag.as_deref().and_then(tag_of);
                (node, anchor)
            }
            // Nothing between two documents: an empty one.
            _ => (Node::null(&span), 0),
        };
        if matches!(node.tag, Some(Tag::Foreign(_))) {
            self.foreign_tag(&mut node);
        }
        if anchor != 0 {
            let size = self.nodes - before;
            self.copy(size, &written)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(node)
    }

    fn count(&mut self, more: usize, span: &Span) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(more);
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        Err(self.too_many(span))
    }

    /// Counts values that are about to be copied.
    fn copy(&mut self, size: usize, span: &Span) -> Result<(), Stop> {
        self.copied += size;
        let written = self.nodes - self.aliased;
        let is_ratio_kept = self.aliased <= FEW_ALIASED + MOST_ALIASED_PER_WRITTEN * written;
        match is_ratio_kept && self.copied <= COPIED_PER_NODE * self.limits.nodes {
            true => Ok(()),
            false => Err(self.too_many(span)),
        }
    }

    fn too_many(&mut self, span: &Span) -> Stop {
        let message = "the file stands for too many values".to_string();
        let stop = self.stop("too-many-values", message, span);
        if let Some(finding) = self.findings.last_mut() {
            finding.hint = Some("an alias counts as often as it is used: use fewer".into());
        }
        stop
    }

    fn stop(&mut self, code: &'static str, message: String, span: &Span) -> Stop {
        let path = self.path_text();
        self.findings.push(Finding::error(code, message).at(span.place()).on(path));
        Stop
    }

    fn path_text(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            if text.len() > LONGEST_PATH {
                return text + "...";
            }
            text += step;
        }
        text.trim_start_matches('.').to_string()
    }

    fn alias(&mut self, id: usize, span: Span) -> Result<Node, Stop> {
        let Some(size) = self.anchors.get(&id).map(|(_, size)| *size) else {
            let message = format!("{} refers to a value that contains it", span.text());
            return Err(self.stop("alias-cycle", message, &span));
        };
        // Counted before it is copied: the copy is what must not happen.
        self.count(size, &span)?;
        self.aliased += size;
        self.copy(size, &span)?;
        let Some((node, _)) = self.anchors.get(&id) else { return Err(Stop) };
        let mut node = node.clone();
        node.came_through(How::Alias, &span);
        Ok(node)
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, tag: Option<&RawTag>, span: Span) -> Node {
        let core = tag.filter(|tag| is_core(tag)).map(|tag| tag.suffix());
        let own = tag.and_then(tag_of);
        let is_plain = style == ScalarStyle::Plain && !matches!(own, Some(Tag::Foreign(_)));
        let is_date = matches!(core, None | Some("timestamp")) && scalar::is_timestamp(text);
        let data = match core {
            Some(kind) => self.tagged(kind, text, &span),
            None if is_plain => scalar::resolve(text),
            None => Data::String(text.to_string()),
        };
        let mut node = Node::new(data, span);
        node.tag = if is_date && (is_plain || core.is_some()) { Some(Tag::Timestamp) } else { own };
        node
    }

    /// The value of a scalar with a tag of YAML itself.
    fn tagged(&mut self, kind: &str, text: &str, span: &Span) -> Data {
        let value = match kind {
            "str" => Data::String(text.to_string()),
            "binary" => match base64::decode(text) {
                Some(bytes) => return Data::String(String::from_utf8_lossy(&bytes).into_owned()),
                None => Data::Null,
            },
            _ => scalar::resolve(text),
        };
        let fits = match kind {
            "int" => matches!(value, Data::Int(_)),
            "float" => matches!(value, Data::Int(_) | Data::Float(_)),
            "bool" => matches!(value, Data::Bool(_)),
            "null" => value == Data::Null,
            "binary" => false,
            "timestamp" => scalar::is_timestamp(text),
            _ => true,
        };
        if !fits {
            self.findings.push(
                Finding::error("wrong-tag", format!("this is not what the tag !!{kind} says"))
                    .at(span.place())
                    .on(self.path_text())
                    .hint("take the tag out, or correct the value"),
            );
        }
        value
    }

    fn foreign_tag(&mut self, node: &mut Node) {
        let Some(Tag::Foreign(name)) = node.tag.take() else { return };
        let finding = Finding::warning("unknown-tag", format!("the tag {name} means nothing here"));
        let hint = "Compose knows !reset and !override";
        self.findings.push(finding.about(node).on(self.path_text()).hint(hint));
    }

    fn sequence(&mut self, depth: usize) -> Result<Vec<Node>, Stop> {
        let mut items = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::SequenceEnd {
                return Ok(items);
            }
            self.path.push(format!("[{}]", items.len()));
            items.push(self.node(event, span, depth + 1)?);
            self.path.pop();
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Mapping, Stop> {
        let mut mapping = Mapping::default();
        let mut merges = Vec::new();
        let mut names: HashSet<String> = HashSet::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                break;
            }
            let is_merge = matches!(&event,
                Event::Scalar(text, ScalarStyle::Plain, _, None) if text == "<<");
            let key = self.key(event, span, depth)?;
            let (event, span) = self.next()?;
            self.path.push(format!(".{}", key.name));
            let value = self.node(event, span, depth + 1)?;
            if !names.insert(key.name.clone()) {
                self.duplicate(&mapping, &merges, &key);
            } else if is_merge {
                merges.push((key, value));
            } else {
                mapping.entries.push(Entry { key, value });
            }
            self.path.pop();
        }
        for (key, value) in merges {
            self.merge(&mut mapping, &mut names, &key, value)?;
        }
        Ok(mapping)
    }

    fn key(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Key, Stop> {
        let written = span.clone();
        let node = self.node(event, span, depth + 1)?;
        if node.as_str().is_some_and(|name| name.len() > LONGEST_KEY) {
            let message = format!("a key has more than {LONGEST_KEY} characters");
            return Err(self.stop("key-too-long", message, &written));
        }
        let is_date = node.tag == Some(Tag::Timestamp);
        let kind = if is_date { "a date" } else { node.kind_name() };
        let name = match node.data {
            Data::String(name) if !is_date => return Ok(Key { name, span: written }),
            _ => node.scalar_text().unwrap_or_else(|| written.text().trim().to_string()),
        };
        let message = format!("the key {name} is {kind}, not a text");
        self.findings.push(
            Finding::error("key-not-text", message)
                .at(written.place())
                .on(self.path_text())
                .hint(format!("put it in quotes: \"{name}\"")),
        );
        Ok(Key { name, span: written })
    }

    fn duplicate(&mut self, mapping: &Mapping, merges: &[(Key, Node)], key: &Key) {
        let first = mapping
            .entry(&key.name)
            .map(|entry| &entry.key)
            .or_else(|| merges.first().map(|(key, _)| key));
        let message = format!("the key {} stands twice in this mapping", key.name);
        let mut finding = Finding::error("duplicate-key", message)
            .at(key.span.place())
            .on(self.path_text())
            .hint("keep one of the two");
        if let Some(first) = first {
            finding = finding.related(first.span.place(), "it stands here first");
        }
        self.findings.push(finding);
    }

    /// The value of a `<<` key: own keys win, and of a list the earlier mapping wins.
    fn merge(
        &mut self,
        mapping: &mut Mapping,
        names: &mut HashSet<String>,
        key: &Key,
        value: Node,
    ) -> Result<(), Stop> {
        let sources = match value.data {
            Data::Sequence(items) => items,
            data => vec![Node { data, ..value }],
        };
        for source in sources {
            let Data::Mapping(more) = source.data else {
                let message =
                    format!("a merge key takes mappings, and this is {}", source.kind_name());
                let place = source.place();
                let path = self.path_text();
                self.findings.push(Finding::error("merge-key", message).at(place).on(path));
                continue;
            };
            for mut entry in more.entries {
                if names.insert(entry.key.name.clone()) {
                    entry.value.came_through(How::MergeKey, &key.span);
                    mapping.entries.push(entry);
                }
            }
        }
        Ok(())
    }
}

fn is_core(tag: &RawTag) -> bool {
    tag.is_yaml_core_schema() || matches!(tag.handle(), "!!" | "tag:yaml.org,2002:")
}

fn tag_of(tag: &RawTag) -> Option<Tag> {
    match (tag.handle(), tag.suffix()) {
        ("!", "reset") => Some(Tag::Reset),
        ("!", "override") => Some(Tag::Override),
        _ if is_core(tag) => None,
        // `!` alone only says that the scalar is text.
        ("!", "") | ("", "" | "!") => None,
        (handle, suffix) => Some(Tag::Foreign(format!("{handle}{suffix}"))),
    }
}

/// The variable that YAML gave up at, because it takes its brace for the beginning of a mapping.
fn bare_variable(text: &str, at: &Span) -> Option<String> {
    let line = text.lines().nth(usize::try_from(at.line.checked_sub(1)?).ok()?)?;
    let mut before = line.chars().skip(usize::try_from(at.column.checked_sub(2)?).ok()?);
    if before.next() != Some('$') || before.next() != Some('{') {
        return None;
    }
    let name: String = before.take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    Some(format!("${{{name}}}")).filter(|_| !name.is_empty())
}
