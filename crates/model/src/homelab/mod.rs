//! `hob.yaml`: the one file that says what the repository means. Bound from a tree in which every
//! value knows its place, so that whatever is wrong with it, now or later, has one.

use std::collections::BTreeMap;

use hob_compose::{Files, Finding, Place, files, tree};

use crate::{
    desired::{Connect, Storage},
    layers::Pattern,
    machine::Machine,
    names::{HostName, NetworkName, StackName},
    sealed::SealedFile,
    secret::Secret,
    spec::NetworkSpec,
};

mod bind;
mod connect;
pub mod fields;
mod glob;
mod hosts;
mod policy;
mod reader;
mod references;
mod shared;
mod size;

pub use glob::Glob;
pub use policy::{Allow, Judgement, Level, Policy, Subject};
pub use reader::did_you_mean;
pub(crate) use reader::{Reader, is_name};
pub(crate) use shared::needs;
pub(crate) use size::bytes as byte_amount;

/// The name of the file that describes a homelab, in the root of its repository.
pub const HOMELAB_FILE: &str = "hob.yaml";

/// Where the JSON Schema of `hob.yaml` lies in a repository, for editors. Hob does not need it.
pub const SCHEMA_FILE: &str = ".hob/schema.json";

/// The first line of a `hob.yaml`, by which language servers for YAML find its schema.
pub const MODELINE: &str = "# yaml-language-server: $schema=.hob/schema.json";

/// Hob's folder on a host that does not say otherwise.
pub const ROOT_DEFAULT: &str = "/opt/hob";

/// The group that holds every host without being told so.
pub const GROUP_OF_ALL: &str = "all";

/// What a repository says: who runs what, with which values, from which files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Homelab {
    /// Its name.
    pub name: String,
    /// The domain that its services live under.
    pub domain: Option<Placed<String>>,
    /// Where Compose files lie, lowest priority first.
    pub layers: Vec<Layer>,
    /// Groups of hosts, by name.
    pub groups: BTreeMap<String, Group>,
    /// Hosts, by name.
    pub hosts: BTreeMap<HostName, Host>,
    /// What is said about stacks besides their layers.
    pub stacks: BTreeMap<StackName, Stack>,
    /// Networks that stacks share and call external, by their names on the Engine.
    pub networks: BTreeMap<NetworkName, Placed<NetworkSpec>>,
    /// What is allowed, and what is said about it.
    pub policy: Policy,
    /// Sealed files with values, relative to the repository, lowest priority first; `{host}` in
    /// one makes it the host's own.
    pub secret_files: Vec<Placed<String>>,
    /// What is in them: put in by whoever has the keys, in the same order.
    pub sealed: Vec<SealedFile>,
}

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub place: Place,
}

/// Variables for Compose files, by name.
pub type Vars = BTreeMap<String, Placed<Secret<String>>>;

/// Where Compose files of stacks or hosts lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Where they lie.
    pub files: Placed<Pattern>,
    /// Files with variables instead of the `.env` beside the Compose file; `None` if nothing is
    /// said about it.
    pub env_files: Option<Vec<Placed<Pattern>>>,
}

/// What several hosts have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Stacks that each of its hosts runs.
    pub stacks: Vec<Placed<StackName>>,
    /// Variables for them and for the hosts' own stacks.
    pub vars: Vars,
    /// Tags that the stacks bear which it names, on its hosts.
    pub tags: Vec<Placed<String>>,
    /// Where its key is written.
    pub place: Place,
}

/// One host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// How it is reached. One with a Docker Engine says it.
    pub connect: Option<Placed<Connect>>,
    /// What kind of machine it is.
    pub machine: Machine,
    /// Hob's folder on it; absolute.
    pub root: String,
    /// Its groups in the order of `hob.yaml`, without `all`; later ones win.
    pub groups: Vec<Placed<String>>,
    /// The stacks that it names itself.
    pub stacks: Vec<Placed<StackName>>,
    /// Variables for its stacks.
    pub vars: Vars,
    /// What must stay free where.
    pub storage: Vec<Storage>,
    /// Where its key is written.
    pub place: Place,
}

/// What is said about one stack besides its layers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    /// Compose files instead of those that the layers find; may contain `{host}` and `{stack}`.
    pub files: Vec<Placed<Pattern>>,
    /// Files with variables instead of the `.env` beside the Compose files.
    pub env_files: Vec<Placed<Pattern>>,
    /// The Compose project name instead of the stack's own.
    pub project: Option<Placed<String>>,
    /// Variables for it on every host.
    pub vars: Vars,
    /// Tags to select it by.
    pub tags: Vec<Placed<String>>,
    /// Stacks that must be in order before it begins.
    pub needs: Vec<Need>,
    /// Hosts that run it, besides those that name it. They have it among their stacks.
    pub hosts: Vec<Placed<HostName>>,
    /// Where its key is written.
    pub place: Place,
}

