//! Where a value comes from.

use crate::finding::{Finding, Place};
use crate::tree::{How, Node, Origin};

/// One station on the way of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// What happened there, as a phrase.
    pub what: &'static str,
    /// Where it is written.
    pub place: Place,
}

/// The stations of the value at `path`, such as `services.web.ports`: where it is written, then
/// through what it came, and what it replaced. Empty if there is no such value.
pub(crate) fn explain(tree: &Node, path: &str) -> Vec<Station> {
    let Some(nodes) = tree.way_to(path) else { return Vec::new() };
    let mut stations = Vec::new();
    if let Some(node) = nodes.last() {
        stations.push(Station { what: "written here", place: node.place() });
    }
    // What holds for a service holds for everything in it.
    for node in nodes.iter().rev() {
        stations.extend(trail(node));
    }
    stations
}

fn trail(node: &Node) -> impl Iterator<Item = Station> + '_ {
    let first = node.origin.as_deref();
    std::iter::successors(first, |origin| origin.earlier.as_deref())
        .map(|Origin { how, span, .. }| Station { what: phrase(*how), place: span.place() })
}

fn phrase(how: How) -> &'static str {
    match how {
        How::Alias => "it came through this alias",
        How::MergeKey => "it came through this merge key",
        How::Extends => "it came through this extends",
        How::Include => "it came through this include",
        How::Replaced => "it replaced the value here",
    }
}

impl Finding {
    /// The same finding, at a value, with the places through which the value came.
    #[must_use]
    pub fn about(mut self, node: &Node) -> Self {
        self.place = Some(node.place());
        for Station { what, place } in trail(node) {
            self = self.related(place, what);
        }
        self
    }
}
