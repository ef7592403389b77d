//! `extends`: a service on top of another one.

use std::collections::BTreeMap;

use super::model::{Loader, NamedAt, Scope, is_remote};
use crate::canonical::canonical;
use crate::files;
use crate::finding::Finding;
use crate::limits::{LONGEST_CHAIN, weight, weight_of_text};
use crate::merge::merge;
use crate::path::Path;
use crate::paths::{self, Base};
use crate::reset;
use crate::tree::{Data, Entry, How, Mapping, Node, Span};
use crate::unique::unique;

/// What `extends` says.
struct Extends {
    service: String,
    file: Option<(String, Span)>,
    span: Span,
}

/// The services of one file, and those already extended.
pub(super) struct Services {
    file: String,
    written: Mapping,
    extended: BTreeMap<String, Node>,
    /// Whether it is known already that the file has no services.
    is_broken: bool,
}

impl Loader<'_> {
    /// Replaces every service that extends another one by what comes of it.
    pub(super) fn extend_services(&mut self, document: &mut Node, file: &str, scope: &Scope) {
        let Some(written) = document.get("services").and_then(Node::as_mapping) else { return };
        if !written.entries.iter().any(|entry| entry.value.get("extends").is_some()) {
            return;
        }
        let written = written.clone();
        let names: Vec<String> = written.entries.iter().map(|e| e.key.name.clone()).collect();
        let mut services = Services {
            file: file.to_string(),
            written,
            extended: BTreeMap::new(),
            is_broken: false,
        };
        // What other files say depends on the scope.
        self.others.clear();
        for name in names {
            let mut chain = Vec::new();
            let Some(service) = self.extended(&mut services, &name, scope, &mut chain) else {
                continue;
            };
            let slot = document.get_mut("services").and_then(|services| services.get_mut(&name));
            if let Some(slot) = slot {
                *slot = service;
            }
        }
    }

    fn extended(
        &mut self,
        services: &mut Services,
        name: &str,
        scope: &Scope,
        chain: &mut Vec<(String, String)>,
    ) -> Option<Node> {
        if self.brought > self.limits.brought {
            return None;
        }
        if let Some(done) = services.extended.get(name) {
            return Some(done.clone());
        }
        let mut service = services.written.get(name)?.clone();
        let entry = service.as_mapping_mut().and_then(|mapping| mapping.remove("extends"));
        let Some(entry) = entry else { return Some(service) };
        let here = (services.file.clone(), name.to_string());
        if chain.contains(&here) || chain.len() > LONGEST_CHAIN {
            self.extends_cycle(name, &entry.key.span);
            return Some(service);
        }
        chain.push(here);
        let path = Path::ROOT.key("services");
        let path = path.key(name);
        let base = match self.read_extends(&entry, &path) {
            Some(extends) => self.base(services, &extends, &path, scope, chain),
            None => None,
        };
        chain.pop();
        let base = base.filter(|base| self.bring(weight(base), Some(&entry.key.span)));
        if let Some(mut base) = base {
            base.came_through(How::Extends, &entry.key.span);
            reset::clear(&mut base, &service);
            reset::strip(&mut base);
            let tag = service.tag.clone();
            service = merge(base, service, &path, &mut self.findings);
            service.tag = tag;
            unique(&mut service, &path);
        }
        services.extended.insert(name.to_string(), service.clone());
        Some(service)
    }

    fn extends_cycle(&mut self, name: &str, span: &Span) {
        self.findings.push(
            Finding::error("extends-cycle", format!("the service {name} extends itself"))
                .at(span.place())
                .on(format!("services.{name}.extends"))
                .hint("remove one of the extends"),
        );
    }

    fn read_extends(&mut self, entry: &Entry, path: &Path<'_>) -> Option<Extends> {
        let text = |node: &Node| Some((node.as_str()?.to_string(), node.span.clone()));
        let field = |name| text(entry.value.get(name)?);
        let service = text(&entry.value).or_else(|| field("service"));
        let Some((service, span)) = service.filter(|(name, _)| !name.is_empty()) else {
            self.findings.push(
                Finding::error("missing-attribute", "extends needs a service")
                    .at(entry.key.span.place())
                    .on(path.key("extends"))
                    .hint("write service: with the name of the service to extend"),
            );
            return None;
        };
        Some(Extends { service, file: field("file"), span })
    }

    fn base(
        &mut self,
        services: &mut Services,
        extends: &Extends,
        path: &Path<'_>,
        scope: &Scope,
        chain: &mut Vec<(String, String)>,
    ) -> Option<Node> {
        let Some((file, span)) = &extends.file else {
            return match services.written.contains(&extends.service) {
                true => self.extended(services, &extends.service, scope, chain),
                false => {
                    self.no_base(extends, &services.file, path);
                    None
                }
            };
        };
        if is_remote(file) {
            self.findings.push(
                Finding::error("remote-file", format!("{file} is not a file here"))
                    .at(span.place())
                    .on(path.key("extends"))
                    .hint("download it, and extend the copy"),
            );
            return None;
        }
        let base = Base { directory: &scope.directory, environment: &scope.environment };
        let file = files::normalise(&base.absolute(file));
        if file == services.file {
            return self.extended(services, &extends.service, scope, chain);
        }
        let inner = Scope { directory: files::parent(&file), ..scope.clone() };
        let mut others = match self.others.remove(&file) {
            Some(others) => others,
            None => {
                let path = path.key("extends");
                let named_at = NamedAt { span, path: &path, directory: &scope.directory };
                self.services_of(file.clone(), named_at, &inner)?
            }
        };
        let is_there = others.written.contains(&extends.service);
        let service = match is_there {
            true => self.extended(&mut others, &extends.service, &inner, chain),
            false => None,
        };
        if !is_there && !others.is_broken {
            self.no_base(extends, &file, path);
        }
        self.others.insert(file, others);
        Some(self.absolute(service?, &extends.service, &inner))
    }

    /// The services of another file; `None` if nothing more may be brought together.
    fn services_of(
        &mut self,
        file: String,
        named_at: NamedAt<'_>,
        scope: &Scope,
    ) -> Option<Services> {
        let before = self.findings.len();
        let mut model: Option<Node> = None;
        for document in self.documents(&file, Some(named_at)) {
            let document = self.external(document, scope);
            model = Some(match model {
                None => document,
                Some(base) => merge(base, document, &Path::ROOT, &mut self.findings),
            });
        }
        if self.brought > self.limits.brought {
            return None;
        }
        let services = model.and_then(|mut model| model.as_mapping_mut()?.remove("services"));
        let written = services.and_then(|mut services| services.value.as_mapping_mut().cloned());
        let is_broken = written.is_none() && self.findings.len() > before;
        let written = written.unwrap_or_default();
        Some(Services { file, written, extended: BTreeMap::new(), is_broken })
    }

    /// A document that is read for a service in it.
    fn external(&mut self, mut document: Node, scope: &Scope) -> Node {
        if self.interpolate {
            let environment = &scope.environment;
            let added =
                crate::interpolate::interpolate(&mut document, environment, &mut self.findings);
            self.bring(weight_of_text(added), None);
        }
        document
    }

    /// A service whose paths no longer depend on where it was written.
    fn absolute(&mut self, service: Node, name: &str, scope: &Scope) -> Node {
        let span = service.span.clone();
        let mut services = Mapping::default();
        services.set(name, service);
        let mut root = Node::mapping(Vec::new(), &span);
        if let Some(root) = root.as_mapping_mut() {
            root.set("services", Node::new(Data::Mapping(services), span));
        }
        canonical(&mut root, &mut self.findings);
        let base = Base { directory: &scope.directory, environment: &scope.environment };
        paths::resolve(&mut root, &base, &mut self.findings);
        let services = root.get_mut("services").and_then(Node::as_mapping_mut);
        services.and_then(|services| services.remove(name)).map_or(root, |entry| entry.value)
    }

    fn no_base(&mut self, extends: &Extends, file: &str, path: &Path<'_>) {
        self.findings.push(
            Finding::error(
                "undefined-service",
                format!("there is no service {:?} to extend in {file}", extends.service),
            )
            .at(extends.span.place())
            .on(path.key("extends"))
            .hint("without file:, only services of the same file can be extended"),
        );
    }
}
