//! Files merged into one tree: documents, `include`, `extends`, resets, merge, uniqueness.

use std::collections::BTreeMap;

use super::extends::Services;
use crate::canonical::canonical;
use crate::dotenv;
use crate::files::{self, Files};
use crate::finding::Finding;
use crate::interpolate::interpolate;
use crate::limits::{LONGEST_CHAIN, Limits, MOST_INCLUDED, file_too_large, weight, weight_of_text};
use crate::merge::merge;
use crate::path::Path;
use crate::paths::{self, Base, beside_its_name};
use crate::reset;
use crate::schema;
use crate::templated;
use crate::tree::{Entry, How, Mapping, Node, Span, parse_with};
use crate::unique::unique;
use crate::unread;

/// Reads files and merges them.
pub(super) struct Loader<'a> {
    pub(super) files: &'a dyn Files,
    pub(super) findings: Vec<Finding>,
    pub(super) limits: Limits,
    pub(super) interpolate: bool,
    /// Files that were read, as they are written: many services may extend the same file.
    pub(super) known: BTreeMap<String, Vec<Node>>,
    /// The services of other files that services extend.
    pub(super) others: BTreeMap<String, Services>,
    pub(super) included: usize,
    /// Values that includes and extends have brought so far.
    pub(super) brought: usize,
    /// The env files of includes, by the Compose files that they count in.
    pub(super) env_files: BTreeMap<String, Vec<String>>,
}

/// What the files of one project or include have in common.
#[derive(Clone)]
pub(super) struct Scope {
    /// The directory of relative paths.
    pub(super) directory: String,
    /// The environment for interpolation.
    pub(super) environment: BTreeMap<String, String>,
    /// The files on the way here, to recognise cycles.
    pub(super) chain: Vec<String>,
}

/// Where a file is named, and what its path is seen from.
pub(super) struct NamedAt<'a> {
    pub(super) span: &'a Span,
    pub(super) path: &'a Path<'a>,
    pub(super) directory: &'a str,
}

