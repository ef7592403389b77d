//! Tier 5: real hosts in containers. Chosen by name, `real_`; they need a Docker Engine, and say
//! so where there is none. Each brings up a lab of its own and removes it when all went well.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]

use std::process::Stdio;
use std::time::Duration;

use hob_testbed::lab::{
    Dirs, Health, HostSpec, ImageName, Lab, LabHost, LabSpec, Port, Progress, StandIn,
};
use tokio::process::Command;

const WAITS_MAX: usize = 100;

async fn up(spec: &LabSpec) -> Lab {
    match Lab::up(spec, &Dirs::usual(), &Progress::silent()).await {
        Ok(lab) => lab,
        Err(why) => panic!("{}", why.full()),
    }
}

/// Nothing of an earlier run that ended badly.
async fn fresh(spec: &LabSpec) -> Lab {
    if let Err(why) = Lab::destroy(&Dirs::usual(), &spec.name).await {
        panic!("{}", why.full());
    }
    up(spec).await
}

async fn gone(spec: &LabSpec) {
    Lab::destroy(&Dirs::usual(), &spec.name).await.unwrap();
}

fn image(name: &str) -> ImageName {
    name.parse().unwrap()
}

/// Runs a command over SSH: whether it went well, and all that it said.
async fn ssh(lab: &Lab, to: &str, command: &str) -> (bool, String) {
    let output = Command::new("ssh")
        .arg("-F")
        .arg(lab.ssh_config())
        .args(["-o", "ConnectTimeout=2", to, command])
        .stdin(Stdio::null())
        .output();
    let output = tokio::time::timeout(Duration::from_secs(60), output).await.unwrap().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// The Docker client on the host must succeed; what it said.
async fn docker(host: &LabHost, command: &str) -> String {
    let words: Vec<&str> = command.split(' ').collect();
    let output = host.docker(&words).await.unwrap();
    assert!(output.ok(), "docker {command}: {}", output.stderr);
    output.stdout.trim().to_owned()
}

/// The Docker client on the host must fail; what it said.
async fn docker_fails(host: &LabHost, command: &str) -> String {
    let words: Vec<&str> = command.split(' ').collect();
    let output = host.docker(&words).await.unwrap();
    assert!(!output.ok(), "docker {command}: {}", output.stdout);
    output.stderr
}

/// Asks until the answer is as expected, for ten seconds at most.
async fn until(host: &LabHost, command: &str, expected: &str) {
    let mut found = String::new();
    for _ in 0..WAITS_MAX {
        found = docker(host, command).await;
        if found == expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("docker {command}: {found:?}, not {expected:?}");
}

/// Two hosts come up, pull by name, run, see each other, and come up again as they were.
#[tokio::test]
async fn real_hosts_run_what_the_registry_gives_them() {
    let mut spec = LabSpec::new("test-run", ["one", "two"]);
    spec.hosts[0].aliases = vec!["one.example".into(), "192.168.1.100".into()];
    spec.hosts[1].ssh_port = 2222;
    spec.images = vec![image("nginx"), image("ghcr.io/immich-app/immich-server:release")];
    let lab = fresh(&spec).await;
    let (one, two) = (lab.host("one").unwrap(), lab.host("two").unwrap());

    docker(one, "run --detach --name web --publish 8080:80 nginx").await;
    docker(two, "pull ghcr.io/immich-app/immich-server:release").await;
    let said = docker_fails(one, "pull nginx:no-such-tag").await;
    assert!(said.contains("manifest unknown"), "{said}");
    let said = docker_fails(one, "pull registry.example/x").await;
    assert!(said.contains("lookup registry.example"), "{said}");
    until(one, "logs web", "nginx: ready").await;
    let fetched = two.exec(&["bash", "-c", "exec 3<>/dev/tcp/one/8080 && echo open"]).await;
    assert_eq!(fetched.unwrap().stdout, "open\n");

    for name in ["one", "one.example", "192.168.1.100"] {
        let (ok, said) = ssh(&lab, name, "hostname && id -un && docker ps -q | wc -l").await;
        assert!(ok && said == "one\ndeploy\n1\n", "{name}: {said}");
    }
    for name in ["three", "192.168.1.101", "one.example.com"] {
        let (ok, said) = ssh(&lab, name, "true").await;
        assert!(!ok && said.contains("not a host of the testbed"), "{name}: {said}");
    }

    let again = up(&spec).await;
    assert_eq!(again.hosts(), lab.hosts());
    assert_eq!(
        docker(one, "inspect --format {{.RestartCount}}{{.State.Status}} web").await,
        "0running"
    );
    gone(&spec).await;
}

/// Moving a tag gives hosts another image, and a registry nobody spoke for yet is found.
#[tokio::test]
async fn real_tags_move_and_stand_ins_behave() {
    let spec = LabSpec::new("test-stand-ins", ["one"]);
    let lab = fresh(&spec).await;
    let host = lab.host("one").unwrap();
    let name = image("git.example.net/team/app:1");
    let first = StandIn { ports: Some(vec![Port::Tcp(3000)]), ..StandIn::default() };
    let old = lab.put(&name, &first).await.unwrap();
    docker(host, "run --detach --name app --publish 3000:3000 git.example.net/team/app:1").await;
    assert_eq!(
        docker(host, "exec app curl -fsS -o /dev/null -w %{http_code} localhost").await,
        "200"
    );

    let sick = StandIn {
        health: Health::Never,
        healthcheck: Some(Duration::from_millis(200)),
        revision: "2".into(),
        ..first.clone()
    };
    let new = lab.put(&name, &sick).await.unwrap();
    assert_ne!(old, new);
    let pulled = docker(host, "pull --quiet git.example.net/team/app:1").await;
    let digests =
        docker(host, "inspect --format {{.RepoDigests}} git.example.net/team/app:1").await;
    assert!(digests.contains(&new), "{pulled}: {digests}");
    docker(host, "run --detach --name sick git.example.net/team/app:1").await;
    until(host, "inspect --format {{.State.Health.Status}} sick", "unhealthy").await;

    let crash = StandIn { exit: Some((3, Duration::from_millis(300))), ..StandIn::default() };
    let stubborn = StandIn { ignores_sigterm: true, ..StandIn::default() };
    let migrate = StandIn {
        oneshot: vec!["migrate".into()],
        programs: vec!["/srv/start".into()],
        ..StandIn::default()
    };
    for (name, standin) in [("crash", crash), ("stubborn", stubborn), ("app", migrate)] {
        lab.put(&image(name), &standin).await.unwrap();
    }
    docker(host, "run --detach --name crash crash").await;
    until(host, "inspect --format {{.State.Status}}{{.State.ExitCode}} crash", "exited3").await;
    assert_eq!(docker(host, "run --rm app migrate").await, "app: migrate: done");
    docker(host, "run --detach --name stubborn stubborn").await;
    until(host, "logs stubborn", "stubborn: ready").await;
    docker(host, "stop --time 1 stubborn app").await;
    assert_eq!(docker(host, "inspect --format {{.State.ExitCode}} stubborn app").await, "137\n0");

    // Any command and entry point goes: a shell, a script with unknown programs, other paths.
    assert_eq!(
        docker(host, "run --rm --entrypoint /bin/sh app -c id").await,
        "uid=0(root) gid=0(root) groups=0(root)"
    );
    docker(host, "run --detach --name odd --user 1000 --read-only --cap-drop ALL app npm run x")
        .await;
    until(host, "logs odd", "app: ready").await;
    assert_eq!(docker(host, "exec odd python manage.py check").await, "");
    assert_eq!(docker(host, "exec odd redis-cli ping").await, "PONG");
    docker(host, "run --detach --init --name under-init --entrypoint /srv/start app -x").await;
    until(host, "logs under-init", "app: ready").await;
    gone(&spec).await;
}

/// Every fault shows as it does on a real machine, and `up` heals them all.
#[tokio::test]
async fn real_faults_show_and_heal() {
    let mut spec = LabSpec::new("test-faults", ["one"]);
    spec.hosts[0].disk_limit = Some(64 << 20);
    spec.images = vec![image("nginx")];
    let lab = fresh(&spec).await;
    let host = lab.host("one").unwrap();
    let fails = async |command: &str, words: &str| {
        let (ok, said) = ssh(&lab, "one", command).await;
        assert!(!ok && said.contains(words), "{command}: {said}");
    };

    fails("docker run --rm -p 22:80 nginx", "address already in use").await;
    host.take_port(8080).await.unwrap();
    fails("docker run --rm -p 8080:80 nginx", "address already in use").await;
    host.fill_disk().await.unwrap();
    fails("head -c 2000000 /dev/zero > /opt/hob/file", "No space left on device").await;
    let (ok, said) = ssh(&lab, "stranger@one", "docker ps").await;
    assert!(!ok && said.contains("permission denied"), "{said}");
    host.leave_docker_group("deploy").await.unwrap();
    fails("docker ps", "permission denied").await;
    host.remove_docker().await.unwrap();
    fails("docker ps", "docker: command not found").await;
    host.lock_user("deploy").await.unwrap();
    fails("true", "Permission denied (publickey)").await;
    host.change_host_key().await.unwrap();
    fails("true", "REMOTE HOST IDENTIFICATION HAS CHANGED").await;

    let lab = up(&spec).await;
    let host = lab.host("one").unwrap();
    let (ok, said) = ssh(&lab, "one", "docker ps -q && touch /opt/hob/x").await;
    assert!(ok, "{said}");

    host.disconnect().await.unwrap();
    let (ok, said) = ssh(&lab, "one", "true").await;
    assert!(!ok && said.contains("onnect"), "{said}");
    host.pause().await.unwrap();
    let lab = up(&spec).await;
    assert!(ssh(&lab, "one", "docker ps").await.0);
    let host = lab.host("one").unwrap();
    host.freeze_engine().await.unwrap();
    let (ok, said) = ssh(&lab, "one", "timeout 1 docker ps").await;
    assert!(!ok && said.is_empty(), "{said}");
    host.thaw_engine().await.unwrap();
    host.kill_engine().await.unwrap();
    fails("docker ps", "Cannot connect to the Docker daemon").await;
    host.kill().await.unwrap();
    let lab = up(&spec).await;
    assert!(ssh(&lab, "one", "docker ps").await.0);
    gone(&spec).await;
}

/// A host with systemd is an ordinary machine: its units run, and its data outlives the power.
#[tokio::test]
async fn real_systemd_hosts_keep_their_data() {
    let mut spec = LabSpec::new("test-systemd", ["one"]);
    spec.hosts[0] = HostSpec { systemd: true, ..HostSpec::new("one") };
    spec.images = vec![image("nginx")];
    let lab = fresh(&spec).await;
    let host = lab.host("one").unwrap();
    let state = host.exec(&["systemctl", "is-system-running", "--wait"]).await.unwrap();
    assert_eq!(state.stdout, "running\n");
    docker(host, "run --detach --restart unless-stopped --name web nginx").await;
    host.write_file("/opt/hob/web/note", b"kept").await.unwrap();
    Lab::down(&Dirs::usual(), &spec.name).await.unwrap();

    let lab = up(&spec).await;
    let host = lab.host("one").unwrap();
    until(host, "inspect --format {{.State.Status}} web", "running").await;
    assert_eq!(host.exec(&["cat", "/opt/hob/web/note"]).await.unwrap().stdout, "kept");
    gone(&spec).await;
}
