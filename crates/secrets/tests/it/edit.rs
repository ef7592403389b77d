//! Files laid open, and made what was edited.

use hob_secrets::sops::{Format, Sops, plain};
use insta::assert_snapshot;

use crate::support::{NOW, file, key, shown};

#[test]
fn a_file_laid_open_holds_its_values_and_its_comments() {
    let (keys, recipient, _) = key();
    let values = [("db.password", "x: \"y\""), ("TOKEN", "z")];
    let text = file(Format::Yaml, &recipient, &values).text();
    let text = text.replacen("db:", "# of the database\ndb:", 1);
    let sops = Sops::open("secrets", &text, Format::Yaml, &keys).unwrap();
    assert_snapshot!(sops.laid_open().unwrap().expose(), @r#"
    # of the database
    db:
        password: "x: \"y\""
    TOKEN: z
    "#);
    let json = file(Format::Json, &recipient, &values);
    let expected =
        "{\n\t\"db\": {\n\t\t\"password\": \"x: \\\"y\\\"\"\n\t},\n\t\"TOKEN\": \"z\"\n}\n";
    assert_eq!(json.laid_open().unwrap().expose(), expected);
    let dotenv = file(Format::Dotenv, &recipient, &[("A", "one two"), ("B", "c=d")]);
    assert_snapshot!(dotenv.laid_open().unwrap().expose(), @"
    A=one two
    B=c=d
    ");
}

#[test]
fn only_what_was_edited_is_sealed_again() {
    let (keys, recipient, _) = key();
    let mut sops = file(Format::Yaml, &recipient, &[("A", "one"), ("B", "two"), ("C", "three")]);
    let before = sops.text();
    let edited = "A: one\nB: other\nnew: { inner: 4 }\n";
    assert_eq!(sops.take_over(edited, NOW).unwrap(), (2, 1));
    let after = sops.text();
    let line = |text: &str, name: &str| {
        text.lines().find(|line| line.starts_with(name)).map(str::to_owned)
    };
    assert_eq!(line(&before, "A:"), line(&after, "A:"), "what was not edited stays");
    let again = Sops::open("secrets", &after, Format::Yaml, &keys).unwrap();
    assert_snapshot!(shown(&again), @r#"
    A = "one"
    B = "other"
    new.inner = "4"
    "#);
    assert_eq!(sops.take_over(edited, NOW).unwrap(), (0, 0));
}

#[test]
fn plain_files_are_read_in_every_format() {
    let read = |text: &str, format| {
        let values = plain::read("plain", text, format).unwrap().into_iter();
        values.map(|(name, text)| format!("{name}={}", text.expose())).collect::<Vec<_>>()
    };
    assert_eq!(
        read("a: { b: [x, 2] }\nc: true\nd: null\n", Format::Yaml),
        ["a.b[0]=x", "a.b[1]=2", "c=true"]
    );
    assert_eq!(read(r#"{"a": {"b": 1.5}}"#, Format::Json), ["a.b=1.5"]);
    assert_eq!(read("# c\nA=b\n", Format::Dotenv), ["A=b"]);
}
