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

/// Networks by priority, then by name: the first is the one that a container is made with.
pub(crate) fn in_order(
    endpoints: &BTreeMap<NetworkName, Endpoint>,
) -> Vec<(&NetworkName, &Endpoint)> {
    let mut ordered: Vec<_> = endpoints.iter().collect();
    ordered.sort_by_key(|(name, endpoint)| (Reverse(endpoint.priority), *name));
    ordered
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

fn settings(endpoint: &Endpoint) -> EndpointSettings {
    let Endpoint { aliases, ipv4, ipv6, priority: _ } = endpoint;
    let fixed = ipv4.is_some() || ipv6.is_some();
    EndpointSettings {
        aliases: (!aliases.is_empty()).then(|| aliases.iter().cloned().collect()),
        ipam_config: fixed.then(|| EndpointIpamConfig {
            ipv4_address: ipv4.clone(),
            ipv6_address: ipv6.clone(),
            link_local_ips: None,
        }),
        ..EndpointSettings::default()
    }
}

pub(super) fn exposed(ports: &BTreeSet<PublishedPort>) -> Option<Vec<String>> {
    let targets: BTreeSet<String> = ports.iter().map(target).collect();
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
