//! Interfaces, addresses and firewalls.

use hob_host::{FirewallState, Interface};

use super::*;

fn with_policy(publish: &str, ports: &str) -> String {
    format!(
        "
homelab: home
hosts: {{ nas: {{ connect: local, stacks: [web] }} }}
{publish}
--- stacks/web/compose.yaml
services:
  app: {{ image: 'nginx:1.27', ports: [{ports}] }}
  dns: {{ image: 'adguard:1', network_mode: host }}
"
    )
}

fn interface(is_up: bool, addresses: &[&str]) -> Interface {
    Interface { is_up, addresses: addresses.iter().map(|at| at.parse().unwrap()).collect() }
}

fn with_interface(name: &str, interface: Interface) -> Facts {
    let interfaces = BTreeMap::from([(name.to_owned(), interface)]);
    Facts { interfaces: Some(interfaces), ..facts() }
}

/// The lines about addresses and firewalls.
fn check(repository: &str, facts: &Facts) -> String {
    let text = check_all(repository, facts, &HostState::default());
    let about = |line: &&str| {
        ["interface", "address", "firewall"]
            .iter()
            .any(|word| line.split(": ").next().unwrap_or_default().contains(word))
    };
    text.lines().filter(about).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_vpn_that_the_policy_names_is_up() {
    let homelab = with_policy("policy: { publish: [tailscale0] }", "'100.64.0.7:8080:80'");
    let check = |facts: &Facts| {
        let text = check(&homelab, facts);
        text.lines().filter(|line| !line.contains("firewall")).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        check(&with_interface("tailscale0", interface(true, &["100.64.0.7", "fe80::1"]))),
        "nas interface tailscale0: Pass, up, 100.64.0.7\n\
         nas addresses: Pass, the host has 1 address that ports are published on"
    );
    let wrong = |facts: &Facts, what: &str| {
        assert_eq!(
            check(facts),
            format!(
                "nas interface tailscale0: Warn, policy.publish names it, and it {what} (on the \
                 host, as root: tailscale up)\n\
                 nas web/address 100.64.0.7: Fail, app publishes on it, and no interface of the \
                 host has it (it is one of Tailscale's; on the host, as root: tailscale up)"
            )
        );
    };
    wrong(&with_interface("eth0", interface(true, &["192.168.1.2"])), "is not there");
    wrong(&with_interface("tailscale0", interface(false, &[])), "is down");
    wrong(&with_interface("tailscale0", interface(true, &[])), "has no address");
    assert_eq!(
        check(&facts()),
        "nas addresses: Skipped, the host does not tell of its interfaces: it has no program ip"
    );
}

#[test]
fn docker_goes_past_a_firewall() {
    let on = |name: &str| Facts {
        firewalls: BTreeMap::from([(name.to_owned(), FirewallState::On)]),
        ..with_interface("wg0", interface(true, &["10.8.0.1"]))
    };
    let open = with_policy("", "'8080:80', '127.0.0.1:9000:9000', '10.8.0.1:22:22'");
    let text = check(&open, &on("ufw"));
    assert!(
        text.contains(
            "nas firewall: Warn, ufw is on, and Docker opens 1 port past it (8080/tcp): its rules \
             come first (publish on 127.0.0.1"
        ),
        "{text}"
    );
    assert!(
        text.contains(
            "nas firewall rules: Skipped, 1 service is in the host's network, and only root may \
             see whether ufw lets their ports in (dns)"
        ),
        "{text}"
    );
    let meant = with_policy("policy: { publish: [0.0.0.0] }", "'8080:80'");
    let text = check(&meant, &on("firewalld"));
    assert!(
        text.contains("Pass, firewalld is on; Docker opens 1 port past it (8080/tcp), as the"),
        "{text}"
    );
    let closed = with_policy("", "'127.0.0.1:9000:9000'");
    let text = check(&closed, &on("nftables"));
    assert!(text.contains("Pass, nftables is on, and no port is published past it"), "{text}");
}

#[test]
fn a_narrow_policy_wants_a_firewall() {
    let narrow = with_policy("policy: { publish: [127.0.0.1] }", "'127.0.0.1:80:80'");
    assert!(check(&narrow, &facts()).contains(
        "nas firewall: Warn, none is on, and the policy wants ports on 127.0.0.1 only (on the \
         host, as root: ufw allow OpenSSH && ufw enable"
    ));
    let with =
        |state| Facts { firewalls: BTreeMap::from([("firewalld".to_owned(), state)]), ..facts() };
    let text = check(&narrow, &with(FirewallState::Off));
    assert!(text.contains("none is on (firewalld is installed)"), "{text}");
    assert!(text.contains("systemctl enable --now firewalld"), "{text}");
    assert!(
        check(&narrow, &with(FirewallState::Hidden))
            .contains("nas firewall: Skipped, only root may see whether firewalld is on")
    );
    let wide = with_policy("policy: { publish: [0.0.0.0] }", "'80:80'");
    assert!(check(&wide, &facts()).contains("nas firewall: Pass, none is on"));
}
