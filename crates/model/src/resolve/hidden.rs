//! Findings quote what is wrong, and what is wrong may be a password that was put into the wrong
//! variable. So what files of variables say is written as `${NAME}` in every finding.
//!
//! What looks like a secret, or comes from a variable that is called like one, is hidden wherever
//! it stands. Everything else, such as `true` or `8080`, only where the lines that a finding is
//! about name the variable: elsewhere the same word means something else.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use hob_compose::{
    Files, Finding, Loaded, Place, dotenv, files,
    tree::{How, Node},
};

use super::sources::Sources;
use crate::{
    homelab::{Homelab, Host},
    names::{HostName, StackName},
    repository::Repository,
    secret::sounds_secret,
};

/// Shorter values are found in too many words, and are no secrets.
const LENGTH_MIN: usize = 4;

/// From this length on, letters and digits together look like a secret.
const LENGTH_TELLING: usize = 8;

/// Longer parts of a path are not taken for names of folders.
const FOLDER_MAX: usize = 20;

/// How many lines below that of a finding are looked at.
const LINES_MAX: usize = 200;

/// What files of variables say.
#[derive(Default)]
pub(super) struct Hidden {
    /// Variables by texts that are hidden wherever they stand.
    everywhere: BTreeMap<String, String>,
    /// Texts by their variables, which are hidden where those are named.
    named: BTreeMap<String, BTreeSet<String>>,
}

/// Where a variable got its value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// In an ordinary file.
    Open,
    /// In a sealed one.
    Sealed,
}

impl Hidden {
    /// Adds what the files of a stack say.
    pub(super) fn add(
        &mut self,
        homelab: &Homelab,
        repository: &Repository<'_>,
        (host_name, host): (&HostName, &Host),
        stack: &StackName,
        (sources, environment): (&Sources, &BTreeMap<String, String>),
        loaded: &Loaded,
    ) {
        let in_clear = |name: &String| {
            let said = homelab.stacks.get(stack);
            host.vars.contains_key(name)
                || said.is_some_and(|said| said.vars.contains_key(name))
                || homelab.groups_of(host).any(|(_, group)| group.vars.contains_key(name))
        };
        let of_includes = loaded.env_files.values().flatten();
        for path in sources.env_files.iter().chain(of_includes) {
            let Ok(bytes) = repository.read(path) else { continue };
            let text = String::from_utf8_lossy(&bytes);
            let (values, _) = dotenv::parse(&text, path, environment);
            for (name, value) in values.iter().filter(|(name, _)| !in_clear(name)) {
                self.insert(name, value, Kept::Open);
            }
        }
        let services = loaded.tree.as_ref().and_then(|tree| tree.get("services"));
        for service in services.map(Node::entries).unwrap_or_default() {
            let variables = service.value.get("environment").map(Node::entries);
            for variable in variables.unwrap_or_default() {
                let origin = variable.value.origin.as_ref();
                if origin.is_some_and(|origin| origin.how == How::EnvFile) {
                    let value = variable.value.scalar_text().unwrap_or_default();
                    self.insert(&variable.key.name, &value, Kept::Open);
                }
            }
        }
        for (name, sealed) in homelab.sealed_for(host_name).filter(|(_, it)| it.is_secret) {
            if let Some(value) = &sealed.value {
                self.insert(name, value.expose(), Kept::Sealed);
            }
        }
    }

    fn insert(&mut self, name: &str, value: &str, kept: Kept) {
        let sounds_secret = kept == Kept::Sealed || sounds_secret(name);
        if !sounds_secret && is_path(value) {
            return;
        }
        let escaped = format!("{value:?}");
        let escaped = escaped.trim_matches('"');
        let parts = value.split(|c: char| c.is_whitespace() || ":/,=@;?&#'\"-".contains(c));
        for text in parts.chain([value, escaped]).filter(|text| text.len() >= LENGTH_MIN) {
            let is_whole = text.len() >= value.len();
            let is_hidden = match (is_whole, kept) {
                (true, Kept::Sealed) => !is_switch(text),
                (true, Kept::Open) => is_telling(text) || (sounds_secret && !is_word(text)),
                (false, _) => is_telling(text),
            };
            if is_hidden {
                self.everywhere.insert(text.to_owned(), name.to_owned());
            }
            self.named.entry(name.to_owned()).or_default().insert(text.to_owned());
        }
    }

    /// Writes findings so that they give nothing away.
    pub(super) fn hide(&self, repository: &Repository<'_>, findings: &mut [Finding]) {
        if self.named.is_empty() {
            return;
        }
        let mut texts = BTreeMap::new();
        for finding in findings {
            self.hide_in(repository, finding, &mut texts);
        }
    }

