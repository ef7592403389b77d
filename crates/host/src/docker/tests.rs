//! What the host makes of an Engine whose answers are late, lost or full of secrets.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use hob_model::{
    Secret,
    desired::StackNetwork,
    spec::{ContainerSpec, Hook, NetworkSpec},
};
use hob_plan::{Expectation, NewNetwork, Op, Turn, observed::Verdict, ownership::ThingOwner};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::testing::{PaperEngine, Reply};
use crate::{Host, HostErrorKind, LogOptions, StepRun};

const EXPECT: Expectation = Expectation {
    may_complete: false,
    must_complete: false,
    must_be_healthy: false,
    settle: Duration::from_secs(5),
    budget: Duration::from_secs(60),
};

async fn perform(host: &dyn Host, op: &Op) -> Result<Option<Verdict>, HostErrorKind> {
    let mut run = StepRun::new(&|_| {});
    host.perform(op, &mut run).await.map_err(|error| error.kind)?;
    Ok(match op {
        Op::Await { name, .. } => run.verdict(name),
        _ => None,
    })
}

/// A container of Hob's, as an Engine tells of it.
fn container(name: &str, state: Value) -> Value {
    json!({
        "Id": "id-of-it",
        "Name": format!("/{name}"),
        "RestartCount": 0,
        "State": state,
        "Config": { "Labels": { "hob.homelab": "home" } },
    })
}

fn missing() -> Reply {
    Reply::Says(404, json!({ "message": "no such thing" }))
}

/// Whether the first request of this kind is done although its answer is lost.
#[derive(Clone, Copy, PartialEq)]
enum Lost {
    Before,
    After,
}

/// Has the Engine do what the request that begins with `of` asks, and lose its first answer; `seen`
/// says what it answers to the others, before and after that is done. A second time is refused.
/// How often the request was made.
async fn check(
    lost: Lost,
    op: &Op,
    of: &'static str,
    seen: impl Fn(&str, bool) -> Reply + Send + 'static,
) -> usize {
    let mut made = 0;
    let mut is_done = false;
    let (engine, host) = PaperEngine::start(move |request| {
        if !request.starts_with(of) {
            return seen(request, is_done);
        }
        made += 1;
        let is_refused = is_done;
        is_done |= made > 1 || lost == Lost::After;
        match made {
            1 => Reply::Breaks,
            _ if is_refused => Reply::Says(409, json!({ "message": "Conflict" })),
            _ => Reply::Says(201, json!({ "Id": "id-of-it", "Warning": "", "Warnings": [] })),
        }
    })
    .await;
    if let Err(why) = perform(&host, op).await {
        panic!("{why}\n{:?}", engine.asked());
    }
    engine.asked().iter().filter(|request| request.starts_with(of)).count()
}

#[tokio::test]
async fn a_rename_whose_answer_was_lost_is_done_once() {
    let op = Op::Rename { from: "web".into(), to: "web.hob-old".into() };
    let seen = |request: &str, is_done: bool| {
        let name = if is_done { "web.hob-old" } else { "web" };
        match request.starts_with(&format!("GET /containers/{name}/json")) {
            true => Reply::Says(200, container(name, json!({ "Status": "running" }))),
            false => missing(),
        }
    };
    assert_eq!(check(Lost::After, &op, "POST /containers/id-of-it/rename", seen).await, 1);
    assert_eq!(check(Lost::Before, &op, "POST /containers/id-of-it/rename", seen).await, 2);
}

#[tokio::test]
async fn a_start_whose_answer_was_lost_is_not_a_second_one() {
    let op = Op::Start("job".into());
    let seen = |_: &str, is_done: bool| {
        let (status, time) = match is_done {
            true => ("exited", "2026-11-20T19:00:00Z"),
            false => ("created", "0001-01-01T00:00:00Z"),
        };
        Reply::Says(200, container("job", json!({ "Status": status, "StartedAt": time })))
    };
    assert_eq!(check(Lost::After, &op, "POST /containers/id-of-it/start", seen).await, 1);
    assert_eq!(check(Lost::Before, &op, "POST /containers/id-of-it/start", seen).await, 2);
}

