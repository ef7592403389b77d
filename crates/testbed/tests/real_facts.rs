//! Tier 5: what hosts tell of themselves, each thing when it is so and when it is not.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use std::{collections::BTreeSet, time::Duration};

use hob_host::{Facts, FactsAsk, FirewallState, Host, Presence};
use hob_model::ImageRef;
use hob_testbed::lab::{LabHost, LabSpec};

use crate::real_ssh::Bench;

const DISK_BYTES: u64 = 64 << 20;

async fn facts(host: &dyn Host) -> Facts {
    let own = |all: &[&str]| all.iter().map(|path| (*path).to_owned()).collect();
    let ask = FactsAsk {
        storage: own(&["/opt/hob"]),
        paths: own(&["/mnt/nas", "/etc/passwd", "/dev/null", "/nowhere/at/all"]),
        images: ["nginx", "nginx:no-such-tag"].map(ImageRef::from).into(),
    };
    match host.facts(&ask).await {
        Ok(facts) => facts,
        Err(why) => panic!("{why}"),
    }
}

/// Something is done on the host, as root.
async fn does(host: &LabHost, script: &str) {
    let done = host.exec(&["sh", "-c", script]).await.unwrap();
    assert!(done.ok(), "{script}: {}", done.stderr);
}

#[tokio::test]
async fn real_hosts_tell_what_the_checks_ask() {
    let mut spec = LabSpec::new("test-facts", ["one"]);
    spec.hosts[0].disk_limit = Some(DISK_BYTES);
    spec.images = vec!["nginx".parse().unwrap()];
    let bench = Bench::up(&spec).await;
    let machine = bench.lab().host("one").unwrap();
    let opened = bench.open(Some("deploy"), "one").await.unwrap();
    let host = opened.as_ref();

    plain(&facts(host).await, machine);
    firewalls(host, machine).await;
    storage(host, machine).await;
    network(host, machine).await;
    inside(host, machine).await;
    bench.gone().await;
}

/// A host on which nothing is wrong.
fn plain(facts: &Facts, machine: &LabHost) {
    assert_eq!(facts.engine_root, "/var/lib/docker");
    for path in ["/opt/hob", "/var/lib/docker"] {
        let disk = facts.disks[path].as_ref().unwrap();
        assert!(disk.total_bytes <= DISK_BYTES && disk.free_bytes > DISK_BYTES / 4, "{path}");
    }
    assert!(!facts.is_root_open && facts.root_folder.is_ok());
    assert!(facts.firewalls.is_empty(), "{:?}", facts.firewalls);
    assert!(facts.to_mount.is_empty() && facts.hanging.is_empty());
    assert!(facts.mounts.contains("/") && facts.mounts.contains("/opt/hob"));
    let interfaces = facts.interfaces.as_ref().unwrap();
    let has_address = interfaces
        .values()
        .any(|one| one.is_up && one.addresses.contains(&machine.address().into()));
    assert!(has_address, "{interfaces:?}");
    assert_eq!(facts.paths["/etc/passwd"], Presence::Other);
    assert_eq!(facts.paths["/dev/null"], Presence::Device);
    assert_eq!(facts.paths["/nowhere/at/all"], Presence::MissingAbove);
    let platforms = facts.images[&ImageRef::from("nginx")].as_ref().unwrap();
    // Images of a single platform do not have to say which.
    assert!(platforms.iter().all(|one| *one == format!("linux/{}", facts.arch)), "{platforms:?}");
    let why = facts.images[&ImageRef::from("nginx:no-such-tag")].as_ref().unwrap_err();
    assert!(why.contains("manifest unknown") || why.contains("not found"), "{why}");
}

