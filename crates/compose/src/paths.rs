//! Relative paths become absolute.

use std::collections::BTreeMap;

use crate::files::{self, Files, Kind};
use crate::finding::Finding;
use crate::path::Path;
use crate::tree::{Data, Node, Span};

/// What relative paths are seen from.
pub(crate) struct Base<'a> {
    /// The directory for `./`.
    pub(crate) directory: &'a str,
    /// The environment that tells the directory for `~`.
    pub(crate) environment: &'a BTreeMap<String, String>,
}

impl Base<'_> {
    /// The absolute path of `path`. One that is absolute already stays as it is written.
    pub(crate) fn absolute(&self, path: &str) -> String {
        match self.expand_home(path) {
            path if path.starts_with('/') => path,
            path => files::join(self.directory, &path),
        }
    }

    fn expand_home(&self, path: &str) -> String {
        match (path.strip_prefix('~'), self.environment.get("HOME")) {
            // Whoever is named behind the tilde: it is the same home.
            (Some(rest), Some(home)) => files::join(home, rest.trim_start_matches('/')),
            _ => path.to_string(),
        }
    }
}

/// Why a file is missing although its author sees it: relative paths of every file are seen from
/// the directory of the first one. `path` is where the file was looked for, `span` where it is
/// named.
pub(crate) fn beside_its_name(
    files: &dyn Files,
    directory: &str,
    path: &str,
    span: &Span,
) -> Option<String> {
    let relative = path.strip_prefix(directory)?.strip_prefix('/')?;
    let beside = files::join(&files::parent(span.file()), relative);
    let exists = beside != path && matches!(files.kind(&beside), Ok(Some(Kind::File { .. })));
    exists.then(|| {
        format!(
            "relative paths of every file are seen from {directory}, where the first file lies; \
             there is a file {beside}"
        )
    })
}

/// Makes every path in a canonical tree absolute.
pub(crate) fn resolve(root: &mut Node, base: &Base<'_>, findings: &mut Vec<Finding>) {
    let services = Path::ROOT.key("services");
    for entry in mappings(root, "services") {
        service(&mut entry.value, base, &services.key(&entry.key.name), findings);
    }
    for section in ["configs", "secrets"] {
        for entry in mappings(root, section) {
            absolute_field(&mut entry.value, "file", base);
        }
    }
    for entry in mappings(root, "volumes") {
        bound_volume(&mut entry.value, base);
    }
}

fn mappings<'a>(root: &'a mut Node, section: &str) -> &'a mut [crate::tree::Entry] {
    match root.get_mut(section).and_then(Node::as_mapping_mut) {
        Some(mapping) => &mut mapping.entries,
        None => &mut [],
    }
}

fn absolute_field(node: &mut Node, name: &str, base: &Base<'_>) {
    if let Some(field) = node.get_mut(name) {
        absolute_text(field, base);
    }
}

fn absolute_text(node: &mut Node, base: &Base<'_>) {
    if let Data::String(text) = &mut node.data {
        *text = base.absolute(text);
    }
}

/// A path of one service becomes absolute.
pub(crate) fn service(
    node: &mut Node,
    base: &Base<'_>,
    path: &Path<'_>,
    findings: &mut Vec<Finding>,
) {
    if let Some(build) = node.get_mut("build") {
        if let Some(context) = build.get_mut("context") {
            absolute_context(context, base);
        }
        for entry in mappings(build, "additional_contexts") {
            absolute_context(&mut entry.value, base);
        }
    }
    for (list, field) in [("env_file", "path"), ("label_file", ""), ("volumes", "source")] {
        let Some(Data::Sequence(items)) = node.get_mut(list).map(|list| &mut list.data) else {
            continue;
        };
        let path = path.key(list);
        for (index, item) in items.iter_mut().enumerate() {
            match list {
                "volumes" => mount(item, base, &path.item(index), findings),
                "label_file" => absolute_text(item, base),
                _ => absolute_field(item, field, base),
            }
        }
    }
    if let Some(watch) = node.get_mut("develop").and_then(|develop| develop.get_mut("watch"))
        && let Data::Sequence(items) = &mut watch.data
    {
        items.iter_mut().for_each(|item| absolute_field(item, "path", base));
    }
}

fn mount(item: &mut Node, base: &Base<'_>, path: &Path<'_>, findings: &mut Vec<Finding>) {
    if item.get("type").and_then(Node::as_str) != Some("bind") {
        return;
    }
    let source = item.get("source").and_then(Node::as_str).unwrap_or_default();
    if source.is_empty() {
        findings.push(
            Finding::error("missing-source", "a bind mount needs a source")
                .about(item)
                .on(path)
                .hint("write source: with a path of the host"),
        );
        return;
    }
    // A path of Windows is absolute for somebody else.
    if source.chars().nth(1) == Some(':') || source.starts_with("\\\\") {
        return;
    }
    absolute_field(item, "source", base);
}

/// A build context may be a directory, an address, or another service or image.
fn absolute_context(node: &mut Node, base: &Base<'_>) {
    let Some(text) = node.as_str() else { return };
    let remote = text.contains("://")
        || ["git@", "github.com/", "service:"].iter().any(|prefix| text.starts_with(prefix));
    if !remote {
        absolute_text(node, base);
    }
}

/// The local driver can bind a directory: `o: bind` and a path as `device`.
fn bound_volume(node: &mut Node, base: &Base<'_>) {
    let local = node.get("driver").and_then(Node::as_str) == Some("local");
    let Some(options) = node.get_mut("driver_opts") else { return };
    let binds = options.get("o").and_then(Node::as_str) == Some("bind");
    if local && binds {
        absolute_field(options, "device", base);
    }
}
