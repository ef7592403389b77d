//! A key for tests, files made with it, and what is in them.

use hob_model::Secret;
use hob_secrets::{
    keys::{Keyring, Recipient},
    sops::{Format, Name, Sops},
};

pub(crate) const NOW: &str = "2026-11-20T12:00:00Z";

/// A new key, its public part, and the text of its file.
pub(crate) fn key() -> (Keyring, Recipient, String) {
    let (text, recipient) = Keyring::generate();
    (Keyring::parse(text.expose()).unwrap(), recipient, text.expose().clone())
}

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

pub(crate) fn secret(text: &str) -> Secret<String> {
    Secret::new(text.to_owned())
}

/// A file with these values.
pub(crate) fn file(format: Format, recipient: &Recipient, values: &[(&str, &str)]) -> Sops {
    let mut sops = Sops::create("secrets", format, std::slice::from_ref(recipient), NOW).unwrap();
    for (path, value) in values {
        sops.set(&name(path), &secret(value), NOW).unwrap();
    }
    sops
}

/// Names and values, a line each.
pub(crate) fn shown(sops: &Sops) -> String {
    let line = |value: &hob_secrets::sops::Value| {
        let mark = if value.is_sealed { "" } else { " (in clear)" };
        format!("{} = {:?}{mark}\n", value.name, value.text.expose())
    };
    sops.values().iter().map(line).collect()
}

/// The text with everything that is drawn at random taken out.
pub(crate) fn quiet(text: &str) -> String {
    let mut lines = Vec::new();
    let mut is_armour = false;
    for line in text.lines() {
        if line.contains("BEGIN AGE") {
            is_armour = true;
            lines.push("<armour>".to_owned());
        }
        if !is_armour {
            let line = match line.split_once("ENC[") {
                Some((before, _)) => format!("{before}ENC[...]"),
                None => line.to_owned(),
            };
            let line = match line.split_once("age1") {
                Some((before, _)) => format!("{before}age1..."),
                None => line,
            };
            lines.push(line);
        }
        if line.contains("END AGE") {
            is_armour = false;
        }
    }
    lines.join("\n") + "\n"
}
