//! Waiting for verdicts of real containers.

use std::time::{Duration, Instant};

use hob_host::HostErrorKind;
use hob_model::spec::{ContainerSpec, HealthCheck, RestartPolicy};
use hob_plan::{Expectation, Op, observed::Verdict};

use crate::bench::{Bench, EXPECT, health, script, with};

/// Starts a container and says what became of it, and what it wrote last.
async fn check(bench: &Bench, spec: ContainerSpec, expect: Expectation) -> String {
    bench.run("it", spec).await;
    let name = bench.name("it");
    let awaited = bench.perform_with(&Op::Await { name, expect }, None).await;
    match awaited {
        Ok(verdict) => format!("{verdict:?}"),
        Err(HostErrorKind::BadVerdict { failure, last_lines, .. }) => {
            format!("{failure} {last_lines:?}")
        }
        Err(other) => format!("error: {other}"),
    }
}

#[tokio::test]
async fn real_a_container_that_runs_is_running() {
    with(|bench| async move {
        let began = Instant::now();
        let said = check(&bench, script("exec sleep 60"), EXPECT).await;
        assert_eq!(said, "Some(Running)");
        assert!(began.elapsed() >= EXPECT.settle);
    })
    .await;
}

#[tokio::test]
async fn real_a_health_check_is_waited_for() {
    with(|bench| async move {
        let slow = ContainerSpec {
            health: Some(health("cat /tmp-ready", 100)),
            ..script("sleep 1; echo > /tmp-ready; exec sleep 60")
        };
        assert_eq!(check(&bench, slow, EXPECT).await, "Some(Healthy)");
    })
    .await;
}

#[tokio::test]
async fn real_a_failing_health_check_is_a_bad_verdict() {
    with(|bench| async move {
        let sick = ContainerSpec {
            health: Some(health("exit 1", 2)),
            ..script("echo hello; sleep 0.3; echo oops >&2; exec sleep 60")
        };
        let said = check(&bench, sick, EXPECT).await;
        assert_eq!(said, r#"its health check fails ["hello", "oops"]"#);
    })
    .await;
}

/// The time that it was given is raised to what the check's own schedule needs.
#[tokio::test]
async fn real_a_health_check_that_never_answers_fails_when_its_schedule_ends() {
    with(|bench| async move {
        let sick = HealthCheck { timeout: Some(Duration::from_secs(1)), ..health("sleep 60", 3) };
        let starting = ContainerSpec { health: Some(sick), ..script("exec sleep 60") };
        let expect = Expectation { budget: Duration::from_secs(1), ..EXPECT };
        let said = check(&bench, starting, expect).await;
        assert_eq!(said, "its health check fails []");
    })
    .await;
}

#[tokio::test]
async fn real_an_exit_is_found_at_once() {
    with(|bench| async move {
        let expect = Expectation { settle: Duration::from_secs(30), ..EXPECT };
        let began = Instant::now();
        let said = check(&bench, script("sleep 1; echo bye; exit 3"), expect).await;
        assert_eq!(said, r#"it exited with code 3 ["bye"]"#);
        assert!(began.elapsed() < Duration::from_secs(10), "an event tells, not the settling time");
    })
    .await;
}

#[tokio::test]
async fn real_a_one_shot_completes() {
    with(|bench| async move {
        let expect = Expectation { may_complete: true, ..EXPECT };
        assert_eq!(check(&bench, script("exit 0"), expect).await, "Some(Completed)");
    })
    .await;
}

#[tokio::test]
async fn real_a_crash_loop_is_seen_even_if_it_began_before_the_first_look() {
    with(|bench| async move {
        let looping = ContainerSpec { restart: RestartPolicy::Always, ..script("exit 1") };
        bench.run("it", looping).await;
        tokio::time::sleep(Duration::from_millis(1500)).await;
        let op = Op::Await { name: bench.name("it"), expect: EXPECT };
        let said = bench.perform(&op).await.unwrap_err().to_string();
        assert!(said.contains("it keeps crashing"), "{said}");
    })
    .await;
}

#[tokio::test]
async fn real_a_container_that_is_removed_meanwhile_is_gone() {
    with(|bench| async move {
        bench.run("it", script("exec sleep 60")).await;
        let expect = Expectation { settle: Duration::from_secs(30), ..EXPECT };
        let op = Op::Await { name: bench.name("it"), expect };
        let remove = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            bench.perform(&Op::RemoveContainer(bench.name("it"))).await.unwrap();
        };
        let (awaited, ()) = tokio::join!(bench.perform_with(&op, None), remove);
        let said = awaited.unwrap_err().to_string();
        assert!(
            said.ends_with("is not in order: it was removed by somebody else while it was watched")
                || said.contains("it exited with code"),
            "{said}"
        );
    })
    .await;
}

#[tokio::test]
async fn real_a_verdict_goes_into_the_record() {
    with(|bench| async move {
        let spec = script("exec sleep 60");
        bench.run("it", spec.clone()).await;
        let (stack, name) = ("web".into(), bench.name("it"));
        let record = Op::Record {
            homelab: "test".into(),
            stack,
            name: name.clone(),
            spec: spec.clone().into(),
        };
        let nothing = bench.perform(&record).await.unwrap_err().to_string();
        assert_eq!(nothing, format!("{name} has no verdict to record: nobody waited for it"));
        for _ in 0..2 {
            bench.perform_with(&record, Some(Verdict::Running)).await.unwrap();
        }
        let seen = bench.observe().await;
        let key = seen.key.unwrap();
        let folder = seen.stacks.get("web").unwrap();
        let applied = folder.applied.get(&name).unwrap();
        assert_eq!(applied.spec, spec.digest());
        assert_eq!(applied.verdict, Verdict::Running);
        assert_eq!(applied.sealed, spec.sealed(&|value| key.seal(value)));
        bench.twice(&Op::Forget { stack: "web".into(), name }).await;
        let seen = bench.observe().await;
        assert!(seen.stacks.is_empty() && seen.key == Some(key));
    })
    .await;
}
