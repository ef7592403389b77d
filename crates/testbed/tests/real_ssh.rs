//! Tier 5: the SSH transport against real hosts in containers.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::TryStreamExt;
use hob_host::{
    Ask, FactsAsk, Host, HostError, HostErrorKind, Hosts, LockAsk, LogOptions, OpProgress,
    RealHosts, StepRun,
};
use hob_model::{
    Digest, Secret, StackPath,
    desired::{Connect, DesiredHost, StackFile, StackNetwork},
    spec::{
        ContainerSpec, Endpoint, Mount, NetworkMode, NetworkSpec, PublishedPort, RestartPolicy,
    },
};
use hob_plan::{
    Expectation, NewNetwork, Op,
    observed::{ContainerState, FileSeen, Verdict},
    ownership::Identity,
};
use hob_testbed::lab::{Dirs, Lab, LabSpec, Progress};
use tempfile::TempDir;

/// A lab of one host, and where this test's connections lie.
pub(crate) struct Bench {
    lab: Lab,
    runtime: TempDir,
}

impl Bench {
    pub(crate) async fn up(spec: &LabSpec) -> Self {
        Lab::destroy(&Dirs::usual(), &spec.name).await.unwrap();
        let lab = match Lab::up(spec, &Dirs::usual(), &Progress::silent()).await {
            Ok(lab) => lab,
            Err(why) => panic!("{}", why.full()),
        };
        Self { lab, runtime: TempDir::new().unwrap() }
    }

    pub(crate) fn lab(&self) -> &Lab {
        &self.lab
    }

    pub(crate) async fn gone(self) {
        Lab::destroy(&Dirs::usual(), self.lab.name()).await.unwrap();
    }

    pub(crate) async fn open(
        &self,
        user: Option<&str>,
        host: &str,
    ) -> Result<Arc<dyn Host>, HostError> {
        self.open_with(self.lab.ssh_config(), user, host).await
    }

    async fn open_with(
        &self,
        ssh_config: PathBuf,
        user: Option<&str>,
        host: &str,
    ) -> Result<Arc<dyn Host>, HostError> {
        let hosts = RealHosts {
            ssh_config: Some(ssh_config),
            runtime_dir: self.runtime.path().to_owned(),
            docker_socket: None,
            docker_config: None,
        };
        let (user, host) = (user.map(str::to_owned), host.to_owned());
        let desired = DesiredHost {
            connect: Connect::Ssh { user, host, port: None },
            root: "/opt/hob".to_owned(),
            networks: BTreeMap::new(),
            stacks: BTreeMap::new(),
            storage: Vec::new(),
        };
        hosts.open(&"one".into(), &desired).await
    }

    /// Why the host cannot be opened, by a connection of its own.
    async fn refusal(&mut self, user: Option<&str>, host: &str) -> HostErrorKind {
        self.runtime = TempDir::new().unwrap();
        self.open(user, host).await.err().unwrap().kind
    }
}

async fn perform(host: &dyn Host, op: Op) -> Option<Verdict> {
    perform_after(host, op, None).await
}

async fn perform_after(host: &dyn Host, op: Op, verdict: Option<Verdict>) -> Option<Verdict> {
    let ignore = |_: OpProgress| {};
    let mut run = StepRun::new(&ignore);
    if let (Op::Record { name, .. }, Some(verdict)) = (&op, verdict) {
        run.reached(name, verdict);
    }
    if let Err(why) = host.perform(&op, &mut run).await {
        panic!("{why}");
    }
    match &op {
        Op::Await { name, .. } => run.verdict(name),
        _ => None,
    }
}

fn web() -> ContainerSpec {
    let endpoint = Endpoint { aliases: BTreeSet::from(["web".to_owned()]), ..Default::default() };
    let config = Mount::stack_file("web.conf");
    ContainerSpec {
        mounts: BTreeMap::from([("/etc/web.conf".to_owned(), config)]),
        network: NetworkMode::Attached(BTreeMap::from([("web_default".into(), endpoint)])),
        ports: BTreeSet::from([PublishedPort {
            address: None,
            published: Some("8080".to_owned()),
            target: 80,
            protocol: "tcp".to_owned(),
        }]),
        restart: RestartPolicy::UnlessStopped,
        ..ContainerSpec::new("nginx")
    }
}

