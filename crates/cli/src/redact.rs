//! The last net under what is written: values of sealed files are taken out of every text that
//! leaves. What Hob makes of them keeps them apart from the start; this catches what others say,
//! such as a program that writes its password into its log.

use std::collections::BTreeSet;

use serde_json::Value;

/// What stands where a secret was.
pub(crate) const HIDDEN: &str = "<secret>";

/// Shorter values are found in too many innocent words.
const LENGTH_MIN: usize = 6;

/// Values that are not to be shown.
#[derive(Debug, Default)]
pub(crate) struct Redactor {
    /// The longest first, so that one that holds another is hidden as a whole.
    values: Vec<String>,
}

impl Redactor {
    /// Hides these as well: as they are, as they stand in quotes, and line by line.
    pub(crate) fn add(&mut self, values: impl IntoIterator<Item = String>) {
        let mut all: BTreeSet<String> = self.values.drain(..).collect();
        for value in values {
            let quoted = Value::from(value.as_str()).to_string();
            all.extend(
                quoted.strip_prefix('"').and_then(|it| it.strip_suffix('"')).map(Into::into),
            );
            all.extend(value.lines().map(|line| line.trim().to_owned()));
            all.insert(value);
        }
        all.retain(|value| value.len() >= LENGTH_MIN);
        self.values = all.into_iter().collect();
        self.values.sort_by_key(|value| std::cmp::Reverse(value.len()));
    }

    pub(crate) fn redact(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = text.replace(value.as_str(), HIDDEN);
            }
        }
        text
    }

    /// Every text in it, keys too.
    pub(crate) fn redact_json(&self, value: &mut Value) {
        if self.values.is_empty() {
            return;
        }
        match value {
            Value::String(text) => *text = self.redact(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(map) => {
                let entries = std::mem::take(map).into_iter();
                *map = entries
                    .map(|(key, mut value)| {
                        self.redact_json(&mut value);
                        (self.redact(&key), value)
                    })
                    .collect();
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redactor(values: &[&str]) -> Redactor {
        let mut redactor = Redactor::default();
        redactor.add(values.iter().map(|value| (*value).to_owned()));
        redactor
    }

    #[test]
    fn values_are_hidden_whole_in_quotes_and_line_by_line() {
        let redactor =
            redactor(&["hunter2-and-more", "hunter2", "say \"friend\"", "first\nsecond\n"]);
        let check = |text: &str, expected: &str| assert_eq!(redactor.redact(text), expected);
        check("with hunter2-and-more, hunter2", "with <secret>, <secret>");
        check(r#"{"a":"say \"friend\""}"#, r#"{"a":"<secret>"}"#);
        check("| first ...\n| second", "| first ...\n| <secret>");
        check("nothing of it", "nothing of it");
    }

    #[test]
    fn short_values_are_left() {
        assert_eq!(redactor(&["8080"]).redact("port 8080"), "port 8080");
    }

    #[test]
    fn data_are_hidden_before_they_are_written() {
        let mut value = json!({ "log": ["it is hunter2"], "hunter2": 1 });
        redactor(&["hunter2"]).redact_json(&mut value);
        assert_eq!(value, json!({ "log": ["it is <secret>"], "<secret>": 1 }));
    }
}
