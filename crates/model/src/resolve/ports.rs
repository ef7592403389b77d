//! Published ports: each once on a host, and only where the policy lets them be.

use std::{collections::BTreeMap, net::IpAddr};

use hob_compose::Finding;

use super::cross::{AllFacts, Facts, PortFact};
use crate::{
    homelab::{HOMELAB_FILE, Homelab, Placed},
    names::{HostName, StackName},
};

/// How many further places a finding about many ports shows.
const RELATED_MAX: usize = 9;

/// Where on a host a port is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Everywhere,
    At(IpAddr),
    /// Not an address; the Engine will say what it thinks of it.
    Unknown,
}

impl Reach {
    fn of(port: &PortFact) -> Self {
        let Some(address) = &port.port.address else { return Self::Everywhere };
        match address.trim_matches(['[', ']']).parse::<IpAddr>() {
            Ok(address) if address.is_unspecified() => Self::Everywhere,
            Ok(address) => Self::At(address),
            Err(_) => Self::Unknown,
        }
    }

    fn meets(self, other: Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => false,
            (Self::Everywhere, _) | (_, Self::Everywhere) => true,
            (Self::At(one), Self::At(other)) => one == other,
        }
    }
}

/// Two containers cannot have the same port of a host.
pub(super) fn check_host(
    host: &HostName,
    facts: &BTreeMap<StackName, Facts>,
    findings: &mut Vec<Finding>,
) {
    let mut taken: BTreeMap<(u16, &str), Vec<(&StackName, &PortFact)>> = BTreeMap::new();
    for (stack, facts) in facts {
        for port in &facts.ports {
            let Some(number) = port.fixed else { continue };
            let others = taken.entry((number, &port.port.protocol)).or_default();
            let reach = Reach::of(port);
            let first = others.iter().find(|(_, other)| Reach::of(other).meets(reach));
            if let Some((first_stack, first)) = first {
                let message =
                    format!("port {number}/{} of {host} is published twice", port.port.protocol);
                let other = format!("also here, by {} of the stack {first_stack}", first.service);
                findings.push(
                    Finding::error("duplicate-port", message)
                        .at(port.place.clone())
                        .on(&port.path)
                        .hint("publish one of them on another port or address")
                        .related(first.place.clone(), other),
                );
            }
            others.push((stack, port));
        }
    }
}

/// Ports may only be published where `policy.publish` says.
pub(super) fn check_policy(homelab: &Homelab, facts: &AllFacts, findings: &mut Vec<Finding>) {
    let ports = facts.values().flat_map(BTreeMap::values).flat_map(|facts| &facts.ports);
    let Some(publish) = &homelab.policy.publish else {
        let open: Vec<&PortFact> =
            ports.filter(|port| Reach::of(port) == Reach::Everywhere).collect();
        findings.extend(no_policy(&open));
        return;
    };
    for port in ports {
        if !is_allowed(port, publish) {
            findings.push(not_allowed(port, publish));
        }
    }
}

/// One finding for all of them: the answer is one line of `hob.yaml`.
fn no_policy(open: &[&PortFact]) -> Option<Finding> {
    let (first, others) = open.split_first()?;
    let message = match others.len() {
        0 => {
            "a port is published on every address, and no policy says whether that is meant".into()
        }
        more => format!(
            "{} ports are published on every address, and no policy says whether that is meant",
            more + 1
        ),
    };
    let mut finding =
        Finding::warning("open-port", message).at(first.place.clone()).on(&first.path).hint(
            format!("say where they may be, in {HOMELAB_FILE}: policy: {{ publish: [0.0.0.0] }}"),
        );
    for other in others.iter().take(RELATED_MAX) {
        finding = finding.related(other.place.clone(), "also here");
    }
    Some(finding)
}

fn not_allowed(port: &PortFact, publish: &[Placed<String>]) -> Finding {
    let allowed: Vec<&str> = publish.iter().map(|at| at.value.as_str()).collect();
    let allowed = if allowed.is_empty() { "nowhere".to_owned() } else { allowed.join(", ") };
    let at = match &port.port.address {
        Some(address) if Reach::of(port) != Reach::Everywhere => format!("on {address}"),
        _ => "on every address".to_owned(),
    };
    let number = port.port.published.as_deref().unwrap_or("of the Engine's choice");
    let example = port.port.published.as_deref().unwrap_or_default();
    Finding::warning(
        "open-port",
        format!("port {number} is published {at}; the policy allows {allowed}"),
    )
    .at(port.place.clone())
    .on(&port.path)
    .hint(format!(
        "publish it on an address, as in 127.0.0.1:{example}:{}, or add one to policy.publish in \
         {HOMELAB_FILE}",
        port.port.target
    ))
}

fn is_allowed(port: &PortFact, publish: &[Placed<String>]) -> bool {
    let reach = Reach::of(port);
    publish.iter().any(|allowed| match (range(&allowed.value), reach) {
        (_, Reach::Unknown) => true,
        (Some((network, _)), _) if network.is_unspecified() => true,
        (Some((network, prefix)), Reach::At(address)) => contains(network, prefix, address),
        (Some(_), Reach::Everywhere) => false,
        // Which addresses an interface has is only known on the host; `hob verify` asks there.
        (None, Reach::At(address)) => !address.is_loopback() || allowed.value == "lo",
        (None, Reach::Everywhere) => false,
    })
}

/// An address with the number of its leading bits that count.
fn range(text: &str) -> Option<(IpAddr, u32)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    match prefix {
        None => Some((address, bits)),
        Some(prefix) => Some((address, prefix.parse().ok().filter(|prefix| *prefix <= bits)?)),
    }
}

fn contains(network: IpAddr, prefix: u32, address: IpAddr) -> bool {
    let (network, address, bits) = match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (u128::from(network.to_bits()), u128::from(address.to_bits()), 32)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let dropped = bits - prefix;
    dropped >= bits || network >> dropped == address >> dropped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_ranges() {
        let is_in = |network: &str, address: &str| {
            let (network, prefix) = range(network).unwrap();
            contains(network, prefix, address.parse().unwrap())
        };
        assert!(is_in("192.168.1.0/24", "192.168.1.77"));
        assert!(!is_in("192.168.1.0/24", "192.168.2.77"));
        assert!(is_in("10.0.0.1", "10.0.0.1"));
        assert!(!is_in("10.0.0.1", "10.0.0.2"));
        assert!(is_in("10.1.2.3/0", "8.8.8.8"));
        assert!(is_in("fd00::/8", "fd12::1"));
        assert!(!is_in("fd00::/8", "10.0.0.1"));
        assert_eq!(range("10.0.0.0/33"), None);
        assert_eq!(range("eth0"), None);
    }
}