fn file(content: &str) -> StackFile {
    StackFile {
        digest: Digest::of(content.as_bytes()),
        mode: 0o644,
        content: Secret::new(Arc::from(content.as_bytes())),
    }
}

/// What a first deploy does, one operation after the other.
async fn deploy(host: &dyn Host) {
    let stack = || "web".into();
    let path = StackPath::from("web.conf");
    let network = NewNetwork {
        name: "web_default".into(),
        homelab: "home".to_owned(),
        project: Some((stack(), "web".to_owned())),
        network: StackNetwork { key: "default".to_owned(), spec: NetworkSpec::default() },
    };
    let identity = Identity {
        homelab: "home".to_owned(),
        stack: stack(),
        project: "web".to_owned(),
        service: "web".into(),
    };
    let spec = Arc::new(web());
    let expect = Expectation {
        may_complete: false,
        must_complete: false,
        must_be_healthy: false,
        settle: Duration::from_secs(1),
        budget: Duration::from_secs(30),
    };
    perform(host, Op::Pull { image: "nginx".into(), platform: None }).await;
    perform(host, Op::CreateNetwork(network)).await;
    perform(
        host,
        Op::OwnFiles {
            homelab: "home".into(),
            stack: stack(),
            paths: BTreeSet::from([path.clone()]),
        },
    )
    .await;
    let files = BTreeMap::from([(path, file("hello\n"))]);
    perform(host, Op::WriteFiles { stack: stack(), files }).await;
    let create = Op::CreateContainer {
        name: "web".into(),
        identity,
        spec: Arc::clone(&spec),
        inherit: BTreeMap::new(),
    };
    perform(host, create).await;
    perform(host, Op::Start("web".into())).await;
    let verdict = perform(host, Op::Await { name: "web".into(), expect }).await;
    assert_eq!(verdict, Some(Verdict::Running));
    perform_after(
        host,
        Op::Record { homelab: "home".into(), stack: stack(), name: "web".into(), spec },
        verdict,
    )
    .await;
}

/// One service goes onto a host over SSH; it is found again, answers, tells its log, and a lost
/// connection is made anew.
#[tokio::test]
async fn real_ssh_deploys_and_finds_again() {
    let mut spec = LabSpec::new("test-ssh", ["one"]);
    spec.images = vec!["nginx".parse().unwrap()];
    let bench = Bench::up(&spec).await;
    let host = bench.open(None, "one").await.unwrap();
    deploy(&*host).await;

    let ask = Ask { files: BTreeMap::from([("web".into(), BTreeSet::from(["absent".into()]))]) };
    let seen = host.observe(&ask).await.unwrap();
    let container = &seen.containers["web"];
    assert!(matches!(container.state, ContainerState::Running { .. }));
    assert_eq!(seen.images["nginx:latest"], container.image);
    let folder = &seen.stacks["web"];
    let digest = Digest::of(b"hello\n");
    assert_eq!(folder.files["web.conf"], FileSeen::File { digest, mode: 0o644 });
    assert_eq!(folder.files.len(), 1);
    assert_eq!(folder.applied["web"].spec, web().digest());

    let within = Duration::from_secs(5);
    assert!(host.answers("127.0.0.1", 8080, within).await.unwrap());
    assert!(!host.answers("127.0.0.1", 8081, within).await.unwrap());
    let options = LogOptions { tail: Some(5), since: None, follow: false };
    let lines: Vec<_> =
        host.logs(&"web".into(), &options).await.unwrap().try_collect().await.unwrap();
    assert!(lines.iter().any(|line| line.text == "nginx: ready"), "{lines:?}");
    let facts = host
        .facts(&FactsAsk { storage: vec!["/opt/hob".to_owned()], ..FactsAsk::default() })
        .await
        .unwrap();
    assert_eq!((facts.user.as_str(), facts.root_folder), ("deploy", Ok(())));
    assert!(facts.clock_ahead_ms.abs() < 2000, "{}", facts.clock_ahead_ms);
    assert!(facts.listening.unwrap().contains(&(String::new(), 8080, "tcp".to_owned())));

    // Another run finds the connection of this one.
    let began = Instant::now();
    let again = bench.open(None, "one").await.unwrap();
    assert_eq!(again.observe(&ask).await.unwrap(), seen);
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");

    // The connection is lost: its sockets are there, and nobody is behind them.
    let sockets = bench.runtime.path();
    let control = std::fs::read_dir(sockets).unwrap().map(|entry| entry.unwrap().path());
    let control = control.into_iter().find(|path| path.extension().unwrap() == "ctl").unwrap();
    let config = bench.lab.ssh_config();
    let exit = tokio::process::Command::new("ssh")
        .args(["-F".as_ref(), config.as_os_str(), "-S".as_ref(), control.as_os_str()])
        .args(["-O", "exit", "one"])
        .output();
    assert!(exit.await.unwrap().status.success());
    assert_eq!(host.observe(&ask).await.unwrap(), seen);
    bench.gone().await;
}

