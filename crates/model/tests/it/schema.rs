//! The table of fields, the reader and the JSON Schema say the same: whatever one of the two
//! accepts or refuses by its shape, the other does too.

use std::{fs, path::Path};

use hob_compose::tree::{self, Data, Node};
use hob_model::{
    Finding, REPOSITORY_ROOT, Severity,
    homelab::{
        MODELINE, SCHEMA_FILE,
        fields::{self, Field, Fields, Presence},
    },
    load,
};
use serde_json::{Value, json};

use crate::support::repository;

/// What the schema has against a value; draft 07 as far as the schema uses it.
fn faults(schema: &Value, value: &Value, at: &str, whole: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for (keyword, wanted) in schema.as_object().unwrap() {
        let mut fault = |is_right: bool| {
            if !is_right {
                found.push(format!("{at}: {value} breaks {keyword} {wanted}"));
            }
        };
        match keyword.as_str() {
            "$schema" | "title" | "description" | "definitions" => {}
            "type" => fault(
                types(wanted).contains(&type_of(value))
                    || (type_of(value) == "integer" && types(wanted).contains(&"number")),
            ),
            "enum" => fault(wanted.as_array().unwrap().contains(value)),
            "pattern" => fault(value.as_str().is_none_or(|text| matches(wanted, text))),
            "minLength" => fault(value.as_str().is_none_or(|text| !text.is_empty())),
            "minimum" => fault(value.as_i64().is_none_or(|number| number >= 0)),
            "required" => {
                let keys = wanted.as_array().unwrap().iter().map(|key| key.as_str().unwrap());
                let mut missing = keys.filter(|key| value.get(key).is_none());
                fault(!value.is_object() || missing.next().is_none());
            }
            "propertyNames" => {
                let wanted = &wanted["pattern"];
                let mut keys = value.as_object().into_iter().flat_map(|map| map.keys());
                fault(keys.all(|key| matches(wanted, key)));
            }
            "items" => {
                let items = value.as_array().into_iter().flatten().enumerate();
                found.extend(items.flat_map(|(index, item)| {
                    faults(wanted, item, &format!("{at}[{index}]"), whole)
                }));
            }
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                found.extend(faults(whole.pointer(pointer).unwrap(), value, at, whole));
            }
            "allOf" => found.extend(
                wanted.as_array().unwrap().iter().flat_map(|one| faults(one, value, at, whole)),
            ),
            "anyOf" => {
                let mut ways = wanted.as_array().unwrap().iter();
                fault(ways.any(|way| faults(way, value, at, whole).is_empty()));
            }
            "if" => {
                let holds = faults(wanted, value, at, whole).is_empty();
                let other = schema.get("else").filter(|_| !holds && value.is_object());
                found.extend(other.iter().flat_map(|other| faults(other, value, at, whole)));
            }
            "else" | "properties" | "patternProperties" | "additionalProperties" => {}
            other => panic!("the schema uses {other}, which the test does not know"),
        }
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let at = format!("{at}.{key}");
        let own = schema.get("properties").and_then(|properties| properties.get(key));
        let is_extension = schema.get("patternProperties").is_some() && key.starts_with("x-");
        match (own, schema.get("additionalProperties")) {
            (Some(own), _) => found.extend(faults(own, inner, &at, whole)),
            (None, _) if is_extension => {}
            (None, Some(Value::Bool(false))) => found.push(format!("{at} is unknown")),
            (None, Some(other)) => found.extend(faults(other, inner, &at, whole)),
            (None, None) => {}
        }
    }
    found
}

