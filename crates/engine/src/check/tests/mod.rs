//! Hosts that are fit, and hosts that are not.

mod machine;
mod network;
mod registry;

use std::collections::{BTreeMap, BTreeSet};

use hob_host::{Disk, Facts, Gpu, Gpus, Presence};
use hob_model::{GpuVendor, Selection};
use hob_plan::{
    observed::{Container, ContainerOwner, ContainerState, Health, HostState, Observed},
    ownership::Identity,
};

use super::*;
use crate::testing::{bare, desired_of, homelab_of, lines, seen};

const GIB: u64 = 1 << 30;

const REPOSITORY: &str = "
homelab: home
hosts:
  nas:
    connect: ssh://deploy@nas.lan
    stacks: [web]
    storage: [{ path: /srv, min_free: 10GiB }]
networks: { proxy: {} }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:1.27
    restart: always
    ports: ['80:80', '127.0.0.1:5000-5001:5000-5001/udp']
    networks: [proxy, lan]
    mem_limit: 1g
networks:
  proxy: { external: true }
  lan: { external: true }
";

fn facts() -> Facts {
    let disk = Disk { free_bytes: 20 * GIB, total_bytes: 100 * GIB };
    Facts {
        os: "Debian GNU/Linux 12".into(),
        user: "deploy".into(),
        clock_ahead_ms: -300,
        memory_bytes: 4 * GIB,
        disks: BTreeMap::from([("/srv".into(), Ok(disk)), ("/opt/hob".into(), Ok(disk))]),
        listening: Some(BTreeSet::new()),
        ..Facts::of_engine("28.5.2", (1, 51), (1, 24), "arm64")
    }
}

fn state() -> HostState {
    let mut observed = bare(&desired_of(REPOSITORY));
    let state = seen(&mut observed, "nas");
    let lan =
        hob_plan::observed::Network { owner: hob_plan::ownership::ThingOwner::Foreign, spec: None };
    state.networks.insert("lan".into(), lan);
    state.clone()
}

/// The answers other than that all is well, and that registries were not asked.
fn check(facts: &Facts, state: &HostState) -> String {
    news(&check_all(REPOSITORY, facts, state))
}

fn news(text: &str) -> String {
    text.lines()
        .filter(|line| !line.contains(": Pass, ") && !line.contains("nas images: Skipped"))
        .collect::<Vec<_>>()
        .join("\n")
}

fn check_all(repository: &str, facts: &Facts, state: &HostState) -> String {
    check_selected(repository, &Selection::default(), facts, state, false)
}

fn check_selected(
    repository: &str,
    selection: &Selection,
    facts: &Facts,
    state: &HostState,
    is_online: bool,
) -> String {
    let (homelab, desired) = homelab_of(repository);
    let name = "nas".into();
    let wanted = Wanted { homelab: &homelab, desired: &desired, selection, is_online };
    lines(&judge_host(wanted, &name, &desired.hosts[&name], facts, state))
}

fn container(owner: ContainerOwner, port: u16) -> Container {
    Container {
        owner,
        image: hob_model::ImageId::new("sha256:1"),
        state: ContainerState::Running { health: Health::Unchecked },
        networks: BTreeSet::new(),
        ports: BTreeSet::from([(String::new(), port, "tcp".to_owned())]),
        anonymous_volumes: BTreeMap::new(),
    }
}

#[test]
fn a_fit_host_passes_everything() {
    assert_eq!(
        check_all(REPOSITORY, &facts(), &state()),
        "nas reachable: Pass, Debian GNU/Linux 12, arm64\n\
         nas engine: Pass, Docker 28.5.2, API 1.24 to 1.51\n\
         nas rights: Pass, user deploy may use Docker\n\
         nas root folder: Pass, /opt/hob can be written\n\
         nas clock: Pass, agrees with this machine's\n\
         nas space /srv: Pass, 20 GiB of 100 GiB free\n\
         nas space /opt/hob: Pass, 20 GiB of 100 GiB free\n\
         nas memory: Pass, limits of 1 service add up to 1 GiB, the host has 4 GiB\n\
         nas firewall: Pass, none is on\n\
         nas ports: Pass, 3 ports free or ours\n\
         nas networks: Pass, 2 external networks there or made by Hob\n\
         nas images: Skipped, registries are not asked; hob check --online asks them\n"
    );
}

