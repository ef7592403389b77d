//! The fake host does what operations say, and what bad luck makes of them.

use std::{sync::Arc, time::Duration};

use hob_host::{Ask, Host, HostError, Hosts, LockAsk, LockHolder, StepRun};
use hob_model::{
    HostName,
    desired::{Connect, DesiredHost},
    spec::{ContainerSpec, PublishedPort},
};
use hob_plan::Op;

use super::{FakeSession, FakeWorld, Fate, Mishap, Product, Trouble, sample};

const NAS: &str = "nas";

async fn open(session: &FakeSession) -> Result<Arc<dyn Host>, HostError> {
    let nowhere = DesiredHost {
        connect: Connect::Local { socket: None },
        root: "/opt/hob".into(),
        networks: Default::default(),
        stacks: Default::default(),
        storage: Vec::new(),
    };
    session.open(&NAS.into(), &nowhere).await
}

/// Performs the operations on a host of the world until one fails.
async fn perform(world: &FakeWorld, ops: &[Op]) -> Result<(), HostError> {
    let host = open(&world.session()).await?;
    let mut run = StepRun::new(&|_| {});
    for op in ops {
        host.perform(op, &mut run).await?;
    }
    Ok(())
}

/// What comes of the operations: the error if any, then the containers.
async fn check(world: &FakeWorld, ops: &[Op], expected: &str) {
    let error = match perform(world, ops).await {
        Ok(()) => String::new(),
        Err(why) => format!("{why}\n"),
    };
    assert_eq!(format!("{error}{}", world.show_containers()), expected);
}

fn on_port(port: u16) -> ContainerSpec {
    let published = PublishedPort {
        address: None,
        published: Some(port.to_string()),
        target: 80,
        protocol: "tcp".into(),
    };
    ContainerSpec { ports: [published].into(), ..sample::spec("web:1") }
}

#[tokio::test(start_paused = true)]
async fn a_container_is_made_started_awaited_and_recorded() {
    let world = FakeWorld::new();
    check(&world, &sample::deploy("web", sample::spec("web:1")), "nas  web  web:1  running\n")
        .await;
    let seen = open(&world.session()).await.unwrap().observe(&Ask::default()).await.unwrap();
    let applied = &seen.stacks["web"].applied["web"];
    assert_eq!(format!("{:?}", applied.verdict), "Running");
}