fn types(wanted: &Value) -> Vec<&str> {
    match wanted {
        Value::Array(all) => all.iter().map(|one| one.as_str().unwrap()).collect(),
        one => vec![one.as_str().unwrap()],
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn matches(pattern: &Value, text: &str) -> bool {
    regex_lite::Regex::new(pattern.as_str().unwrap()).unwrap().is_match(text)
}

/// A document as JSON, as a language server sees it.
fn plain(node: &Node) -> Value {
    match &node.data {
        Data::Null => Value::Null,
        Data::Mapping(mapping) => {
            let entries = mapping.entries.iter();
            entries.map(|entry| (entry.key.name.clone(), plain(&entry.value))).collect()
        }
        Data::Sequence(items) => items.iter().map(plain).collect(),
        _ => match (node.as_str(), node.as_bool(), node.as_i64()) {
            (Some(text), ..) => json!(text),
            (None, Some(truth), _) => json!(truth),
            (None, None, Some(number)) => json!(number),
            (None, None, None) => json!(node.as_f64()),
        },
    }
}

fn schema_faults(text: &str) -> Vec<String> {
    let (documents, findings) = tree::parse(text, "hob.yaml");
    assert!(!documents.is_empty(), "{text}{findings:?}");
    let schema = fields::schema();
    faults(&schema, &plain(&documents[0]), "", &schema)
}

/// What the reader has against the shape of a document, not against what it leads to.
fn reader_faults(text: &str) -> Vec<Finding> {
    let of_meaning = ["unknown-host", "unknown-group", "unknown-rule", "same-host"];
    let (_, findings) = load(&repository(text), REPOSITORY_ROOT);
    let is_fault = |finding: &Finding| {
        finding.severity == Severity::Error && !of_meaning.contains(&finding.code)
    };
    findings.into_iter().filter(is_fault).collect()
}

/// The smallest document in which a mapping of the table stands, with something in it.
fn document(fields: &Fields, inside: &str) -> String {
    let base = "homelab: h\nhosts: { h: { connect: local } }\n";
    let host = |key: &str| format!("homelab: h\nhosts: {{ h: {{ connect: local, {key} }} }}\n");
    match fields.path {
        "" => {
            let key = inside.split(':').next().unwrap();
            let lines = base.lines().filter(|line| !line.starts_with(&format!("{key}:")));
            format!("{}\n{inside}\n", lines.collect::<Vec<_>>().join("\n"))
        }
        "layers[]" => format!("{base}layers: [{{ {inside} }}]\n"),
        "groups.*" => format!("{base}groups: {{ g: {{ {inside} }} }}\n"),
        "hosts.*" if inside.starts_with("connect:") => {
            format!("homelab: h\nhosts: {{ h: {{ {inside} }} }}\n")
        }
        "hosts.*" => host(inside),
        "hosts.*.storage[]" => host(&format!("storage: [{{ {inside} }}]")),
        "hosts.*.gpu" => host(&format!("gpu: {{ {inside} }}")),
        "stacks.*" => format!("{base}stacks: {{ s: {{ {inside} }} }}\n"),
        "networks.*" => format!("{base}networks: {{ n: {{ {inside} }} }}\n"),
        "policy.allow[]" => format!("{base}policy: {{ allow: [{{ {inside} }}] }}\n"),
        path => format!("{base}{path}: {{ {inside} }}\n"),
    }
}

/// The other keys that have to be there beside one.
fn beside(fields: &Fields, field: &Field) -> String {
    let mut text = String::new();
    for other in fields
        .fields
        .iter()
        .filter(|other| !fields.path.is_empty() && other.presence == Presence::Needed)
    {
        if other.key != field.key {
            text += &format!(", {}: {}", other.key, other.example);
        }
    }
    // What depends on something else.
    match (fields.path, field.key) {
        ("networks.*", "gateway") => text += ", subnet: 172.30.0.0/24",
        ("policy.allow[]", key) if key != "path" => text += ", path: x",
        _ => {}
    }
    text
}

fn every_field(mut check: impl FnMut(&Fields, &Field)) {
    let mut count = 0;
    for fields in fields::ALL {
        for field in fields.fields {
            check(fields, field);
            count += 1;
        }
    }
    assert!(count > 50, "{count}");
}

#[test]
fn examples_are_right_for_the_reader_and_the_schema() {
    every_field(|fields, field| {
        let inside = format!("{}: {}{}", field.key, field.example, beside(fields, field));
        let text = document(fields, &inside);
        assert_eq!(reader_faults(&text), [], "{text}");
        assert_eq!(schema_faults(&text), Vec::<String>::new(), "{text}");
    });
}

#[test]
fn values_of_the_wrong_kind_are_refused_by_both() {
    every_field(|fields, field| {
        for wrong in ["[[[x]]]", "{ \"1\": [[x]] }"] {
            let inside = format!("{}: {wrong}{}", field.key, beside(fields, field));
            let text = document(fields, &inside);
            assert_ne!(reader_faults(&text), [], "{text}");
            assert_ne!(schema_faults(&text), Vec::<String>::new(), "{text}");
        }
    });
}

#[test]
fn what_has_to_be_there_is_missed_by_both() {
    every_field(|fields, field| {
        if field.presence != Presence::Needed {
            return;
        }
        let text = match fields.path {
            "" => format!("x-a: 1\n{}", document(fields, &format!("{}: x", field.key)))
                .replace(&format!("{}: x\n", field.key), ""),
            _ => document(fields, beside(fields, field).trim_start_matches(", ")),
        };
        let findings = reader_faults(&text);
        assert!(findings.iter().any(|found| found.code == "missing-key"), "{text}{findings:?}");
        let faults = schema_faults(&text);
        assert!(faults.iter().any(|fault| fault.contains("breaks")), "{text}{faults:?}");
    });
}

#[test]
fn unknown_keys_are_refused_by_both_and_extensions_by_none() {
    for fields in fields::ALL {
        let all = fields.fields.iter().filter(|field| field.presence == Presence::Needed);
        let needed: Vec<String> = all
            .filter(|_| !fields.path.is_empty())
            .map(|field| format!(", {}: {}", field.key, field.example))
            .collect();
        let needed =
            needed.concat() + if fields.path == "policy.allow[]" { ", path: x" } else { "" };
        let text = document(fields, &format!("unheard: 1{needed}"));
        let findings = reader_faults(&text);
        assert!(findings.iter().any(|found| found.code == "unknown-key"), "{text}{findings:?}");
        let faults = schema_faults(&text);
        let is_said = |fault: &String| fault.contains("unknown") || fault.contains("anyOf");
        assert!(faults.iter().any(is_said), "{text}{faults:?}");
        let text = document(fields, &format!("x-own: [1]{needed}"));
        assert_eq!(reader_faults(&text), [], "{text}");
        assert_eq!(schema_faults(&text), Vec::<String>::new(), "{text}");
    }
}

/// What the two must agree on, beyond what the table has as examples.
#[test]
fn odd_forms_are_judged_alike() {
    for (fields, inside, is_right) in [
        (&fields::HOMELAB, "homelab: \"a b\"", false),
        (&fields::HOMELAB, "homelab: 7", false),
        (&fields::HOMELAB, "domain: ex ample", false),
        (&fields::HOMELAB, "groups:", true),
        (&fields::HOMELAB, "networks: { proxy: }", true),
        (&fields::HOMELAB, "hosts: { a: }", false),
        (&fields::HOMELAB, "hosts: { \"a b\": { connect: local } }", false),
        (&fields::HOMELAB, "layers: [7]", false),
        (&fields::HOMELAB, "layers: [/x]", false),
        (&fields::HOST, "connect: tcp://x", false),
        (&fields::HOST, "connect: local:///run/docker.sock", true),
        (&fields::HOST, "connect: \"ssh://a@[fd00::1]:22\"", true),
        (&fields::HOST, "memory: 1073741824", true),
        (&fields::HOST, "memory: 1.5 g", true),
        (&fields::HOST, "memory: lots", false),
        (&fields::HOST, "memory: -1", false),
        (&fields::HOST, "arch: 386", true),
        (&fields::HOST, "arch: x86_64", false),
        (&fields::HOST, "root: opt", false),
        (&fields::HOST, "gpu: [{ vendor: amd }, { vendor: intel }]", true),
        (&fields::HOST, "vars: { 1A: x }", false),
        (&fields::HOST, "vars: { A: 1.5, B: true, C: x }", true),
        (&fields::HOST, "vars: { A: [x] }", false),
        (&fields::STACK, "files: a.yaml", true),
        (&fields::STACK, "files: [a.yaml, /b.yaml]", false),
        (&fields::STACK, "project: Upper", false),
        (&fields::STACK, "needs: [\"a b\"]", false),
        (&fields::POLICY, "rules: { latest-tag: false }", true),
        (&fields::POLICY, "rules: { latest-tag: true }", false),
        (&fields::POLICY, "rules: { latest-tag: often }", false),
    ] {
        let text = document(fields, inside);
        assert_eq!(reader_faults(&text).is_empty(), is_right, "reader: {text}");
        assert_eq!(schema_faults(&text).is_empty(), is_right, "schema: {text}");
    }
}

/// Every `hob.yaml` of the reference homelabs, of stories and of the documentation.
#[test]
#[allow(clippy::disallowed_methods, reason = "the test reads files of this repository")]
fn what_people_write_is_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut texts = Vec::new();
    for entry in fs::read_dir(root.join("homelabs")).unwrap() {
        let path = entry.unwrap().path().join("hob.yaml");
        texts.extend(fs::read_to_string(&path).ok().map(|text| (path, text)));
    }
    assert_eq!(texts.len(), 5);
    for entry in fs::read_dir(root.join("crates/testbed/stories")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "story") {
            let story = fs::read_to_string(&path).unwrap();
            texts.extend(parts(&story).map(|text| (path.clone(), text)));
        }
    }
    assert!(texts.len() > 20, "{}", texts.len());
    for (path, text) in texts {
        let path = path.display();
        let reads = reader_faults(&text);
        let faults = schema_faults(&text);
        assert_eq!(reads.is_empty(), faults.is_empty(), "{path}\n{text}{reads:#?}\n{faults:#?}");
    }
}

/// The texts of `hob.yaml` in a story.
fn parts(story: &str) -> impl Iterator<Item = String> {
    let begins = story.split("--- hob.yaml\n").skip(1);
    let texts = begins.map(|rest| {
        let lines = rest.lines().take_while(|line| !line.starts_with("--- ") && !is_command(line));
        lines.collect::<Vec<_>>().join("\n") + "\n"
    });
    texts.collect::<Vec<_>>().into_iter()
}

fn is_command(line: &str) -> bool {
    line.starts_with("$ ") || line.starts_with("> ") || line.starts_with("---")
}

#[test]
fn what_init_writes_names_the_schema() {
    assert!(MODELINE.ends_with(&format!("$schema={SCHEMA_FILE}")));
    let starter = hob_model::starter("mini");
    assert_eq!(starter["hob.yaml"].lines().next(), Some(MODELINE));
    assert_eq!(schema_faults(&starter["hob.yaml"]), Vec::<String>::new());
}
