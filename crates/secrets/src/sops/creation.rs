//! `.sops.yaml`: for whom new files are, and what of them is sealed. After `config/config.go` of
//! SOPS 3: the first rule whose `path_regex` fits the path counts.

use hob_compose::tree::{self, Node};
use regex_lite::Regex;

use crate::{
    error::{Error, Result},
    keys::Recipient,
};

/// How a new file is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CreationRule {
    /// For whom it is.
    pub recipients: Vec<Recipient>,
    /// What of it is sealed: a name such as `encrypted_regex`, and its text.
    pub sealing: Option<(String, String)>,
}

/// What may say which values are sealed.
const SEALING: [&str; 4] =
    ["encrypted_regex", "unencrypted_regex", "encrypted_suffix", "unencrypted_suffix"];

/// Kinds of keys that are not age's. A rule that has one besides age's would make a file that
/// somebody whom the rule names cannot open, so it is refused.
const OTHER_KEYS: [&str; 7] = [
    "pgp",
    "kms",
    "aws_profile",
    "gcp_kms",
    "azure_keyvault",
    "hc_vault_transit_uri",
    "shamir_threshold",
];

/// The rule for a new file; `None` if no rule fits. `path` is relative to the folder of
/// `.sops.yaml`.
///
/// # Errors
/// If the text is no such configuration, or the rule needs keys other than age's.
pub fn rule_for(file: &str, text: &str, path: &str) -> Result<Option<CreationRule>> {
    let syntax =
        |line: Option<u32>, what: String| Error::Syntax { file: file.to_owned(), line, what };
    let (documents, findings) = tree::parse(text, file);
    if let Some(finding) =
        findings.iter().find(|finding| finding.severity == hob_compose::Severity::Error)
    {
        let line = finding.place.as_ref().map(|place| place.line);
        return Err(syntax(line, finding.message.clone()));
    }
    let rules = documents.first().and_then(|root| root.get("creation_rules"));
    for rule in rules.map(Node::items).unwrap_or_default() {
        let line = Some(rule.span.line);
        if let Some(expression) = rule.get("path_regex").and_then(Node::as_str) {
            let regex = Regex::new(expression).map_err(|why| {
                syntax(line, format!("path_regex is no regular expression: {why}"))
            })?;
            if !regex.is_match(path) {
                continue;
            }
        }
        if let Some(other) = OTHER_KEYS.iter().find(|key| is_said(rule, key)) {
            let what = format!("the rule for {path} needs {other}; only age keys are supported");
            return Err(Error::Unsupported { file: file.to_owned(), what });
        }
        return read(file, rule).map(Some);
    }
    Ok(None)
}

fn is_said(rule: &Node, key: &str) -> bool {
    rule.get(key).is_some_and(|node| {
        !node.is_null()
            && node.as_str() != Some("")
            && node.as_sequence().is_none_or(|_| !node.items().is_empty())
    })
}

fn read(file: &str, rule: &Node) -> Result<CreationRule> {
    let mut keys = words(rule.get("age"));
    match rule.get("key_groups").map(Node::items).unwrap_or_default() {
        [] => {}
        [group] => {
            let other = group.entries().iter().find(|entry| entry.key.name != "age");
            if let Some(other) = other {
                let what = format!("a key group names {}; only age is supported", other.key.name);
                return Err(Error::Unsupported { file: file.to_owned(), what });
            }
            keys.extend(words(group.get("age")));
        }
        [..] => {
            let what = "several key groups (Shamir) are not supported; use one".to_owned();
            return Err(Error::Unsupported { file: file.to_owned(), what });
        }
    }
    let recipients = keys.iter().map(|key| Recipient::parse(key)).collect::<Result<_>>()?;
    let said = SEALING.iter().filter_map(|name| {
        let text = rule.get(name).and_then(Node::as_str)?;
        Some(((*name).to_owned(), text.to_owned()))
    });
    let mut said: Vec<(String, String)> = said.collect();
    if said.len() > 1 {
        return Err(Error::Syntax {
            file: file.to_owned(),
            line: Some(rule.span.line),
            what: format!("{} and {} exclude each other", said[0].0, said[1].0),
        });
    }
    Ok(CreationRule { recipients, sealing: said.pop() })
}

/// A list, or a text with commas.
fn words(node: Option<&Node>) -> Vec<String> {
    let Some(node) = node else { return Vec::new() };
    let texts = match node.as_str() {
        Some(text) => vec![text.to_owned()],
        None => node.items().iter().filter_map(Node::scalar_text).collect(),
    };
    let words = texts.iter().flat_map(|text| text.split(','));
    words.map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// The text of a new `.sops.yaml`.
pub fn starter(recipients: &[Recipient]) -> String {
    let keys: Vec<&str> = recipients.iter().map(Recipient::as_str).collect();
    format!(
        "# For whom new files of secrets are. Existing ones keep their recipients: see hob secret \
         rotate.\ncreation_rules:\n  - path_regex: \\.sops\\.(ya?ml|json|env)$\n    age: {}\n",
        keys.join(",")
    )
}
