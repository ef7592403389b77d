//! A repository that was made without Hob: which hosts and stacks it has, by what stands in its
//! files. No file moves; what comes out is the text of a `hob.yaml` that describes what is there,
//! and what was understood, guessed and left out.

mod classify;
mod hosts;
mod layout;
mod stacks;
mod walk;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{FileError, Files};

use crate::homelab::is_name;
use classify::{Class, Contents, SIZE_MAX, USUAL_NAMES, classify};
use hosts::Machines;
use layout::Placed;

/// How sure a statement about a repository is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sureness {
    /// It stands there.
    Understood,
    /// It looks like it; the owner knows better.
    Guessed,
    /// It is not in the `hob.yaml`.
    LeftOut,
}

/// Something about a file or folder of the repository.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// How sure it is.
    pub sureness: Sureness,
    /// The file or folder, relative to the repository.
    pub path: String,
    /// What about it.
    pub text: String,
}

impl Note {
    fn understood(path: &str, text: String) -> Self {
        Self { sureness: Sureness::Understood, path: path.to_owned(), text }
    }

    fn guessed(path: &str, text: String) -> Self {
        Self { sureness: Sureness::Guessed, path: path.to_owned(), text }
    }

    fn left_out(path: &str, text: String) -> Self {
        Self { sureness: Sureness::LeftOut, path: path.to_owned(), text }
    }
}

/// A host that a repository has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdoptedHost {
    /// How it is reached, if that is written somewhere.
    pub connect: Option<String>,
    /// Its stacks.
    pub stacks: BTreeSet<String>,
    /// Whether it has a file of its own, whose stack bears its name.
    pub has_own_file: bool,
}

/// What a repository is, as far as its files tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adopted {
    /// The homelab's name.
    pub name: String,
    /// Patterns of Compose files, lowest priority first.
    pub layers: Vec<String>,
    /// Its hosts.
    pub hosts: BTreeMap<String, AdoptedHost>,
    /// Stacks whose files have to be named.
    pub spelled_out: BTreeMap<String, Vec<String>>,
    /// Stacks that no host is known to run.
    pub unassigned: BTreeSet<String>,
    /// Networks that the stacks expect to be there.
    pub networks: BTreeSet<String>,
    /// Whether ports are published on every address.
    pub publishes_widely: bool,
    /// What is to be said about it, in order of sureness and path.
    pub notes: Vec<Note>,
}

impl Adopted {
    /// The `hob.yaml`, with comments.
    pub fn text(&self) -> String {
        written::text(self)
    }
}

/// Looks at a repository. `name` is what to call it, `host` its host if nothing names one. `None`
/// if there is no Compose file in it; without any host if there are some, of which none can be
/// read, as the notes say.
///
/// # Errors
/// If a folder cannot be listed.
pub fn adopt(
    files: &dyn Files,
    root: &str,
    name: &str,
    host: &str,
) -> Result<Option<Adopted>, FileError> {
    let mut notes = Vec::new();
    let found = walk::walk(files, root)?;
    let (compose, machines) = read(files, root, &found.files, &mut notes);
    if compose.is_empty() {
        let nothing = Adopted { name: name.to_owned(), notes, ..Adopted::default() };
        return Ok(Some(nothing).filter(|it| !it.notes.is_empty()));
    }
    if found.is_cut {
        notes.push(Note::left_out(".", "there are more files than are looked at".to_owned()));
    }
    notes.extend(found.links_out.iter().map(|(path, why)| Note::left_out(path, why.clone())));
    let candidates = stacks::stacks(&compose, &mut notes);
    let mut placed = layout::place(candidates, &machines, name, &mut notes);
    placed.retain(|stack| has_good_name(stack, &mut notes));
    let (layers, spelled) = layout::patterns(&placed, &compose.keys().collect::<Vec<_>>());
    let spelled_out = spelled.iter().map(|at| {
        let stack = &placed[*at];
        (stack.name.clone(), stack.candidate.files.clone())
    });
    let mut adopted = Adopted {
        name: name.to_owned(),
        layers,
        spelled_out: spelled_out.collect(),
        ..Adopted::default()
    };
    assign(&placed, &machines, host, &mut adopted, &mut notes);
    facts(&placed, &compose, &mut adopted);
    notes.sort();
    notes.dedup();
    adopted.notes = notes;
    Ok(Some(adopted))
}

