//! `extends`: a service on top of another one.

use std::collections::BTreeMap;

use super::model::{LONGEST_CHAIN, Loader, NamedAt, Scope, is_remote};
use crate::canonical::canonical;
use crate::files;
use crate::finding::Finding;
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
struct Services<'s> {
    file: &'s str,
    written: Mapping,
    extended: BTreeMap<String, Node>,
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
        let mut services = Services { file, written, extended: BTreeMap::new() };
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
        services: &mut Services<'_>,
        name: &str,
        scope: &Scope,
        chain: &mut Vec<(String, String)>,
    ) -> Option<Node> {
        if let Some(done) = services.extended.get(name) {
            return Some(done.clone());
        }
        let mut service = services.written.get(name)?.clone();
        let entry = service.as_mapping_mut().and_then(|mapping| mapping.remove("extends"));
        let Some(entry) = entry.filter(|entry| !entry.value.is_null()) else {
            return Some(service);
        };
        let here = (services.file.to_string(), name.to_string());
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
        let span = entry.value.span.clone();
        if let Data::String(service) = &entry.value.data {
            return Some(Extends { service: service.clone(), file: None, span });
        }
        let field = |name| {
            let node = entry.value.get(name)?;
            Some((node.as_str()?.to_string(), node.span.clone()))
        };
        let Some((service, span)) = field("service") else {
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
        services: &mut Services<'_>,
        extends: &Extends,
        path: &Path<'_>,
        scope: &Scope,
        chain: &mut Vec<(String, String)>,
    ) -> Option<Node> {
        let Some((file, span)) = &extends.file else {
            return match services.written.contains(&extends.service) {
                true => self.extended(services, &extends.service, scope, chain),
                false => {
                    self.no_base(extends, services.file, path);
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
        let before = self.findings.len();
        let named_at = NamedAt { span, path: &path.key("extends"), directory: &scope.directory };
        let documents = self.documents(&file, Some(named_at));
        let inner = Scope { directory: files::parent(&file), ..scope.clone() };
        let mut model: Option<Node> = None;
        for document in documents {
            let document = self.external(document, &inner);
            model = Some(match model {
                None => document,
                Some(base) => merge(base, document, &Path::ROOT, &mut self.findings),
            });
        }
        let Some(written) = model.as_ref().and_then(|m| m.get("services")?.as_mapping()) else {
            if self.findings.len() == before {
                self.no_base(extends, &file, path);
            }
            return None;
        };
        if !written.contains(&extends.service) {
            self.no_base(extends, &file, path);
            return None;
        }
        let mut others =
            Services { file: &file, written: written.clone(), extended: BTreeMap::new() };
        let service = self.extended(&mut others, &extends.service, &inner, chain)?;
        Some(self.absolute(service, &extends.service, &inner))
    }

    /// A document that is read for a service in it.
    fn external(&mut self, mut document: Node, scope: &Scope) -> Node {
        if self.interpolate {
            let environment = &scope.environment;
            crate::interpolate::interpolate(&mut document, environment, &mut self.findings);
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
