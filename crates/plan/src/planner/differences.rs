//! In what a container's specification differs from the one it was made by.

use std::collections::BTreeSet;

use hob_model::{ImageRef, NetworkName, spec::SealedSpec};
use serde_json::{Map, Value};

use crate::change::Reason;

/// Compares two sealed specifications attribute by attribute. What is written down at all is
/// compared, so no attribute can be forgotten here; only its wording can.
pub(crate) fn differences(was: &SealedSpec, now: &SealedSpec) -> Vec<Reason> {
    let mut why = Vec::new();
    for attribute in changed_keys(&was.0, &now.0) {
        let (before, after) = (was.0.get(attribute), now.0.get(attribute));
        match attribute {
            "image" => why.push(Reason::Image { was: image(before), now: image(after) }),
            "build" => why.extend(build(before, after)),
            "env" => why.extend(keys(before, after, |key| Reason::Env { key })),
            "labels" => why.extend(keys(before, after, |key| Reason::Label { key })),
            "content" => why.extend(keys(before, after, |path| Reason::File { path })),
            "mounts" => why.extend(keys(before, after, |target| Reason::Mount { target })),
            "network" => why.extend(networks(before, after)),
            other => why.push(attribute_changed(other, before, after)),
        }
    }
    why
}

/// Attributes whose values are never secrets, and so are told: they are written down as they are.
/// What is not listed here is only said to have changed.
const TOLD: [&str; 30] = [
    "cap_add",
    "cap_drop",
    "cgroup_parent",
    "devices",
    "dns",
    "dns_opt",
    "dns_search",
    "domainname",
    "expose",
    "extra_hosts",
    "group_add",
    "hostname",
    "init",
    "limits",
    "namespaces",
    "platform",
    "ports",
    "privileged",
    "read_only",
    "restart",
    "runtime",
    "security_opt",
    "shm_bytes",
    "stdin_open",
    "stop_grace_ms",
    "stop_signal",
    "tty",
    "ulimits",
    "user",
    "working_dir",
];

fn attribute_changed(name: &str, before: Option<&Value>, after: Option<&Value>) -> Reason {
    let told = |value: Option<&Value>| value.filter(|_| TOLD.contains(&name)).cloned();
    Reason::Attribute { name: name.to_owned(), from: told(before), to: told(after) }
}

fn image(value: Option<&Value>) -> ImageRef {
    ImageRef::new(value.and_then(Value::as_str).unwrap_or_default())
}

fn keys(
    before: Option<&Value>,
    after: Option<&Value>,
    reason: fn(String) -> Reason,
) -> Vec<Reason> {
    let empty = Map::new();
    let before = before.and_then(Value::as_object).unwrap_or(&empty);
    let after = after.and_then(Value::as_object).unwrap_or(&empty);
    changed_keys(before, after).into_iter().map(|key| reason(key.to_owned())).collect()
}

/// In what a build differs: by file, folder or argument where the record tells them apart.
fn build(before: Option<&Value>, after: Option<&Value>) -> Vec<Reason> {
    let empty = Map::new();
    let (Some(was), Some(now)) =
        (before.and_then(Value::as_object), after.and_then(Value::as_object))
    else {
        let what = if after.is_some() { "it is built now" } else { "it is not built any more" };
        return vec![Reason::Build { what: what.to_owned() }];
    };
    let mut why = Vec::new();
    for attribute in changed_keys(was, now) {
        let of = |map: &Map<String, Value>| map.get(attribute).and_then(Value::as_object).cloned();
        let (was, now) = (of(was), of(now));
        let keys = changed_keys(was.as_ref().unwrap_or(&empty), now.as_ref().unwrap_or(&empty));
        match attribute {
            "context" | "dockerfile" => {
                why.extend(keys.iter().map(|path| format!("source {path}")));
            }
            "args" => why.extend(keys.iter().map(|name| format!("build arg {name}"))),
            "bases" => why.extend(keys.iter().map(|image| format!("base {image}"))),
            "labels" => why.extend(keys.iter().map(|name| format!("build label {name}"))),
            other => why.push(format!("build {other}")),
        }
    }
    why.into_iter().map(|what| Reason::Build { what }).collect()
}

fn networks(before: Option<&Value>, after: Option<&Value>) -> Vec<Reason> {
    let attached = |value: Option<&Value>| value.and_then(|value| value.get("attached")).cloned();
    match (attached(before), attached(after)) {
        (Some(before), Some(after)) => keys(Some(&before), Some(&after), |name| Reason::Network {
            name: NetworkName::new(name),
        }),
        _ => vec![attribute_changed("network_mode", None, None)],
    }
}

fn changed_keys<'a>(was: &'a Map<String, Value>, now: &'a Map<String, Value>) -> BTreeSet<&'a str> {
    was.keys()
        .chain(now.keys())
        .map(String::as_str)
        .filter(|key| was.get(*key) != now.get(*key))
        .collect()
}
