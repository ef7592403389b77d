//! What is open, what sees a GPU, what is mounted, and what is not asked.

use std::collections::{BTreeMap, BTreeSet};

use hob_host::{Facts, Inside, Interface, Presence};
use hob_model::Selection;
use hob_plan::observed::ContainerOwner;

use super::*;
use crate::testing::{deployed, homelab_of, lines, seen};

const REPOSITORY: &str = "
homelab: home
hosts:
  nas: { connect: local, stacks: [ai], storage: [{ path: /tank }] }
policy: { publish: [wg0, 127.0.0.1] }
--- stacks/ai/compose.yaml
services:
  brain:
    image: 'ollama:1'
    restart: always
    ports: ['10.8.0.1:11434:11434']
    labels: { traefik.http.routers.brain.rule: Host(`brain.example`) }
    deploy:
      resources:
        reservations: { devices: [{ driver: nvidia, count: all, capabilities: [gpu] }] }
";

fn facts() -> Facts {
    let wg0 = Interface { is_up: true, addresses: BTreeSet::from(["10.8.0.1".parse().unwrap()]) };
    Facts {
        interfaces: Some(BTreeMap::from([("wg0".to_owned(), wg0)])),
        paths: BTreeMap::from([("/tank".to_owned(), Presence::Folder)]),
        mounts: BTreeSet::from(["/tank".to_owned()]),
        ..Facts::of_engine("28.5.2", (1, 51), (1, 24), "amd64")
    }
}

/// The lines that begin with one of these words, behind the host.
fn check(
    words: &[&str],
    facts: Facts,
    said: Inside,
    happens: impl Fn(&mut hob_plan::observed::HostState),
) -> String {
    let (homelab, desired) = homelab_of(REPOSITORY);
    let mut observed = deployed(&desired);
    happens(seen(&mut observed, "nas"));
    let heard = Heard {
        ports: PortAnswers::new(),
        facts: BTreeMap::from([("nas".into(), Ok(facts))]),
        gpus: BTreeMap::from([(("nas".into(), "ai-brain-1".into()), Ok(said))]),
    };
    let selection = &Selection::default();
    let wanted = Wanted { homelab: &homelab, desired: &desired, selection, is_online: false };
    let text = lines(&judge_deployed(wanted, &observed, &heard));
    let kept = text.lines().filter(|line| words.iter().any(|word| line.contains(word)));
    kept.collect::<Vec<_>>().join("\n")
}

fn says(code: i64, line: &str) -> Inside {
    Inside { code, last_line: line.to_owned() }
}

#[test]
fn what_is_open_is_open_where_the_policy_allows() {
    let open = |facts, happens: &dyn Fn(&mut hob_plan::observed::HostState)| {
        check(&["nas open", "ai/open"], facts, says(0, "GPU 0"), happens)
    };
    assert_eq!(open(facts(), &|_| {}), "nas open ports: Pass, 1 open, all where the policy allows");
    let moved = Facts { interfaces: Some(BTreeMap::new()), ..facts() };
    assert_eq!(
        open(moved, &|_| {}),
        "nas ai/open port 11434/tcp: Fail, container ai-brain-1 is open on 10.8.0.1; the policy \
         allows wg0, 127.0.0.1 (publish it on an allowed address in its Compose file, then hob \
         apply)"
    );
    let silent = Facts { interfaces: None, ..facts() };
    assert_eq!(
        open(silent, &|_| {}),
        "nas open ports: Skipped, 1 not judged: the host does not tell of its interfaces"
    );
    let stranger = |state: &mut hob_plan::observed::HostState| {
        let mut container = state.containers.values().next().unwrap().clone();
        container.owner = ContainerOwner::Foreign;
        container.ports = BTreeSet::from([(String::new(), 9999, "tcp".to_owned())]);
        state.containers.insert("stranger".into(), container);
    };
    assert_eq!(
        open(facts(), &stranger),
        "nas open port 9999/tcp: Warn, container stranger is open on every address; the policy \
         allows wg0, 127.0.0.1 (it is not Hob's: docker inspect stranger says whose it is)"
    );
}

#[test]
fn a_gpu_is_visible_inside() {
    let gpu = |said| check(&["brain gpu"], facts(), said, |_| {});
    assert_eq!(gpu(says(0, "GPU 0: RTX 3060")), "nas ai/brain gpu: Pass, sees GPU 0: RTX 3060");
    assert_eq!(
        gpu(says(127, "not found")),
        "nas ai/brain gpu: Skipped, its image has no nvidia-smi to ask"
    );
    assert!(gpu(says(0, "")).contains("Fail, sees no GPU"));
    assert!(gpu(says(9, "NVML: Unknown Error")).contains("Fail, nvidia-smi says: NVML: Unknown"));
}

#[test]
fn storage_is_mounted_and_names_are_not_asked() {
    let storage = |facts| check(&["storage"], facts, says(0, "GPU 0"), |_| {});
    assert_eq!(storage(facts()), "nas storage /tank: Pass, mounted");
    let unmounted = Facts {
        mounts: BTreeSet::new(),
        to_mount: BTreeSet::from(["/tank".to_owned()]),
        ..facts()
    };
    assert_eq!(
        storage(unmounted),
        "nas storage /tank: Fail, /tank is in /etc/fstab, and not mounted (on the host, as root: \
         mount /tank)"
    );
    let with =
        |presence| Facts { paths: BTreeMap::from([("/tank".to_owned(), presence)]), ..facts() };
    assert!(storage(with(Presence::Missing)).contains("Fail, it is not there"));
    assert!(storage(with(Presence::Hanging)).contains("Fail, its server does not answer"));
    assert_eq!(
        check(&["route"], facts(), says(0, "GPU 0"), |_| {}),
        "nas ai/brain route: Skipped, brain.example: not asked, because Hob has no gateway of its \
         own yet"
    );
}
