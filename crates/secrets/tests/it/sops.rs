use hob_secrets::{
    Error,
    keys::Keyring,
    sops::{Format, Sops, is_sops, names, recipients},
};
use insta::assert_snapshot;

use crate::support::{NOW, file, key, name, quiet, secret, shown};

const FORMATS: [Format; 3] = [Format::Yaml, Format::Json, Format::Dotenv];

fn open(text: &str, format: Format, keys: &Keyring) -> Result<Sops, Error> {
    Sops::open("secrets", text, format, keys)
}

#[test]
fn what_is_set_is_read_again_in_every_format() {
    let (keys, recipient, _) = key();
    let value = "line one\nquoted \"two\" = #3: {x}";
    for format in FORMATS {
        let sops = file(format, &recipient, &[("A", "first"), ("B", value), ("EMPTY", "")]);
        let text = sops.text();
        assert!(!text.contains("first") && !text.contains("line one"), "{text}");
        let again = open(&text, format, &keys).unwrap();
        let read: Vec<_> = again.values().iter().map(|value| value.text.expose()).collect();
        assert_eq!(read, ["first", value, ""], "{format:?}");
        assert_eq!(again.recipients(), [recipient.to_string()]);
        assert_eq!(recipients("secrets", &text, format).unwrap(), [recipient.to_string()]);
    }
}

