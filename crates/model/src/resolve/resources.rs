//! Networks and volumes of a stack: those that its services use, as Compose does it.

use std::collections::BTreeSet;

use hob_compose::{
    Finding,
    project::{IpamPool, MountKind, Network, Project, Service},
};

use crate::{
    desired::{DesiredStack, StackNetwork, StackVolume},
    names::{NetworkName, VolumeName},
    repository::{Location, Repository},
    secret::Secret,
    spec::{NetworkSpec, Pool, VolumeSpec},
};

/// Keys of networks and volumes that a service refers to.
#[derive(Default)]
pub(super) struct Used {
    networks: BTreeSet<String>,
    volumes: BTreeSet<String>,
    /// Networks that `network_mode` names as the Engine knows them, with the service.
    by_mode: Vec<(String, String)>,
}

impl Used {
    pub(super) fn add(&mut self, service: &Service) {
        self.networks.extend(service.networks.keys().cloned());
        let named = service.volumes.iter().filter(|volume| volume.kind == MountKind::Volume);
        self.volumes.extend(named.filter_map(|volume| volume.source.clone()));
        if let Some(mode) = &service.network_mode
            && !matches!(mode.as_str(), "host" | "none" | "bridge" | "default")
            && !mode.contains(':')
        {
            self.by_mode.push((mode.clone(), service.name.clone()));
        }
    }
}

pub(super) fn networks(
    repository: &Repository<'_>,
    project: &Project,
    used: &Used,
    stack: &mut DesiredStack,
) {
    for (key, network) in &project.networks {
        if !used.networks.contains(key) {
            continue;
        }
        let name = NetworkName::new(&network.name);
        if network.external {
            stack.external_networks.insert(name, repository.place(&network.place));
            continue;
        }
        let spec = network_spec(network);
        stack.networks.insert(name, StackNetwork { key: key.clone(), spec });
    }
    for (mode, service) in &used.by_mode {
        let Some(service) = project.services.get(service) else { continue };
        let place = service.places.get("network_mode").unwrap_or(&service.place);
        let name = NetworkName::new(mode);
        if !stack.networks.contains_key(&name) {
            stack.external_networks.entry(name).or_insert_with(|| repository.place(place));
        }
    }
}

fn network_spec(network: &Network) -> NetworkSpec {
    let pools = network.ipam.pools.iter();
    NetworkSpec {
        driver: network.driver.clone(),
        options: network.driver_opts.clone(),
        internal: network.internal,
        attachable: network.attachable.unwrap_or(false),
        no_ipv4: network.enable_ipv4 == Some(false),
        ipv6: network.enable_ipv6.unwrap_or(false),
        ipam_driver: network.ipam.driver.clone().filter(|driver| driver != "default"),
        ipam_options: network.ipam.options.clone(),
        pools: pools.map(pool).collect(),
        labels: network.labels.clone(),
    }
}

fn pool(pool: &IpamPool) -> Pool {
    let IpamPool { subnet, ip_range, gateway, aux_addresses } = pool;
    Pool {
        subnet: subnet.clone(),
        gateway: gateway.clone(),
        range: ip_range.clone(),
        kept: aux_addresses.clone(),
    }
}

pub(super) fn volumes(
    repository: &Repository<'_>,
    project: &Project,
    used: &Used,
    stack: &mut DesiredStack,
    findings: &mut Vec<Finding>,
) {
    for (key, volume) in &project.volumes {
        if !used.volumes.contains(key) {
            continue;
        }
        let name = VolumeName::new(&volume.name);
        if volume.external {
            stack.external_volumes.insert(name, repository.place(&volume.place));
            continue;
        }
        let options = volume.driver_opts.get("o").map(String::as_str).unwrap_or_default();
        let binds = options.split(',').any(|option| matches!(option, "bind" | "rbind"));
        // Where the driver is not spelled out, the loader leaves a relative path as it is.
        let is_relative = volume.driver_opts.get("device").is_some_and(|path| {
            let location = path.starts_with('/').then(|| repository.locate(path));
            matches!(location, Some(Location::Inside(_) | Location::Outside))
                || (binds && location.is_none())
        });
        if is_relative {
            findings.push(
                Finding::error("relative-device", "the volume is at a relative path")
                    .at(repository.place(&volume.place))
                    .on(format!("volumes.{key}.driver_opts.device"))
                    .hint("write the absolute path of a folder of the host"),
            );
        }
        let spec = VolumeSpec {
            driver: volume.driver.clone(),
            options: volume
                .driver_opts
                .iter()
                .map(|(key, value)| (key.clone(), Secret::new(value.clone())))
                .collect(),
            labels: volume.labels.clone(),
        };
        stack.volumes.insert(name, StackVolume { key: key.clone(), spec });
    }
}