#[tokio::test]
async fn a_removal_whose_answer_was_lost_is_done() {
    let op = Op::RemoveContainer("web".into());
    let seen =
        |_: &str, _: bool| Reply::Says(200, container("web", json!({ "Status": "running" })));
    let (engine, host) = PaperEngine::start({
        let mut made = 0;
        move |request| match request.starts_with("DELETE") {
            true => {
                made += 1;
                if made == 1 { Reply::Breaks } else { missing() }
            }
            false => seen(request, false),
        }
    })
    .await;
    perform(&host, &op).await.unwrap();
    assert_eq!(engine.asked().iter().filter(|asked| asked.starts_with("DELETE")).count(), 2);
}

fn network() -> NewNetwork {
    NewNetwork {
        name: "web_default".into(),
        homelab: "home".to_owned(),
        project: None,
        network: StackNetwork { key: "default".to_owned(), spec: NetworkSpec::default() },
    }
}

#[tokio::test]
async fn a_network_whose_answer_was_lost_is_made_once() {
    let labels = ThingOwner::labels("home", &network().network.spec.digest(), None);
    let seen = move |_: &str, is_done: bool| match is_done {
        true => Reply::Says(200, json!({ "Name": "web_default", "Labels": labels })),
        false => missing(),
    };
    let op = Op::CreateNetwork(network());
    assert_eq!(check(Lost::After, &op, "POST /networks/create", seen.clone()).await, 1);
    assert_eq!(check(Lost::Before, &op, "POST /networks/create", seen).await, 2);
}

#[tokio::test]
async fn another_network_of_that_name_is_no_success() {
    let mut asked = 0;
    let (_engine, host) = PaperEngine::start(move |request| match request {
        request if request.starts_with("POST") => Reply::Breaks,
        _ => {
            asked += 1;
            match asked {
                1 => missing(),
                _ => Reply::Says(200, json!({ "Name": "web_default", "Labels": {} })),
            }
        }
    })
    .await;
    let why = perform(&host, &Op::CreateNetwork(network())).await.unwrap_err().to_string();
    assert_eq!(why, "a network web_default is there already, and Hob did not make it");
}

#[tokio::test]
async fn what_an_engine_quotes_of_a_container_is_not_repeated() {
    let (_engine, host) = PaperEngine::start(|request| {
        if request.starts_with("POST") {
            let why = "failed to create task: exec: \"hunter2\": executable file not found in \
                       $PATH; env DB_DSN=correct-horse";
            return Reply::Says(400, json!({ "message": why }));
        }
        let mut found = container("web", json!({ "Status": "created" }));
        found["Config"]["Cmd"] = json!(["hunter2"]);
        found["Config"]["Env"] = json!(["DB_DSN=correct-horse"]);
        Reply::Says(200, found)
    })
    .await;
    let why = perform(&host, &Op::Start("web".into())).await.unwrap_err().to_string();
    assert_eq!(
        why,
        "the Docker Engine said: failed to create task: exec: \"<word 1 of its command>\": \
         executable file not found in $PATH; env DB_DSN=<value of DB_DSN>"
    );
}

