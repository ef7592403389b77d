//! The JSON Schema by which editors complete and check `hob.yaml`: draft 07, which the language
//! servers for YAML know.

use serde_json::{Map, Value, json};

use super::{Field, Fields, HOMELAB, Kind, Presence, table};
use crate::lint;

/// Where a size is read: `homelab::size`.
const SIZE: &str =
    r"^ *[0-9]+(\.[0-9]{1,6})? *([kKmMgGtTpP]([iI]?[bB])?|[bB]|[bB][yY][tT][eE])? *$";
/// `homelab::reader::is_name`.
const NAME: &str = "^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$";
const NAME_OF_VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]*$";

/// The schema.
pub fn schema() -> Value {
    let mut definitions = Map::new();
    for fields in table::ALL.iter().filter(|fields| !fields.path.is_empty()) {
        definitions.insert(definition(fields), mapping(fields));
    }
    let mut schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "hob.yaml",
        "description": "What runs where: the file that describes a homelab for Hob.",
    });
    if let (Value::Object(schema), Value::Object(whole)) = (&mut schema, mapping(&HOMELAB)) {
        schema.extend(whole);
        schema.insert("definitions".into(), Value::Object(definitions));
    }
    schema
}

/// The name of a mapping among the definitions.
fn definition(fields: &Fields) -> String {
    fields.path.replace(".*", "").replace("[]", "").replace('.', "-")
}

fn mapping(fields: &Fields) -> Value {
    let properties: Map<String, Value> =
        fields.fields.iter().map(|field| (field.key.to_owned(), property(field))).collect();
    let needed = fields.fields.iter().filter(|field| field.presence == Presence::Needed);
    let required: Vec<&str> = needed.map(|field| field.key).collect();
    let mut mapping = json!({
        // What is not said counts as said with nothing, where nothing is needed.
        "type": if fields.has_required() { json!("object") } else { json!(["object", "null"]) },
        "properties": properties,
        "patternProperties": { "^x-": {} },
        "additionalProperties": false,
    });
    if !required.is_empty() {
        mapping["required"] = json!(required);
    }
    for field in fields.fields {
        if let Presence::NeededUnless(other, value) = field.presence {
            mapping["if"] =
                json!({ "required": [other], "properties": { other: { "enum": [value] } } });
            mapping["else"] = json!({ "required": [field.key] });
        }
    }
    mapping
}

fn property(field: &Field) -> Value {
    let mut told = json!({ "description": description(field) });
    if let (Value::Object(told), Value::Object(kind)) = (&mut told, value(&field.kind)) {
        // Beside a reference, draft 07 reads nothing else.
        match kind.contains_key("$ref") {
            true => told.insert("allOf".into(), json!([kind])).map_or((), drop),
            false => told.extend(kind),
        }
    }
    told
}

fn description(field: &Field) -> String {
    let Field { key, kind: _, presence: _, default, since, meaning, example } = field;
    let default = match default.is_empty() {
        true => String::new(),
        false => format!(" If absent: {default}."),
    };
    format!("{meaning}.{default}\n\nExample: {key}: {example}\n\nSince Hob {since}.")
}

fn value(kind: &Kind) -> Value {
    match kind {
        Kind::Text => json!({ "type": "string", "minLength": 1 }),
        Kind::Name => json!({ "type": "string", "pattern": NAME }),
        Kind::Project => json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$" }),
        Kind::Domain => json!({
            "type": "string", "pattern": r"^[A-Za-z0-9][A-Za-z0-9-]*(\.[A-Za-z0-9][A-Za-z0-9-]*)*$",
        }),
        Kind::Connect => json!({
            "type": "string", "pattern": "^(local(:///.+)?|ssh://([^@/]+@)?[^@/]+/?)$",
        }),
        Kind::AbsolutePath => json!({ "type": "string", "pattern": "^/+[^/]" }),
        Kind::Pattern | Kind::Glob => json!({ "type": "string", "pattern": "^[^/~]" }),
        Kind::Need => json!({ "type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_./-]*$" }),
        Kind::Address => json!({ "type": "string", "minLength": 1 }),
        Kind::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Kind::Boolean => json!({ "type": "boolean" }),
        Kind::Size => json!({ "type": ["string", "integer"], "pattern": SIZE, "minimum": 0 }),
        Kind::Choice(words) => choice(words),
        Kind::Rule => match lint::known().as_slice() {
            [] => json!({ "type": "string", "minLength": 1 }),
            codes => json!({ "enum": codes }),
        },
        Kind::Severities(words) => severities(words),
        Kind::List(item) => json!({ "type": ["array", "null"], "items": value(item) }),
        Kind::OneOrList(item) => {
            let list = json!({ "type": ["array", "null"], "items": value(item) });
            json!({ "anyOf": [value(item), list] })
        }
        Kind::Names(inner) => json!({
            "type": ["object", "null"],
            "propertyNames": { "pattern": NAME },
            "additionalProperties": value(inner),
        }),
        Kind::Variables => json!({
            "type": ["object", "null"],
            "propertyNames": { "pattern": NAME_OF_VARIABLE },
            "additionalProperties": value(&Kind::Scalar),
        }),
        Kind::Map(inner) => json!({
            "type": ["object", "null"], "additionalProperties": value(inner),
        }),
        Kind::Fields(fields) => reference(fields),
        Kind::Either(short, fields) => json!({ "anyOf": [value(short), reference(fields)] }),
    }
}

/// How much findings are to matter, by their codes.
fn severities(words: &[&str]) -> Value {
    let words: Vec<Value> = words.iter().map(|word| json!(word)).chain([json!(false)]).collect();
    let about = |code: &str| lint::RULES.iter().find(|rule| rule.id == code).map(|rule| rule.about);
    let codes: Map<String, Value> = lint::known()
        .into_iter()
        .map(|code| {
            let description = about(code).unwrap_or_default();
            (code.to_owned(), json!({ "description": description, "enum": words }))
        })
        .collect();
    json!({ "type": ["object", "null"], "properties": codes, "additionalProperties": false })
}

/// Numbers among the words may be written without quotes.
fn choice(words: &[&str]) -> Value {
    let numbers = words.iter().filter_map(|word| word.parse::<u64>().ok()).map(|n| json!(n));
    let all: Vec<Value> = words.iter().map(|word| json!(word)).chain(numbers).collect();
    json!({ "enum": all })
}

fn reference(fields: &Fields) -> Value {
    json!({ "$ref": format!("#/definitions/{}", definition(fields)) })
}