/// A stack that another one waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// On which host; `None` is the stack's own.
    pub host: Option<HostName>,
    /// Which.
    pub stack: StackName,
    /// The attribute that says so, such as `stacks.web.needs[0]`.
    pub path: String,
    /// Where it is written.
    pub place: Place,
}

impl Homelab {
    /// The groups of a host, lowest priority first: `all`, then its own in their order.
    pub fn groups_of<'a>(&'a self, host: &'a Host) -> impl Iterator<Item = (&'a str, &'a Group)> {
        let own = host.groups.iter().map(|group| group.value.as_str());
        std::iter::once(GROUP_OF_ALL)
            .chain(own)
            .filter_map(|name| self.groups.get_key_value(name))
            .map(|(name, group)| (name.as_str(), group))
    }

    /// The hosts that are declared and not managed yet: Hob never connects to them.
    pub fn unmanaged(&self) -> impl Iterator<Item = (&HostName, &Host)> {
        self.hosts.iter().filter(|(_, host)| !host.machine.kind.is_managed())
    }

    /// The tags that `hob.yaml` gives a stack on a host.
    pub fn tags_of<'a>(
        &'a self,
        host: &'a Host,
        stack: &'a StackName,
    ) -> impl Iterator<Item = &'a str> {
        let names_it = |group: &&Group| group.stacks.iter().any(|named| named.value == *stack);
        let groups = self.groups_of(host).map(|(_, group)| group).filter(names_it);
        let own = self.stacks.get(stack).into_iter().flat_map(|stack| &stack.tags);
        groups.flat_map(|group| &group.tags).chain(own).map(|tag| tag.value.as_str())
    }

    /// The hosts of a group; none if there is no such group.
    pub fn hosts_of(&self, group: &str) -> impl Iterator<Item = &HostName> {
        self.hosts
            .iter()
            .filter(move |(_, host)| {
                group == GROUP_OF_ALL || host.groups.iter().any(|own| own.value == group)
            })
            .map(|(name, _)| name)
    }

    /// The stacks that `hob.yaml` names for a host, each with the place that names it first.
    pub fn stacks_of(&self, host: &Host) -> BTreeMap<StackName, Place> {
        let mut stacks = BTreeMap::new();
        let shared = self.groups_of(host).flat_map(|(_, group)| &group.stacks);
        for stack in shared.chain(&host.stacks) {
            stacks.entry(stack.value.clone()).or_insert_with(|| stack.place.clone());
        }
        stacks
    }
}

/// Reads `hob.yaml` in `root`, the absolute directory of the repository. Whatever can be used is
/// in the homelab; it is only fit for use if no finding is an error.
pub fn load(files: &dyn Files, root: &str) -> (Option<Homelab>, Vec<Finding>) {
    let bytes = match files.read(&files::join(root, HOMELAB_FILE)) {
        Ok(bytes) => bytes,
        Err(error) => return (None, vec![unreadable(&error.reason)]),
    };
    let Ok(text) = String::from_utf8(bytes) else {
        let finding = Finding::error("not-utf-8", format!("{HOMELAB_FILE} is not UTF-8 text"));
        return (None, vec![finding.hint("save it as UTF-8")]);
    };
    let (documents, mut findings) = tree::parse(&text, HOMELAB_FILE);
    if let Some(second) = documents.get(1) {
        findings.push(
            Finding::error("several-documents", format!("{HOMELAB_FILE} holds several documents"))
                .at(second.place())
                .hint("remove the line --- and make it one"),
        );
    }
    let homelab = match documents.first() {
        Some(document) => bind::homelab(document, &mut findings),
        None => {
            if !hob_compose::finding::has_errors(&findings) {
                findings.push(empty());
            }
            None
        }
    };
    hob_compose::finding::sort(&mut findings, &[HOMELAB_FILE.to_owned()]);
    (homelab, findings)
}

fn unreadable(reason: &str) -> Finding {
    Finding::error("no-homelab", format!("{HOMELAB_FILE} cannot be read: {reason}"))
        .hint("run `hob init`, or name the folder of a Hob repository with -C")
}

fn empty() -> Finding {
    Finding::error("no-homelab", format!("{HOMELAB_FILE} is empty")).hint("run `hob init`")
}
