//! What an Engine quotes of a container does not reach a message: its environment and its command
//! may be secrets. Each value is replaced by the name of its place, which is what its owner needs.

use std::collections::HashMap;

use bollard::models::{ContainerCreateBody, ContainerInspectResponse};
use hob_model::{Secret, sounds_secret, spec::Hook};

use crate::HostErrorKind;

/// Shorter values are found only between quotes.
const WORD_CHARS_MIN: usize = 4;
/// Longer values are found in the middle of a word, too.
const ANYWHERE_CHARS_MIN: usize = 8;

/// Values of a container that a message must not repeat, the longest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hidden {
    values: Vec<(String, String)>,
}

impl Hidden {
    /// Of a container that is to be made.
    pub(super) fn of_request(body: &ContainerCreateBody) -> Self {
        let mut hidden = Self::default();
        hidden.environment(body.env.as_deref(), |_| true);
        hidden.words("its command", body.cmd.as_deref());
        hidden.words("its entrypoint", body.entrypoint.as_deref());
        hidden.labels(body.labels.as_ref());
        let test = body.healthcheck.as_ref().and_then(|check| check.test.as_deref());
        hidden.words("its health check", test);
        let log = body.host_config.as_ref().and_then(|config| config.log_config.as_ref());
        hidden.options("log option", log.and_then(|log| log.config.as_ref()));
        hidden.sorted()
    }

    /// Of a container that is there.
    pub(super) fn of_container(found: &ContainerInspectResponse) -> Self {
        let mut hidden = Self::default();
        if let Some(config) = &found.config {
            hidden.environment(config.env.as_deref(), |_| true);
            hidden.words("its command", config.cmd.as_deref());
            hidden.words("its entrypoint", config.entrypoint.as_deref());
            hidden.labels(config.labels.as_ref());
            let test = config.healthcheck.as_ref().and_then(|check| check.test.as_deref());
            hidden.words("its health check", test);
        }
        let log = found.host_config.as_ref().and_then(|config| config.log_config.as_ref());
        hidden.options("log option", log.and_then(|log| log.config.as_ref()));
        hidden.sorted()
    }

    /// For what a container wrote itself: the values of variables that are secrets by their names.
    /// All values would leave nothing to read.
    pub(super) fn of_named_secrets(found: &ContainerInspectResponse) -> Self {
        let mut hidden = Self::default();
        let environment = found.config.as_ref().and_then(|config| config.env.as_deref());
        hidden.environment(environment, sounds_secret);
        hidden.sorted()
    }

    /// For what a command wrote that was run in a container: besides the values of variables that
    /// are secrets by their names, those that the command was given. The program is not hidden, or
    /// nobody could tell who speaks.
    pub(super) fn of_hook(found: &ContainerInspectResponse, hook: &Hook) -> Self {
        let mut hidden = Self::of_named_secrets(found);
        for (key, value) in &hook.env {
            hidden.value(value.expose(), format!("value of {key}"));
        }
        for (at, word) in hook.command.iter().map(Secret::expose).enumerate().skip(1) {
            hidden.value(word, format!("word {} of the command", at + 1));
        }
        hidden.sorted()
    }

    fn environment(&mut self, environment: Option<&[String]>, takes: impl Fn(&str) -> bool) {
        for (key, value) in
            environment.unwrap_or_default().iter().filter_map(|it| it.split_once('='))
        {
            if takes(key) {
                self.value(value, format!("value of {key}"));
            }
        }
    }

    fn words(&mut self, of: &str, words: Option<&[String]>) {
        for (at, word) in words.unwrap_or_default().iter().enumerate() {
            self.value(word, format!("word {} of {of}", at + 1));
        }
    }

    fn labels(&mut self, labels: Option<&HashMap<String, String>>) {
        for (key, value) in labels.into_iter().flatten() {
            // Those that Hob itself writes are names and digests.
            if !key.starts_with("hob.") && !key.starts_with("com.docker.compose.") {
                self.value(value, format!("label {key}"));
            }
        }
    }

    fn options(&mut self, of: &str, options: Option<&HashMap<String, String>>) {
        for (key, value) in options.into_iter().flatten() {
            self.value(value, format!("{of} {key}"));
        }
    }

    fn value(&mut self, value: &str, place: String) {
        let value = value.trim();
        if value.is_empty() {
            return;
        }
        // As it stands, as Go quotes it, and as that looks within a quoted text.
        let quoted = inside_quotes(value);
        for form in [inside_quotes(&quoted), quoted, value.to_owned()] {
            if !self.values.iter().any(|(known, _)| *known == form) {
                self.values.push((form, place.clone()));
            }
        }
    }

    fn sorted(mut self) -> Self {
        self.values.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        self
    }

    /// The text without the values.
    pub(super) fn clean(&self, text: &str) -> String {
        // What was put in is not looked at again: a short value may be a part of it.
        let mut parts = vec![(text.to_owned(), true)];
        for (value, place) in &self.values {
            parts = parts
                .into_iter()
                .flat_map(|(text, is_open)| match is_open {
                    true => split(&text, value, &format!("<{place}>")),
                    false => vec![(text, false)],
                })
                .collect();
        }
        parts.into_iter().map(|(text, _)| text).collect()
    }

