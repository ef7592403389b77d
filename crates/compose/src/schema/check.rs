//! Holds a merged tree against the table.

use super::sections::INCLUDE;
use super::service::PROJECT;
use super::shape::{
    Field, IS_BOOL, IS_COUNT, IS_INT, IS_NULL, IS_NUMBER, IS_TEXT, Object, Scalars, Shape, Status,
};
use super::suggest::closest;
use crate::finding::{Finding, Severity};
use crate::path::Path;
use crate::tree::{Data, Entry, Mapping, Node, Span, Tag};

/// Everything in the tree that the specification does not know, or knows differently.
pub(crate) fn check(root: &Node, findings: &mut Vec<Finding>) {
    let Some(mapping) = root.as_mapping() else { return };
    object(mapping, &root.span, &PROJECT, &Path::ROOT, findings);
}

/// What is wrong with an `include`. It is gone from the tree by the time of [`check`].
pub(crate) fn check_include(include: &Entry, findings: &mut Vec<Finding>) {
    if include.value.is_null() {
        return;
    }
    let path = Path::ROOT.key("include");
    let mut found = Vec::new();
    shape(&include.value, &include.key.span, &INCLUDE, &path, &mut found);
    for finding in &mut found {
        // Docker Compose does not look.
        if finding.code == "unknown-attribute" {
            finding.severity = Severity::Warning;
        }
    }
    findings.extend(found);
}

fn object(
    mapping: &Mapping,
    place: &Span,
    object: &Object,
    path: &Path<'_>,
    findings: &mut Vec<Finding>,
) {
    for Entry { key, value } in &mapping.entries {
        let name = key.name.as_str();
        if name.starts_with("x-") {
            continue;
        }
        let path = path.key(name);
        let place = &key.span;
        match object.fields.iter().find(|field| field.name == name) {
            Some(field) => {
                status(field, place, &path, findings);
                shape(value, place, &field.shape, &path, findings);
            }
            None => findings.push(unknown(name, object).at(place.place()).on(path)),
        }
    }
    for name in object.required {
        if !mapping.contains(name) {
            findings.push(
                Finding::error("missing-attribute", format!("{name} is missing"))
                    .at(place.place())
                    .on(path),
            );
        }
    }
}

fn unknown(name: &str, object: &Object) -> Finding {
    let finding =
        Finding::error("unknown-attribute", format!("Compose does not know the attribute {name}"));
    match closest(name, object.fields.iter().map(|field| field.name)) {
        Some(other) => finding.hint(format!("did you mean {other}?")),
        None => finding.hint("attributes of your own start with x-"),
    }
}

fn status(field: &Field, place: &Span, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let name = field.name;
    let finding = match field.status {
        Status::Carried => return,
        Status::Refused(why) => {
            Finding::error("unsupported-attribute", format!("{name} is not supported: {why}"))
                .hint("take it out of this file")
        }
        Status::Inert(why) => {
            Finding::note("inert-attribute", format!("{name} is not acted on: {why}"))
        }
    };
    findings.push(finding.at(place.place()).on(path));
}

fn shape(value: &Node, place: &Span, wanted: &Shape, path: &Path<'_>, findings: &mut Vec<Finding>) {
    if value.tag == Some(Tag::Timestamp) && !matches!(wanted, Shape::Anything) {
        findings.push(
            Finding::error("timestamp", "YAML reads this as a date, which Compose does not accept")
                .about(value)
                .on(path)
                .hint("put it in quotes"),
        );
        return;
    }
    match (wanted, &value.data) {
        (Shape::Anything, _) => {}
        (Shape::Scalar(kinds), _) if accepts(*kinds, value) => {}
        (Shape::Choice(names), Data::String(text)) => choice(text, names, value, path, findings),
        (Shape::List(item), Data::Sequence(items)) => list(items, item, path, findings),
        (Shape::Set(item), Data::Sequence(items)) => {
            list(items, item, path, findings);
            twice(items, path, findings);
        }
        (Shape::Map(item), Data::Mapping(mapping)) => map(mapping, item, path, findings),
        (Shape::Named(item), Data::Mapping(mapping)) => {
            names(mapping, path, findings);
            map(mapping, item, path, findings);
        }
        (Shape::Object(inner), Data::Mapping(mapping)) => {
            object(mapping, place, inner, path, findings);
        }
        (Shape::Either(shapes), _) => match shapes.iter().find(|shape| is_kind(shape, value)) {
            Some(right) => shape(value, place, right, path, findings),
            None => findings.push(wrong_type(wanted, value, place, path)),
        },
        _ => findings.push(wrong_type(wanted, value, place, path)),
    }
}

fn accepts(kinds: Scalars, value: &Node) -> bool {
    match &value.data {
        Data::Null => kinds.has(IS_NULL),
        Data::Bool(_) => kinds.has(IS_BOOL),
        Data::Int(number) => kinds.has(IS_INT) || (kinds.has(IS_COUNT) && *number >= 0),
        Data::Float(number) => {
            // 8 and -0 read as floating point, and are whole numbers all the same.
            let whole = number.fract() == 0.0;
            kinds.has(NUMBER_ONLY) || (whole && (kinds.has(IS_INT) || kinds.has(IS_COUNT)))
        }
        Data::String(_) => kinds.has(IS_TEXT),
        Data::Sequence(_) | Data::Mapping(_) => false,
    }
}

