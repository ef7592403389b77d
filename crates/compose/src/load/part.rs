//! A file that serves several projects takes part in each with some of its services.

use std::collections::BTreeSet;

use crate::tree::Node;

/// Which services of a file take part in a project. Networks, volumes, configs and secrets always
/// do: a project only makes what its services use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// These. The file changes what others describe, so its `name`, `include` and `x-*` do not
    /// count.
    Only(BTreeSet<String>),
    /// All but these.
    Except(BTreeSet<String>),
}

impl Part {
    /// Takes out of a document whatever has no part in the project.
    pub(super) fn cut(&self, document: &mut Node) {
        let Some(document) = document.as_mapping_mut() else { return };
        if let Self::Only(_) = self {
            document.entries.retain(|entry| {
                let key = entry.key.name.as_str();
                !matches!(key, "name" | "include") && !key.starts_with("x-")
            });
        }
        let services = document.get_mut("services").and_then(Node::as_mapping_mut);
        if let Some(services) = services {
            services.entries.retain(|entry| match self {
                Self::Only(names) => names.contains(&entry.key.name),
                Self::Except(names) => !names.contains(&entry.key.name),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{LoadOptions, MemoryFiles, load};

    use super::*;

    fn check(part: Part, expected: &str) {
        let files = MemoryFiles::new()
            .with("/a.yaml", "name: a\nservices: { web: { image: web }, db: { image: db } }")
            .with(
                "/b.yaml",
                "name: b\nx-b: 1\nservices: { web: { user: me }, more: { image: more } }",
            );
        let options = LoadOptions {
            files: vec!["/a.yaml".into(), "/b.yaml".into()],
            parts: [("/b.yaml".to_string(), part)].into(),
            ..LoadOptions::default()
        };
        let loaded = load(&options, &files);
        let project = loaded.project.unwrap();
        let services: Vec<String> = project
            .services
            .values()
            .map(|service| format!("{} {}", service.name, service.user.as_deref().unwrap_or("-")))
            .collect();
        let extensions: Vec<&String> = project.extensions.keys().collect();
        let findings: Vec<String> = loaded.findings.iter().map(|f| f.line()).collect();
        let shown = format!("{} {services:?} {extensions:?} {findings:?}", project.name);
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_file_takes_part_with_some_services() {
        let web = || BTreeSet::from(["web".to_string()]);
        check(Part::Only(web()), r#"a ["db -", "web me"] [] []"#);
        check(Part::Except(web()), r#"b ["db -", "more -", "web -"] ["x-b"] []"#);
    }
}
