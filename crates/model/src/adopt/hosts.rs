//! Where a repository says which machines there are: inventories of Ansible, lists of stacks, and
//! the names of folders.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::tree::{Node, parse};

/// What a repository says about a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Machine {
    /// `ssh://...`, if an address is known.
    pub(super) connect: Option<String>,
    /// The stacks that a list gives it.
    pub(super) stacks: BTreeSet<String>,
    /// Where that is written.
    pub(super) sources: BTreeSet<String>,
}

pub(super) type Machines = BTreeMap<String, Machine>;

/// Folders whose folders are machines.
const FOLDERS: [&str; 7] =
    ["hosts", "servers", "devices", "machines", "nodes", "host", "computers"];
/// Names among machines that mean all of them.
pub(super) const SHARED: [&str; 5] = ["shared", "common", "all", "base", "default"];

/// Whether the folders in a folder of this name are machines.
pub(super) fn holds_machines(folder: &str) -> bool {
    FOLDERS.contains(&folder.to_ascii_lowercase().as_str())
}

/// A machine that has a folder of its own, whatever lies in it.
pub(super) fn of_path(path: &str) -> Option<&str> {
    let folders: Vec<&str> = path.split('/').collect();
    let at = folders.windows(3).position(|part| holds_machines(part[0]))?;
    Some(folders[at + 1]).filter(|name| !SHARED.contains(name))
}

/// Machines that a file names.
pub(super) fn of_file(path: &str, text: &str) -> Machines {
    let name = path.rsplit('/').next().unwrap_or(path);
    if name.ends_with(".json") {
        return of_list(path, text);
    }
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        return of_yaml_inventory(path, text);
    }
    match text.contains("ansible_host=") || name.starts_with("inventory") || name == "hosts.ini" {
        true => of_ini_inventory(path, text),
        false => Machines::new(),
    }
}

/// A list of stacks beside a machine's files: any key of the object that names stacks.
fn of_list(path: &str, text: &str) -> Machines {
    let Ok(serde_json::Value::Object(object)) = serde_json::from_str(text) else {
        return Machines::new();
    };
    let Some((folder, _)) = path.rsplit_once('/') else { return Machines::new() };
    let host = folder.rsplit('/').next().unwrap_or(folder);
    let lists = object.iter().filter(|(key, _)| key.to_ascii_lowercase().contains("stacks"));
    let items = lists.filter_map(|(_, list)| list.as_array()).flatten();
    let name = |item: &serde_json::Value| {
        let name = item.as_str().or_else(|| item.get("name")?.as_str())?;
        Some(name.trim_end_matches(".yml").trim_end_matches(".yaml").to_owned())
    };
    let stacks: BTreeSet<String> = items.filter_map(name).collect();
    if !object.keys().any(|key| key.to_ascii_lowercase().contains("stacks")) {
        return Machines::new();
    }
    let sources = BTreeSet::from([path.to_owned()]);
    Machines::from([(host.to_owned(), Machine { connect: None, stacks, sources })])
}

fn of_yaml_inventory(path: &str, text: &str) -> Machines {
    if !text.contains("hosts:") {
        return Machines::new();
    }
    let (documents, _) = parse(text, path);
    let mut machines = Machines::new();
    for document in &documents {
        for group in document.entries() {
            inventory_group(path, &group.value, &mut machines, 0);
        }
    }
    machines
}

fn inventory_group(path: &str, group: &Node, machines: &mut Machines, depth: usize) {
    const DEPTH_MAX: usize = 10;
    let hosts = group.get("hosts").map(Node::entries).unwrap_or_default();
    for host in hosts {
        let variable = |name: &str| host.value.get(name).and_then(Node::scalar_text);
        let address = variable("ansible_host");
        let is_host = host.value.is_null() || host.value.as_mapping().is_some();
        if is_host {
            let (user, port) = (variable("ansible_user"), variable("ansible_port"));
            insert(machines, path, &host.key.name, address, user, port);
        }
    }
    for child in group.get("children").map(Node::entries).unwrap_or_default() {
        if depth < DEPTH_MAX {
            inventory_group(path, &child.value, machines, depth + 1);
        }
    }
}

fn of_ini_inventory(path: &str, text: &str) -> Machines {
    let mut machines = Machines::new();
    let mut holds_hosts = true;
    for line in text.lines() {
        let line = line.split(['#', ';']).next().unwrap_or_default().trim();
        if let Some(section) = line.strip_prefix('[') {
            holds_hosts = !section.contains(':');
            continue;
        }
        let mut words = line.split_whitespace();
        let Some(name) = words.next().filter(|_| holds_hosts) else { continue };
        if name.contains('=') {
            continue;
        }
        let variables: BTreeMap<&str, &str> = words.filter_map(|it| it.split_once('=')).collect();
        let variable = |name: &str| variables.get(name).map(|it| (*it).to_owned());
        let (user, port) = (variable("ansible_user"), variable("ansible_port"));
        insert(&mut machines, path, name, variable("ansible_host"), user, port);
    }
    machines
}

fn insert(
    machines: &mut Machines,
    path: &str,
    name: &str,
    address: Option<String>,
    user: Option<String>,
    port: Option<String>,
) {
    // A template stands for no address.
    let plain = |text: &String| !text.contains("{{");
    let user = user.filter(plain).map(|user| format!("{user}@")).unwrap_or_default();
    let port = port.filter(plain).map(|port| format!(":{port}")).unwrap_or_default();
    let connect = address.filter(plain).map(|address| match address.as_str() {
        "localhost" | "127.0.0.1" => "local".to_owned(),
        address => format!("ssh://{user}{address}{port}"),
    });
    let machine = machines.entry(name.to_owned()).or_default();
    machine.connect = machine.connect.take().or(connect);
    machine.sources.insert(path.to_owned());
}
