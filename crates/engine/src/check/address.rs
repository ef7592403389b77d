//! Interfaces and addresses that ports are published on: a VPN that is down takes them away.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
};

use hob_host::Interface;
use hob_model::{StackName, spec::NetworkMode};

use super::{Check, Fitness, Kind, policy::specific};
use crate::progress::count;

impl Fitness<'_> {
    pub(super) fn addresses(&self) -> Vec<Check> {
        let published = self.published();
        let named: Vec<&str> = self.publish().interfaces().collect();
        let has_ports = self.stacks().any(|(_, stack)| {
            stack.services.values().any(|service| !service.spec.ports.is_empty())
        });
        if published.is_empty() && (named.is_empty() || !has_ports) {
            return Vec::new();
        }
        let Some(interfaces) = &self.facts.interfaces else {
            let says = "the host does not tell of its interfaces: it has no program ip";
            return vec![self.skip(Kind::Address, "addresses", says)];
        };
        let mut checks: Vec<Check> =
            named.into_iter().map(|name| self.interface(name, interfaces.get(name))).collect();
        let has = |address: &IpAddr| {
            interfaces.values().any(|interface| interface.addresses.contains(address))
        };
        let all = published.len();
        let missing: Vec<Check> = published
            .into_iter()
            .filter(|((_, address), _)| !has(address))
            .map(|((stack, address), services)| self.no_address(stack, address, &services))
            .collect();
        if missing.is_empty() && all > 0 {
            let says =
                format!("the host has {} that ports are published on", count(all, "address"));
            checks.push(self.pass(Kind::Address, "addresses", says));
        }
        checks.extend(missing);
        checks
    }

    /// Services by stack and the address of the host that they publish on, loopback apart.
    fn published(&self) -> BTreeMap<(&StackName, IpAddr), BTreeSet<&str>> {
        let mut published: BTreeMap<_, BTreeSet<&str>> = BTreeMap::new();
        for (stack_name, stack) in self.stacks() {
            for (service, wanted) in &stack.services {
                if wanted.spec.network == NetworkMode::Host {
                    continue;
                }
                let addresses = wanted
                    .spec
                    .ports
                    .iter()
                    .filter_map(|port| port.address.as_deref().and_then(specific));
                for address in addresses.filter(|address| !address.is_loopback()) {
                    published.entry((stack_name, address)).or_default().insert(service.as_str());
                }
            }
        }
        published
    }

    fn interface(&self, name: &str, found: Option<&Interface>) -> Check {
        let what = format!("interface {name}");
        let wrong = match found {
            None => "is not there",
            Some(interface) if !interface.is_up => "is down",
            Some(interface) if interface.addresses.is_empty() => "has no address",
            Some(interface) => {
                let addresses: Vec<String> = interface
                    .addresses
                    .iter()
                    .filter(|at| at.is_ipv4())
                    .map(ToString::to_string)
                    .collect();
                let says = format!("up, {}", addresses.join(", "));
                return self.pass(Kind::Address, what, says);
            }
        };
        let says = format!("policy.publish names it, and it {wrong}");
        self.warn(Kind::Address, what, says).hint(bring_up(name))
    }

    fn no_address(&self, stack: &StackName, address: IpAddr, services: &BTreeSet<&str>) -> Check {
        let services: Vec<&str> = services.iter().copied().collect();
        let says =
            format!("{} publishes on it, and no interface of the host has it", services.join(", "));
        let hint = match is_of_tailscale(address) {
            true => format!("it is one of Tailscale's; {}", bring_up("tailscale0")),
            false => "publish on another address, or bring up the interface that has it; ip \
                      address shows all"
                .to_owned(),
        };
        self.fail(Kind::Address, format!("address {address}"), says).of(stack).hint(hint)
    }
}

/// Addresses that Tailscale gives out: 100.64.0.0/10 and fd7a:115c:a1e0::/48.
/// (Source: tailscale.com, knowledge base 1015.)
fn is_of_tailscale(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            first == 100 && (64..128).contains(&second)
        }
        IpAddr::V6(address) => address.segments().starts_with(&[0xfd7a, 0x115c, 0xa1e0]),
    }
}

fn bring_up(interface: &str) -> String {
    if interface.starts_with("tailscale") {
        "on the host, as root: tailscale up".to_owned()
    } else if interface.starts_with("wg") {
        format!("on the host, as root: wg-quick up {interface}")
    } else {
        format!("on the host, as root: ip link set {interface} up; ip address shows all")
    }
}