/// The deploy user has no rights beyond its own: a file that a container took away is seen as such and
/// mended, and a full disk is called by its name.
#[tokio::test]
async fn real_ssh_files_and_their_troubles() {
    let mut spec = LabSpec::new("test-ssh-files", ["one"]);
    spec.hosts[0].disk_limit = Some(64 << 20);
    let bench = Bench::up(&spec).await;
    let one = bench.lab.host("one").unwrap();
    let host = bench.open(None, "one").await.unwrap();
    let path = StackPath::from("conf/a");
    let stack = || "web".into();
    let seen = async |path: &str| {
        let state = host.observe(&Ask::default()).await.unwrap();
        state.stacks["web"].files[path].clone()
    };
    let write = |content: &str| Op::WriteFiles {
        stack: stack(),
        files: BTreeMap::from([(path.clone(), file(content))]),
    };
    perform(
        &*host,
        Op::OwnFiles {
            homelab: "home".into(),
            stack: stack(),
            paths: BTreeSet::from([path.clone()]),
        },
    )
    .await;
    perform(&*host, write("one")).await;
    one.exec(&["chown", "root:root", "/opt/hob/web/conf/a"]).await.unwrap();
    one.exec(&["chmod", "600", "/opt/hob/web/conf/a"]).await.unwrap();
    assert_eq!(seen("conf/a").await, FileSeen::Unreadable);
    perform(&*host, write("two")).await;
    let two = FileSeen::File { digest: Digest::of(b"two"), mode: 0o644 };
    assert_eq!(seen("conf/a").await, two);
    one.exec(&["chmod", "000", "/opt/hob/web/conf"]).await.unwrap();
    assert_eq!(seen("conf/a").await, FileSeen::Unreadable);
    one.exec(&["chmod", "755", "/opt/hob/web/conf"]).await.unwrap();

    one.fill_disk().await.unwrap();
    let ignore = |_: OpProgress| {};
    let mut run = StepRun::new(&ignore);
    let large = write(&"x".repeat(1 << 20));
    let error = host.perform(&large, &mut run).await.unwrap_err();
    assert!(matches!(error.kind, HostErrorKind::DiskFull(_)), "{error}");
    assert_eq!(seen("conf/a").await, two, "a file is replaced whole or not at all");
    one.free_disk().await.unwrap();
    perform(&*host, large).await;

    one.exec(&["chown", "-R", "root:root", "/opt/hob"]).await.unwrap();
    let error = host.observe(&Ask::default()).await.unwrap_err();
    assert!(matches!(error.kind, HostErrorKind::RootFolder { .. }), "{error}");
    bench.gone().await;
}

