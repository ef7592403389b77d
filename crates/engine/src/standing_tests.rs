//! Verify and status over a deployment that is in order, and over what can happen to it.

use std::collections::BTreeSet;

use hob_model::{Homelab, Selection, desired::Desired};
use hob_plan::observed::{ContainerOwner, ContainerState, Health, HostState, HostView, Observed};

use crate::{
    check::Wanted,
    status::{Condition, status},
    testing::{deployed, homelab_of, lines, seen},
    verify::{Heard, PortAnswers, judge_deployed},
};

const REPOSITORY: &str = "
homelab: home
hosts:
  nas: { connect: ssh://nas.lan, stacks: [web] }
  pi: { connect: ssh://pi.lan, stacks: [job] }
policy: { publish: [0.0.0.0] }
--- stacks/web/compose.yaml
services:
  app:
    image: nginx:1.27
    restart: always
    healthcheck: { test: [CMD, 'true'] }
    ports: ['8080:80']
--- stacks/job/compose.yaml
services:
  once: { image: busybox }
";

/// What verify says other than that all is well, then what status says, after something happened.
fn check(happens: impl Fn(&mut Observed)) -> String {
    check_with(happens, |_| {})
}

fn check_with(happens: impl Fn(&mut Observed), answer: impl Fn(&mut PortAnswers)) -> String {
    let (homelab, desired) = homelab_of(REPOSITORY);
    let mut observed = deployed(&desired);
    happens(&mut observed);
    let mut answers = PortAnswers::from([(("nas".into(), "127.0.0.1".into(), 8080), Ok(true))]);
    answer(&mut answers);
    let selection = Selection::default();
    let verified = judged(&homelab, &desired, &observed, answers);
    let mut text: String = verified
        .lines()
        .filter(|line| !line.contains(": Pass, "))
        .map(|line| format!("{line}\n"))
        .collect();
    for row in status(&desired, &selection, &observed) {
        if row.condition != Condition::InOrder {
            let state = [row.state, row.health].join(" ");
            text += &format!("[{} {:?}] {} {}\n", row.container, row.condition, state, row.wrong);
        }
    }
    text
}

fn judged(homelab: &Homelab, desired: &Desired, observed: &Observed, ports: PortAnswers) -> String {
    let selection = &Selection::default();
    let wanted = Wanted { homelab, desired, selection, is_online: false };
    lines(&judge_deployed(wanted, observed, &Heard { ports, ..Heard::default() }))
}

fn app(observed: &mut Observed, state: ContainerState) {
    let host: &mut HostState = seen(observed, "nas");
    host.containers.get_mut("web-app-1").unwrap().state = state;
}

#[test]
fn a_deployment_is_in_order() {
    assert_eq!(check(|_| {}), "");
    let (homelab, desired) = homelab_of(REPOSITORY);
    let answers = PortAnswers::from([(("nas".into(), "127.0.0.1".into(), 8080), Ok(true))]);
    assert_eq!(
        judged(&homelab, &desired, &deployed(&desired), answers),
        "nas open ports: Pass, 1 open, all where the policy allows\n\
         nas web/app: Pass, healthy\n\
         nas web/app networks: Pass, on web_default\n\
         nas web/app port 8080: Pass, answers\n\
         pi job/once: Pass, healthy\n\
         pi job/once networks: Pass, on job_default\n"
    );
}

#[test]
fn a_one_shot_that_ended_well_is_in_order() {
    let ended = |code| {
        move |observed: &mut Observed| {
            let host = seen(observed, "pi");
            host.containers.get_mut("job-once-1").unwrap().state = ContainerState::Exited { code };
        }
    };
    assert_eq!(check(ended(0)), "");
    assert_eq!(
        check(ended(3)),
        "pi job/once: Fail, it exited with code 3 (hob logs shows what it wrote)\n\
         [job-once-1 Wrong] exited (3)  it exited with code 3\n"
    );
}

#[test]
fn what_stopped_or_fails_its_health_check_is_not_in_order() {
    assert_eq!(
        check(|observed| app(observed, ContainerState::Exited { code: 0 })),
        "nas web/app: Fail, it exited with code 0 (hob logs shows what it wrote)\n\
         [web-app-1 Wrong] exited (0)  it exited with code 0\n"
    );
    assert_eq!(
        check(|observed| app(observed, ContainerState::Running { health: Health::Unhealthy })),
        "nas web/app: Fail, its health check fails (hob logs shows what it wrote)\n\
         [web-app-1 Wrong] running unhealthy its health check fails\n"
    );
    assert_eq!(
        check(|observed| app(observed, ContainerState::Running { health: Health::Starting })),
        "nas web/app: Warn, its health check has not passed yet\n\
         [web-app-1 Doubtful] running starting its health check has not passed yet\n"
    );
}

#[test]
fn what_is_gone_or_somebody_elses_is_told_apart() {
    assert_eq!(
        check(|observed| {
            seen(observed, "nas").containers.remove("web-app-1");
        }),
        "nas web/app: Fail, there is no container web-app-1 (hob apply makes it)\n\
         [web-app-1 Missing]   there is no container web-app-1\n"
    );
    assert_eq!(
        check(|observed| {
            let host = seen(observed, "nas");
            host.containers.get_mut("web-app-1").unwrap().owner = ContainerOwner::Foreign;
        }),
        "nas web/app: Fail, container web-app-1 was not made by Hob (give the service another \
         container_name, or remove that container)\n\
         [web-app-1 Wrong] running healthy container web-app-1 was not made by Hob\n"
    );
}

#[test]
fn what_differs_from_its_definition_or_is_not_on_its_networks_is_told() {
    assert_eq!(
        check(|observed| {
            let host = seen(observed, "nas");
            let container = host.containers.get_mut("web-app-1").unwrap();
            container.networks = BTreeSet::from(["bridge".into()]);
            if let ContainerOwner::Hob { spec, .. } = &mut container.owner {
                *spec = hob_model::spec::SpecDigest::from_label("v1:other");
            }
            host.stacks.clear();
        }),
        "nas web/app definition: Fail, it was made from another definition (hob plan says in what \
         it differs)\n\
         nas web/app networks: Fail, not attached to web_default (hob apply mends it)\n\
         nas web/app verdict: Warn, it never passed a verdict (hob apply waits for it)\n\
         [web-app-1 Wrong] running healthy it was made from another definition\n"
    );
}

#[test]
fn a_port_that_does_not_answer_is_a_failure_and_one_that_was_not_asked_is_skipped() {
    let key = || ("nas".into(), "127.0.0.1".into(), 8080);
    assert_eq!(
        check_with(|_| {}, |answers| drop(answers.insert(key(), Ok(false)))),
        "nas web/app port 8080: Fail, nothing answers (does the program listen on the port that is \
         published?)\n"
    );
    assert_eq!(
        check_with(|_| {}, |answers| drop(answers.insert(key(), Err("no answer".into())))),
        "nas web/app port 8080: Skipped, no answer\n"
    );
}

#[test]
fn a_host_that_did_not_answer_makes_its_services_unknown() {
    assert_eq!(
        check(|observed| {
            let view = HostView::Unreachable { why: "timeout".into() };
            observed.hosts.insert("nas".into(), view);
        }),
        "nas reachable: Fail, timeout (hob check says what to try)\n[web-app-1 Unknown]   timeout\n"
    );
}

#[test]
fn leftovers_are_listed() {
    assert_eq!(
        check(|observed| {
            let host = seen(observed, "nas");
            let container = host.containers["web-app-1"].clone();
            host.containers.insert("web-app-1.hob-old".into(), container.clone());
            host.containers.insert("web-gone-1".into(), container);
        }),
        "[web-app-1.hob-old NotDeclared] running healthy predecessor of web-app-1, left by an \
         interrupted run\n\
         [web-gone-1 NotDeclared] running healthy nobody declares it any more\n"
    );
}
