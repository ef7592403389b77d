//! Containers that are as good as root on their host.

use hob_compose::project::{MountKind, Service, ServiceVolume};

use super::{Draft, Known, StackKnown};
use crate::names::ImageRef;

/// Ends of the paths at which an Engine takes orders.
const SOCKETS: [&str; 4] = ["/docker.sock", "/podman.sock", "/containerd.sock", "/balena.sock"];

/// Last parts of the names of images that hand on some orders and keep others back.
const PROXIES: [&str; 6] = [
    "docker-socket-proxy",
    "socket-proxy",
    "docker-proxy",
    "docker-proxy-filter",
    "cetusguard",
    "docker-socket-protector",
];

pub(super) fn check(known: &Known<'_>, stack: &StackKnown, drafts: &mut Vec<Draft>) {
    for service in stack.project.services.values() {
        if service.privileged {
            drafts.push(privileged(known, service).about(stack, &service.name));
        }
        let socket = service.volumes.iter().enumerate().find(|(_, volume)| is_socket(volume));
        if let Some((index, volume)) = socket {
            drafts.push(of_socket(known, service, index, volume).about(stack, &service.name));
        }
    }
}

fn privileged(known: &Known<'_>, service: &Service) -> Draft {
    Draft::new("privileged", format!("{} has every right on its host", service.name)).with(
        |finding| {
            finding
                .at(known.place(service, "privileged"))
                .on(format!("services.{}.privileged", service.name))
                .hint("give it what it needs: devices, cap_add, device_cgroup_rules")
        },
    )
}

fn is_socket(volume: &ServiceVolume) -> bool {
    let ends = |path: &str| SOCKETS.iter().any(|socket| path.ends_with(socket));
    volume.kind == MountKind::Bind && volume.source.as_deref().is_some_and(ends)
}

fn of_socket(known: &Known<'_>, service: &Service, index: usize, volume: &ServiceVolume) -> Draft {
    let name = &service.name;
    let is_proxy = service.image.as_deref().is_some_and(is_proxy);
    let (message, hint) = if is_proxy {
        (
            format!("{name} hands on orders to the Docker Engine"),
            "let through what is needed only, and publish no port of it",
        )
    } else if volume.read_only {
        (
            format!("{name} can command the Docker Engine: read-only protects the file alone"),
            "put a socket proxy in between, which hands on what is needed only",
        )
    } else {
        (
            format!("{name} can command the Docker Engine, and so its host"),
            "put a socket proxy in between, which hands on what is needed only",
        )
    };
    let draft = Draft::new("docker-socket", message).with(|finding| {
        finding
            .at(known.repository.place(&volume.place))
            .on(format!("services.{name}.volumes[{index}]"))
            .hint(hint)
    });
    if is_proxy { draft.only_noted() } else { draft }
}

fn is_proxy(image: &str) -> bool {
    let repository = ImageRef::from(image).repository();
    let last = repository.rsplit('/').next().unwrap_or_default();
    PROXIES.contains(&last)
}