/// Each way in which a host refuses has a name that its owner can act on.
#[tokio::test]
async fn real_ssh_refusals_are_told_apart() {
    let mut bench = Bench::up(&LabSpec::new("test-ssh-no", ["one"])).await;
    let one = bench.lab.host("one").unwrap().clone();

    let kind = bench.refusal(None, "elsewhere").await;
    assert!(
        matches!(&kind, HostErrorKind::Unreachable(why) if why.contains("not a host")),
        "{kind}"
    );
    let kind = bench.refusal(Some("nobody-here"), "one").await;
    assert_eq!(kind.to_string(), "it does not let user nobody-here in");
    let kind = bench.refusal(Some("stranger"), "one").await;
    let expected = "user stranger may not use the Docker socket /var/run/docker.sock";
    assert_eq!(kind.to_string(), expected);

    one.stop_engine().await.unwrap();
    let kind = bench.refusal(None, "one").await;
    assert!(matches!(kind, HostErrorKind::NoEngine { .. }), "{kind}");
    one.start_engine().await.unwrap();

    one.freeze_engine().await.unwrap();
    let began = Instant::now();
    let kind = bench.refusal(None, "one").await;
    assert!(matches!(kind, HostErrorKind::TimedOut(_)), "{kind}");
    assert!(began.elapsed() < Duration::from_secs(20));
    one.thaw_engine().await.unwrap();

    let empty = bench.runtime.path().join("config");
    let known = bench.runtime.path().join("known_hosts");
    std::fs::write(&known, "").unwrap();
    let config = std::fs::read_to_string(bench.lab.ssh_config()).unwrap();
    let config: String = config
        .lines()
        .map(|line| match line.contains("UserKnownHostsFile") {
            true => format!("  UserKnownHostsFile {}\n", known.display()),
            false => format!("{line}\n"),
        })
        .collect();
    std::fs::write(&empty, config).unwrap();
    let kind = bench.open_with(empty, None, "one").await.err().unwrap().kind;
    assert!(matches!(kind, HostErrorKind::HostKeyUnknown), "{kind}");

    one.change_host_key().await.unwrap();
    let kind = bench.refusal(None, "one").await;
    assert!(matches!(kind, HostErrorKind::HostKeyChanged), "{kind}");

    one.disconnect().await.unwrap();
    let began = Instant::now();
    let kind = bench.refusal(None, "one").await;
    assert!(matches!(kind, HostErrorKind::Unreachable(_)), "{kind}");
    assert!(began.elapsed() < Duration::from_secs(40));
    bench.gone().await;
}