#[test]
fn a_new_yaml_file() {
    let (_, recipient, _) = key();
    let values = [("db.password", "x"), ("db.users.admin", "y"), ("TOKEN", "z"), ("db.port", "1")];
    assert_snapshot!(quiet(&file(Format::Yaml, &recipient, &values).text()), @r#"
    db:
        password: ENC[...]
        users:
            admin: ENC[...]
        port: ENC[...]
    TOKEN: ENC[...]
    sops:
        age:
            - recipient: age1...
              enc: |
    <armour>
        lastmodified: "2026-11-20T12:00:00Z"
        mac: ENC[...]
        version: 3.9.0
    "#);
}

#[test]
fn a_change_touches_its_own_lines() {
    let (keys, recipient, _) = key();
    let before = file(Format::Yaml, &recipient, &[("a.b", "1"), ("a.c", "2"), ("d", "3")]).text();
    let before = before.replacen("a:\n", "# who may do what\na:   # of the database\n", 1);
    let mut sops = open(&before, Format::Yaml, &keys).unwrap();
    sops.set(&name("a.c"), &secret("4"), "2026-11-21T00:00:00Z").unwrap();
    let after = sops.text();
    let changed = before.lines().zip(after.lines()).filter(|(old, new)| old != new);
    let changed: Vec<_> = changed.map(|(old, _)| old.split(':').next().unwrap()).collect();
    assert_eq!(changed, ["    c", "    lastmodified", "    mac"]);
    assert_snapshot!(shown(&open(&after, Format::Yaml, &keys).unwrap()), @r#"
    a.b = "1"
    a.c = "4"
    d = "3"
    "#);
}

#[test]
fn values_are_taken_out_with_the_mappings_that_are_empty_then() {
    let (keys, recipient, _) = key();
    for format in [Format::Yaml, Format::Json] {
        let mut sops = file(format, &recipient, &[("a.b.c", "1"), ("d", "2"), ("a.e", "3")]);
        sops.remove(&name("a.b.c"), NOW).unwrap();
        assert_eq!(shown(&sops), "a.e = \"3\"\nd = \"2\"\n", "{format:?}");
        sops.remove(&name("a.e"), NOW).unwrap();
        let again = open(&sops.text(), format, &keys).unwrap();
        assert_eq!(shown(&again), "d = \"2\"\n", "{format:?}");
        assert!(
            !sops.text().starts_with("a:") && !sops.text().contains("\"a\""),
            "{}",
            sops.text()
        );
        let missing = sops.remove(&name("a.e"), NOW).unwrap_err().to_string();
        assert_eq!(missing, "secrets: a.e: there is no such value");
    }
}

#[test]
fn what_is_changed_without_the_key_is_noticed() {
    let (keys, recipient, _) = key();
    for format in FORMATS {
        let text = file(format, &recipient, &[("ADMIN", "one"), ("GUEST", "two")]).text();
        let swapped = text.replace("ADMIN", "<>").replace("GUEST", "ADMIN").replace("<>", "GUEST");
        let why = open(&swapped, format, &keys).unwrap_err();
        assert!(matches!(why, Error::Forged { .. }), "{format:?}: {why}");
        let lines = text.lines().filter(|line| !line.contains("GUEST"));
        let without = lines.map(|line| format!("{line}\n")).collect::<String>();
        let why = open(&without, format, &keys).unwrap_err();
        assert!(matches!(why, Error::Forged { .. }), "{format:?}: {why}");
    }
}

#[test]
fn a_value_in_clear_among_sealed_ones_is_noticed() {
    let (keys, recipient, _) = key();
    let text = file(Format::Yaml, &recipient, &[("A", "one")]).text();
    let text = format!("B: hunter2\n{text}");
    let why = open(&text, Format::Yaml, &keys).unwrap_err().to_string();
    assert_eq!(
        why,
        "secrets: B is not sealed; it was changed without its key, or two versions were \
         merged"
    );
}

#[test]
fn who_has_no_key_is_told_who_has() {
    let (_, recipient, _) = key();
    let (others, _, _) = key();
    let text = file(Format::Yaml, &recipient, &[("A", "one")]).text();
    let why = open(&text, Format::Yaml, &others).unwrap_err().to_string();
    let wanted = "secrets: your key does not open this file; it is for ".to_owned();
    assert_eq!(why, wanted + recipient.as_str());
}

#[test]
fn the_rules_of_what_is_sealed() {
    let (keys, recipient, _) = key();
    let base = file(Format::Yaml, &recipient, &[]).text();
    for (rule, expected) in [
        ("unencrypted_suffix: _plain", "port_plain in clear, password sealed"),
        ("encrypted_suffix: word", "port_plain in clear, password sealed"),
        ("encrypted_regex: ^pass", "port_plain in clear, password sealed"),
        ("unencrypted_regex: ^(port|host)", "port_plain in clear, password sealed"),
    ] {
        let text = base.replace("    version", &format!("    {rule}\n    version"));
        let mut sops = open(&text, Format::Yaml, &keys).unwrap();
        sops.set(&name("port_plain"), &secret("5432"), NOW).unwrap();
        sops.set(&name("password"), &secret("x"), NOW).unwrap();
        let again = open(&sops.text(), Format::Yaml, &keys).unwrap();
        let how = again.values().iter().map(|value| {
            format!("{} {}", value.name, if value.is_sealed { "sealed" } else { "in clear" })
        });
        assert_eq!(how.collect::<Vec<_>>().join(", "), expected, "{rule}");
        assert!(sops.text().contains("port_plain: \"5432\""), "{}", sops.text());
    }
}

#[test]
fn two_rules_and_rules_for_comments_are_refused() {
    let (keys, recipient, _) = key();
    let base = file(Format::Yaml, &recipient, &[]).text();
    let with = |rule: &str| base.replace("    version", &format!("    {rule}\n    version"));
    let two = with("encrypted_regex: a\n    unencrypted_suffix: b");
    assert_eq!(
        open(&two, Format::Yaml, &keys).unwrap_err().to_string(),
        "secrets: under sops stand two rules for what is sealed; there may be one"
    );
    let comments = with("encrypted_comment_regex: secret");
    assert_eq!(
        open(&comments, Format::Yaml, &keys).unwrap_err().to_string(),
        "secrets: sops.encrypted_comment_regex is not supported: rules for comments; use \
         encrypted_regex"
    );
}

#[test]
fn the_seal_can_be_of_the_sealed_values_only() {
    let (keys, recipient, _) = key();
    let base = file(Format::Yaml, &recipient, &[]).text();
    let text = base.replace("    version", "    mac_only_encrypted: true\n    version");
    // The seal is another one, so it has to be made again by a change.
    assert!(matches!(open(&text, Format::Yaml, &keys), Err(Error::Forged { .. })));
}

#[test]
fn other_recipients_and_another_key() {
    let (keys, recipient, _) = key();
    let (others, other, _) = key();
    for format in FORMATS {
        let mut sops = file(format, &recipient, &[("A", "one"), ("B", "two")]);
        sops.set_recipients(&[recipient.clone(), other.clone()], NOW).unwrap();
        assert_eq!(shown(&open(&sops.text(), format, &others).unwrap()), shown(&sops));
        let before = sops.text();
        sops.rotate(std::slice::from_ref(&other), NOW).unwrap();
        assert_eq!(shown(&open(&sops.text(), format, &others).unwrap()), shown(&sops));
        assert!(matches!(open(&sops.text(), format, &keys), Err(Error::NoKey { .. })));
        let kept =
            before.lines().filter(|line| line.contains("ENC[") && sops.text().contains(*line));
        assert_eq!(kept.count(), 0, "{format:?}: everything is sealed again");
    }
}

#[test]
fn names_are_read_without_a_key() {
    let (_, recipient, _) = key();
    let text = file(Format::Yaml, &recipient, &[("db.password", "x"), ("TOKEN", "y")]).text();
    let names = names("secrets.yaml", &text, Format::Yaml).unwrap();
    let names: Vec<_> = names.iter().map(ToString::to_string).collect();
    assert_eq!(names, ["db.password", "TOKEN"]);
    assert!(is_sops("secrets.yaml", &text));
    assert!(!is_sops("compose.yaml", "services: {}\n"));
    assert!(!is_sops("secrets.txt", &text));
}

#[test]
fn names_that_lead_nowhere() {
    let (_, recipient, _) = key();
    let mut sops = file(Format::Yaml, &recipient, &[("a.b", "1")]);
    let mut refused =
        |path: &str| sops.set(&name(path), &secret("x"), NOW).unwrap_err().to_string();
    assert_eq!(refused("a"), "secrets: a: this is a mapping or a list; name a value in it");
    assert_eq!(
        refused("a.b.c"),
        "secrets: a.b.c: there is no such value, and it cannot be added here"
    );
    assert_eq!(
        refused("list[3]"),
        "secrets: list[3]: there is no such value, and it cannot be added here"
    );
    let mut dotenv = file(Format::Dotenv, &recipient, &[]);
    let why = dotenv.set(&name("a.b"), &secret("x"), NOW).unwrap_err().to_string();
    assert_eq!(why, "secrets: a.b: a dotenv file has names of letters, digits and _ only");
}

#[test]
fn a_file_for_other_keys_too_is_not_rotated() {
    let (keys, recipient, _) = key();
    let yaml = "    pgp:\n        - fp: ABCD\n          enc: sealed\n    version";
    let dotenv = "sops_pgp__list_0__map_enc=sealed\nsops_version";
    for (format, old, new) in
        [(Format::Yaml, "    version", yaml), (Format::Dotenv, "sops_version", dotenv)]
    {
        let text = file(format, &recipient, &[("A", "one")]).text().replace(old, new);
        let mut sops = open(&text, format, &keys).unwrap();
        sops.set(&name("A"), &secret("two"), NOW).unwrap();
        assert!(sops.text().contains("pgp"), "what is not known stays");
        let why = sops.rotate(std::slice::from_ref(&recipient), NOW).unwrap_err().to_string();
        assert!(why.contains("keys under sops.pgp"), "{format:?}: {why}");
    }
}
