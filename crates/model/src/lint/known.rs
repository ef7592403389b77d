//! What rules look at.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{
    Files, Place,
    files::join,
    project::{Project, Service},
};

use crate::{
    homelab::{HOMELAB_FILE, Homelab},
    names::{HostName, StackName},
    repository::{Location, Repository},
};

/// A homelab after it was resolved.
pub(crate) struct Known<'a> {
    pub(crate) homelab: &'a Homelab,
    pub(crate) repository: &'a Repository<'a>,
    /// Every stack of every host, hosts and stacks in the order of their names.
    pub(crate) stacks: &'a [StackKnown],
    /// Every file that was read, relative to the repository, `hob.yaml` among them.
    pub(crate) files: BTreeSet<String>,
}

/// A stack on a host.
#[derive(Clone, Debug)]
pub(crate) struct StackKnown {
    pub(crate) host: HostName,
    pub(crate) name: StackName,
    /// Its Compose files and files with variables, relative to the repository.
    pub(crate) files: Vec<String>,
    /// What they say.
    pub(crate) project: Project,
}

impl<'a> Known<'a> {
    /// `read` has the absolute paths of what was read, below `root`.
    pub(crate) fn new(
        homelab: &'a Homelab,
        repository: &'a Repository<'a>,
        stacks: &'a [StackKnown],
        read: &BTreeSet<String>,
        root: &str,
    ) -> Self {
        let root = root.trim_end_matches('/');
        let relative = |path: &String| {
            path.strip_prefix(root).map(|below| below.trim_start_matches('/').to_owned())
        };
        let mut files: BTreeSet<String> = read.iter().filter_map(relative).collect();
        files.insert(HOMELAB_FILE.to_owned());
        Self { homelab, repository, stacks, files }
    }

    /// Where an attribute of a service is written; the service itself if it is written nowhere.
    pub(super) fn place(&self, service: &Service, attribute: &str) -> Place {
        self.repository.place(service.places.get(attribute).unwrap_or(&service.place))
    }

    /// The host's path that a mount's source means, if it means one.
    pub(super) fn host_path(&self, source: &str) -> Option<String> {
        match self.repository.locate(source) {
            Location::Host(path) => Some(path),
            Location::Inside(_) | Location::Outside | Location::Home => None,
        }
    }

    /// A file of the repository as text; `None` if it is not there, too large, or no text.
    pub(super) fn text(&self, relative: &str) -> Option<String> {
        let path = join(self.repository.base(), relative);
        if self.repository.size(&path).ok()? > TEXT_MAX {
            return None;
        }
        String::from_utf8(self.repository.read(&path).ok()?).ok()
    }

    /// Which stacks a file belongs to.
    pub(super) fn users(&self) -> BTreeMap<&str, Vec<&StackKnown>> {
        let mut users: BTreeMap<&str, Vec<&StackKnown>> = BTreeMap::new();
        for stack in self.stacks {
            for file in &stack.files {
                users.entry(file).or_default().push(stack);
            }
        }
        users
    }
}

/// Larger files were made by a machine, and are not looked into.
const TEXT_MAX: u64 = 1 << 20;

impl StackKnown {
    /// A stack with every file that takes part in what its services say.
    pub(crate) fn new(
        repository: &Repository<'_>,
        host: &HostName,
        name: &StackName,
        files: impl IntoIterator<Item = String>,
        project: Project,
    ) -> Self {
        let places = project
            .services
            .values()
            .flat_map(|service| std::iter::once(&service.place).chain(service.places.values()));
        let files: BTreeSet<String> = files
            .into_iter()
            .chain(places.map(|place| place.file.clone()))
            .map(|file| repository.relative(&file).unwrap_or(&file).to_owned())
            .collect();
        Self { host: host.clone(), name: name.clone(), files: files.into_iter().collect(), project }
    }
}

/// A folder that a path lies in, or the path itself.
pub(super) fn covers(folder: &str, path: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
