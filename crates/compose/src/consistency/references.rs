//! What a service names must exist.

use super::Project;
use crate::finding::{Finding, Place};
use crate::path::Path;
use crate::schema::closest;
use crate::tree::{Entry, Node};

pub(super) fn check(
    project: &Project<'_>,
    service: &Entry,
    path: &Path<'_>,
    findings: &mut Vec<Finding>,
) {
    let node = &service.value;
    let mut references = References { project, findings };
    for (section, code) in [("networks", "undefined-network"), ("models", "undefined-model")] {
        let path = path.key(section);
        for entry in node.get(section).map(Node::entries).unwrap_or_default() {
            let name = &entry.key.name;
            references.must_exist(section, code, name, entry.key.span.place(), &path);
        }
    }
    references.files(node, path);
    if let Some(build) = node.get("build") {
        let path = path.key("build");
        references.list(build, "secrets", "undefined-secret", &path);
        references.contexts(build, &path.key("additional_contexts"));
    }
    references.volumes(node, path);
    references.services(node, path);
}

struct References<'p, 'a, 'f> {
    project: &'p Project<'a>,
    findings: &'f mut Vec<Finding>,
}

impl References<'_, '_, '_> {
    fn files(&mut self, node: &Node, path: &Path<'_>) {
        self.list(node, "configs", "undefined-config", path);
        self.list(node, "secrets", "undefined-secret", path);
    }

    fn list(&mut self, node: &Node, section: &str, code: &'static str, path: &Path<'_>) {
        let path = path.key(section);
        let items = node.get(section).map(Node::items).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            if let Some(source) = item.get("source") {
                let name = source.as_str().unwrap_or_default();
                self.must_exist(section, code, name, source.place(), &path.item(index));
            }
        }
    }

    fn volumes(&mut self, node: &Node, path: &Path<'_>) {
        let path = path.key("volumes");
        let items = node.get("volumes").map(Node::items).unwrap_or_default();
        for (index, item) in items.iter().enumerate() {
            let is_volume = item.get("type").and_then(Node::as_str) == Some("volume");
            let Some(source) = item.get("source").filter(|_| is_volume) else { continue };
            let name = source.as_str().unwrap_or_default();
            if !name.is_empty() {
                let path = path.item(index);
                self.must_exist("volumes", "undefined-volume", name, source.place(), &path);
            }
        }
    }

    /// A build may see what another service's build makes.
    fn contexts(&mut self, build: &Node, path: &Path<'_>) {
        let contexts = build.get("additional_contexts").map(Node::entries).unwrap_or_default();
        for Entry { key, value } in contexts {
            let service = value.as_str().and_then(|text| text.strip_prefix("service:"));
            let Some(name) = service else { continue };
            let path = path.key(&key.name);
            match self.project.section("services").iter().find(|entry| entry.key.name == name) {
                None => self.service(name, true, value.place(), &path),
                Some(entry) if entry.value.get("build").is_none() => self.findings.push(
                    Finding::error("no-build", format!("the service {name:?} is not built"))
                        .about(value)
                        .on(path)
                        .hint("write docker-image:// with its image instead")
                        .related(entry.key.span.place(), "it has no build:"),
                ),
                Some(_) => {}
            }
        }
    }

    fn must_exist(
        &mut self,
        section: &str,
        code: &'static str,
        name: &str,
        place: Place,
        path: &Path<'_>,
    ) {
        if self.project.has(section, name) {
            return;
        }
        let what = section.trim_end_matches('s');
        let finding = Finding::error(code, format!("there is no {what} {name:?}"));
        let hint = match closest(name, self.project.names(section)) {
            Some(other) => format!("did you mean {other}?"),
            None => format!("declare it under {section}: at the top level"),
        };
        self.findings.push(finding.at(place).on(path).hint(hint));
    }

    fn services(&mut self, node: &Node, path: &Path<'_>) {
        let dependencies = path.key("depends_on");
        for entry in node.get("depends_on").map(Node::entries).unwrap_or_default() {
            let required = entry.value.get("required").and_then(Node::as_bool).unwrap_or(true);
            let path = dependencies.key(&entry.key.name);
            self.service(&entry.key.name, required, entry.key.span.place(), &path);
        }
        for namespace in ["network_mode", "ipc", "pid", "uts", "cgroup"] {
            let Some(value) = node.get(namespace) else { continue };
            if let Some(name) = value.as_str().and_then(|text| text.strip_prefix("service:")) {
                let declared = node.get("depends_on").is_some_and(|d| d.get(name).is_some());
                if !declared {
                    self.service(name, true, value.place(), &path.key(namespace));
                }
            }
        }
    }

    fn service(&mut self, name: &str, required: bool, place: Place, path: &Path<'_>) {
        if self.project.has("services", name) {
            return;
        }
        let finding = match self.project.disabled.contains(name) {
            true if !required => return,
            true => Finding::error(
                "disabled-dependency",
                format!("the service {name:?} is needed here, and none of its profiles is active"),
            )
            .hint("activate one of its profiles, or write required: false"),
            false => {
                let finding =
                    Finding::error("undefined-service", format!("there is no service {name:?}"));
                match closest(name, self.project.names("services")) {
                    Some(other) => finding.hint(format!("did you mean {other}?")),
                    None => finding.hint("declare it under services:, or remove this"),
                }
            }
        };
        self.findings.push(finding.at(place).on(path));
    }
}
