//! Networks and ports of a container, as the Engine takes them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, HashMap},
};

use bollard::models::{
    EndpointIpamConfig, EndpointSettings, NetworkingConfig, PortBinding, PortMap,
};
use hob_model::{
    NetworkName,
    spec::{Endpoint, NetworkMode, PublishedPort},
};

use super::{list, map, resources::of};

/// Networks by priority, then by name: the first is the one that a container is made with.
fn in_order(endpoints: &BTreeMap<NetworkName, Endpoint>) -> Vec<(&NetworkName, &Endpoint)> {
    let mut ordered: Vec<_> = endpoints.iter().collect();
    ordered.sort_by_key(|(name, endpoint)| (Reverse(endpoint.priority), *name));
    ordered
}

/// Networks that a container just made has: all, or the first only from an older Engine.
pub(crate) fn attached_at_creation(mode: &NetworkMode, api: (u16, u16)) -> BTreeSet<NetworkName> {
    let NetworkMode::Attached(endpoints) = mode else { return BTreeSet::new() };
    let all = api >= super::API_WITH_ALL_NETWORKS;
    let count = if all { endpoints.len() } else { 1 };
    in_order(endpoints).into_iter().take(count).map(|(name, _)| name.clone()).collect()
}

/// Attachments that a container made from this specification does not have yet, in order.
pub(crate) fn endpoints_left(
    mode: &NetworkMode,
    attached: &BTreeSet<NetworkName>,
) -> Vec<(NetworkName, EndpointSettings)> {
    let NetworkMode::Attached(endpoints) = mode else { return Vec::new() };
    in_order(endpoints)
        .into_iter()
        .filter(|(name, _)| !attached.contains(*name))
        .map(|(name, endpoint)| (name.clone(), settings(endpoint)))
        .collect()
}

pub(super) fn mode(mode: &NetworkMode) -> String {
    match mode {
        NetworkMode::Host => "host".to_owned(),
        NetworkMode::None => "none".to_owned(),
        NetworkMode::Container(peer) => of(peer),
        NetworkMode::Attached(endpoints) => match in_order(endpoints).first() {
            Some((name, _)) => name.to_string(),
            None => "none".to_owned(),
        },
    }
}

/// The attachments that go into the request: all, or the first only for an older Engine.
pub(super) fn at_creation(mode: &NetworkMode, all: bool) -> Option<NetworkingConfig> {
    let NetworkMode::Attached(endpoints) = mode else { return None };
    let ordered = in_order(endpoints);
    let count = if all { ordered.len() } else { ordered.len().min(1) };
    let endpoints: HashMap<String, EndpointSettings> = ordered
        .into_iter()
        .take(count)
        .map(|(name, endpoint)| (name.to_string(), settings(endpoint)))
        .collect();
    (!endpoints.is_empty()).then_some(NetworkingConfig { endpoints_config: Some(endpoints) })
}

/// Option of an endpoint that names its interface.
const INTERFACE: &str = "com.docker.network.endpoint.ifname";

fn settings(endpoint: &Endpoint) -> EndpointSettings {
    let Endpoint {
        aliases,
        ipv4,
        ipv6,
        link_local,
        mac,
        links,
        options,
        interface,
        priority: _,
        gateway_priority,
    } = endpoint;
    let fixed = ipv4.is_some() || ipv6.is_some() || !link_local.is_empty();
    let mut options = options.clone();
    options.extend(interface.iter().map(|name| (INTERFACE.to_owned(), name.clone())));
    EndpointSettings {
        aliases: list(aliases),
        links: list(links),
        mac_address: mac.clone(),
        driver_opts: map(&options),
        gw_priority: (*gateway_priority != 0).then_some(*gateway_priority),
        ipam_config: fixed.then(|| EndpointIpamConfig {
            ipv4_address: ipv4.clone(),
            ipv6_address: ipv6.clone(),
            link_local_ips: list(link_local),
        }),
        ..EndpointSettings::default()
    }
}

/// What others may reach: what is published, and what is only offered.
pub(super) fn exposed(
    ports: &BTreeSet<PublishedPort>,
    expose: &BTreeSet<String>,
) -> Option<Vec<String>> {
    let targets: BTreeSet<String> =
        ports.iter().map(target).chain(expose.iter().cloned()).collect();
    (!targets.is_empty()).then(|| targets.into_iter().collect())
}

pub(super) fn bindings(ports: &BTreeSet<PublishedPort>) -> Option<PortMap> {
    let mut bindings = PortMap::new();
    for port in ports {
        let PublishedPort { address, published, target: _, protocol: _ } = port;
        let binding = PortBinding {
            host_ip: Some(address.clone().unwrap_or_default()),
            host_port: Some(published.clone().unwrap_or_default()),
        };
        bindings.entry(target(port)).or_default().get_or_insert_default().push(binding);
    }
    (!bindings.is_empty()).then_some(bindings)
}

fn target(port: &PublishedPort) -> String {
    format!("{}/{}", port.target, port.protocol)
}
