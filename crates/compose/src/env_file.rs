//! `env_file` and `label_file`: their content becomes part of the service.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::dotenv::{self, Read};
use crate::files::{self, Files};
use crate::finding::Finding;
use crate::limits::MOST_TEXT;
use crate::path::Path;
use crate::paths::{Base, beside_its_name};
use crate::tree::{Data, How, Key, Mapping, Node, Source, Span};
use crate::unread::{self, Unread};

/// Reads the `env_file`s of services and merges them into `environment`, whose own entries win;
/// among files the later one does.
pub(crate) fn read_env_files(
    root: &mut Node,
    base: &Base<'_>,
    files: &dyn Files,
    findings: &mut Vec<Finding>,
) {
    let mut reader = Reader { files, findings, base, room: MOST_TEXT };
    each_service(root, |service, path| reader.env_files(service, &path.key("env_file")));
}

/// The same with `label_file` and `labels`.
pub(crate) fn read_label_files(
    root: &mut Node,
    base: &Base<'_>,
    files: &dyn Files,
    findings: &mut Vec<Finding>,
) {
    let mut reader = Reader { files, findings, base, room: MOST_TEXT };
    each_service(root, |service, path| {
        reader.label_files(service, &path.key("label_file"));
        if let Some(service) = service.as_mapping_mut() {
            service.remove("label_file");
        }
    });
}

fn each_service(root: &mut Node, mut change: impl FnMut(&mut Node, &Path<'_>)) {
    let path = Path::ROOT.key("services");
    let Some(services) = root.get_mut("services").and_then(Node::as_mapping_mut) else { return };
    for entry in &mut services.entries {
        change(&mut entry.value, &path.key(&entry.key.name));
    }
}

/// Removes the names of the files, once their content is in the services.
pub(crate) fn forget(root: &mut Node) {
    let services = root.get_mut("services").and_then(Node::as_mapping_mut);
    for entry in services.into_iter().flat_map(|services| &mut services.entries) {
        if let Some(service) = entry.value.as_mapping_mut() {
            service.remove("env_file");
        }
    }
}

/// What files say: a value, where it is written, and where its file is named.
type Values = BTreeMap<String, (String, Span, Span)>;

struct Reader<'a> {
    files: &'a dyn Files,
    findings: &'a mut Vec<Finding>,
    base: &'a Base<'a>,
    /// Bytes that may still be read.
    room: usize,
}

fn too_much_text() -> Finding {
    let message = format!("the files of all services have more than {MOST_TEXT} bytes");
    Finding::error("too-much-text", message).hint("name fewer or smaller files")
}