/// What comes of a hook in a container in this state: what the Engine was told to do apart from
/// looking, the warnings, and the failure.
async fn hooked(turn: Turn, state: Value, code: i64, says: &str) -> String {
    let length = u32::try_from(says.len()).unwrap().to_be_bytes();
    let output = [&[1, 0, 0, 0], length.as_slice(), says.as_bytes()].concat();
    let (engine, host) = PaperEngine::start(move |request| match request {
        "POST /exec/e1/start" => Reply::Upgrades(output.clone()),
        "GET /exec/e1/json" => Reply::Says(200, json!({ "ID": "e1", "ExitCode": code })),
        request if request.starts_with("POST") => Reply::Says(201, json!({ "Id": "e1" })),
        _ => {
            let mut found = container("web", state.clone());
            found["Config"]["Env"] = json!(["API_TOKEN=hunter2", "MODE=fast"]);
            Reply::Says(200, found)
        }
    })
    .await;
    let word = |word: &str| Secret::new(word.to_owned());
    let hook = Hook {
        command: ["curl", "-u", "x:hunter2"].map(word).to_vec(),
        user: None,
        privileged: false,
        working_dir: None,
        env: BTreeMap::from([("PIN".to_owned(), word("correct-horse"))]),
    };
    let mut spec = ContainerSpec::new("web:1");
    let hooks = match turn {
        Turn::PostStart => &mut spec.post_start,
        Turn::PreStop => &mut spec.pre_stop,
    };
    // After one that fails none follows.
    *hooks = vec![hook.clone(), hook];
    let mut run = StepRun::new(&|_| {});
    let op = Op::RunHooks { name: "web".into(), turn, spec: Arc::new(spec) };
    let done = host.perform(&op, &mut run).await;
    let begun = engine.asked().iter().filter(|asked| asked.ends_with("/start")).count();
    let done = done.map_or_else(|error| error.kind.to_string(), |()| "done".to_owned());
    format!("{begun} run, {done}, {:?}", run.warnings)
}

#[tokio::test]
async fn a_command_before_a_stop_that_fails_is_a_warning() {
    let says = "x:hunter2 at fast, hunter2 correct-horse\n";
    let said = "ended with code 7: <word 3 of the command> at fast, <value of API_TOKEN> <value of \
                PIN>";
    let running = json!({ "Status": "running", "Running": true });
    assert_eq!(
        hooked(Turn::PreStop, running.clone(), 7, says).await,
        format!("1 run, done, [\"command 1 of pre_stop {said}\"]")
    );
    assert_eq!(
        hooked(Turn::PostStart, running.clone(), 7, says).await,
        format!("1 run, command 1 of post_start {said}, []")
    );
    assert_eq!(hooked(Turn::PreStop, running, 0, says).await, "2 run, done, []");
}

#[tokio::test]
async fn nothing_is_run_in_a_container_that_cannot_run_it() {
    for state in [
        json!({ "Status": "restarting", "Running": true, "Restarting": true }),
        json!({ "Status": "paused", "Running": true, "Paused": true }),
        json!({ "Status": "exited", "Running": false }),
    ] {
        assert_eq!(hooked(Turn::PreStop, state, 1, "").await, "0 run, done, []");
    }
}

/// A container that starts with `first`, and an Engine that is asked about it for the n-th time.
async fn waited(
    expect: Expectation,
    mut answer: impl FnMut(u32) -> Reply + Send + 'static,
) -> String {
    let mut count = 0;
    let (_engine, host) = PaperEngine::start(move |request| {
        if request.contains("/logs") {
            return Reply::Streams { pieces: Vec::new(), ends: true };
        }
        count += 1;
        answer(count)
    })
    .await;
    match perform(&host, &Op::Await { name: "web".into(), expect }).await {
        Ok(verdict) => format!("{verdict:?}"),
        Err(why) => why.to_string(),
    }
}

fn running(health: Option<&str>) -> Value {
    let health = health.map(|status| json!({ "Status": status }));
    json!({ "Status": "running", "StartedAt": "2026-11-20T19:00:00Z", "Health": health })
}

