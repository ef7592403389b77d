//! What has to fit together: references between the parts of a project, attributes that exclude
//! each other, values that the form alone cannot judge.

mod cycles;
mod references;
mod resources;
mod service;

use std::collections::BTreeSet;

use crate::finding::{Finding, Place};
use crate::path::Path;
use crate::tree::{Entry, Node};

/// What the rules look at.
pub(crate) struct Project<'a> {
    root: &'a Node,
    disabled: &'a BTreeSet<String>,
}

impl<'a> Project<'a> {
    fn section(&self, name: &str) -> &'a [Entry] {
        self.root.get(name).map(Node::entries).unwrap_or_default()
    }

    fn has(&self, section: &str, name: &str) -> bool {
        self.section(section).iter().any(|entry| entry.key.name == name)
    }

    fn names(&self, section: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.section(section).iter().map(|entry| entry.key.name.as_str())
    }
}

/// Checks a canonical, normalised tree without its disabled services.
pub(crate) fn check(root: &Node, disabled: &BTreeSet<String>, findings: &mut Vec<Finding>) {
    let project = Project { root, disabled };
    let services = Path::ROOT.key("services");
    for entry in project.section("services") {
        let path = services.key(&entry.key.name);
        service::check(entry, &path, findings);
        references::check(&project, entry, &path, findings);
    }
    cycles::check(&project, findings);
}

/// Checks that hold with and without consistency: what the author of a resource has to decide.
pub(crate) fn check_resources(root: &Node, findings: &mut Vec<Finding>) {
    resources::check(root, findings);
}

/// The place of an attribute: its key, or the thing that should have it.
fn place_in(entry: &Entry, attribute: &str) -> Place {
    let mapping = entry.value.as_mapping();
    let found = mapping.and_then(|mapping| mapping.entry(attribute));
    found.map_or(entry.key.span.place(), |attribute| attribute.key.span.place())
}
