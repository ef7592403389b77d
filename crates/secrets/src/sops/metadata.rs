//! What a SOPS file says about itself: for whom it is, what of it is sealed, and its seal.

use regex_lite::Regex;

use super::document::Step;
use crate::error::{Error, Result};

/// What stands under `sops`, as far as it matters here. Everything else is kept as it is.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    /// The data key, sealed for each recipient.
    pub(super) age: Vec<AgeKey>,
    /// RFC 3339.
    pub(super) last_modified: String,
    /// The sealed digest of all values.
    pub(super) mac: String,
    /// What is sealed.
    pub(super) rule: Rule,
    /// Whether only sealed values count for the digest.
    pub(super) mac_only_encrypted: bool,
    /// A kind of keys other than age's that can open it too.
    pub(super) other_keys: Option<&'static str>,
}

/// The data key, sealed for one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AgeKey {
    pub(super) recipient: String,
    /// Armoured.
    pub(super) enc: String,
}

/// Which values are sealed: one word on the way to a value decides.
#[derive(Clone, Debug)]
pub(super) enum Rule {
    /// Every value but those below a key with this ending.
    UnencryptedSuffix(String),
    /// Only those below a key with this ending.
    EncryptedSuffix(String),
    /// Every value but those below a key that matches.
    UnencryptedRegex(Regex),
    /// Only those below a key that matches.
    EncryptedRegex(Regex),
}

/// The ending that counts if a file names no rule.
pub(super) const UNENCRYPTED_SUFFIX: &str = "_unencrypted";

/// Names of `sops` that need other keys than age's, or change what is sealed in a way that cannot
/// be followed here.
const UNSUPPORTED: [(&str, &str); 3] = [
    ("key_groups", "a key that is shared out in groups (Shamir); use one group of age keys"),
    ("encrypted_comment_regex", "rules for comments; use encrypted_regex"),
    ("unencrypted_comment_regex", "rules for comments; use unencrypted_regex"),
];

/// Kinds of keys that are kept as they are and cannot be used.
const OTHER_KEYS: [&str; 6] = ["pgp", "kms", "gcp_kms", "azure_kv", "hc_vault", "hckms"];

impl Rule {
    /// Whether the value at the end of this way is sealed.
    pub(super) fn seals(&self, path: &[Step]) -> bool {
        let mut keys = path.iter().filter_map(Step::key);
        match self {
            Rule::UnencryptedSuffix(suffix) => !keys.any(|key| key.ends_with(suffix.as_str())),
            Rule::EncryptedSuffix(suffix) => keys.any(|key| key.ends_with(suffix.as_str())),
            Rule::UnencryptedRegex(regex) => !keys.any(|key| regex.is_match(key)),
            Rule::EncryptedRegex(regex) => keys.any(|key| regex.is_match(key)),
        }
    }
}

impl Metadata {
    /// Reads it with the help of two functions: the text under a name of `sops`, and the age keys.
    pub(super) fn read(
        file: &str,
        text: impl Fn(&str) -> Option<String>,
        age: Vec<AgeKey>,
    ) -> Result<Self> {
        for (name, why) in UNSUPPORTED {
            if text(name).is_some_and(|value| !value.is_empty()) {
                let what = format!("sops.{name} is not supported: {why}");
                return Err(Error::Unsupported { file: file.to_owned(), what });
            }
        }
        let missing = |name: &str| Error::Syntax {
            file: file.to_owned(),
            line: None,
            what: format!("sops.{name} is missing, so it is no SOPS file, or only a part of one"),
        };
        let present = |name: &str| text(name).filter(|value| !value.is_empty());
        // Dotenv files have lists spelled out.
        let is_there = |name: &&&str| {
            present(name).is_some() || present(&format!("{name}__list_0__map_enc")).is_some()
        };
        let other_keys = OTHER_KEYS.iter().find(is_there).copied();
        Ok(Self {
            age,
            last_modified: present("lastmodified").ok_or_else(|| missing("lastmodified"))?,
            mac: present("mac").ok_or_else(|| missing("mac"))?,
            rule: rule(file, present)?,
            other_keys,
            mac_only_encrypted: present("mac_only_encrypted").is_some_and(|text| text == "true"),
        })
    }
}

fn rule(file: &str, present: impl Fn(&str) -> Option<String>) -> Result<Rule> {
    let regex = |name: &str, text: &str| {
        Regex::new(text).map_err(|why| Error::Syntax {
            file: file.to_owned(),
            line: None,
            what: format!("sops.{name} is no regular expression: {why}"),
        })
    };
    let mut rules = Vec::new();
    if let Some(suffix) = present("unencrypted_suffix") {
        rules.push(Rule::UnencryptedSuffix(suffix));
    }
    if let Some(suffix) = present("encrypted_suffix") {
        rules.push(Rule::EncryptedSuffix(suffix));
    }
    if let Some(text) = present("unencrypted_regex") {
        rules.push(Rule::UnencryptedRegex(regex("unencrypted_regex", &text)?));
    }
    if let Some(text) = present("encrypted_regex") {
        rules.push(Rule::EncryptedRegex(regex("encrypted_regex", &text)?));
    }
    match rules.len() {
        0 => Ok(Rule::UnencryptedSuffix(UNENCRYPTED_SUFFIX.to_owned())),
        1 => Ok(rules.remove(0)),
        _ => Err(Error::Syntax {
            file: file.to_owned(),
            line: None,
            what: "under sops stand two rules for what is sealed; there may be one".to_owned(),
        }),
    }
}
