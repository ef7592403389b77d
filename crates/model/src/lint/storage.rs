//! Data outside of what a host declares as its storage.

use std::collections::BTreeMap;

use hob_compose::project::MountKind;

use super::{Draft, Known, known::covers};
use crate::{homelab::Host, names::HostName};

/// Folders of the system: what is mounted from there is no data of a service.
const SYSTEM: [&str; 16] = [
    "/dev",
    "/proc",
    "/sys",
    "/run",
    "/var/run",
    "/etc",
    "/tmp",
    "/usr",
    "/lib",
    "/boot",
    "/bin",
    "/sbin",
    "/var/log",
    "/var/lib/docker",
    "/var/lib/containers",
    "/var/cache",
];

/// Whether a path of a host belongs to its system.
pub(super) fn is_of_system(path: &str) -> bool {
    path == "/" || path.ends_with(".sock") || SYSTEM.iter().any(|folder| covers(folder, path))
}

pub(super) fn check(known: &Known<'_>, drafts: &mut Vec<Draft>) {
    let declared: BTreeMap<&HostName, &Host> =
        known.homelab.hosts.iter().filter(|(_, host)| !host.storage.is_empty()).collect();
    for stack in known.stacks {
        let Some(host) = declared.get(&stack.host) else { continue };
        for service in stack.project.services.values() {
            for (index, volume) in service.volumes.iter().enumerate() {
                if volume.kind != MountKind::Bind || volume.read_only {
                    continue;
                }
                let path = volume.source.as_deref().and_then(|source| known.host_path(source));
                let Some(path) = path.filter(|path| !is_of_system(path)) else { continue };
                let is_inside = host.storage.iter().any(|storage| covers(&storage.path, &path))
                    || covers(&host.root, &path);
                if is_inside {
                    continue;
                }
                let message = format!("{path} is not in the storage of {}", stack.host);
                let draft = Draft::new("outside-storage", message).with(|finding| {
                    finding
                        .at(known.repository.place(&volume.place))
                        .on(format!("services.{}.volumes[{index}]", service.name))
                        .hint(format!("add the path to hosts.{}.storage, or move it", stack.host))
                });
                drafts.push(draft.about(stack, &service.name));
            }
        }
    }
}