impl Loader<'_> {
    /// The documents of a file as they are written. `named_at` is where the file is named, if a
    /// file does it.
    pub(super) fn documents(&mut self, file: &str, named_at: Option<NamedAt<'_>>) -> Vec<Node> {
        if self.brought > self.limits.brought {
            return Vec::new();
        }
        if let Some(size) = self.known.get(file).map(|documents| documents.iter().map(weight).sum())
        {
            // Counted before it is copied: the copy is what must not happen.
            let is_allowed = self.bring(size, named_at.as_ref().map(|named_at| named_at.span));
            let documents = self.known.get(file).filter(|_| is_allowed);
            return documents.cloned().unwrap_or_default();
        }
        // Asked before it is read: what lies there may be larger than the memory.
        let most = u64::try_from(self.limits.bytes).unwrap_or(u64::MAX);
        if let Some(size) = self.files.size(file).ok().filter(|size| *size > most) {
            self.findings.push(file_too_large(file, size, self.limits.bytes));
            return Vec::new();
        }
        match unread::text(self.files, file) {
            Ok(text) => {
                let (documents, mut findings) = parse_with(&text, file, &self.limits);
                templated::explain_syntax(&text, &mut findings);
                self.findings.extend(findings);
                if let Some(named_at) = named_at {
                    self.bring(documents.iter().map(weight).sum(), Some(named_at.span));
                }
                self.known.insert(file.to_string(), documents.clone());
                documents
            }
            Err(unread) => {
                self.findings.push(match named_at {
                    Some(NamedAt { span, path, directory }) => {
                        let beside = || beside_its_name(self.files, directory, file, span);
                        let hint = || beside().unwrap_or_else(|| "correct the path".to_string());
                        unread.finding("missing-file", hint).at(span.place()).on(path)
                    }
                    None => unread.finding("missing-file", || "name a file that exists".into()),
                });
                Vec::new()
            }
        }
    }

    /// Counts values that are brought together; whether they may be. If not, that is said once.
    pub(super) fn bring(&mut self, size: usize, at: Option<&Span>) -> bool {
        let was_allowed = self.brought <= self.limits.brought;
        self.brought = self.brought.saturating_add(size);
        let is_allowed = self.brought <= self.limits.brought;
        if was_allowed && !is_allowed {
            let message = "include and extends bring too many values together".to_string();
            let finding = Finding::error("too-many-values", message)
                .hint("each counts as often as it is brought: extend smaller services");
            self.findings.push(match at {
                Some(span) => finding.at(span.place()),
                None => finding,
            });
        }
        is_allowed
    }

    /// The tree that the documents of several files make together.
    pub(super) fn model(
        &mut self,
        documents: Vec<(String, Vec<Node>)>,
        scope: &Scope,
    ) -> Option<Node> {
        let mut model: Option<Node> = None;
        for (file, documents) in documents {
            let mut scope = scope.clone();
            scope.chain.push(file.clone());
            for document in documents {
                let Some(document) = self.document(document, &file, &scope, &mut model) else {
                    continue;
                };
                let mut merged = match model.take() {
                    None => document,
                    Some(base) => merge(base, document, &Path::ROOT, &mut self.findings),
                };
                unique(&mut merged, &Path::ROOT);
                model = Some(merged);
            }
        }
        model
    }

    /// One document, ready to be merged over `model`.
    fn document(
        &mut self,
        mut document: Node,
        file: &str,
        scope: &Scope,
        model: &mut Option<Node>,
    ) -> Option<Node> {
        if document.as_mapping().is_none() {
            self.findings.push(no_mapping(&document));
            return None;
        }
        if self.interpolate {
            let added = interpolate(&mut document, &scope.environment, &mut self.findings);
            self.bring(weight_of_text(added), None);
        }
        document = self.include(document, scope);
        if let Some(model) = model {
            reset::clear(model, &document);
        }
        self.extend_services(&mut document, file, scope);
        reset::strip(&mut document);
        Some(document)
    }

    fn include(&mut self, mut document: Node, scope: &Scope) -> Node {
        let Some(include) = document.as_mapping_mut().and_then(|map| map.remove("include")) else {
            return document;
        };
        let mut included: Option<Node> = None;
        let path = Path::ROOT.key("include");
        schema::check_include(&include, &mut self.findings);
        // From the last to the first: the earlier entry wins.
        for (index, item) in include.value.items().iter().enumerate().rev() {
            let Some(mut model) = self.included(item, &path.item(index), scope) else { continue };
            mark_imported(&mut model, &item.span);
            included = Some(match included {
                None => model,
                Some(base) => merge(base, model, &Path::ROOT, &mut self.findings),
            });
        }
        match included {
            None => document,
            Some(mut base) => {
                reset::clear(&mut base, &document);
                merge(base, document, &Path::ROOT, &mut self.findings)
            }
        }
    }

    /// The model of one include entry, with absolute paths.
    fn included(&mut self, item: &Node, path: &Path<'_>, scope: &Scope) -> Option<Node> {
        let base = Base { directory: &scope.directory, environment: &scope.environment };
        let paths = texts(item.get("path").unwrap_or(item));
        let mut sources = Vec::new();
        for (name, span) in paths {
            if is_remote(&name) {
                self.findings.push(
                    Finding::error("remote-file", format!("{name} is not a file here"))
                        .at(span.place())
                        .on(path)
                        .hint("download it, and include the copy"),
                );
                return None;
            }
            sources.push((files::normalise(&base.absolute(&name)), span));
        }
        let (first, _) = sources.first()?;
        let directory = match item.get("project_directory").and_then(Node::as_str) {
            Some(directory) => base.absolute(directory),
            None => files::parent(first),
        };
        let mut env_files = Vec::new();
        let mut environment = self.include_environment(item, &directory, &base, &mut env_files)?;
        environment.extend(scope.environment.clone());
        let inner = Scope { directory, environment, chain: scope.chain.clone() };
        let mut documents = Vec::new();
        for (file, span) in sources {
            if scope.chain.contains(&file) || scope.chain.len() > LONGEST_CHAIN {
                self.findings.push(
                    Finding::error("include-cycle", format!("{file} includes itself"))
                        .at(span.place())
                        .on(path)
                        .hint("remove one of the includes"),
                );
                return None;
            }
            self.included += 1;
            self.env_files.entry(file.clone()).or_default().extend(env_files.iter().cloned());
            if self.included > MOST_INCLUDED {
                let message = format!("the project includes more than {MOST_INCLUDED} files");
                let finding = Finding::error("too-many-includes", message);
                self.findings.push(finding.at(span.place()).on(path).hint("include fewer"));
                return None;
            }
            documents.push((file.clone(), {
                let directory = &scope.directory;
                self.documents(&file, Some(NamedAt { span: &span, path, directory }))
            }));
        }
        let mut model = self.model(documents, &inner)?;
        canonical(&mut model, &mut self.findings);
        let base = Base { directory: &inner.directory, environment: &inner.environment };
        paths::resolve(&mut model, &base, &mut self.findings);
        Some(model)
    }

    /// The variables of an include's own env files: those it names, or the `.env` beside it.
    fn include_environment(
        &mut self,
        item: &Node,
        directory: &str,
        base: &Base<'_>,
        env_files: &mut Vec<String>,
    ) -> Option<BTreeMap<String, String>> {
        let mut environment = BTreeMap::new();
        let named = item.get("env_file").map(texts);
        let own = vec![(files::join(directory, ".env"), item.span.clone())];
        for (name, span) in named.clone().unwrap_or(own) {
            let file = files::normalise(&base.absolute(&name));
            if file == "/dev/null" {
                continue;
            }
            let text = match (self.files.kind(&file), &named) {
                (Ok(None), None) => continue,
                _ => unread::text(self.files, &file),
            };
            match text {
                Ok(text) => {
                    let (values, findings) =
                        dotenv::parse_after(&text, &file, base.environment, &environment);
                    self.findings.extend(findings);
                    environment.extend(values);
                    env_files.push(file);
                }
                Err(unread) => {
                    let finding = unread.finding("missing-env-file", || "correct the path".into());
                    self.findings.push(finding.at(span.place()).on("include"));
                    return None;
                }
            }
        }
        Some(environment)
    }
}

