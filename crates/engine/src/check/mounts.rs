//! What services take from the machine itself: folders and files that are mounted, and devices.

use std::collections::{BTreeMap, BTreeSet};

use hob_host::Presence;
use hob_model::{
    StackName,
    desired::DesiredStack,
    spec::{BindSource, ContainerSpec, Mount},
};

use super::{
    Check, Fitness, Kind,
    space::{is_at_or_below, mount_hint, unmounted},
};
use crate::progress::count;

/// Folders of the system in which the Engine would put an empty folder where a device or a socket
/// is missing.
const SYSTEM_FOLDERS: [&str; 4] = ["/dev/", "/run/", "/var/run/", "/sys/"];

/// Services that a message names; of the others it gives the number.
const NAMED_MAX: usize = 3;

/// Folders in which people mount disks and shares.
const MOUNT_FOLDERS: [&str; 2] = ["/mnt/", "/media/"];

/// The absolute paths of the host that a container mounts, and whether the Engine may make them.
fn binds(spec: &ContainerSpec) -> impl Iterator<Item = (&str, bool)> {
    spec.mounts.values().filter_map(|mount| match mount {
        Mount::Bind { source: BindSource::Host(path), create, .. } => {
            Some((path.as_str(), *create))
        }
        _ => None,
    })
}

/// The devices that a container is given by their paths; others are a driver's business.
fn devices(spec: &ContainerSpec) -> impl Iterator<Item = &str> {
    spec.devices.iter().map(|device| device.source.as_str()).filter(|path| path.starts_with('/'))
}

/// Every path of the host that the services of these stacks take something from.
pub(super) fn paths<'a>(
    stacks: impl Iterator<Item = (&'a StackName, &'a DesiredStack)>,
) -> BTreeSet<String> {
    stacks
        .flat_map(|(_, stack)| stack.services.values())
        .flat_map(|service| {
            let binds = binds(&service.spec).map(|(path, _)| path);
            binds.chain(devices(&service.spec))
        })
        .filter(|path| !path.contains('\n'))
        .map(str::to_owned)
        .collect()
}

