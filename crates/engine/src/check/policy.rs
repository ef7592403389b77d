//! `policy.publish`, with the addresses that the interfaces of a host have.

use std::{collections::BTreeMap, net::IpAddr};

use hob_host::Interface;
use hob_model::homelab::Policy;

/// Where ports may be published.
#[derive(Clone, Debug)]
pub(crate) struct Publish<'a> {
    /// Addresses, ranges and interfaces; `None` if nothing is said about it.
    allowed: Option<Vec<&'a str>>,
}

/// Interfaces of programs that connect private networks with each other.
const TUNNELS: [&str; 6] = ["tailscale", "wg", "zt", "tun", "nebula", "netbird"];

/// Whether an interface is by its name one of a VPN.
pub(super) fn is_tunnel(interface: &str) -> bool {
    TUNNELS.iter().any(|kind| interface.starts_with(kind))
        || interface.parse::<u32>().is_ok()
        || interface == "wt0"
}

impl<'a> Publish<'a> {
    pub(crate) fn of(policy: &'a Policy) -> Self {
        let allowed = policy.publish.as_ref();
        Self { allowed: allowed.map(|all| all.iter().map(|at| at.value.as_str()).collect()) }
    }

    /// Whether anything is said about it.
    pub(crate) fn is_said(&self) -> bool {
        self.allowed.is_some()
    }

    /// Whether ports may be open to everybody who reaches the host.
    pub(crate) fn is_everywhere(&self) -> bool {
        let everywhere = |at: &&str| {
            network(at).is_some_and(|(address, bits)| bits == 0 || address.is_unspecified())
        };
        self.allowed.iter().flatten().any(everywhere)
    }

    /// As `hob.yaml` says it.
    pub(crate) fn text(&self) -> String {
        match self.allowed.as_deref() {
            None => "everything".to_owned(),
            Some([]) => "nothing".to_owned(),
            Some(all) => all.join(", "),
        }
    }

    /// The interfaces that it names.
    pub(crate) fn interfaces(&self) -> impl Iterator<Item = &'a str> {
        let named = |at: &&str| network(at).is_none();
        self.allowed.iter().flatten().copied().filter(named)
    }

    /// Whether a port may be open on an address of the host, empty for all of them. `None` where
    /// that depends on interfaces, and the host does not tell of them.
    pub(crate) fn allows(
        &self,
        address: &str,
        interfaces: Option<&BTreeMap<String, Interface>>,
    ) -> Option<bool> {
        let Some(allowed) = &self.allowed else { return Some(true) };
        if self.is_everywhere() {
            return Some(true);
        }
        let Some(address) = specific(address) else { return Some(false) };
        let in_range = |at: &&str| network(at).is_some_and(|range| contains(range, address));
        if allowed.iter().any(in_range) {
            return Some(true);
        }
        if self.interfaces().next().is_none() {
            return Some(false);
        }
        let interfaces = interfaces?;
        let has = |name: &str| {
            interfaces.get(name).is_some_and(|interface| interface.addresses.contains(&address))
        };
        Some(self.interfaces().any(has))
    }
}

/// The address that a port is open on; `None` for all.
pub(super) fn specific(address: &str) -> Option<IpAddr> {
    let address: IpAddr = address.trim_matches(['[', ']']).parse().ok()?;
    (!address.is_unspecified()).then_some(address)
}

/// An address with the number of its leading bits that count; `None` for an interface.
fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    Some((address, prefix.and_then(|prefix| prefix.parse().ok()).unwrap_or(bits)))
}

fn contains((network, prefix): (IpAddr, u32), address: IpAddr) -> bool {
    let (network, address, bits) = match (network, address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            (u128::from(network.to_bits()), u128::from(address.to_bits()), 32)
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => (network.to_bits(), address.to_bits(), 128),
        _ => return false,
    };
    let dropped: u32 = bits - prefix.min(bits);
    dropped >= bits || network >> dropped == address >> dropped
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use std::collections::BTreeSet;

    use super::*;

    fn check(allowed: &[&str], address: &str) -> Option<bool> {
        let tailscale =
            Interface { is_up: true, addresses: BTreeSet::from(["100.64.0.7".parse().unwrap()]) };
        let interfaces = BTreeMap::from([("tailscale0".to_owned(), tailscale)]);
        Publish { allowed: Some(allowed.to_vec()) }.allows(address, Some(&interfaces))
    }

    #[test]
    fn a_policy_knows_the_addresses_of_interfaces() {
        let closed = ["tailscale0", "127.0.0.1", "192.168.1.0/24"];
        for allowed in ["100.64.0.7", "127.0.0.1", "192.168.1.9"] {
            assert_eq!(check(&closed, allowed), Some(true), "{allowed}");
        }
        for forbidden in ["", "0.0.0.0", "::", "100.64.0.8", "192.168.2.9", "::1"] {
            assert_eq!(check(&closed, forbidden), Some(false), "{forbidden}");
        }
        assert_eq!(check(&["0.0.0.0"], ""), Some(true));
        assert_eq!(check(&["10.0.0.0/0"], "8.8.8.8"), Some(true));
        let unknown = Publish { allowed: Some(vec!["wg0"]) };
        assert_eq!(unknown.allows("10.0.0.1", None), None);
        assert_eq!(unknown.allows("", None), Some(false));
        assert_eq!(Publish { allowed: None }.allows("", None), Some(true));
    }
}
