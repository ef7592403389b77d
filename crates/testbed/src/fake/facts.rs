//! What an imagined machine tells of itself.

use std::collections::{BTreeMap, BTreeSet};

use hob_host::{Disk, Facts, FactsAsk, Inside, Interface};
use hob_model::ImageRef;
use hob_plan::observed::ContainerState;

use super::{images::Images, machine::Machine};

/// Size of an imagined disk and of what is free on it.
const DISK: Disk = Disk { free_bytes: 80 << 30, total_bytes: 100 << 30 };
const FULL_DISK: Disk = Disk { free_bytes: 0, total_bytes: 100 << 30 };
const MEMORY_BYTES: u64 = 8 << 30;
const ENGINE_ROOT: &str = "/var/lib/docker";

pub(super) fn facts(machine: &Machine, images: &Images, ask: &FactsAsk) -> Facts {
    let luck = &machine.luck;
    let disk = if luck.disk_full { FULL_DISK } else { DISK };
    let engine = &machine.state.engine;
    let measured = ask.storage.iter().map(String::as_str).chain([ENGINE_ROOT]);
    let interface = |addresses: &[&str]| Interface {
        is_up: true,
        addresses: addresses.iter().filter_map(|address| address.parse().ok()).collect(),
    };
    let mut interfaces = BTreeMap::from([
        ("lo".to_owned(), interface(&["127.0.0.1", "::1"])),
        ("eth0".to_owned(), interface(&["192.168.1.10"])),
    ]);
    interfaces.extend(
        luck.interfaces
            .iter()
            .map(|(name, address)| (name.clone(), interface(&[address.as_str()]))),
    );
    Facts {
        os: "Debian GNU/Linux 12 (bookworm)".into(),
        engine_root: ENGINE_ROOT.into(),
        user: "deploy".into(),
        is_root_open: luck.root_open,
        clock_ahead_ms: luck.clock_ahead_ms,
        memory_bytes: MEMORY_BYTES,
        disks: measured.map(|path| (path.to_owned(), Ok(disk))).collect(),
        paths: ask.paths.iter().map(|path| (path.clone(), luck.at(path))).collect(),
        mounts: std::iter::once("/".to_owned()).chain(ask.storage.iter().cloned()).collect(),
        to_mount: luck.unmounted.clone(),
        interfaces: Some(interfaces),
        firewalls: luck.firewalls.clone(),
        listening: Some(listening(machine)),
        images: ask.images.iter().map(|image| (image.clone(), published(images, image))).collect(),
        ..Facts::of_engine(&engine.version, engine.api, (1, 24), &engine.arch)
    }
}

/// What the registry says of an image.
fn published(images: &Images, image: &ImageRef) -> Result<Vec<String>, String> {
    match images.has(image) {
        true => Ok(vec!["linux/amd64".to_owned(), "linux/arm64".to_owned()]),
        false => Err(format!("manifest for {image} not found: manifest unknown")),
    }
}

/// What a program says that is run in a container: there are no GPUs in imagined machines, and
/// nothing that could look for them.
pub(super) fn inside(_: &Machine, command: &[&str]) -> Inside {
    let program = command.first().copied().unwrap_or_default();
    Inside { code: 127, last_line: format!("{program}: executable file not found in $PATH") }
}

fn listening(machine: &Machine) -> BTreeSet<(String, u16, String)> {
    let containers = machine.state.containers.values();
    let running = containers.filter(|c| matches!(c.state, ContainerState::Running { .. }));
    let busy = machine.luck.busy_ports.iter().map(|port| (String::new(), *port, "tcp".to_owned()));
    running.flat_map(|container| container.ports.iter().cloned()).chain(busy).collect()
}
