//! The hosts of `hob.yaml`, and what groups say in the same words.

use std::collections::BTreeMap;

use hob_compose::{
    Finding, Place,
    tree::{Entry, Node},
};

use super::{
    Host, Placed, ROOT_DEFAULT, Vars, connect,
    reader::{Reader, child},
    size,
};
use crate::{
    desired::{Connect, Storage},
    names::{HostName, StackName},
    secret::Secret,
};

const KEYS: [&str; 6] = ["connect", "root", "groups", "stacks", "vars", "storage"];

pub(super) fn hosts(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<HostName, Host> {
    let mut hosts: BTreeMap<HostName, Host> = BTreeMap::new();
    for entry in reader.mapping(node, "hosts") {
        let path = child("hosts", &entry.key.name);
        if !reader.check_name(&entry.key.name, "host", entry.key.span.place(), &path) {
            continue;
        }
        let Some(host) = host(reader, entry, &path) else { continue };
        let twin = hosts.iter().find(|(_, other)| other.connect.value == host.connect.value);
        if let Some((twin, other)) = twin {
            reader.findings.push(
                Finding::error("same-host", format!("this is the same machine as {twin}"))
                    .at(host.connect.place.clone())
                    .on(child(&path, "connect"))
                    .hint("give each machine one entry: two would undo each other's work")
                    .related(other.connect.place.clone(), format!("{twin} is reached here")),
            );
        }
        hosts.insert(HostName::new(&entry.key.name), host);
    }
    hosts
}

fn host(reader: &mut Reader<'_>, entry: &Entry, path: &str) -> Option<Host> {
    let place = entry.key.span.place();
    let mut connect = None;
    let mut host = Host {
        connect: Placed { value: Connect::Local { socket: None }, place: place.clone() },
        root: ROOT_DEFAULT.to_owned(),
        groups: Vec::new(),
        stacks: Vec::new(),
        vars: Vars::new(),
        storage: Vec::new(),
        place: place.clone(),
    };
    for part in reader.known(&entry.value, path, &KEYS) {
        let (node, path) = (&part.value, child(path, &part.key.name));
        match part.key.name.as_str() {
            "connect" => connect = Some(connection(reader, node, &path)),
            "root" => {
                if let Some(root) = absolute(reader, node, &path) {
                    host.root = root;
                }
            }
            "groups" => host.groups = names(reader, node, &path, "group"),
            "stacks" => host.stacks = stack_names(reader, node, &path),
            "vars" => host.vars = vars(reader, node, &path),
            "storage" => host.storage = storage(reader, node, &path),
            _ => {}
        }
    }
    match connect {
        Some(connect) => host.connect = connect?,
        None => {
            let hint = "write connect: local, or connect: ssh://user@host";
            reader.missing(place, path, "connect", hint);
            return None;
        }
    }
    Some(host)
}

fn connection(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<Placed<Connect>> {
    let text = reader.text(node, path)?;
    match connect::parse(&text.value) {
        Ok(value) => Some(Placed { value, place: text.place }),
        Err(bad) => {
            reader.findings.push(
                Finding::error("bad-connect", bad.message).at(text.place).on(path).hint(bad.hint),
            );
            None
        }
    }
}

/// An absolute path without anything in it that a folder of Hob's should not have.
fn absolute(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<String> {
    let text = reader.text(node, path)?;
    let normal = hob_compose::files::normalise(&text.value);
    let steps_back = text.value.split('/').any(|part| part == "..");
    if !text.value.starts_with('/') || normal == "/" || steps_back || text.value.contains('\n') {
        reader.findings.push(
            Finding::error("bad-path", format!("{:?} is no absolute path of a folder", text.value))
                .at(text.place)
                .on(path)
                .hint("write it like /srv/data, without .. in it"),
        );
        return None;
    }
    Some(normal)
}

/// A list of names, each once.
fn names(reader: &mut Reader<'_>, node: &Node, path: &str, what: &str) -> Vec<Placed<String>> {
    let mut names: Vec<Placed<String>> = Vec::new();
    for (index, name) in reader.texts(node, path).into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        if !reader.check_name(&name.value, what, name.place.clone(), &path) {
            continue;
        }
        match names.iter().find(|other| other.value == name.value) {
            None => names.push(name),
            Some(first) => reader.findings.push(
                Finding::warning("duplicate", format!("{} is in the list twice", name.value))
                    .at(name.place)
                    .on(path)
                    .hint("remove one")
                    .related(first.place.clone(), "first here"),
            ),
        }
    }
    names
}

pub(super) fn stack_names(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
) -> Vec<Placed<StackName>> {
    names(reader, node, path, "stack")
        .into_iter()
        .map(|name| Placed { value: StackName::new(name.value), place: name.place })
        .collect()
}

pub(super) fn vars(reader: &mut Reader<'_>, node: &Node, path: &str) -> Vars {
    let mut vars = Vars::new();
    for entry in reader.mapping(node, path) {
        let name = &entry.key.name;
        let path = child(path, name);
        if !is_variable(name) {
            reader.findings.push(
                Finding::error("bad-name", format!("{name:?} cannot be the name of a variable"))
                    .at(entry.key.span.place())
                    .on(&path)
                    .hint("use letters, digits and _, and begin with a letter or _"),
            );
            continue;
        }
        if let Some(value) = reader.scalar(&entry.value, &path) {
            let place = value.place;
            vars.insert(name.clone(), Placed { value: Secret::new(value.value), place });
        }
    }
    vars
}

/// What `${...}` in a Compose file can refer to.
fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn storage(reader: &mut Reader<'_>, node: &Node, path: &str) -> Vec<Storage> {
    let mut storage = Vec::new();
    for (index, item) in reader.list(node, path).iter().enumerate() {
        let path = format!("{path}[{index}]");
        let mut folder = None;
        let mut min_free_bytes = None;
        for part in reader.known(item, &path, &["path", "min_free"]) {
            let path = child(&path, &part.key.name);
            match part.key.name.as_str() {
                "path" => folder = absolute(reader, &part.value, &path),
                "min_free" => min_free_bytes = amount(reader, &part.value, &path),
                _ => {}
            }
        }
        if item.as_mapping().is_some() && item.get("path").is_none() {
            let place = Place { len: 1, ..item.place() };
            reader.missing(place, &path, "path", "write { path: /srv, min_free: 10GiB }");
        }
        storage.extend(folder.map(|path| Storage { path, min_free_bytes }));
    }
    storage
}

fn amount(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<u64> {
    let text = reader.scalar(node, path)?;
    let bytes = size::bytes(&text.value);
    if bytes.is_none() {
        reader.findings.push(
            Finding::error("bad-size", format!("{:?} is no amount of bytes", text.value))
                .at(text.place)
                .on(path)
                .hint("write it like 50GiB, 500MB or 2TiB"),
        );
    }
    bytes
}