    fn hide_in(
        &self,
        repository: &Repository<'_>,
        finding: &mut Finding,
        texts: &mut BTreeMap<String, String>,
    ) {
        let mut found: Vec<(&str, &str)> =
            self.everywhere.iter().map(|(text, name)| (text.as_str(), name.as_str())).collect();
        let related = finding.related.iter().map(|related| &related.place);
        for place in finding.place.iter().chain(related) {
            let text = texts.entry(place.file.clone()).or_insert_with(|| {
                let bytes = repository.read(&files::join(repository.base(), &place.file));
                String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default()
            });
            for word in lines(text, place).flat_map(words) {
                if let Some((name, values)) = self.named.get_key_value(word) {
                    found.extend(values.iter().map(|value| (value.as_str(), name.as_str())));
                }
            }
        }
        let Finding { message, path, hint, related, .. } = finding;
        let related = related.iter_mut().map(|related| &mut related.message);
        for text in [message, path].into_iter().chain(hint).chain(related) {
            let mut found: Vec<_> =
                found.iter().filter(|(value, _)| text.contains(value)).copied().collect();
            if !found.is_empty() {
                found.sort_by_key(|(value, name)| (Reverse(value.len()), *name));
                *text = without(text, &found);
            }
        }
    }
}

/// The text with the names of variables in place of their values; the first that fits counts.
fn without(text: &str, values: &[(&str, &str)]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        match values.iter().find(|(value, _)| rest.starts_with(value)) {
            Some((value, name)) => {
                shown += &format!("${{{name}}}");
                rest = &rest[value.len()..];
            }
            None => {
                shown.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    shown
}

/// The line of a place, and those that belong to what begins there.
fn lines<'t>(text: &'t str, place: &Place) -> impl Iterator<Item = &'t str> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut all = text.lines().skip((place.line as usize).saturating_sub(1));
    let first = all.next();
    let depth = first.map_or(0, indent);
    let below = all.take_while(move |line| line.trim().is_empty() || indent(line) > depth);
    first.into_iter().chain(below).take(LINES_MAX)
}

fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// Whether it looks like a secret, whatever its variable is called.
fn is_telling(text: &str) -> bool {
    let has = |kind: fn(&char) -> bool| text.chars().any(|c| kind(&c));
    text.len() >= LENGTH_TELLING && has(char::is_ascii_digit) && has(char::is_ascii_alphabetic)
}

/// Whether it is a word or number that means something elsewhere.
fn is_word(text: &str) -> bool {
    let of = |kind: fn(&u8) -> bool, most| text.len() < most && text.bytes().all(|c| kind(&c));
    of(u8::is_ascii_lowercase, 8) || of(u8::is_ascii_uppercase, 8) || of(u8::is_ascii_digit, 6)
}

/// Nobody keeps a secret that is one of these.
fn is_switch(text: &str) -> bool {
    matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "none" | "null")
}

/// Whether it is the path of a file or folder.
fn is_path(text: &str) -> bool {
    text.starts_with('/') && text.split('/').all(|part| part.len() <= FOLDER_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(variables: &[(&str, &str)], text: &str, lines: &str, expected: &str) {
        let mut hidden = Hidden::default();
        for (name, value) in variables {
            hidden.insert(name, value, Kept::Open);
        }
        let memory = hob_compose::MemoryFiles::new().with("/r/compose.yaml", lines);
        let repository = Repository::in_place(&memory, "/r");
        let place = Place { file: "compose.yaml".into(), line: 1, column: 1, len: 1 };
        let mut findings = [Finding::error("x", text).at(place)];
        hidden.hide(&repository, &mut findings);
        assert_eq!(findings[0].message, expected);
    }

    #[test]
    fn what_looks_like_a_secret_is_hidden_everywhere() {
        let variables = [("PORT", "hunter2hunter2"), ("PW_HASH", "Geheim"), ("NEVER", "abc")];
        check(&variables, "xhunter2hunter2y, Geheim", "", "x${PORT}y, ${PW_HASH}");
        check(&variables, "abc is no port", "p: ${NEVER}", "abc is no port");
        let text = "an \"a\\\"b1234567\" and b1234567";
        check(&[("KEY", "a\"b1234567")], text, "", "an \"${KEY}\" and ${KEY}");
    }

    #[test]
    fn ordinary_words_are_hidden_where_their_variable_is_named() {
        let variables = [("RESTART", "sometimes"), ("AUTH", "true"), ("MEDIA", "/mnt/media")];
        let text = "\"sometimes\": write true or see /mnt/media";
        check(&variables, text, "restart: always", text);
        let shown = "\"${RESTART}\": write true or see /mnt/media";
        check(&variables, text, "restart: ${RESTART}", shown);
        check(&variables, text, "a:\n  b: $MEDIA\n  c: $RESTART", shown);
        check(&variables, text, "a:\n  b: 1\nc: $RESTART", text);
    }

    #[test]
    fn parts_of_a_value_are_hidden_too() {
        let url = [("URL", "postgres://ida:hunter22@db/app")];
        check(&url, "\"hunter22@db/app\"", "", "\"${URL}@db/app\"");
        check(&url, "the service postgres", "", "the service postgres");
        check(&url, "\"postgres\" is no port", "ports: ['${URL}:80']", "\"${URL}\" is no port");
    }

    #[test]
    fn names_of_variables_stay_whole() {
        let variables = [("DB_PASSWORD", "Password-1"), ("OTHER", "PASSWORD")];
        check(&variables, "Password-1", "$OTHER", "${DB_PASSWORD}");
    }
}