fn no_mapping(document: &Node) -> Finding {
    let finding = Finding::error("not-a-mapping", "a Compose file is a mapping with services:");
    let finding = finding.at(document.place());
    match document.is_null() {
        true => finding.hint("there is an empty document: is a line --- left over?"),
        false => finding,
    }
}

/// Keeps the sections that an include brings in, and notes where they come from.
fn mark_imported(model: &mut Node, at: &Span) {
    const IMPORTED: [&str; 6] = ["services", "volumes", "networks", "secrets", "configs", "models"];
    let Some(mapping) = model.as_mapping_mut() else { return };
    mapping.entries.retain(|entry| IMPORTED.contains(&entry.key.name.as_str()));
    let sections = mapping.entries.iter_mut().filter_map(|entry| entry.value.as_mapping_mut());
    for Mapping { entries } in sections {
        for Entry { value, .. } in entries {
            value.came_through(How::Include, at);
        }
    }
}

/// A text, or the texts of a list, with their places.
fn texts(node: &Node) -> Vec<(String, Span)> {
    let one = std::slice::from_ref(node);
    let items = node.as_sequence().unwrap_or(one).iter();
    items.filter_map(|item| Some((item.as_str()?.to_string(), item.span.clone()))).collect()
}

/// Whether a path names something that is not a file, such as a Git repository.
pub(super) fn is_remote(path: &str) -> bool {
    path.contains("://") || path.starts_with("git@")
}