#[test]
fn a_host_that_runs_it_already_still_passes() {
    let desired = desired_of(REPOSITORY);
    let mut observed: Observed = bare(&desired);
    seen(&mut observed, "nas").networks = state().networks;
    let plan = hob_plan::plan(&desired, &observed, &hob_plan::Policy::default());
    plan.steps.iter().for_each(|step| hob_plan::simulate(&mut observed, step));
    let facts = Facts {
        listening: Some(BTreeSet::from([("0.0.0.0".to_owned(), 80, "tcp".to_owned())])),
        ..facts()
    };
    assert_eq!(check(&facts, seen(&mut observed, "nas")), "");
}

#[test]
fn each_thing_that_is_wrong_is_told_with_what_to_try() {
    let disk = Disk { free_bytes: 3 * GIB, total_bytes: 100 * GIB };
    let facts = Facts {
        root_folder: Err("permission denied".into()),
        clock_ahead_ms: 90_000,
        engine_api: (1, 40),
        memory_bytes: GIB / 2,
        disks: BTreeMap::from([
            ("/srv".into(), Ok(disk)),
            ("/opt/hob".into(), Err("no such folder".into())),
        ]),
        ..facts()
    };
    assert_eq!(
        check(&facts, &state()),
        "nas engine: Fail, Docker 28.5.2, API 1.24 to 1.40: too old (install Docker Engine 20.10 \
         or newer)\n\
         nas root folder: Fail, /opt/hob cannot be written: permission denied (on the host, as \
         root: install -d -o deploy -m 0750 /opt/hob; or set another root for this host in \
         hob.yaml)\n\
         nas clock: Fail, 90 s ahead of this machine's (switch time synchronisation on, as \
         root: timedatectl set-ntp true)\n\
         nas space /srv: Warn, 3 GiB of 100 GiB free, less than 10 GiB (remove what is not needed \
         there, such as old images: docker image prune)\n\
         nas space /opt/hob: Fail, cannot be measured: no such folder (is /opt/hob mounted?)\n\
         nas memory: Warn, limits of 1 service add up to 1 GiB, the host has 512 MiB (under load \
         the kernel will kill one of them: lower limits or move a stack)"
    );
}

#[test]
fn a_port_is_taken_by_somebody_else_only() {
    let mut state = state();
    state.containers.insert("old-web".into(), container(ContainerOwner::Foreign, 80));
    let taken = "nas web/port 80/tcp: Fail, app wants it, and container old-web has it (stop what \
                 holds it (on the host, as root: ss -lptu sport = :80), or publish another port)";
    assert_eq!(check(&facts(), &state), taken);
    // The same service, deployed by Compose: it will be adopted or replaced, not fought.
    let by_compose = ContainerOwner::Compose { project: "web".into(), service: "app".into() };
    state.containers.insert("old-web".into(), container(by_compose, 80));
    assert_eq!(check(&facts(), &state), "");
    state.containers.clear();
    let listening = BTreeSet::from([("127.0.0.1".to_owned(), 5001, "udp".to_owned())]);
    assert_eq!(
        check(&Facts { listening: Some(listening), ..facts() }, &state),
        "nas web/port 5001/udp: Fail, app wants it, and a program of the host has it (stop what \
         holds it (on the host, as root: ss -lptu sport = :5001), or publish another port)"
    );
    // Another address of the host, and another protocol, are not in the way.
    let listening = BTreeSet::from([
        ("192.168.1.2".to_owned(), 5001, "udp".to_owned()),
        ("127.0.0.1".to_owned(), 5001, "tcp".to_owned()),
    ]);
    assert_eq!(check(&Facts { listening: Some(listening), ..facts() }, &state), "");
    assert_eq!(
        check(&Facts { listening: None, ..facts() }, &state),
        "nas ports: Skipped, no container is in the way; the host does not tell what else listens"
    );
}

