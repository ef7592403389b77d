//! The Engine itself: facts, logs, ports, and an Engine that is not there or does not answer.

use std::{
    os::unix::net::UnixListener,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use futures_util::{StreamExt, TryStreamExt};
use hob_host::{FactsAsk, HostErrorKind, LogOptions};
use hob_plan::Op;

use crate::bench::{EXPECT, open, script, with};

#[tokio::test]
async fn real_facts_are_told() {
    with(|bench| async move {
        let storage = vec!["/".to_owned(), format!("{}/not/there", bench.root.display())];
        let here = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = here.local_addr().unwrap().port();
        let facts = bench
            .host
            .facts(&FactsAsk { storage: storage.clone(), ..FactsAsk::default() })
            .await
            .unwrap();
        assert!(!facts.os.is_empty() && !facts.user.is_empty() && !facts.arch.is_empty());
        assert_eq!(facts.root_folder, Ok(()));
        assert!(facts.clock_ahead_ms.abs() < 2000, "{}", facts.clock_ahead_ms);
        assert!(facts.memory_bytes > 1 << 27);
        assert!(facts.engine_api >= (1, 41));
        for path in storage {
            let disk = facts.disks[&path].as_ref().unwrap();
            assert!(disk.total_bytes > disk.free_bytes && disk.free_bytes > 0, "{path}");
        }
        let listening = ("127.0.0.1".to_owned(), port, "tcp".to_owned());
        assert!(facts.listening.unwrap().contains(&listening));
    })
    .await;
}

#[tokio::test]
async fn real_logs_are_lines_with_times() {
    with(|bench| async move {
        let text = "echo one; echo two >&2; echo; printf last; sleep 1; echo ' line'; exit 0";
        bench.run("it", script(text)).await;
        let name = bench.name("it");
        let options = LogOptions { tail: None, since: None, follow: true };
        let lines = bench.host.logs(&name, &options).await.unwrap();
        let lines: Vec<_> = lines.try_collect().await.unwrap();
        let mut said: Vec<_> =
            lines.iter().map(|line| (line.is_stderr, line.text.as_str())).collect();
        said.sort_unstable();
        assert_eq!(said, [(false, ""), (false, "last line"), (false, "one"), (true, "two")]);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        for line in &lines {
            let age = i128::try_from(now).unwrap() - line.time_ns;
            assert!((0..60_000_000_000).contains(&age), "{age}");
        }
        let options =
            LogOptions { tail: Some(1), since: Some(Duration::from_secs(60)), follow: false };
        let lines = bench.host.logs(&name, &options).await.unwrap().count().await;
        assert_eq!(lines, 1);
        let missing = bench.host.logs(&bench.name("none"), &options).await.err().unwrap();
        assert!(missing.to_string().ends_with("there is no such container"), "{missing}");
    })
    .await;
}

#[tokio::test]
async fn real_a_port_answers_if_the_connection_is_held() {
    with(|bench| async move {
        let answers = |port| bench.host.answers("127.0.0.1", port, Duration::from_secs(5));
        let held = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        assert!(answers(held.local_addr().unwrap().port()).await.unwrap());
        let closing = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = closing.local_addr().unwrap().port();
        let close = tokio::spawn(async move {
            drop(closing.accept().await.unwrap());
            closing
        });
        assert!(!answers(port).await.unwrap(), "accepted and closed at once");
        drop(close.await.unwrap());
        assert!(!answers(port).await.unwrap(), "nobody listens");
        let hostile = bench.host.answers("-oProxyCommand=x", 1, Duration::from_secs(1)).await;
        assert!(hostile.is_err());
    })
    .await;
}

#[tokio::test]
async fn real_an_engine_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("none.sock").to_str().unwrap().to_owned();
    let root = folder.path().join("hob");
    let error = open(&root, Some(socket.clone()), folder.path()).await.err().unwrap();
    let expected = format!("no Docker Engine answers at {socket}: there is no such socket");
    assert_eq!(error.to_string(), expected);
    // A socket that somebody left.
    drop(UnixListener::bind(&socket).unwrap());
    let error = open(&root, Some(socket), folder.path()).await.err().unwrap();
    assert!(
        matches!(&error, HostErrorKind::NoEngine { why, .. } if why.contains("refused")),
        "{error}"
    );
}

#[tokio::test]
async fn real_an_engine_that_hangs_is_given_up() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("hung.sock").to_str().unwrap().to_owned();
    let _hung = UnixListener::bind(&socket).unwrap();
    let began = Instant::now();
    let error = open(&folder.path().join("hob"), Some(socket), folder.path()).await.err().unwrap();
    assert!(matches!(error, HostErrorKind::TimedOut(_)), "{error}");
    assert!(began.elapsed() < Duration::from_secs(15));
}

#[tokio::test]
async fn real_errors_say_where_and_what() {
    with(|bench| async move {
        let name = bench.name("none");
        let ignore = |_| {};
        let mut run = hob_host::StepRun::new(&ignore);
        let op = Op::Await { name: name.clone(), expect: EXPECT };
        let error = bench.host.perform(&op, &mut run).await.unwrap_err().to_string();
        let expected = format!(
            "here: waiting for container {name}: {name} is not in order: it was removed by \
             somebody else while it was watched"
        );
        assert_eq!(error, expected);
    })
    .await;
}
