//! What `.sops.yaml` says about new files.

use hob_secrets::{
    Error,
    keys::Recipient,
    sops::{
        Format, Sops,
        creation::{CreationRule, rule_for, starter},
    },
};

use crate::support::{NOW, key, name, secret};

fn rule(text: &str, path: &str) -> Result<Option<CreationRule>, Error> {
    rule_for(".sops.yaml", text, path)
}

fn recipients(rule: Option<CreationRule>) -> Vec<Recipient> {
    rule.map(|rule| rule.recipients).unwrap_or_default()
}

#[test]
fn the_first_rule_that_fits_counts() {
    let ((_, first, _), (_, second, _)) = (key(), key());
    let text = format!(
        "creation_rules:\n  - path_regex: ^hosts/.*\\.env$\n    age: {first}\n  - age: >-\n      \
         {first},\n      {second}\n"
    );
    let of = |path| recipients(rule(&text, path).unwrap());
    assert_eq!(of("hosts/nas/secrets.env"), std::slice::from_ref(&first));
    assert_eq!(of("secrets.yaml"), [first.clone(), second.clone()]);
    assert_eq!(rule("creation_rules: []\n", "secrets.yaml"), Ok(None));
    let group = format!("creation_rules:\n  - key_groups:\n      - age: [{first}, {second}]\n");
    assert_eq!(recipients(rule(&group, "a.yaml").unwrap()), [first, second]);
}

#[test]
fn a_new_file_is_sealed_as_its_rule_says() {
    let (keys, recipient, _) = key();
    let text =
        format!("creation_rules:\n  - age: {recipient}\n    encrypted_regex: ^(password|token)$\n");
    let rule = rule(&text, "secrets.yaml").unwrap().unwrap();
    let mut sops = Sops::create_by("secrets.yaml", Format::Yaml, &rule, NOW).unwrap();
    sops.set(&name("db.user"), &secret("ida"), NOW).unwrap();
    sops.set(&name("db.password"), &secret("hunter2"), NOW).unwrap();
    let made = sops.text();
    assert!(made.contains("user: ida") && !made.contains("hunter2"), "{made}");
    let again = Sops::open("secrets.yaml", &made, Format::Yaml, &keys).unwrap();
    let sealed: Vec<bool> = again.values().iter().map(|value| value.is_sealed).collect();
    assert_eq!(sealed, [false, true]);
}

#[test]
fn what_is_made_first_is_a_rule_for_every_format() {
    let (_, recipient, _) = key();
    let text = starter(std::slice::from_ref(&recipient));
    for path in ["secrets.sops.yaml", "hosts/nas/a.sops.env", "b.sops.json", "c.sops.yml"] {
        assert_eq!(
            recipients(rule(&text, path).unwrap()),
            std::slice::from_ref(&recipient),
            "{path}"
        );
    }
    assert_eq!(rule(&text, "compose.yaml"), Ok(None));
}

#[test]
fn rules_that_cannot_be_kept_are_refused() {
    let (_, recipient, _) = key();
    let why = |rules: &str| {
        let text = format!("creation_rules:\n  - age: {recipient}\n    {rules}\n");
        rule(&text, "a.yaml").unwrap_err().to_string()
    };
    let says =
        |rules: &str, expected: &str| assert_eq!(why(rules), format!(".sops.yaml{expected}"));
    says("pgp: ABCD", ": the rule for a.yaml needs pgp; only age keys are supported");
    says(
        "key_groups: [{ age: [a] }, { age: [b] }]",
        ": several key groups (Shamir) are not supported; use one",
    );
    says(
        "path_regex: '('",
        ":2: path_regex is no regular expression: found open group without closing ')'",
    );
    says(
        "encrypted_regex: a\n    encrypted_suffix: b",
        ":2: encrypted_regex and encrypted_suffix exclude each other",
    );
}