/// The bit that a number has and a whole number has not.
const NUMBER_ONLY: Scalars = IS_NUMBER.without(IS_INT);

/// Whether a value is of the kind that a shape is about, well-formed or not.
fn is_kind(shape: &Shape, value: &Node) -> bool {
    match shape {
        Shape::Scalar(kinds) => accepts(*kinds, value),
        Shape::Choice(_) => value.as_str().is_some(),
        Shape::List(_) | Shape::Set(_) => value.as_sequence().is_some(),
        Shape::Map(_) | Shape::Named(_) | Shape::Object(_) => value.as_mapping().is_some(),
        Shape::Either(shapes) => shapes.iter().any(|shape| is_kind(shape, value)),
        Shape::Anything => true,
    }
}

fn choice(
    text: &str,
    names: &[&'static str],
    value: &Node,
    path: &Path<'_>,
    findings: &mut Vec<Finding>,
) {
    if names.contains(&text) {
        return;
    }
    let finding = Finding::error("unknown-value", format!("{text:?} is not a value for this"));
    let hint = match closest(text, names.iter().copied()) {
        Some(name) => format!("did you mean {name}?"),
        None => format!("possible values: {}", names.join(", ")),
    };
    findings.push(finding.about(value).on(path).hint(hint));
}

fn list(items: &[Node], wanted: &Shape, path: &Path<'_>, findings: &mut Vec<Finding>) {
    for (index, item) in items.iter().enumerate() {
        shape(item, &item.span, wanted, &path.item(index), findings);
    }
}

fn map(mapping: &Mapping, wanted: &Shape, path: &Path<'_>, findings: &mut Vec<Finding>) {
    for Entry { key, value } in &mapping.entries {
        // Sections may hold extensions beside their named things.
        shape(value, &key.span, wanted, &path.key(&key.name), findings);
    }
}

fn names(mapping: &Mapping, path: &Path<'_>, findings: &mut Vec<Finding>) {
    for Entry { key, .. } in &mapping.entries {
        let right = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if key.name.is_empty() || !key.name.chars().all(right) {
            findings.push(
                Finding::error("invalid-name", format!("{:?} is not a name", key.name))
                    .at(key.span.place())
                    .on(path)
                    .hint("a name is made of letters, digits, dots, _ and -"),
            );
        }
    }
}

fn twice(items: &[Node], path: &Path<'_>, findings: &mut Vec<Finding>) {
    for (index, item) in items.iter().enumerate() {
        let Some(first) = items[..index].iter().find(|first| *first == item) else { continue };
        findings.push(
            Finding::error("duplicate-item", "the same item stands twice in this list")
                .about(item)
                .on(path.item(index))
                .hint("remove one of the two")
                .related(first.place(), "it stands here first"),
        );
    }
}

fn wrong_type(wanted: &Shape, value: &Node, place: &Span, path: &Path<'_>) -> Finding {
    // A value without text of its own is best pointed at through its key.
    let place = match value.data {
        Data::Null | Data::Mapping(_) | Data::Sequence(_) => place.place(),
        _ => value.place(),
    };
    let words = describe(wanted);
    let finding =
        Finding::error("wrong-type", format!("this is {}, not {words}", value.kind_name()))
            .at(place)
            .on(path);
    // Quotes help where a text is wanted, not where it is only tolerated.
    let wants_text = words.contains("text") && !words.contains("number") && !words.contains("true");
    if words.starts_with("a list") && !matches!(value.data, Data::Null | Data::Mapping(_)) {
        return finding.hint("write a list: put it in square brackets, or behind a dash");
    }
    match (&value.data, wants_text) {
        (Data::Bool(_) | Data::Int(_) | Data::Float(_), true) => finding.hint("put it in quotes"),
        (Data::Null, _) => finding.hint("give it a value, or remove it"),
        _ => finding,
    }
}

fn describe(shape: &Shape) -> String {
    let mut words = Vec::new();
    collect_words(shape, &mut words);
    words.dedup();
    match words.split_last() {
        Some((last, [])) => (*last).to_string(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => "a value".to_string(),
    }
}

fn collect_words(shape: &Shape, words: &mut Vec<&'static str>) {
    match shape {
        Shape::Scalar(kinds) => {
            let names = [
                (IS_TEXT, "a text"),
                (IS_BOOL, "true or false"),
                (NUMBER_ONLY, "a number"),
                (IS_COUNT, "a whole number from 0"),
                (IS_NULL, "nothing"),
            ];
            words.extend(names.iter().filter(|(kind, _)| kinds.has(*kind)).map(|(_, name)| name));
            if kinds.has(IS_INT) && !kinds.has(NUMBER_ONLY) {
                words.push("a whole number");
            }
        }
        Shape::Choice(_) => words.push("a text"),
        Shape::List(_) | Shape::Set(_) => words.push("a list"),
        Shape::Map(_) | Shape::Named(_) | Shape::Object(_) => words.push("a mapping"),
        Shape::Either(shapes) => shapes.iter().for_each(|shape| collect_words(shape, words)),
        Shape::Anything => {}
    }
}
