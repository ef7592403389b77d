//! What services take from the machine itself: folders and files that are mounted, devices, GPUs.

use std::collections::{BTreeMap, BTreeSet};

use hob_host::Presence;
use hob_model::{
    StackName,
    desired::DesiredStack,
    spec::{BindSource, ContainerSpec, Mount},
};

use super::{Answer, Check, Fitness};
use crate::progress::count;

/// Folders of the system in which the Engine would put an empty folder where a device or a socket
/// is missing.
const SYSTEM_FOLDERS: [&str; 4] = ["/dev/", "/run/", "/var/run/", "/sys/"];

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

/// Whether a container needs the tools with which an Engine hands out NVIDIA GPUs.
fn needs_nvidia(spec: &ContainerSpec) -> bool {
    let is_gpu = |what: &String| what == "gpu";
    spec.runtime.as_deref() == Some("nvidia")
        || spec.device_requests.iter().any(|request| match request.driver.as_deref() {
            None | Some("") => request.capabilities.iter().any(is_gpu),
            Some(driver) => driver == "nvidia",
        })
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
    pub(super) fn things(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for (stack_name, stack) in self.stacks() {
            let mut users: BTreeMap<(&str, Wanted), Vec<&str>> = BTreeMap::new();
            let mut on_gpu = Vec::new();
            for (service, wanted) in &stack.services {
                for (path, create) in binds(&wanted.spec) {
                    let key = (path, Wanted::Mount { create });
                    users.entry(key).or_default().push(service.as_str());
                }
                for path in devices(&wanted.spec) {
                    users.entry((path, Wanted::Device)).or_default().push(service.as_str());
                }
                if needs_nvidia(&wanted.spec) {
                    on_gpu.push(service.as_str());
                }
            }
            let missing = users.iter().filter_map(|((path, wanted), services)| {
                self.missing(stack_name, path, *wanted, &services.join(", "))
            });
            checks.extend(missing);
            checks.extend(self.gpu(stack_name, &on_gpu.join(", ")));
        }
        let there = paths(self.stacks()).len();
        if checks.is_empty() && there > 0 {
            let says = format!("{} that services use: nothing is missing", count(there, "path"));
            checks.push(self.check("paths", Answer::Pass, says));
        }
        checks
    }

    fn missing(
        &self,
        stack: &StackName,
        path: &str,
        wanted: Wanted,
        services: &str,
    ) -> Option<Check> {
        let above = match self.facts.paths.get(path)? {
            Presence::Missing => false,
            Presence::MissingAbove => true,
            Presence::Folder | Presence::Device | Presence::Other | Presence::Hidden => {
                return None;
            }
        };
        let is_system = SYSTEM_FOLDERS.iter().any(|folder| path.starts_with(folder));
        let check = match wanted {
            Wanted::Device => self
                .check(
                    format!("device {path}"),
                    Answer::Fail,
                    format!("{services} wants it, and the host does not have it"),
                )
                .hint(device_hint(path)),
            Wanted::Mount { create: false } => self
                .check(
                    format!("mount {path}"),
                    Answer::Fail,
                    format!("{services} mounts it, and it is not there"),
                )
                .hint("make it on the host, or mount the storage that it lies on"),
            Wanted::Mount { create: true } if is_system => self
                .check(
                    format!("mount {path}"),
                    Answer::Warn,
                    format!(
                        "{services} mounts it, and it is not there: the Engine would put an \
                             empty folder in its place"
                    ),
                )
                .hint(match path.starts_with("/dev/") {
                    true => device_hint(path),
                    false => "is the program that makes it running on the host?".to_owned(),
                }),
            Wanted::Mount { create: true } if above => self
                .check(
                    format!("mount {path}"),
                    Answer::Warn,
                    format!(
                        "{services} mounts it, and not even the folder above it is there: the \
                             Engine would make both, empty and owned by root"
                    ),
                )
                .hint("is the storage mounted? If it is meant to begin empty, make the folder"),
            // The Engine makes a new folder in one that is there: that is how most services begin.
            Wanted::Mount { create: true } => return None,
        };
        Some(check.of(stack))
    }

    fn gpu(&self, stack: &StackName, services: &str) -> Option<Check> {
        if services.is_empty() || self.facts.has_nvidia_tools {
            return None;
        }
        let says = format!("{services} asks for an NVIDIA GPU, and the host's tools are missing");
        Some(self.check("gpu", Answer::Fail, says).of(stack).hint(
            "install nvidia-container-toolkit on the host, then: nvidia-ctk runtime configure \
             --runtime=docker, and restart Docker",
        ))
    }
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
