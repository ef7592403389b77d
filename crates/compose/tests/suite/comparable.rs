//! When two projects in JSON mean the same. `cargo xtask differential` compares with it too.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// A project without the differences that mean nothing: Docker Compose leaves out networks,
/// volumes and so on that no service uses, and says some defaults or does not.
pub(crate) fn comparable(mut project: Value) -> Value {
    prune(&mut project);
    tidy(&mut project);
    project
}

fn prune(project: &mut Value) {
    let mut used: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for service in project["services"].as_object().into_iter().flat_map(|map| map.values()) {
        let networks = service["networks"].as_object().into_iter().flat_map(|map| map.keys());
        used.entry("networks").or_default().extend(networks.cloned());
        for section in ["volumes", "configs", "secrets"] {
            let items = service[section].as_array().into_iter().flatten();
            let build = service["build"][section].as_array().into_iter().flatten();
            let sources = items.chain(build).filter_map(source);
            used.entry(section).or_default().extend(sources);
        }
    }
    let Some(project) = project.as_object_mut() else { return };
    for section in ["networks", "volumes", "configs", "secrets"] {
        if let Some(map) = project.get_mut(section).and_then(Value::as_object_mut) {
            map.retain(|name, _| used.get(section).is_some_and(|used| used.contains(name)));
        }
        if project.get(section).and_then(Value::as_object).is_none_or(|map| map.is_empty()) {
            project.remove(section);
        }
    }
}

/// What an item of a service names; without interpolation items stay in their short forms.
fn source(item: &Value) -> Option<String> {
    let short = item.as_str().map(|text| text.split(':').next().unwrap_or(text));
    short.or_else(|| item["source"].as_str()).map(String::from)
}

fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.values_mut().for_each(tidy);
            map.retain(|key, value| match key.as_str() {
                "create_host_path" => *value != json!(true),
                "command" | "entrypoint" => !value.is_null(),
                "ipam" | "placement" => *value != json!({}),
                _ => true,
            });
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::String(text) => *text = text.replace("$$", "$"),
        _ => {}
    }
}

/// Where two values begin to differ; `None` is a value that is not there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) path: String,
    pub(crate) left: Option<Value>,
    pub(crate) right: Option<Value>,
}

/// The first difference by path, as deep as both sides have something.
pub(crate) fn first_difference(left: &Value, right: &Value) -> Option<Difference> {
    between(Some(left), Some(right), String::new())
}

fn between(left: Option<&Value>, right: Option<&Value>, path: String) -> Option<Difference> {
    if left == right {
        return None;
    }
    match (left, right) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| {
                let dot = if path.is_empty() { "" } else { "." };
                between(a.get(key), b.get(key), format!("{path}{dot}{key}"))
            })
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => (0..a.len().max(b.len()))
            .find_map(|at| between(a.get(at), b.get(at), format!("{path}[{at}]"))),
        _ => Some(Difference { path, left: left.cloned(), right: right.cloned() }),
    }
}
