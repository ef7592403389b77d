//! Where a value comes from.

use std::cell::RefCell;
use std::collections::BTreeMap;

use crate::dotenv;
use crate::files::Files;
use crate::finding::{Finding, Place};
use crate::tree::{How, Node, Origin, Span};
use crate::uses::uses;

/// One value and its ways.
#[derive(Clone, Debug, PartialEq)]
pub struct Explained {
    /// The attribute, such as `services.web.ports[0].target`.
    pub path: String,
    /// The value as it is in the end: a scalar, or an empty list or mapping.
    pub value: Node,
    /// How it came here.
    pub way: Way,
    /// The ways of the values that it replaced, the last one first.
    pub replaced: Vec<Way>,
}

/// How a value came to where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// Where it is written; for a value that is only implied, what implies it.
    pub written: Place,
    /// The variables that are in it, in their order.
    pub variables: Vec<Used>,
    /// Through what it came from there, in the order of its way.
    pub through: Vec<Station>,
}

/// One station on the way of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Station {
    /// What stands there.
    pub how: How,
    /// Where.
    pub place: Place,
}

/// A variable in a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Used {
    /// Its name.
    pub name: String,
    /// Where it is used.
    pub place: Place,
    /// Where its value comes from.
    pub set: Set,
}

/// Where the value of a variable comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Set {
    /// From the environment that was handed in.
    Environment,
    /// From a file with variables that an include brought.
    EnvFile(Place),
    /// From the default beside its name, because it is not set (or empty, if `:` stands there).
    Default,
    /// From nowhere: it is empty.
    Nowhere,
}

impl Station {
    /// What happened there, as a phrase.
    pub fn phrase(&self) -> &'static str {
        phrase(self.how)
    }
}

/// Everything that variables can come from.
pub(crate) struct Variables<'a> {
    pub(crate) environment: &'a BTreeMap<String, String>,
    pub(crate) env_files: &'a BTreeMap<String, Vec<String>>,
    pub(crate) files: &'a dyn Files,
}

impl Variables<'_> {
    /// The value of a variable where a file names it, and where it was set.
    fn find(&self, name: &str, file: &str) -> Option<(String, Set)> {
        if let Some(value) = self.environment.get(name) {
            return Some((value.clone(), Set::Environment));
        }
        let named = self.env_files.get(file).map(Vec::as_slice).unwrap_or_default();
        named.iter().rev().find_map(|path| {
            let bytes = self.files.read(path).ok()?;
            let text = String::from_utf8_lossy(&bytes);
            let read = dotenv::read(&text, path, self.environment, &BTreeMap::new());
            let place =
                Place { file: path.clone(), line: *read.lines.get(name)?, column: 1, len: 1 };
            Some((read.values.get(name)?.clone(), Set::EnvFile(place)))
        })
    }

    /// The variables in a text as it is written, those that decided nothing left out.
    fn in_text(&self, span: &Span) -> Vec<Used> {
        let text = span.text();
        if !text.contains('$') {
            return Vec::new();
        }
        let found: RefCell<BTreeMap<String, Option<(String, Set)>>> = RefCell::default();
        let look = |name: &str| {
            let mut found = found.borrow_mut();
            let known = found.entry(name.to_string());
            known.or_insert_with(|| self.find(name, span.file())).clone()
        };
        let is_there = |name: &str, operator: &str| {
            look(name).is_some_and(|(value, _)| !(operator.starts_with(':') && value.is_empty()))
        };
        let all =
            uses(text, &|used| is_there(used.name, used.operator) == used.operator.ends_with('+'));
        all.iter()
            .map(|used| {
                let set = match look(used.name) {
                    Some((_, set)) if is_there(used.name, used.operator) => set,
                    _ if used.operator.ends_with('-') => Set::Default,
                    Some((_, set)) => set,
                    None => Set::Nowhere,
                };
                let place = span.place_at(used.at, used.length);
                Used { name: used.name.to_string(), place, set }
            })
            .collect()
    }

    /// The ways that an origin tells, from the newest value to the oldest.
    fn ways(&self, node: &Node, above: &[&Node]) -> (Way, Vec<Way>) {
        let mut current = self.begin(&node.span);
        let mut replaced = Vec::new();
        // What holds for a service holds for everything in it.
        for node in std::iter::once(&node).chain(above.iter().rev()) {
            let mut steps = Vec::new();
            let mut earlier: Option<Way> = None;
            for Origin { how, span, .. } in steps_of(node) {
                if *how == How::Replaced {
                    close(&mut earlier, &mut steps, &mut current, &mut replaced);
                    earlier = Some(self.begin(span));
                } else {
                    steps.push(Station { how: *how, place: span.place() });
                }
            }
            close(&mut earlier, &mut steps, &mut current, &mut replaced);
        }
        if let Some(passed) = passed_through(node) {
            let set = self.find(passed.text().trim_matches(['"', '\'', '-', ' ']), passed.file());
            let set = set.map_or(Set::Environment, |(_, set)| set);
            let name = name_in(passed.text());
            current.variables.push(Used { name, place: passed.place(), set });
        }
        (current, replaced)
    }

    fn begin(&self, span: &Span) -> Way {
        Way { written: span.place(), variables: self.in_text(span), through: Vec::new() }
    }
}