#[tokio::test(start_paused = true)]
async fn one_late_answer_is_no_verdict() {
    let sound = || Reply::Says(200, container("web", running(None)));
    let said = waited(EXPECT, move |count| if count == 2 { Reply::Never } else { sound() }).await;
    assert_eq!(said, "Some(Running)");
    let said = waited(EXPECT, move |count| if count == 1 { Reply::Never } else { sound() }).await;
    assert_eq!(said, "Some(Running)");
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_never_answers_is_given_up() {
    let began = Instant::now();
    let said = waited(EXPECT, |_| Reply::Never).await;
    assert_eq!(said, "no answer within 30 s");
    let took = began.elapsed();
    assert!(took > EXPECT.budget && took < super::await_within(&EXPECT), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn an_images_own_health_check_has_the_time_of_its_schedule() {
    let check = |schedule: Value, healthy_after: u64| {
        let began = Instant::now();
        waited(EXPECT, move |_| {
            let is_healthy = began.elapsed() > Duration::from_secs(healthy_after);
            let health = if is_healthy { "healthy" } else { "starting" };
            let mut found = container("web", running(Some(health)));
            found["Config"]["Healthcheck"] = schedule.clone();
            Reply::Says(200, found)
        })
    };
    let second = 1_000_000_000_u64;
    let image = json!({
        "Test": ["CMD", "true"], "Interval": 10 * second, "Timeout": 10 * second,
        "StartPeriod": 120 * second, "Retries": 2,
    });
    assert_eq!(check(image.clone(), 170).await, "Some(Healthy)");
    let late = "web is not in order: its health check did not pass within";
    assert_eq!(check(image, 190).await, format!("{late} 180 s"));
    let usual = json!({ "Test": ["CMD", "true"] });
    assert_eq!(check(usual.clone(), 230).await, "Some(Healthy)");
    assert_eq!(check(usual, 250).await, format!("{late} 240 s"));
    assert_eq!(check(json!({ "Test": ["NONE"] }), 70).await, format!("{late} 60 s"));
}

/// Both see that the container was restarted before either had looked.
#[tokio::test(start_paused = true)]
async fn everybody_who_waits_counts_restarts_from_the_start() {
    let started = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&started);
    let (_engine, host) = PaperEngine::start(move |request| {
        if request.contains("/logs") {
            return Reply::Streams { pieces: Vec::new(), ends: true };
        }
        if request.starts_with("POST") {
            count.fetch_add(1, Ordering::Relaxed);
            return Reply::Says(204, Value::Null);
        }
        let mut found = container("web", running(None));
        found["RestartCount"] = json!(count.load(Ordering::Relaxed));
        Reply::Says(200, found)
    })
    .await;
    perform(&host, &Op::Start("web".into())).await.unwrap();
    assert_eq!(started.load(Ordering::Relaxed), 1);
    let wait = Op::Await { name: "web".into(), expect: EXPECT };
    for _ in 0..2 {
        let why = perform(&host, &wait).await.unwrap_err().to_string();
        assert!(why.ends_with("it crashed and was restarted while it was watched"), "{why}");
    }
}

/// Lines of a log that ends, and of one that breaks off, and what comes last.
async fn check_log(follow: bool, pieces: Vec<Vec<u8>>, ends: bool) -> Vec<String> {
    let (_engine, host) = PaperEngine::start(move |request| match request.contains("/logs") {
        true => Reply::Streams { pieces: pieces.clone(), ends },
        false => Reply::Says(200, container("web", running(None))),
    })
    .await;
    let options = LogOptions { tail: None, since: None, follow };
    let lines = host.logs(&"web".into(), &options).await.unwrap();
    let shown = lines.map(|line| match line {
        Ok(line) => line.text,
        Err(why) => format!("error: {why}").chars().take(50).collect(),
    });
    shown.collect().await
}

#[tokio::test]
async fn a_log_that_breaks_off_ends_with_an_error() {
    let frame = |text: &str| {
        let length = u32::try_from(text.len()).unwrap().to_be_bytes();
        [&[1, 0, 0, 0], length.as_slice(), text.as_bytes()].concat()
    };
    let whole = vec![frame("1970-01-01T00:00:01Z one\n"), frame("1970-01-01T00:00:02Z two\n")];
    let half = vec![whole[0].clone(), whole[1][..20].to_vec()];
    let broken = "error: paper: reading the log of container web: ca";
    for follow in [true, false] {
        assert_eq!(check_log(follow, whole.clone(), true).await, ["one", "two"]);
        assert_eq!(check_log(follow, whole.clone(), false).await, ["one", "two", broken]);
        assert_eq!(check_log(follow, half.clone(), false).await, ["one", broken]);
    }
}
