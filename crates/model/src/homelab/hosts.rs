//! The hosts of `hob.yaml`, and what groups say in the same words.

use std::collections::BTreeMap;

use hob_compose::{
    Finding, Place,
    tree::{Entry, Node},
};

use super::{
    Host, Placed, ROOT_DEFAULT, Vars, connect, fields,
    reader::{Reader, child},
    size,
};
use crate::{
    desired::{Connect, Storage},
    machine::{Arch, Gpu, GpuVendor, HostKind, Machine},
    names::{HostName, StackName},
    secret::Secret,
};

pub(super) fn hosts(reader: &mut Reader<'_>, node: &Node) -> BTreeMap<HostName, Host> {
    let mut hosts: BTreeMap<HostName, Host> = BTreeMap::new();
    for entry in reader.mapping(node, "hosts") {
        let path = child("hosts", &entry.key.name);
        if !reader.check_name(&entry.key.name, "host", entry.key.span.place(), &path) {
            continue;
        }
        let Some(host) = host(reader, entry, &path) else { continue };
        say_same(reader, &hosts, &host, &path);
        hosts.insert(HostName::new(&entry.key.name), host);
    }
    hosts
}

/// Says so if a host is reached like one before it.
fn say_same(reader: &mut Reader<'_>, others: &BTreeMap<HostName, Host>, host: &Host, path: &str) {
    let Some(connect) = &host.connect else { return };
    let same =
        |other: &Host| other.connect.as_ref().filter(|other| other.value == connect.value).cloned();
    let Some((twin, first)) = others.iter().find_map(|(name, other)| Some((name, same(other)?)))
    else {
        return;
    };
    reader.findings.push(
        Finding::error("same-host", format!("this is the same machine as {twin}"))
            .at(connect.place.clone())
            .on(child(path, "connect"))
            .hint("give each machine one entry: two would undo each other's work")
            .related(first.place, format!("{twin} is reached here")),
    );
}

fn host(reader: &mut Reader<'_>, entry: &Entry, path: &str) -> Option<Host> {
    let place = entry.key.span.place();
    let mut host = Host {
        connect: None,
        machine: Machine::default(),
        root: ROOT_DEFAULT.to_owned(),
        groups: Vec::new(),
        stacks: Vec::new(),
        vars: Vars::new(),
        storage: Vec::new(),
        place: place.clone(),
    };
    for part in reader.fields(&entry.value, path, &fields::HOST) {
        let (node, path) = (&part.value, child(path, &part.key.name));
        match part.key.name.as_str() {
            "connect" => host.connect = connection(reader, node, &path),
            "root" => {
                if let Some(root) = absolute(reader, node, &path) {
                    host.root = root;
                }
            }
            "groups" => host.groups = names(reader, node, &path, "group"),
            "stacks" => host.stacks = stack_names(reader, node, &path),
            "vars" => host.vars = vars(reader, node, &path),
            "storage" => host.storage = storage(reader, node, &path),
            "kind" => {
                let word = reader.choice(node, &path, fields::HOST_KINDS);
                host.machine.kind = word.map(|word| HostKind::of(&word.value)).unwrap_or_default();
            }
            "memory" => host.machine.memory = memory(reader, node, &path),
            "gpu" => host.machine.gpus = gpus(reader, node, &path),
            "arch" => host.machine.arch = arch(reader, node, &path),
            _ => {}
        }
    }
    if host.connect.is_none() && host.machine.kind.is_managed() {
        if entry.value.get("connect").is_none() {
            let hint = "write connect: local, or connect: ssh://user@host";
            reader.missing(place, path, "connect", hint);
        }
        return None;
    }
    Some(host)
}

fn memory(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<Placed<u64>> {
    Some(Placed { value: amount(reader, node, path)?, place: node.place() })
}

/// One graphics processor, or a list of them.
fn gpus(reader: &mut Reader<'_>, node: &Node, path: &str) -> Vec<Gpu> {
    if node.as_mapping().is_some() {
        return gpu(reader, node, path).into_iter().collect();
    }
    let items = reader.list(node, path).iter().enumerate();
    items.filter_map(|(index, item)| gpu(reader, item, &format!("{path}[{index}]"))).collect()
}

fn gpu(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<Gpu> {
    let (mut vendor, mut vram_bytes, mut model) = (None, None, None);
    for part in reader.fields(node, path, &fields::GPU) {
        let (node, path) = (&part.value, child(path, &part.key.name));
        match part.key.name.as_str() {
            "vendor" => vendor = reader.choice(node, &path, fields::GPU_VENDORS),
            "vram" => vram_bytes = amount(reader, node, &path),
            "model" => model = reader.text(node, &path).map(|model| model.value),
            _ => {}
        }
    }
    if node.as_mapping().is_some() && node.get("vendor").is_none() {
        let place = Place { len: 1, ..node.place() };
        reader.missing(place, path, "vendor", "write { vendor: nvidia, vram: 12GiB }");
    }
    let vendor = GpuVendor::of(&vendor?.value)?;
    Some(Gpu { vendor, vram_bytes, model, place: node.place() })
}

/// What the kernel calls architectures, and what images call them.
const KERNEL_NAMES: [(&str, &str); 7] = [
    ("x86_64", "amd64"),
    ("x86-64", "amd64"),
    ("aarch64", "arm64"),
    ("armv8", "arm64"),
    ("armv7l", "arm/v7"),
    ("armv6l", "arm/v6"),
    ("i686", "386"),
];

fn arch(reader: &mut Reader<'_>, node: &Node, path: &str) -> Option<Placed<Arch>> {
    let is_kernels = |text: &str| KERNEL_NAMES.iter().find(|(name, _)| *name == text);
    if let Some((name, image)) = node.as_str().and_then(is_kernels) {
        reader.findings.push(
            Finding::error("bad-choice", format!("{name} is what the kernel calls it"))
                .at(node.place())
                .on(path)
                .hint(format!("write {image}, as images do")),
        );
        return None;
    }
    let word = reader.choice(node, path, fields::ARCHITECTURES)?;
    Some(Placed { value: Arch::new(word.value), place: word.place })
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
pub(super) fn names(
    reader: &mut Reader<'_>,
    node: &Node,
    path: &str,
    what: &str,
) -> Vec<Placed<String>> {
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
        for part in reader.fields(item, &path, &fields::STORAGE) {
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