/// The steps up to here belong to the value that was looked at; they were found newest first.
fn close(
    earlier: &mut Option<Way>,
    steps: &mut Vec<Station>,
    current: &mut Way,
    replaced: &mut Vec<Way>,
) {
    steps.reverse();
    match earlier.take() {
        None => current.through.append(steps),
        Some(mut way) => {
            way.through.append(steps);
            replaced.push(way);
        }
    }
}

pub(crate) fn steps_of(node: &Node) -> impl Iterator<Item = &Origin> {
    std::iter::successors(node.origin.as_deref(), |origin| origin.earlier.as_deref())
}

/// Where the name of a variable stands whose value the environment has.
fn passed_through(node: &Node) -> Option<&Span> {
    steps_of(node).find(|step| step.how == How::Environment).map(|step| &step.span)
}

fn name_in(text: &str) -> String {
    text.trim_matches(['"', '\'']).trim().to_string()
}

/// The values at a path, and all below it.
pub(crate) fn explain(tree: &Node, path: &str, variables: &Variables<'_>) -> Vec<Explained> {
    let mut found = Vec::new();
    let mut above = Vec::new();
    let path = path.trim_end_matches('.');
    find(tree, path, String::new(), &mut above, &mut |path, node, above| {
        let (way, replaced) = variables.ways(node, above);
        found.push(Explained { path, value: node.clone(), way, replaced });
    });
    found
}

/// Calls `each` with every value that the rest of a path leads to.
fn find<'t>(
    node: &'t Node,
    rest: &str,
    path: String,
    above: &mut Vec<&'t Node>,
    each: &mut impl FnMut(String, &'t Node, &[&'t Node]),
) {
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let is_leaf = node.entries().is_empty() && node.items().is_empty();
    if rest.is_empty() && is_leaf {
        each(path, node, above);
        return;
    }
    above.push(node);
    for entry in node.entries() {
        let name = entry.key.name.as_str();
        let key = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
        if let Some(rest) = after_key(rest, name) {
            find(&entry.value, rest, key, above, each);
        }
    }
    for (index, item) in node.items().iter().enumerate() {
        if let Some(rest) = after_index(rest, index) {
            find(item, rest, format!("{path}[{index}]"), above, each);
        }
    }
    above.pop();
}

/// What is left of a path behind a key, if the path goes that way. Below its end it goes
/// everywhere.
fn after_key<'p>(rest: &'p str, name: &str) -> Option<&'p str> {
    if rest.is_empty() {
        return Some("");
    }
    let after = |prefix: &str| {
        let after = rest.strip_prefix(prefix)?;
        (after.is_empty() || after.starts_with(['.', '['])).then_some(after)
    };
    after(name).or_else(|| after("*"))
}

fn after_index(rest: &str, index: usize) -> Option<&str> {
    if rest.is_empty() {
        return Some("");
    }
    if let Some(after) = rest.strip_prefix('*') {
        return (after.is_empty() || after.starts_with(['.', '['])).then_some(after);
    }
    let (number, after) = rest.strip_prefix('[')?.split_once(']')?;
    (number == "*" || number.parse() == Ok(index)).then_some(after)
}

pub(crate) fn phrase(how: How) -> &'static str {
    match how {
        How::Alias => "it came through this alias",
        How::MergeKey => "it came through this merge key",
        How::Extends => "it came through this extends",
        How::Include => "it came through this include",
        How::Replaced => "it replaced the value here",
        How::EnvFile => "the file with variables is named here",
        How::Environment => "the environment has its value",
    }
}