#[tokio::test(start_paused = true)]
async fn the_verdict_follows_from_how_the_image_behaves() {
    let cases = [
        ("STANDIN_EXIT", "0", "it exited with code 0", "exited (0)"),
        ("STANDIN_EXIT", "3", "it exited with code 3", "exited (3)"),
        ("STANDIN_HEALTH", "never", "its health check fails", "running (unhealthy)"),
    ];
    for (variable, value, failure, state) in cases {
        let world = FakeWorld::new();
        world.publish("web:1", Product::behaving(&[(variable, value)]));
        let spec = ContainerSpec { health: Some(sample::health_check()), ..sample::spec("web:1") };
        let expected = format!(
            "nas: waiting for container web: web is not in order: {failure}\n\
             nas  web  web:1  {state}\n"
        );
        check(&world, &sample::deploy("web", spec), &expected).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_engine_refuses_what_cannot_be() {
    let world = FakeWorld::new();
    let missing = [Op::Start("web".into())];
    check(
        &world,
        &missing,
        "nas: starting container web: the Docker Engine said: No such container: web\n",
    )
    .await;
    world.publish("web:1", Product::missing());
    check(
        &world,
        &sample::deploy("web", sample::spec("web:1")),
        "nas: pulling web:1: there is no image web:1: the registry does not know it\n",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_port_belongs_to_one_program() {
    let world = FakeWorld::new();
    world.docker_run(&NAS.into(), "theirs", "other:1", Some(80)).unwrap();
    check(
        &world,
        &sample::deploy("web", on_port(80)),
        "nas: starting container web: port 80 of the host is taken\n\
         nas  theirs  other:1  running  (not Hob's)\n\
         nas  web  web:1  created\n",
    )
    .await;
    world.docker_rm(&NAS.into(), "theirs").unwrap();
    check(&world, &[Op::Start("web".into())], "nas  web  web:1  running\n").await;
    let host = open(&world.session()).await.unwrap();
    let soon = std::time::Duration::from_secs(1);
    assert!(host.answers("", 80, soon).await.unwrap());
    assert!(!host.answers("", 81, soon).await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn what_is_foreign_is_not_touched() {
    let world = FakeWorld::new();
    world.docker_run(&NAS.into(), "web", "other:1", None).unwrap();
    for op in [
        Op::Stop("web".into()),
        Op::RemoveContainer("web".into()),
        Op::Rename { from: "web".into(), to: "mine".into() },
        Op::PutBack { name: "web".into(), was: "web".into(), start: false },
    ] {
        let why = perform(&world, &[op]).await.unwrap_err();
        assert_eq!(why.kind.to_string(), "container web was not made by Hob");
    }
}

#[tokio::test(start_paused = true)]
async fn a_predecessor_gets_its_place_back() {
    let world = FakeWorld::new();
    check(&world, &sample::deploy("web", sample::spec("web:1")), "nas  web  web:1  running\n")
        .await;
    let aside =
        [Op::Stop("web".into()), Op::Rename { from: "web".into(), to: "web.hob-old".into() }];
    perform(&world, &aside).await.unwrap();
    let second = sample::deploy("web", sample::spec("web:2"));
    perform(&world, &second[..3]).await.unwrap();
    check(&world, &[], "nas  web  web:2  running\nnas  web.hob-old  web:1  exited (0)\n").await;
    let back = Op::PutBack { name: "web".into(), was: "web".into(), start: true };
    check(&world, &[back], "nas  web  web:1  running\n").await;
}

#[tokio::test(start_paused = true)]
async fn bad_luck_strikes_at_its_operation() {
    let host = HostName::from(NAS);
    let ops = sample::deploy("web", sample::spec("web:1"));
    let world = FakeWorld::new();
    world.mishap(&host, 2, Mishap::Fails);
    check(&world, &ops, "nas: creating container web: the Docker Engine said: bad luck\n").await;
    world.mishap(&host, 3, Mishap::Breaks);
    check(
        &world,
        &ops,
        "nas: starting container web: cannot be reached: the connection broke\n\
         nas  web  web:1  running\n",
    )
    .await;
    world.fill_disk(&host, true);
    let full = "nas: pulling web:1: no space left on the host: no space left on device\n\
                nas  web  web:1  running\n";
    check(&world, &ops, full).await;
    world.trouble(&host, Some(Trouble::Unreachable));
    check(
        &world,
        &ops,
        "nas: connecting: cannot be reached: no route to host\nnas  web  web:1  running\n",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_killed_session_does_nothing_more() {
    let world = FakeWorld::new();
    let session = world.fated_session(Fate { killed_after: Some(2), ..Fate::default() });
    let host = open(&session).await.unwrap();
    let work = async {
        let mut run = StepRun::new(&|_| {});
        for op in sample::deploy("web", sample::spec("web:1")) {
            host.perform(&op, &mut run).await.unwrap();
        }
    };
    tokio::select! {
        () = work => panic!("it was not killed"),
        () = session.killed() => {}
    }
    assert_eq!(session.operations(), 2);
    assert_eq!(world.show_containers(), "nas  web  web:1  created\n");
}

#[tokio::test(start_paused = true)]
async fn a_lock_is_one_runs_until_it_ends() {
    let world = FakeWorld::new();
    let runs = (world.session(), world.session());
    let hosts = (open(&runs.0).await.unwrap(), open(&runs.1).await.unwrap());
    let ask = |purpose| LockAsk { purpose, wait: Duration::from_secs(5), waiting: &|_| {} };
    let lock = hosts.0.lock(&ask("hob apply")).await.unwrap();
    let refused = hosts.1.lock(&ask("hob up")).await.unwrap_err().to_string();
    assert!(refused.contains("ida@laptop, process 4711, hob apply"), "{refused}");
    drop(lock);
    let _lock = hosts.1.lock(&ask("hob up")).await.unwrap();
    runs.1.kill();
    let lock = hosts.0.lock(&ask("hob apply")).await.unwrap();
    drop(lock);
    world.lock_by_other(&NAS.into(), Some(LockHolder::default()));
    assert!(hosts.0.lock(&ask("hob apply")).await.is_err());
    world.lock_by_other(&NAS.into(), None);
    let _lock = hosts.0.lock(&ask("hob apply")).await.unwrap();
}
