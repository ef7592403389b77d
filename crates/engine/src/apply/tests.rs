//! Whole runs over scripted hosts, with Tokio's clock standing still unless somebody waits.

use std::{sync::Arc, time::Duration};

use super::*;
use crate::{
    progress::NoProgress,
    stop::{StopHandle, stop_signal},
    testing::{ScriptedHost, plan_of},
};

/// Seconds after which the run is told to stop.
type Presses = [u64];

async fn run(
    plan: &str,
    script: &str,
    options: ApplyOptions,
    presses: &Presses,
) -> (Arc<ScriptedHost>, Report) {
    let plan = plan_of(plan);
    let host = ScriptedHost::new("pi", script);
    let open = OpenHosts::from([("pi".into(), Arc::clone(&host) as Arc<dyn hob_host::Host>)]);
    let (handle, stop) = stop_signal();
    let pressing = press(handle, presses);
    let ((), report) = tokio::join!(pressing, apply(&plan, &open, &options, &NoProgress, stop));
    (host, report)
}

async fn press(handle: StopHandle, presses: &Presses) {
    let start = Instant::now();
    for secs in presses {
        tokio::time::sleep_until(start + Duration::from_secs(*secs)).await;
        handle.press();
    }
}

/// What the host did, then what the report says.
async fn check(plan: &str, script: &str, presses: &Presses) -> String {
    let (host, report) = run(plan, script, ApplyOptions::default(), presses).await;
    let steps: Vec<String> = report
        .steps
        .iter()
        .map(|step| {
            let outcome = match &step.outcome {
                Outcome::Done => "done".to_owned(),
                Outcome::Failed { error, undone } => format!("failed {}, {undone:?}", error.doing),
                Outcome::BrokenOff { undone } => format!("broken off, {undone:?}"),
                Outcome::Skipped { because } => format!("skipped because {because}"),
                Outcome::NotBegun => "not begun".to_owned(),
            };
            format!("{} {outcome}", step.id)
        })
        .collect();
    let started = report.started_after.map(|time| time.as_secs());
    format!("{}\n= {}; {started:?} {}", host.log(), steps.join("; "), report.took.as_secs())
}

#[tokio::test(start_paused = true)]
async fn a_step_follows_the_milestone_that_it_waits_for() {
    assert_eq!(
        check("a; b after a:started; c after a", "start a takes 1; await a takes 5", &[]).await,
        "0 create a\n1 start a\n1 create b\n1 start b\n1 await b\n1 record b\n\
         6 await a\n6 record a\n6 create c\n6 start c\n6 await c\n6 record c\n\
         = 0 done; 1 done; 2 done; Some(6) 6"
    );
}

#[tokio::test(start_paused = true)]
async fn a_bad_verdict_puts_the_predecessor_back_and_skips_dependents_only() {
    assert_eq!(
        check("~a; b after a; c; d after b", "await a fails; create c takes 1", &[]).await,
        "0 create a.hob-new\n0 stop a\n0 rename-to a.hob-old\n0 rename-to a\n0 start a\n\
         0 await a FAILS\n0 put-back a\n1 create c\n1 start c\n1 await c\n1 record c\n\
         = 0 failed await a, PutBack; 1 skipped because 0; 2 done; 3 skipped because 0; Some(1) 1"
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_container_that_fails_is_stopped_and_left() {
    assert_eq!(
        check("a", "await a fails", &[]).await,
        "0 create a\n0 start a\n0 await a FAILS\n0 stop a\n\
         = 0 failed await a, LeftStopped; Some(0) 0"
    );
}

#[tokio::test(start_paused = true)]
async fn after_the_verdict_is_recorded_nothing_is_put_back() {
    assert_eq!(
        check("~a", "remove a.hob-old fails", &[]).await,
        "0 create a.hob-new\n0 stop a\n0 rename-to a.hob-old\n0 rename-to a\n0 start a\n0 await a\n\
         0 record a\n0 remove a.hob-old FAILS\n\
         = 0 failed remove a.hob-old, Nothing; Some(0) 0"
    );
}

#[tokio::test(start_paused = true)]
async fn told_to_stop_it_finishes_what_is_under_way_and_begins_nothing() {
    assert_eq!(
        check("a; b after a", "await a takes 5", &[2]).await,
        "0 create a\n0 start a\n5 await a\n5 record a\n= 0 done; 1 not begun; Some(0) 5"
    );
}

#[tokio::test(start_paused = true)]
async fn what_does_not_finish_in_its_grace_is_put_back() {
    assert_eq!(
        check("~a; b after a", "await a takes 60", &[2]).await,
        "0 create a.hob-new\n0 stop a\n0 rename-to a.hob-old\n0 rename-to a\n0 start a\n\
         17 put-back a\n= 0 broken off, PutBack; 1 skipped because 0; Some(0) 17"
    );
}

#[tokio::test(start_paused = true)]
async fn told_twice_it_returns_at_once() {
    assert_eq!(
        check("~a; b after a", "await a takes 60", &[2, 3]).await,
        "0 create a.hob-new\n0 stop a\n0 rename-to a.hob-old\n0 rename-to a\n0 start a\n\
         = 0 broken off, LeftAsIs; 1 not begun; Some(0) 3"
    );
}

#[tokio::test(start_paused = true)]
async fn verdicts_take_no_room_from_creates() {
    let names: Vec<String> = (0..40).map(|at| format!("c{at}")).collect();
    let script: Vec<String> = names
        .iter()
        .flat_map(|name| [format!("create {name} takes 1"), format!("await {name} takes 100")])
        .collect();
    let (host, report) =
        run(&names.join("; "), &script.join("; "), ApplyOptions::default(), &[]).await;
    // 40 creates of 1 s in 8 slots take 5 s, whatever the verdicts take.
    assert_eq!(report.started_after, Some(Duration::from_secs(5)));
    assert_eq!(report.took.as_secs(), 105);
    assert_eq!(host.most_at_once(), 8);
}

#[tokio::test(start_paused = true)]
async fn records_do_not_wait_behind_creates() {
    let names: Vec<String> = (0..40).map(|at| format!("c{at}")).collect();
    let script: Vec<String> = names.iter().map(|name| format!("create {name} takes 10")).collect();
    let (host, _) = run(&names.join("; "), &script.join("; "), ApplyOptions::default(), &[]).await;
    // The verdicts of the first eight are there at once, and four more rounds of creates to come.
    let log = host.log();
    let recorded_first = log.lines().filter(|line| line.starts_with("10 record ")).count();
    assert_eq!(recorded_first, 8, "{log}");
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_hangs_is_a_failure() {
    assert_eq!(
        check("~a", "create a.hob-new takes 100000", &[]).await,
        "300 put-back a\n= 0 failed creating container a.hob-new, PutBack; None 300"
    );
}

#[tokio::test(start_paused = true)]
async fn a_host_that_is_not_open_fails_its_steps_and_no_others() {
    let report = check("a@elsewhere; b", "", &[]).await;
    assert!(report.ends_with("= 0 failed carrying out the plan, Nothing; 1 done; Some(0) 0"));
}