/// What ufw and firewalld leave to be seen by users without rights: the one's configuration, the
/// other's process.
async fn firewalls(host: &dyn Host, machine: &LabHost) {
    let state = |facts: &Facts, name: &str| facts.firewalls.get(name).copied();
    machine.write_file("/etc/ufw/ufw.conf", b"# /etc/ufw/ufw.conf\nENABLED=yes\n").await.unwrap();
    assert_eq!(state(&facts(host).await, "ufw"), Some(FirewallState::On));
    machine.write_file("/etc/ufw/ufw.conf", b"# ENABLED=yes\nENABLED=no\n").await.unwrap();
    assert_eq!(state(&facts(host).await, "ufw"), Some(FirewallState::Off));
    does(machine, "chmod 600 /etc/ufw/ufw.conf").await;
    assert_eq!(state(&facts(host).await, "ufw"), Some(FirewallState::Hidden));
    does(machine, "rm -r /etc/ufw && cp /bin/sleep /usr/sbin/firewalld").await;
    assert_eq!(state(&facts(host).await, "firewalld"), Some(FirewallState::Off));
    does(machine, "setsid -f firewalld 1000 </dev/null >/dev/null 2>&1").await;
    let seen = facts(host).await;
    assert_eq!((state(&seen, "firewalld"), state(&seen, "ufw")), (Some(FirewallState::On), None));
    does(machine, "pkill -x firewalld && rm /usr/sbin/firewalld").await;
}

async fn storage(host: &dyn Host, machine: &LabHost) {
    does(machine, "mkdir -p /mnt/nas && echo nas:/films /mnt/nas nfs defaults 0 0 >>/etc/fstab")
        .await;
    let seen = facts(host).await;
    assert_eq!(seen.paths["/mnt/nas"], Presence::Empty);
    assert!(seen.to_mount.contains("/mnt/nas") && !seen.mounts.contains("/mnt/nas"));
    does(machine, "mount -t tmpfs nas /mnt/nas && touch /mnt/nas/film").await;
    let seen = facts(host).await;
    assert_eq!(seen.paths["/mnt/nas"], Presence::Folder);
    assert!(seen.mounts.contains("/mnt/nas"));
    does(machine, "umount /mnt/nas && sed -i /nas/d /etc/fstab").await;

    does(machine, "chmod 755 /opt/hob").await;
    assert!(facts(host).await.is_root_open);
    does(machine, "chmod 750 /opt/hob").await;

    machine.fill_disk().await.unwrap();
    let full = facts(host).await;
    machine.free_disk().await.unwrap();
    for path in ["/opt/hob", "/var/lib/docker"] {
        assert_eq!(full.disks[path].as_ref().unwrap().free_bytes, 0, "{path}");
    }
}

async fn network(host: &dyn Host, machine: &LabHost) {
    let vpn = |facts: Facts| {
        let mut interfaces = facts.interfaces.unwrap();
        interfaces.remove("wg0").map(|wg0| (wg0.is_up, wg0.addresses))
    };
    assert_eq!(vpn(facts(host).await), None);
    does(machine, "ip link add wg0 type bridge").await;
    assert_eq!(vpn(facts(host).await), Some((false, BTreeSet::new())));
    does(machine, "ip address add 10.8.0.1/24 dev wg0 && ip link set wg0 up").await;
    let (is_up, addresses) = vpn(facts(host).await).unwrap();
    assert!(is_up && addresses.contains(&"10.8.0.1".parse().unwrap()), "{addresses:?}");
    does(machine, "ip link delete wg0").await;
}

async fn inside(host: &dyn Host, machine: &LabHost) {
    let run = machine.docker(&["run", "--detach", "--name", "web", "nginx"]).await.unwrap();
    assert!(run.ok(), "{}", run.stderr);
    let within = Duration::from_secs(10);
    let name = "web".into();
    let said = host.inside(&name, &["ls", "/etc/passwd"], within).await.unwrap();
    assert_eq!((said.code, said.last_line.as_str()), (0, "/etc/passwd"));
    let said = host.inside(&name, &["nvidia-smi", "-L"], within).await.unwrap();
    assert!([126, 127].contains(&said.code), "{said:?}");
    assert!(host.inside(&"gone".into(), &["true"], within).await.is_err());
}