    /// What went wrong, without the values.
    pub(super) fn clean_kind(&self, kind: HostErrorKind) -> HostErrorKind {
        match kind {
            HostErrorKind::Engine(why) => HostErrorKind::Engine(self.clean(&why)),
            HostErrorKind::Other(why) => HostErrorKind::Other(self.clean(&why)),
            HostErrorKind::DiskFull(why) => HostErrorKind::DiskFull(self.clean(&why)),
            HostErrorKind::Unreachable(why) => HostErrorKind::Unreachable(self.clean(&why)),
            HostErrorKind::NoImage { image, why } => {
                HostErrorKind::NoImage { image, why: self.clean(&why) }
            }
            kind => kind,
        }
    }
}

/// Splits a text at a value, with the replacement between: pieces of text, and whether more may be
/// found in them.
fn split(text: &str, value: &str, replacement: &str) -> Vec<(String, bool)> {
    let mut parts = Vec::new();
    let (mut rest, mut from) = (text, 0);
    while let Some(at) = rest.get(from..).and_then(|text| text.find(value)).map(|at| at + from) {
        let (before, after) =
            (rest.get(..at).unwrap_or(""), rest.get(at + value.len()..).unwrap_or(""));
        if stands_alone(before, value, after) {
            parts.push((before.to_owned(), true));
            parts.push((replacement.to_owned(), false));
            (rest, from) = (after, 0);
        } else {
            // why: a value is not empty, so its first letter is there.
            from = at + value.chars().next().map_or(1, char::len_utf8);
        }
    }
    parts.push((rest.to_owned(), true));
    parts
}

fn stands_alone(before: &str, value: &str, after: &str) -> bool {
    let (before, after) = (before.chars().next_back(), after.chars().next());
    match value.chars().count() {
        ANYWHERE_CHARS_MIN.. => true,
        WORD_CHARS_MIN.. => {
            let in_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
            !in_word(before) && !in_word(after)
        }
        _ => before == Some('"') && after == Some('"'),
    }
}

/// A text as it stands between the quotes of Go and of JSON.
fn inside_quotes(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            letter => quoted.push(letter),
        }
    }
    quoted
}

/// Hides what follows the name of a password: options of a mount, as an Engine quotes them.
pub(super) fn clean_options(message: &str) -> String {
    const NAMES: [&str; 5] = ["password=", "password2=", "pass=", "passwd=", "secret="];
    let lower = message.to_ascii_lowercase();
    let mut clean = String::with_capacity(message.len());
    let mut at = 0;
    while let Some(from) = NAMES
        .iter()
        .filter_map(|name| {
            lower.get(at..).and_then(|text| text.find(name)).map(|found| at + found + name.len())
        })
        .min()
    {
        clean.push_str(message.get(at..from).unwrap_or_default());
        clean.push_str("<hidden>");
        let rest = message.get(from..).unwrap_or_default();
        let end = rest.find(|letter: char| ",\"'&;".contains(letter) || letter.is_whitespace());
        let value = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        at = from + value.trim_end_matches(':').len();
    }
    clean.push_str(message.get(at..).unwrap_or_default());
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: &str) {
        let text = |text: &str| text.to_owned();
        let body = ContainerCreateBody {
            env: Some(vec![
                text("DB_PASSWORD=hunter2secret"),
                text("PIN=4711"),
                text("EMPTY="),
                text("MODE=on"),
                text("QUOTED=a\"b\\c\nd e"),
            ]),
            cmd: Some(vec![text("hunter2"), text("-c"), text("--token=abcdefgh"), text("sh")]),
            labels: Some(HashMap::from([
                (text("traefik.auth"), text("ida:$apr1$xyz")),
                (text("hob.stack"), text("media")),
            ])),
            ..ContainerCreateBody::default()
        };
        assert_eq!(Hidden::of_request(&body).clean(message), expected);
    }

    #[test]
    fn what_an_engine_quotes_is_named_and_not_shown() {
        check(
            "failed to create task for container: exec: \"hunter2\": executable file not found in \
             $PATH: unknown",
            "failed to create task for container: exec: \"<word 1 of its command>\": executable \
             file not found in $PATH: unknown",
        );
        check(
            "invalid environment variable: DB_PASSWORD=hunter2secret (xhunter2secretx)",
            "invalid environment variable: DB_PASSWORD=<value of DB_PASSWORD> (x<value of \
             DB_PASSWORD>x)",
        );
        check(
            "bad \"a\\\"b\\\\c\\nd e\" and {\\\"a\\\\\\\"b\\\\\\\\c\\\\nd e\\\"}",
            "bad \"<value of QUOTED>\" and {\\\"<value of QUOTED>\\\"}",
        );
        check("label ida:$apr1$xyz", "label <label traefik.auth>");
    }

    #[test]
    fn short_values_do_not_tear_words_apart() {
        check("pin 4711, not 14711", "pin <value of PIN>, not 14711");
        check("onward: \"on\", \"sh\"", "onward: \"<value of MODE>\", \"<word 4 of its command>\"");
        check("no such media", "no such media");
    }

    #[test]
    fn passwords_among_options_are_hidden() {
        let check = |message: &str, expected: &str| assert_eq!(clean_options(message), expected);
        check(
            "mount //nas, data: addr=nas,username=ida,Password=hunter2,vers=3: permission denied",
            "mount //nas, data: addr=nas,username=ida,Password=<hidden>,vers=3: permission denied",
        );
        check("pass=a pass=b", "pass=<hidden> pass=<hidden>");
        check("nothing here", "nothing here");
    }
}
