//! Firewalls of the host. Docker opens published ports with rules of its own, which the kernel
//! comes to before those of ufw, firewalld and their like: what is published is open past them.

use std::collections::BTreeSet;

use hob_host::FirewallState;
use hob_model::spec::NetworkMode;

use super::{
    Check, Fitness, Kind,
    policy::{is_tunnel, specific},
};
use crate::progress::count;

/// Ports that a message names; of the others it gives the number.
const NAMED_MAX: usize = 4;

impl Fitness<'_> {
    pub(super) fn firewall(&self) -> Vec<Check> {
        let of_state = |wanted: FirewallState| -> Vec<&str> {
            let all = self.facts.firewalls.iter();
            all.filter(|(_, state)| **state == wanted).map(|(name, _)| name.as_str()).collect()
        };
        let on = of_state(FirewallState::On);
        let hidden = of_state(FirewallState::Hidden);
        if on.is_empty() && !hidden.is_empty() {
            let says = format!("only root may see whether {} is on", hidden.join(", "));
            return vec![self.skip(Kind::Firewall, "firewall", says)];
        }
        if on.is_empty() {
            return vec![self.no_firewall()];
        }
        let name = on.join(" and ");
        let mut checks = vec![self.past_it(&name)];
        checks.extend(self.behind_it(&name));
        checks
    }

    fn no_firewall(&self) -> Check {
        let publish = self.publish();
        let off: Vec<&str> = self.facts.firewalls.keys().map(String::as_str).collect();
        let says = match off.is_empty() {
            true => "none is on".to_owned(),
            false => format!("none is on ({} is installed)", off.join(", ")),
        };
        if !publish.is_said() || publish.is_everywhere() {
            return self.pass(Kind::Firewall, "firewall", says);
        }
        let says = format!("{says}, and the policy wants ports on {} only", publish.text());
        let hint = match self.facts.firewalls.contains_key("firewalld") {
            true => "on the host, as root: systemctl enable --now firewalld",
            false => {
                "on the host, as root: ufw allow OpenSSH && ufw enable (after: apt install ufw)"
            }
        };
        self.warn(Kind::Firewall, "firewall", says).hint(hint)
    }

    /// Published ports, which no firewall guards.
    fn past_it(&self, name: &str) -> Check {
        let open = self.open_ports();
        if open.is_empty() {
            let says = format!("{name} is on, and no port is published past it");
            return self.pass(Kind::Firewall, "firewall", says);
        }
        let mut named: Vec<&str> = open.iter().take(NAMED_MAX).map(String::as_str).collect();
        let more = open.len() - named.len();
        let others = format!("{more} more");
        if more > 0 {
            named.push(&others);
        }
        let ports = format!("{} past it ({})", count(open.len(), "port"), named.join(", "));
        if self.publish().is_everywhere() {
            let says = format!("{name} is on; Docker opens {ports}, as the policy allows");
            return self.pass(Kind::Firewall, "firewall", says);
        }
        let says = format!("{name} is on, and Docker opens {ports}: its rules come first");
        self.warn(Kind::Firewall, "firewall", says).hint(
            "publish on 127.0.0.1 or the VPN's address, or filter in the chain DOCKER-USER; if it \
             is meant, say so: policy: { publish: [0.0.0.0] }",
        )
    }

    /// Services in the host's own network, which a firewall does guard.
    fn behind_it(&self, name: &str) -> Option<Check> {
        let on_host: Vec<&str> = self
            .stacks()
            .flat_map(|(_, stack)| &stack.services)
            .filter(|(_, wanted)| wanted.spec.network == NetworkMode::Host)
            .map(|(service, _)| service.as_str())
            .collect();
        (!on_host.is_empty()).then(|| {
            let says = format!(
                "{} in the host's network, and only root may see whether {name} lets their ports \
                 in ({})",
                match on_host.len() {
                    1 => "1 service is".to_owned(),
                    more => format!("{more} services are"),
                },
                on_host.join(", ")
            );
            self.skip(Kind::Firewall, "firewall rules", says)
        })
    }

    /// Fixed ports published where more than the host itself and its VPN can reach them.
    fn open_ports(&self) -> BTreeSet<String> {
        let interfaces = self.facts.interfaces.iter().flatten();
        let private: BTreeSet<_> = interfaces
            .filter(|(name, _)| is_tunnel(name))
            .flat_map(|(_, interface)| interface.addresses.iter().copied())
            .collect();
        let mut open = BTreeSet::new();
        for (_, stack) in self.stacks() {
            for wanted in stack.services.values() {
                if wanted.spec.network == NetworkMode::Host {
                    continue;
                }
                for port in &wanted.spec.ports {
                    let address = port.address.as_deref().and_then(specific);
                    if address.is_some_and(|at| at.is_loopback() || private.contains(&at)) {
                        continue;
                    }
                    if let Some(published) = &port.published {
                        open.insert(format!("{published}/{}", port.protocol));
                    }
                }
            }
        }
        open
    }
}