#[test]
fn another_homelabs_container_is_somebody_elses() {
    let of = |homelab: &str| {
        let identity = Identity {
            homelab: homelab.into(),
            stack: "web".into(),
            project: "web".into(),
            service: "app".into(),
        };
        let spec = crate::testing::spec("nginx:1.27").digest();
        container(ContainerOwner::Hob { identity, spec }, 80)
    };
    let mut state = state();
    state.containers.insert("web-app-1".into(), of("home"));
    assert_eq!(check(&facts(), &state), "");
    state.containers.insert("web-app-1".into(), of("cabin"));
    assert_eq!(
        check(&facts(), &state),
        "nas web/port 80/tcp: Fail, app wants it, and container web-app-1 of homelab cabin has it \
         (stop what holds it (on the host, as root: ss -lptu sport = :80), or publish another port)"
    );
}

#[test]
fn an_external_network_must_be_there_or_be_made() {
    let mut state = state();
    state.networks.clear();
    assert_eq!(
        check(&facts(), &state),
        "nas web/networks: Fail, external network lan is not there (it is called external at \
         stacks/web/compose.yaml:10; to have Hob make it, name it under networks in hob.yaml)"
    );
}

#[test]
fn what_is_deployed_elsewhere_does_not_count() {
    let selection =
        Selection { skip_stacks: BTreeSet::from(["web".into()]), ..Selection::default() };
    let text = check_selected(REPOSITORY, &selection, &facts(), &state(), false);
    assert!(!text.contains("port") && !text.contains("memory"), "{text}");
}

const THINGS: &str = "
homelab: home
hosts: { nas: { connect: local, stacks: [media] } }
--- stacks/media/compose.yaml
services:
  player:
    image: jellyfin:10
    devices: ['/dev/dri:/dev/dri']
    volumes:
      - /mnt/media:/media:ro
      - { type: bind, source: /srv/cache, target: /cache, bind: { create_host_path: false } }
      - /srv/config:/config
      - /run/dbus/socket:/dbus
  vpn: { image: 'gluetun:3', devices: ['/dev/net/tun:/dev/net/tun'] }
  brain: { image: 'ollama:1', runtime: nvidia }
";

fn check_things(paths: &[(&str, Presence)]) -> String {
    let paths = paths.iter().map(|(path, presence)| ((*path).to_owned(), *presence)).collect();
    let text = check_all(THINGS, &Facts { paths, ..facts() }, &HostState::default());
    let of_things = text
        .lines()
        .filter(|line| line.contains("media/") || line.contains("paths"))
        .filter(|line| !line.contains("media/gpu"));
    of_things.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_services_take_from_the_machine_has_to_be_there() {
    use Presence::{Missing, MissingAbove};
    assert_eq!(
        check_things(&[
            ("/dev/dri", Missing),
            ("/dev/net/tun", MissingAbove),
            ("/mnt/media", MissingAbove),
            ("/srv/cache", Missing),
            ("/srv/config", Missing),
            ("/run/dbus/socket", Missing),
        ]),
        "nas media/device /dev/dri: Fail, player wants it, and the host does not have it (does the \
         machine have a GPU, and is its driver loaded? ls -l /dev/dri)\n\
         nas media/device /dev/net/tun: Fail, vpn wants it, and the host does not have it (load \
         the driver on the host, as root: modprobe tun; and for every start: echo tun > \
         /etc/modules-load.d/tun.conf)\n\
         nas media/mount /mnt/media: Warn, player mounts it, and not even the folder above it is \
         there: the Engine would make both, empty and owned by root (is the storage mounted? If it \
         is meant to begin empty, make the folder)\n\
         nas media/mount /run/dbus/socket: Warn, player mounts it, and it is not there: the Engine \
         would put an empty folder in its place (is the program that makes it running on the \
         host?)\n\
         nas media/mount /srv/cache: Fail, player mounts it, and it is not there (make it on the \
         host, or mount the storage that it lies on)"
    );
}

#[test]
fn what_may_not_be_looked_at_is_not_called_missing() {
    assert!(!check_things(&[("/mnt/media", Presence::Hidden)]).contains("mount"));
}
