//! Findings about values that came from other files: through which places they came.

use crate::explain::{phrase, steps_of};
use crate::finding::{Finding, Related};
use crate::tree::{How, Node, Origin};

/// Adds to findings the places of the `extends` and `include` that brought what they are about.
/// Whatever is written in one of `files`, the files of the project itself, came directly.
pub(crate) fn add_ways(tree: &Node, files: &[String], findings: &mut [Finding]) {
    for finding in findings {
        let Some(place) = &finding.place else { continue };
        if files.contains(&place.file) {
            continue;
        }
        let written_in = place.file.clone();
        let mut more: Vec<Related> = Vec::new();
        // What brought the whole service is said after what brought its part.
        for node in way_as_far(tree, &finding.path).into_iter().rev() {
            for Origin { how, span, .. } in steps_of(node) {
                let brings = matches!(how, How::Extends | How::Include);
                let related = Related { place: span.place(), message: phrase(*how).to_string() };
                let is_new = !finding.related.contains(&related) && !more.contains(&related);
                if brings && is_new && related.place.file != written_in {
                    more.push(related);
                }
            }
        }
        finding.related.extend(more);
    }
}

/// The nodes on the way of a path, as far as there are any.
fn way_as_far<'a>(tree: &'a Node, path: &str) -> Vec<&'a Node> {
    let mut way = Vec::new();
    let (mut node, mut rest) = (tree, path);
    while let Some((next, after)) = step(node, rest) {
        way.push(next);
        (node, rest) = (next, after);
    }
    way
}

/// The child that a path begins with, and what is left of the path.
fn step<'a, 'p>(node: &'a Node, path: &'p str) -> Option<(&'a Node, &'p str)> {
    let path = path.strip_prefix('.').unwrap_or(path);
    if let Some((index, rest)) = path.strip_prefix('[').and_then(|path| path.split_once(']')) {
        return Some((node.items().get(index.parse::<usize>().ok()?)?, rest));
    }
    let fits = |name: &str| {
        let rest = path.strip_prefix(name);
        !name.is_empty() && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    let entries = node.entries().iter().filter(|entry| fits(&entry.key.name));
    let entry = entries.max_by_key(|entry| entry.key.name.len())?;
    Some((&entry.value, &path[entry.key.name.len()..]))
}