impl Finding {
    /// The same finding, at a value, with the places through which the value came.
    #[must_use]
    pub fn about(mut self, node: &Node) -> Self {
        self.place = Some(node.place());
        for Origin { how, span, .. } in steps_of(node) {
            self = self.related(span.place(), phrase(*how));
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LoadOptions, MemoryFiles, load};

    /// Files after `--- name` lines; `compose*` are loaded in their order. `A` is `a` in the
    /// environment.
    fn check(text: &str, path: &str, expected: &str) {
        let environment = BTreeMap::from([("A".to_string(), "a".to_string())]);
        let mut files = MemoryFiles::new();
        let mut options = LoadOptions {
            working_dir: "/p".into(),
            environment: environment.clone(),
            ..LoadOptions::default()
        };
        for part in text.split("--- ").skip(1) {
            let (name, content) = part.split_once('\n').unwrap();
            files = files.with(&format!("/p/{name}"), content);
            if name.starts_with("compose") {
                options.files.push(format!("/p/{name}"));
            }
        }
        let loaded = load(&options, &files);
        let lines: Vec<String> =
            loaded.explain(path, &environment, &files).iter().map(line).collect();
        assert_eq!(lines.join("\n"), expected, "{text}");
    }

    fn at(place: &Place) -> String {
        format!("{}:{}:{}", place.file.trim_start_matches("/p/"), place.line, place.column)
    }

    fn line(explained: &Explained) -> String {
        let Explained { path, value, way, replaced } = explained;
        let value = serde_json::to_string(value).unwrap();
        let replaced: String = replaced.iter().map(|way| format!(" over {}", shown(way))).collect();
        format!("{path} = {value} {}{replaced}", shown(way))
    }

    fn shown(way: &Way) -> String {
        let mut text = at(&way.written);
        for Used { name, place, set } in &way.variables {
            let set = match set {
                Set::Environment => "environment".to_string(),
                Set::EnvFile(place) => at(place),
                Set::Default => "default".to_string(),
                Set::Nowhere => "nowhere".to_string(),
            };
            text += &format!(" ${name}@{}={set}", at(place));
        }
        for Station { how, place } in &way.through {
            text += &format!(" {how:?}@{}", at(place));
        }
        text
    }

    #[test]
    fn a_value_of_three_files_has_three_places() {
        check(
            "--- compose.yaml\nservices:\n  web: { image: one, user: me }\n\
             --- compose2.yaml\nservices:\n  web:\n    image: two\n\
             --- compose3.yaml\nservices:\n  web:\n\n    image: three\n",
            "services.web.image",
            "services.web.image = \"three\" compose3.yaml:4:12 over compose2.yaml:3:12 over \
             compose.yaml:2:17",
        );
    }

    #[test]
    fn what_joins_later_did_not_come_the_same_way() {
        let text = "--- compose.yaml\nservices:\n  \
                    base: { image: b, environment: { X: 1, Y: 2 } }\n  \
                    web:\n    extends: base\n    user: me\n    environment: { Y: 3 }\n\
                    --- compose2.yaml\nservices: { web: { tty: true } }\n";
        check(
            text,
            "services.web",
            "services.web.image = \"b\" compose.yaml:2:18 Extends@compose.yaml:4:5\n\
             services.web.environment.X = \"1\" compose.yaml:2:36 Extends@compose.yaml:4:5\n\
             services.web.environment.Y = \"3\" compose.yaml:6:20 over compose.yaml:2:42 \
             Extends@compose.yaml:4:5\n\
             services.web.user = \"me\" compose.yaml:5:11\n\
             services.web.tty = true compose2.yaml:1:25\n\
             services.web.networks.default = null compose.yaml:2:9",
        );
    }

    #[test]
    fn variables_tell_where_they_were_set() {
        check(
            "--- compose.yaml\nservices:\n  web:\n    image: ${A}:${B:-${C-d}}\n    \
             environment: [A, 'Q=$N', \"E=${A:+x$A}\"]\n    env_file: e.env\n\
             --- e.env\n# first\nF=1\n",
            "services.web.environment",
            "services.web.environment.A = \"a\" compose.yaml:4:19 $A@compose.yaml:4:19=environment \
             Environment@compose.yaml:4:19\n\
             services.web.environment.Q = \"\" compose.yaml:4:22 $N@compose.yaml:4:25=nowhere\n\
             services.web.environment.E = \"xa\" compose.yaml:4:30 $A@compose.yaml:4:33=environment \
             $A@compose.yaml:4:39=environment\n\
             services.web.environment.F = \"1\" e.env:2:1 EnvFile@compose.yaml:5:15",
        );
    }

    #[test]
    fn an_include_brings_its_own_variables() {
        check(
            "--- compose.yaml\nservices: { a: { image: \"${A}:${B:-${C-d}}\" } }\n",
            "*.a.image",
            "services.a.image = \"a:d\" compose.yaml:1:25 $A@compose.yaml:1:26=environment \
             $B@compose.yaml:1:31=default $C@compose.yaml:1:36=default",
        );
        check(
            "--- compose.yaml\ninclude: [sub/x.yaml]\nservices: { web: { user: me } }\n\
             --- sub/x.yaml\nservices: { web: { image: \"x:$V-$A\" } }\n--- sub/.env\n\nV=1\n",
            "services.*.image",
            "services.web.image = \"x:1-a\" sub/x.yaml:1:27 $V@sub/x.yaml:1:30=sub/.env:2:1 \
             $A@sub/x.yaml:1:33=environment Include@compose.yaml:1:11",
        );
    }

    #[test]
    fn aliases_and_merge_keys_are_stations() {
        check(
            "--- compose.yaml\nx-a: &a { restart: always }\nx-i: &i img\nservices:\n  \
             web: { <<: *a, image: *i, ports: ['80:80'] }\n",
            "services.web.*",
            "services.web.image = \"img\" compose.yaml:2:9 Alias@compose.yaml:4:25\n\
             services.web.ports[0].mode = \"ingress\" compose.yaml:4:37\n\
             services.web.ports[0].target = 80 compose.yaml:4:37\n\
             services.web.ports[0].published = \"80\" compose.yaml:4:37\n\
             services.web.ports[0].protocol = \"tcp\" compose.yaml:4:37\n\
             services.web.restart = \"always\" compose.yaml:1:20 MergeKey@compose.yaml:4:10\n\
             services.web.networks.default = null compose.yaml:4:8",
        );
    }
}