impl Fitness<'_> {
    pub(super) fn mounts(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let mut has_lost = false;
        for (stack_name, stack) in self.stacks() {
            let mut users: BTreeMap<(&str, Wanted), Vec<&str>> = BTreeMap::new();
            for (service, wanted) in &stack.services {
                for (path, create) in binds(&wanted.spec) {
                    // Told once, with the space of that storage.
                    if self.lost_storage(path).is_some() {
                        has_lost = true;
                        continue;
                    }
                    let key = (path, Wanted::Mount { create });
                    users.entry(key).or_default().push(service.as_str());
                }
                for path in devices(&wanted.spec) {
                    users.entry((path, Wanted::Device)).or_default().push(service.as_str());
                }
            }
            for ((path, wanted), services) in &users {
                let check = match wanted {
                    Wanted::Device => self.device(path, services),
                    Wanted::Mount { create } => self.mount(path, *create, services),
                };
                checks.extend(check.map(|check| check.of(stack_name)));
            }
        }
        let there = paths(self.stacks()).len();
        if checks.is_empty() && !has_lost && there > 0 {
            let says = format!("{} that services use: nothing is missing", count(there, "path"));
            checks.push(self.pass(Kind::Mount, "paths", says));
        }
        checks
    }

    /// Paths that services mount and that lie on storage that is not there.
    pub(super) fn lost(&self, storage: &str) -> usize {
        let paths = paths(self.stacks());
        paths.iter().filter(|path| self.lost_storage(path) == Some(storage)).count()
    }

    /// The storage of `hob.yaml` that a path lies on, if that is not there.
    fn lost_storage(&self, path: &str) -> Option<&str> {
        let storage = self.host.storage.iter().map(|kept| kept.path.as_str());
        storage.filter(|at| is_at_or_below(path, at)).find(|at| {
            matches!(self.facts.paths.get(*at), Some(Presence::Missing | Presence::MissingAbove))
        })
    }

    fn device(&self, path: &str, services: &[&str]) -> Option<Check> {
        let is_missing =
            matches!(self.facts.paths.get(path)?, Presence::Missing | Presence::MissingAbove);
        is_missing.then(|| {
            let says = format!("{} it, and the host does not have it", they(services, "want"));
            self.fail(Kind::Device, format!("device {path}"), says).hint(device_hint(path))
        })
    }

    fn mount(&self, path: &str, create: bool, services: &[&str]) -> Option<Check> {
        let what = format!("mount {path}");
        let users = they(services, "mount");
        let warn = |says: String, hint: String| {
            let says = format!("{users} it, and {says}");
            Some(self.warn(Kind::Mount, what.clone(), says).hint(hint))
        };
        let fail = |says: &str, hint: &str| {
            let says = format!("{users} it, and {says}");
            Some(self.fail(Kind::Mount, what.clone(), says).hint(hint))
        };
        let presence = *self.facts.paths.get(path)?;
        if presence == Presence::Hanging {
            return fail(
                "the server that it lies on does not answer",
                "is that server up? Until it is, whoever looks there waits",
            );
        }
        if let Some(point) = unmounted(self.facts, path) {
            let says = format!(
                "{point} is in /etc/fstab, and not mounted: it would write to the disk below"
            );
            return warn(says, mount_hint(point));
        }
        match presence {
            Presence::Missing | Presence::MissingAbove if !create => {
                fail("it is not there", "make it on the host, or mount the storage that it lies on")
            }
            Presence::Missing | Presence::MissingAbove if is_of_system(path) => warn(
                "it is not there: the Engine would put an empty folder in its place".to_owned(),
                match path.starts_with("/dev/") {
                    true => device_hint(path),
                    false => "is the program that makes it running on the host?".to_owned(),
                },
            ),
            Presence::MissingAbove => warn(
                "not even the folder above it is there: the Engine would make both, empty and \
                 owned by root"
                    .to_owned(),
                "is the storage mounted? If it is meant to begin empty, make the folder".to_owned(),
            ),
            Presence::Empty => self.empty(path).and_then(|(says, hint)| warn(says, hint)),
            // The Engine makes a new folder in one that is there: that is how most services begin.
            Presence::Missing
            | Presence::Folder
            | Presence::Device
            | Presence::Other
            | Presence::Hidden
            | Presence::Hanging => None,
        }
    }

    /// What is said of an empty folder, and the hint, where storage should be mounted.
    fn empty(&self, path: &str) -> Option<(String, String)> {
        let storage = self.storage_of(path)?;
        let says = format!(
            "it is an empty folder of the system's own disk: nothing is mounted at {storage}"
        );
        let hint = format!("{}; if it is meant to be empty, put a file there", mount_hint(storage));
        Some((says, hint))
    }

    /// The storage that a path should lie on, if it lies on the system's own disk instead: what
    /// `hob.yaml` calls storage, and folders in which systems mount other disks.
    fn storage_of<'p>(&'p self, path: &'p str) -> Option<&'p str> {
        let mounts = &self.facts.mounts;
        if mounts.is_empty() || mounts.iter().any(|at| at != "/" && is_at_or_below(path, at)) {
            return None;
        }
        let declared = self.host.storage.iter().map(|kept| kept.path.as_str());
        let nearest = declared.filter(|at| *at != "/" && is_at_or_below(path, at));
        nearest.max_by_key(|at| at.len()).or_else(|| below_mount_folder(path))
    }
}

/// `a mounts`, `a, b and c mount`.
fn they(services: &[&str], verb: &str) -> String {
    match services {
        [one] => format!("{one} {verb}s"),
        more => {
            let named: Vec<&str> = more.iter().take(NAMED_MAX).copied().collect();
            match more.len().saturating_sub(NAMED_MAX) {
                0 => format!("{} {verb}", named.join(", ")),
                others => format!("{} and {others} more {verb}", named.join(", ")),
            }
        }
    }
}

/// Of `/mnt/nas/films`, `/mnt/nas`.
fn below_mount_folder(path: &str) -> Option<&str> {
    let rest = MOUNT_FOLDERS.iter().find_map(|folder| path.strip_prefix(folder))?;
    let name = rest.split('/').next().filter(|name| !name.is_empty())?;
    path.get(..path.len() - rest.len() + name.len())
}

fn is_of_system(path: &str) -> bool {
    SYSTEM_FOLDERS.iter().any(|folder| path.starts_with(folder))
}

/// What a service does with a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Wanted {
    Device,
    Mount { create: bool },
}

fn device_hint(path: &str) -> String {
    match path {
        "/dev/net/tun" => {
            "load the driver on the host, as root: modprobe tun; and for every start: echo tun > \
             /etc/modules-load.d/tun.conf"
                .to_owned()
        }
        path if path.starts_with("/dev/dri") => {
            "does the machine have a GPU, and is its driver loaded? ls -l /dev/dri".to_owned()
        }
        path => {
            let folder = path.rsplit_once('/').map_or("/", |(folder, _)| folder);
            format!("is the device plugged in, and does it have that name? ls -l {folder}")
        }
    }
}
