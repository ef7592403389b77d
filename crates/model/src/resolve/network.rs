//! Where a service is attached, and what it offers there.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::project::{Project, Service, ServiceNetwork};

use super::{
    cross::{Facts, PortFact},
    mounts::Mounts,
    runtime::{container_of, peer},
};
use crate::{
    names::{ContainerName, NetworkName, ServiceName},
    spec::{Endpoint, NetworkMode, PublishedPort},
};

/// Ports that one entry of `expose` may stand for.
const EXPOSED_MAX: u16 = 1_000;

pub(super) fn network(
    mounts: &mut Mounts<'_, '_>,
    service: &Service,
    container: &ContainerName,
) -> NetworkMode {
    let mode = service.network_mode.as_deref();
    match mode {
        Some("host") => return NetworkMode::Host,
        Some("none") => return NetworkMode::None,
        // The Engine's own bridge knows no aliases.
        Some("bridge" | "default") => {
            let bridge = (NetworkName::from("bridge"), Endpoint::default());
            return NetworkMode::Attached(BTreeMap::from([bridge]));
        }
        Some(other) if other.contains(':') => {
            return match peer(mounts, service, "network_mode", other) {
                Some(peer) => NetworkMode::Container(peer),
                None => NetworkMode::None,
            };
        }
        Some(_) | None => {}
    }
    let names = |aliases: &[String]| -> BTreeSet<String> {
        let own = [container.as_str().to_owned(), service.name.clone()];
        own.into_iter().chain(aliases.iter().cloned()).collect()
    };
    let links = links(mounts.project, service);
    let mut endpoints = BTreeMap::new();
    if let Some(name) = mode {
        let endpoint = Endpoint { aliases: names(&[]), links, ..Endpoint::default() };
        endpoints.insert(NetworkName::new(name), endpoint);
    } else {
        for (key, at) in &service.networks {
            // A network that is not declared has a finding of the loader.
            let Some(network) = mounts.project.networks.get(key) else { continue };
            let endpoint = endpoint(at, names(&at.aliases), links.clone());
            endpoints.insert(NetworkName::new(&network.name), endpoint);
        }
    }
    if let Some(mac) = &service.mac_address
        && let Some(first) = first(&mut endpoints)
    {
        first.mac.get_or_insert_with(|| mac.clone());
    }
    NetworkMode::Attached(endpoints)
}

fn endpoint(at: &ServiceNetwork, aliases: BTreeSet<String>, links: BTreeSet<String>) -> Endpoint {
    let ServiceNetwork {
        aliases: _,
        ipv4_address,
        ipv6_address,
        link_local_ips,
        mac_address,
        driver_opts,
        priority,
        gw_priority,
        interface_name,
    } = at;
    Endpoint {
        aliases,
        ipv4: ipv4_address.clone(),
        ipv6: ipv6_address.clone(),
        link_local: link_local_ips.iter().cloned().collect(),
        mac: mac_address.clone(),
        links,
        options: driver_opts.clone(),
        interface: interface_name.clone(),
        priority: *priority,
        gateway_priority: *gw_priority,
    }
}

/// The network that the container is made with.
fn first(endpoints: &mut BTreeMap<NetworkName, Endpoint>) -> Option<&mut Endpoint> {
    let highest = endpoints.values().map(|endpoint| endpoint.priority).max()?;
    endpoints.values_mut().find(|endpoint| endpoint.priority == highest)
}

/// `links` and `external_links` as `container:name`. (The three names of a linked service:
/// docker/compose `pkg/compose/convergence.go`.)
fn links(project: &Project, service: &Service) -> BTreeSet<String> {
    let split = |text: &str| match text.split_once(':') {
        Some((target, name)) => (target.to_owned(), name.to_owned()),
        None => (text.to_owned(), text.to_owned()),
    };
    let mut links = BTreeSet::new();
    for (target, name) in service.links.iter().map(|link| split(link)) {
        let Some(linked) = project.services.get(&target) else { continue };
        let container = container_of(project, linked);
        for name in [name, format!("{target}-1"), format!("{}-{target}-1", project.name)] {
            links.insert(format!("{container}:{name}"));
        }
    }
    let external = service.external_links.iter().map(|link| split(link));
    links.extend(external.map(|(container, name)| format!("{container}:{name}")));
    links
}

pub(super) fn ports(
    mounts: &Mounts<'_, '_>,
    service: &Service,
    facts: &mut Facts,
) -> BTreeSet<PublishedPort> {
    let mut ports = BTreeSet::new();
    for (index, port) in service.ports.iter().enumerate() {
        let published = port.published.map(|range| match range.first == range.last {
            true => range.first.to_string(),
            false => format!("{}-{}", range.first, range.last),
        });
        let resolved = PublishedPort {
            address: port.host_ip.clone(),
            published,
            target: port.target,
            protocol: port.protocol.clone(),
        };
        facts.ports.push(PortFact {
            service: ServiceName::new(&service.name),
            fixed: port.published.filter(|at| at.first == at.last).map(|at| at.first),
            port: resolved.clone(),
            path: format!("services.{}.ports[{index}]", service.name),
            place: mounts.repository.place(&port.place),
        });
        ports.insert(resolved);
    }
    ports
}

/// Every port of `expose` as `80/tcp`; what is no port is left to the Engine to refuse.
pub(super) fn exposed(service: &Service) -> BTreeSet<String> {
    let mut exposed = BTreeSet::new();
    for text in &service.expose {
        let (ports, protocol) = text.split_once('/').unwrap_or((text, "tcp"));
        let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
        match (first.parse::<u16>(), last.parse::<u16>()) {
            (Ok(first), Ok(last)) => {
                let last = last.min(first.saturating_add(EXPOSED_MAX));
                exposed.extend((first..=last).map(|port| format!("{port}/{protocol}")));
            }
            _ => {
                exposed.insert(format!("{ports}/{protocol}"));
            }
        }
    }
    exposed
}