/// The Compose files, and the machines that other files name.
fn read(
    files: &dyn Files,
    root: &str,
    paths: &[String],
    notes: &mut Vec<Note>,
) -> (BTreeMap<String, Contents>, Machines) {
    let (mut compose, mut machines) = (BTreeMap::new(), Machines::new());
    for path in paths {
        if let Some(name) = hosts::of_path(path) {
            machines.entry(name.to_owned()).or_default();
        }
        let full = format!("{root}/{path}");
        let name = path.rsplit('/').next().unwrap_or(path);
        let is_yaml = name.ends_with(".yml") || name.ends_with(".yaml");
        let is_list = name.ends_with(".json") || name.ends_with(".ini") || !name.contains('.');
        if !(is_yaml || is_list) {
            continue;
        }
        let text = match text_of(files, &full) {
            Ok(text) => text,
            Err(why) => {
                if USUAL_NAMES.contains(&name) {
                    notes.push(Note::left_out(path, why));
                }
                continue;
            }
        };
        if is_yaml {
            match classify(path, &text) {
                Class::Compose(contents) => {
                    compose.insert(path.clone(), contents);
                    continue;
                }
                Class::Unreadable(why) => notes.push(Note::left_out(path, why)),
                Class::Other => {}
            }
        }
        for (name, machine) in hosts::of_file(path, &text) {
            let known = machines.entry(name).or_default();
            known.connect = known.connect.take().or(machine.connect);
            known.stacks.extend(machine.stacks);
            known.sources.extend(machine.sources);
        }
    }
    (compose, machines)
}

/// The text of a file, or why there is none.
fn text_of(files: &dyn Files, path: &str) -> Result<String, String> {
    let reason = |error: FileError| format!("cannot be read: {}", error.reason);
    if files.size(path).map_err(reason)? > SIZE_MAX {
        return Err(format!("larger than {} MiB", SIZE_MAX >> 20));
    }
    let bytes = files.read(path).map_err(reason)?;
    String::from_utf8(bytes).map_err(|_| "not text in UTF-8".to_owned())
}

fn has_good_name(stack: &Placed, notes: &mut Vec<Note>) -> bool {
    let bad =
        [Some(stack.name.as_str()), stack.host()].into_iter().flatten().find(|it| !is_name(it));
    if let Some(bad) = bad {
        let why = format!("{bad:?} is no name for a stack or host; name its files under stacks");
        notes.push(Note::left_out(&stack.candidate.files[0], why));
    }
    bad.is_none()
}

/// Gives stacks to hosts.
fn assign(
    placed: &[Placed],
    machines: &Machines,
    host: &str,
    adopted: &mut Adopted,
    notes: &mut Vec<Note>,
) {
    for stack in placed {
        let Some(host) = stack.host() else { continue };
        let known = adopted.hosts.entry(host.to_owned()).or_default();
        match stack.is_hosts_own() {
            true => known.has_own_file = true,
            false => {
                known.stacks.insert(stack.name.clone());
            }
        }
    }
    let shared: BTreeSet<&str> =
        placed.iter().filter(|it| it.host.is_none()).map(|it| it.name.as_str()).collect();
    for (name, machine) in machines.iter().filter(|(name, _)| is_name(name)) {
        let sources = machine.sources.iter().cloned().collect::<Vec<_>>().join(", ");
        let known = adopted.hosts.entry(name.clone()).or_default();
        known.connect = machine.connect.clone();
        for stack in &machine.stacks {
            match shared.contains(stack.as_str()) || known.stacks.contains(stack) {
                true => {
                    known.stacks.insert(stack.clone());
                }
                false => notes.push(Note::left_out(
                    &sources,
                    format!("{name} is to run {stack}, which has no file"),
                )),
            }
        }
        if !machine.sources.is_empty() {
            notes.push(Note::understood(&sources, format!("names the host {name}")));
        }
    }
    if adopted.hosts.is_empty() {
        let this = AdoptedHost { connect: Some("local".to_owned()), ..AdoptedHost::default() };
        adopted.hosts.insert(host.to_owned(), this);
        notes.push(Note::guessed(".", format!("nothing names a host, so there is one: {host}")));
    }
    let given: BTreeSet<String> =
        adopted.hosts.values().flat_map(|host| host.stacks.clone()).collect();
    let left: BTreeSet<String> = shared
        .iter()
        .filter(|name| !given.contains(**name))
        .map(|name| (*name).to_owned())
        .collect();
    let is_one = adopted.hosts.len() == 1;
    match adopted.hosts.values_mut().next() {
        Some(only) if is_one => only.stacks.extend(left),
        _ => adopted.unassigned = left,
    }
}

/// Networks and ports of the stacks that are described.
fn facts(placed: &[Placed], compose: &BTreeMap<String, Contents>, adopted: &mut Adopted) {
    let mut own = BTreeSet::new();
    for contents in
        placed.iter().flat_map(|it| &it.candidate.files).filter_map(|it| compose.get(it))
    {
        adopted.networks.extend(contents.external_networks.iter().cloned());
        own.extend(contents.own_networks.iter().cloned());
        adopted.publishes_widely |= contents.publishes_widely;
    }
    adopted.networks.retain(|name| !own.contains(name) && is_name(name));
}