impl Reader<'_> {
    /// Whether a file may still be read. One whose size cannot be told may: reading it says why.
    fn fits(&self, path: &str) -> bool {
        let room = u64::try_from(self.room).unwrap_or(u64::MAX);
        self.room > 0 && self.files.size(path).map_or(true, |size| size <= room)
    }

    fn env_files(&mut self, service: &mut Node, path: &Path<'_>) {
        let Some(list) = service.get("env_file") else { return };
        let mut outside: BTreeMap<String, String> = own_variables(service);
        outside.extend(self.base.environment.clone());
        let mut values = Values::new();
        for (index, item) in list.items().iter().enumerate() {
            let required = item.get("required").and_then(Node::as_bool).unwrap_or(true);
            let Some(file) = item.get("path") else { continue };
            let path = path.item(index);
            let format = item.get("format");
            let raw = format.and_then(Node::as_str) == Some("raw");
            if let Some(format) = format.filter(|format| !raw && format.as_str() != Some("")) {
                self.findings.push(unknown_format(format, &path.key("format")));
                continue;
            }
            let Some(text) = self.read(file, required, "missing-env-file", &path) else { continue };
            let name = file.as_str().unwrap_or_default();
            let read = match raw {
                true => dotenv::read_raw(&text, name, &outside),
                false => dotenv::read(&text, name, &outside, &only_texts(&values)),
            };
            self.take(read, file, &path, &mut values);
        }
        merge_below(service, "environment", values);
    }

    fn label_files(&mut self, service: &mut Node, path: &Path<'_>) {
        let Some(list) = service.get("label_file") else { return };
        let mut values = Values::new();
        for (index, file) in list.items().iter().enumerate() {
            let path = path.item(index);
            let Some(text) = self.read(file, true, "missing-label-file", &path) else { continue };
            let name = file.as_str().unwrap_or_default();
            let nothing = BTreeMap::new();
            let read = dotenv::read(&text, name, &nothing, &only_texts(&values));
            self.take(read, file, &path, &mut values);
        }
        merge_below(service, "labels", values);
    }

    /// Adds what is in a file over what was in those before it.
    fn take(&mut self, read: Read, file: &Node, path: &Path<'_>, values: &mut Values) {
        let Read { values: more, lines, findings } = read;
        self.findings.extend(findings.into_iter().map(|finding| finding.on(path)));
        let name = file.as_str().unwrap_or_default().to_string();
        let source = Arc::new(Source { name, text: String::new() });
        for (name, value) in more {
            let line = lines.get(&name).copied().unwrap_or(1);
            let written = Span::of_line(&source, line);
            values.insert(name, (value, written, file.span.clone()));
        }
    }

    fn read(
        &mut self,
        file: &Node,
        required: bool,
        code: &'static str,
        path: &Path<'_>,
    ) -> Option<String> {
        let name = file.as_str()?;
        let lookup = files::normalise(&self.base.absolute(name));
        let unread = match unread::look(self.files, &lookup, name) {
            Ok(()) if !self.fits(&lookup) => {
                // What follows would be too much as well: it is said once.
                if std::mem::take(&mut self.room) > 0 {
                    self.findings.push(too_much_text().about(file).on(path));
                }
                return None;
            }
            Ok(()) => match unread::bytes(self.files, &lookup, name) {
                Ok(bytes) => {
                    self.room = self.room.saturating_sub(bytes.len());
                    return Some(String::from_utf8_lossy(&bytes).into_owned());
                }
                Err(unread) => unread,
            },
            Err(Unread::Absent(_)) if !required => return None,
            Err(unread) => unread,
        };
        let hint = || {
            let beside = beside_its_name(self.files, self.base.directory, &lookup, &file.span);
            beside.unwrap_or_else(|| {
                match code {
                    "missing-env-file" => {
                        "create it, or write required: false if it may be missing"
                    }
                    _ => "create it, or remove this entry",
                }
                .to_string()
            })
        };
        self.findings.push(unread.finding(code, hint).about(file).on(path));
        None
    }
}

/// The variables of a service that have a value.
fn own_variables(service: &Node) -> BTreeMap<String, String> {
    let own = service.get("environment").map(Node::entries).unwrap_or_default();
    let values = own.iter().filter_map(|e| Some((e.key.name.clone(), e.value.scalar_text()?)));
    values.collect()
}

fn only_texts(values: &Values) -> BTreeMap<String, String> {
    values.iter().map(|(name, (value, ..))| (name.clone(), value.clone())).collect()
}

fn unknown_format(format: &Node, path: &Path<'_>) -> Finding {
    let text = format.as_str().unwrap_or_default();
    Finding::error("unknown-value", format!("{text:?} is not a format"))
        .about(format)
        .on(path)
        .hint("write raw to take values as they stand, or leave format out")
}

/// Puts values into a mapping of the service where it does not say otherwise.
fn merge_below(service: &mut Node, name: &str, values: Values) {
    if values.is_empty() {
        return;
    }
    let span = service.span.clone();
    let Some(service) = service.as_mapping_mut() else { return };
    if !service.contains(name) {
        service.set(name, Node::new(Data::Mapping(Mapping::default()), span));
    }
    let Some(own) = service.get_mut(name).and_then(Node::as_mapping_mut) else { return };
    for (name, (value, span, named_at)) in values {
        if !own.contains(&name) {
            let mut value = Node::string(value, &span);
            value.came_through(How::EnvFile, &named_at);
            own.insert(Key { name, span }, value);
        }
    }
}
