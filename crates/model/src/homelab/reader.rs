//! Looking into the tree of `hob.yaml`, with a finding for whatever is not as it should be.

use hob_compose::{
    Finding, Place,
    tree::{Data, Entry, Node},
};

use super::{Placed, fields::Fields};

/// Collects findings while values are taken out of a tree.
pub(crate) struct Reader<'a> {
    pub(crate) findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    /// The entries of a mapping whose keys are all known; null counts as an empty one.
    pub(crate) fn known<'n>(&mut self, node: &'n Node, path: &str, known: &[&str]) -> &'n [Entry] {
        let entries = self.mapping(node, path);
        for entry in entries {
            let key = entry.key.name.as_str();
            if known.contains(&key) || key.starts_with("x-") {
                continue;
            }
            let inside = if path.is_empty() { "here" } else { path };
            let hint = match did_you_mean(key, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("{inside} may have: {}", known.join(", ")),
            };
            self.findings.push(
                Finding::error("unknown-key", format!("nothing is called {key} {}", within(path)))
                    .at(entry.key.span.place())
                    .on(child(path, key))
                    .hint(hint),
            );
        }
        entries
    }

    /// The entries of a mapping whose keys are those of the table; null counts as an empty one.
    pub(super) fn fields<'n>(
        &mut self,
        node: &'n Node,
        path: &str,
        fields: &Fields,
    ) -> &'n [Entry] {
        let keys: Vec<&str> = fields.keys().collect();
        self.known(node, path, &keys)
    }

    /// One of some words.
    pub(super) fn choice(
        &mut self,
        node: &Node,
        path: &str,
        words: &[&str],
    ) -> Option<Placed<String>> {
        let word = self.scalar(node, path)?;
        if words.contains(&word.value.as_str()) {
            return Some(word);
        }
        let hint = match did_you_mean(&word.value, words.iter().copied()) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("write one of: {}", words.join(", ")),
        };
        self.findings.push(
            Finding::error("bad-choice", format!("{:?} is none of the words here", word.value))
                .at(word.place)
                .on(path)
                .hint(hint),
        );
        None
    }

    /// The entries of a mapping with free keys; null counts as an empty one.
    pub(crate) fn mapping<'n>(&mut self, node: &'n Node, path: &str) -> &'n [Entry] {
        match &node.data {
            Data::Null => &[],
            Data::Mapping(mapping) => &mapping.entries,
            _ => {
                self.wrong_kind(node, path, "a mapping");
                &[]
            }
        }
    }

    /// The items of a list; null counts as an empty one.
    pub(crate) fn list<'n>(&mut self, node: &'n Node, path: &str) -> &'n [Node] {
        match &node.data {
            Data::Null => &[],
            Data::Sequence(items) => items,
            _ => {
                self.wrong_kind(node, path, "a list");
                &[]
            }
        }
    }

    /// A text that is not empty.
    pub(crate) fn text(&mut self, node: &Node, path: &str) -> Option<Placed<String>> {
        match &node.data {
            Data::String(text) if !text.is_empty() => {
                Some(Placed { value: text.clone(), place: node.place() })
            }
            Data::String(_) => {
                self.findings.push(
                    Finding::error("empty-value", "the value is empty").at(node.place()).on(path),
                );
                None
            }
            _ => {
                self.wrong_kind(node, path, "a text");
                None
            }
        }
    }

    /// A text, number or boolean, as Compose would print it.
    pub(crate) fn scalar(&mut self, node: &Node, path: &str) -> Option<Placed<String>> {
        let text = node.scalar_text();
        if text.is_none() {
            self.wrong_kind(node, path, "a text, a number, true or false");
        }
        text.map(|value| Placed { value, place: node.place() })
    }

    /// A truth value; false if it is something else.
    pub(crate) fn boolean(&mut self, node: &Node, path: &str) -> bool {
        node.as_bool().unwrap_or_else(|| {
            self.wrong_kind(node, path, "true or false");
            false
        })
    }

    /// A text, or a list of texts.
    pub(super) fn one_or_texts(&mut self, node: &Node, path: &str) -> Vec<Placed<String>> {
        match &node.data {
            Data::String(_) => self.text(node, path).into_iter().collect(),
            _ => self.texts(node, path),
        }
    }

    /// A list of texts.
    pub(crate) fn texts(&mut self, node: &Node, path: &str) -> Vec<Placed<String>> {
        self.list(node, path)
            .iter()
            .enumerate()
            .filter_map(|(index, item)| self.text(item, &format!("{path}[{index}]")))
            .collect()
    }

    /// Whether a text can be the name of a host, group or stack; a finding if not.
    pub(crate) fn check_name(&mut self, name: &str, what: &str, place: Place, path: &str) -> bool {
        let right = is_name(name);
        if !right {
            self.findings.push(
                Finding::error("bad-name", format!("{name:?} cannot be the name of a {what}"))
                    .at(place)
                    .on(path)
                    .hint(
                        "use up to 63 letters, digits and _ . - and begin with a letter or digit",
                    ),
            );
        }
        right
    }

    /// A finding about a key that has to be there.
    pub(crate) fn missing(&mut self, place: Place, path: &str, key: &str, hint: &str) {
        self.findings.push(
            Finding::error("missing-key", format!("{key} is missing {}", within(path)))
                .at(place)
                .on(child(path, key))
                .hint(hint),
        );
    }

    pub(crate) fn wrong_kind(&mut self, node: &Node, path: &str, wanted: &str) {
        let message = format!("{wanted} is expected, this is {}", node.kind_name());
        self.findings.push(Finding::error("wrong-type", message).at(node.place()).on(path));
    }
}

fn within(path: &str) -> String {
    if path.is_empty() { "at the top of the file".into() } else { format!("in {path}") }
}

/// The path of a key inside a path.
pub(crate) fn child(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The rule for names of hosts, groups and stacks: they become folders, labels and parts of
/// container names.
pub(crate) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    text.len() <= 63
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && text.chars().all(allowed)
}

/// The candidate that somebody who wrote `text` probably meant: at most a third of its letters
/// differ, or it only differs in case.
pub fn did_you_mean<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = text.to_lowercase();
    let most = written.chars().count().div_ceil(3).min(3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&written, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters have to be added, removed, changed or swapped with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (last[j] + 1).min(row[j - 1] + 1).min(last[j - 1] + change);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(before_last[j - 2] + 1);
            }
            row.push(best);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        let known = ["hosts", "groups", "networks", "homelab"];
        for (text, expected) in [
            ("host", Some("hosts")),
            ("hsots", Some("hosts")),
            ("Networks", Some("networks")),
            ("gruops", Some("groups")),
            ("plugins", None),
            ("xy", None),
        ] {
            assert_eq!(did_you_mean(text, known), expected, "{text}");
        }
    }

    #[test]
    fn names_can_be_folders_and_labels() {
        for name in ["pi5", "A", "0ne", "home-assistant", "a.b_c"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", ".a", "a/b", "a b", "ä", &"a".repeat(64)] {
            assert!(!is_name(name), "{name}");
        }
    }
}