/// A host that vanishes in the middle of a run is an error in bounded time, not a hang.
#[tokio::test]
async fn real_ssh_a_host_that_vanishes_is_given_up() {
    let bench = Bench::up(&LabSpec::new("test-ssh-gone", ["one"])).await;
    let host = bench.open(None, "one").await.unwrap();
    host.observe(&Ask::default()).await.unwrap();
    bench.lab.host("one").unwrap().disconnect().await.unwrap();
    let began = Instant::now();
    let error = host.observe(&Ask::default()).await.unwrap_err();
    let expected = matches!(error.kind, HostErrorKind::Unreachable(_) | HostErrorKind::TimedOut(_));
    assert!(expected, "{error}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());

    bench.lab.host("one").unwrap().connect().await.unwrap();
    bench.lab.host("one").unwrap().wait_ready().await.unwrap();
    host.observe(&Ask::default()).await.unwrap();
    bench.gone().await;
}

impl Bench {
    /// `ssh` to the host by the connection of the host's own, with these options.
    async fn ask_master(&self, options: &[&str]) -> String {
        let entries = std::fs::read_dir(self.runtime.path()).unwrap().map(|entry| entry.unwrap());
        let mut paths = entries.map(|entry| entry.path());
        let control = paths.find(|path| path.extension().is_some_and(|end| end == "ctl")).unwrap();
        let config = self.lab.ssh_config();
        let output = tokio::process::Command::new("ssh")
            .args(["-F".as_ref(), config.as_os_str(), "-S".as_ref(), control.as_os_str()])
            .args(options)
            .arg("one")
            .output();
        String::from_utf8(output.await.unwrap().stderr).unwrap()
    }

    /// The process of the connection.
    async fn master(&self) -> String {
        let said = self.ask_master(&["-O", "check"]).await;
        said.split_once("pid=").unwrap().1.split_once(')').unwrap().0.to_owned()
    }
}

async fn signal(name: &str, process: &str) {
    let kill = tokio::process::Command::new("kill").args([name, process]).status();
    assert!(kill.await.unwrap().success());
}

/// A master that takes everything and answers nothing, as after a change of networks, is replaced;
/// and what a configuration says of masters, sessions and tunnels changes nothing.
#[tokio::test]
async fn real_ssh_a_connection_that_hangs_is_replaced() {
    let bench = Bench::up(&LabSpec::new("test-ssh-hang", ["one"])).await;
    let config = bench.runtime.path().join("config");
    let hostile = "Host *\n ControlMaster auto\n ControlPersist 1h\n RequestTTY force\n \
                   RemoteCommand top\n LocalForward 1 localhost:1\n SessionType none\n \
                   StdinNull yes\n";
    let usual = std::fs::read_to_string(bench.lab.ssh_config()).unwrap();
    std::fs::write(&config, format!("{hostile}{usual}")).unwrap();
    let open = || bench.open_with(config.clone(), None, "one");
    let first = open().await.unwrap();
    let seen = first.observe(&Ask::default()).await.unwrap();
    let hung = bench.master().await;

    signal("-STOP", &hung).await;
    let began = Instant::now();
    let second = open().await;
    let took = began.elapsed();
    assert_eq!(second.unwrap().observe(&Ask::default()).await.unwrap(), seen);
    assert!(took < Duration::from_secs(25), "{took:?}");
    assert_ne!(bench.master().await, hung);
    signal("-KILL", &hung).await;
    assert_eq!(first.observe(&Ask::default()).await.unwrap(), seen);
    bench.gone().await;
}

/// The lock of a host outlives the connection, and ends with the run.
#[tokio::test]
async fn real_ssh_the_lock_is_one_runs() {
    let bench = Bench::up(&LabSpec::new("test-ssh-lock", ["one"])).await;
    let (first, second) =
        (bench.open(None, "one").await.unwrap(), bench.open(None, "one").await.unwrap());
    let ask = |purpose, secs| LockAsk {
        purpose,
        wait: Duration::from_secs(secs),
        waiting: &|holder| println!("{holder}"),
    };
    let lock = first.lock(&ask("hob apply", 0)).await.unwrap();
    let refused = second.lock(&ask("hob up", 1)).await.unwrap_err();
    assert!(matches!(refused.kind, HostErrorKind::Locked { .. }), "{refused}");
    assert!(refused.to_string().contains("hob apply"), "{refused}");

    bench.ask_master(&["-O", "exit"]).await;
    let own = || Op::OwnFiles {
        homelab: "home".into(),
        stack: "web".into(),
        paths: BTreeSet::from(["a".into()]),
    };
    tokio::time::sleep(Duration::from_secs(1)).await;
    perform(&*first, own()).await;
    let refused = second.lock(&ask("hob up", 1)).await.unwrap_err();
    assert!(matches!(refused.kind, HostErrorKind::Locked { .. }), "{refused}");
    drop(lock);
    let lock = second.lock(&ask("hob up", 10)).await.unwrap();

    // Another run gets in while the one that has the lock cannot be heard.
    let one = bench.lab.host("one").unwrap();
    let holder = one.exec(&["sh", "-c", "cut -f 6 /opt/hob/.hob/lock"]).await.unwrap();
    let grab = format!(
        "kill -STOP $(pgrep -x sshd); kill -KILL {}; \
         flock /opt/hob/.hob/lock sh -c 'echo x > /opt/hob/.hob/lock'; \
         kill -CONT $(pgrep -x sshd)",
        holder.stdout.trim()
    );
    one.exec(&["sh", "-c", &grab]).await.unwrap();
    let ignore = |_: OpProgress| {};
    let mut run = StepRun::new(&ignore);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let lost = second.perform(&own(), &mut run).await.unwrap_err();
    assert!(matches!(lost.kind, HostErrorKind::LockLost(_)), "{lost}");
    drop(lock);
    perform(&*second, own()).await;
    bench.gone().await;
}
