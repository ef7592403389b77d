//! The `hob.yaml` of an adopted repository.

use std::fmt::Write as _;

use super::{Adopted, AdoptedHost};
use crate::homelab::MODELINE;

pub(super) fn text(adopted: &Adopted) -> String {
    let mut text = String::new();
    let mut put = |line: &str| {
        // Writing to a text does not fail.
        let _ = writeln!(text, "{line}");
    };
    put(MODELINE);
    put("# What runs where. Hob needs no other file in this repository; the rest stays as it is.");
    put(&format!("homelab: {}", adopted.name));
    put("");
    if !adopted.layers.is_empty() {
        put("# Where the Compose files lie, lowest priority first.");
        put("layers:");
        for layer in &adopted.layers {
            put(&format!("  - {}", quoted(layer)));
        }
        put("");
    }
    put("hosts:");
    for (name, host) in &adopted.hosts {
        put_host(name, host, &mut put);
    }
    put_unassigned(adopted, &mut put);
    if !adopted.spelled_out.is_empty() {
        put("");
        put("# Stacks of several files, or whose files no pattern finds.");
        put("stacks:");
        for (name, files) in &adopted.spelled_out {
            put(&format!("  {name}:"));
            put("    files:");
            for file in files {
                put(&format!("      - {}", quoted(file)));
            }
        }
    }
    if !adopted.networks.is_empty() {
        put("");
        put("# Networks that stacks call external: Hob makes them where they are needed.");
        put("networks:");
        for network in &adopted.networks {
            put(&format!("  {network}: {{}}"));
        }
    }
    put("");
    put("policy:");
    match adopted.publishes_widely {
        true => {
            put("  # As it is today: ports are open on every address of a host. Name addresses or");
            put("  # interfaces instead to be told of every port that is open elsewhere.");
            put("  publish: [0.0.0.0]");
        }
        false => {
            put("  # Where ports may be published; a port elsewhere is a finding.");
            put("  publish: [127.0.0.1]");
        }
    }
    text
}

fn put_host(name: &str, host: &AdoptedHost, put: &mut impl FnMut(&str)) {
    put(&format!("  {name}:"));
    match host.connect.as_deref() {
        Some("local") => put("    connect: local # this machine; another one: ssh://user@address"),
        Some(connect) => put(&format!("    connect: {}", quoted(connect))),
        None => put(&format!("    connect: ssh://{name} # a guess: by the name of its folder")),
    }
    if host.has_own_file {
        put("    # Its own file is a stack that bears its name.");
    }
    match host.stacks.is_empty() {
        true => put("    stacks: []"),
        false => {
            put("    stacks:");
            for stack in &host.stacks {
                put(&format!("      - {stack}"));
            }
        }
    }
}

fn put_unassigned(adopted: &Adopted, put: &mut impl FnMut(&str)) {
    if adopted.unassigned.is_empty() {
        return;
    }
    put("  # Nothing says which host runs these. Put each under the stacks of one:");
    for stack in &adopted.unassigned {
        put(&format!("  #   - {stack}"));
    }
}

/// Plain where YAML reads it as the text that it is.
fn quoted(text: &str) -> String {
    let is_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric())
        && !text.contains(": ")
        && !text.contains(" #")
        && text.chars().all(|c| c.is_ascii_graphic());
    match is_plain {
        true => text.to_owned(),
        false => serde_json::Value::from(text).to_string(),
    }
}
