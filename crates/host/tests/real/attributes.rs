//! A Compose file with most of what the specification has, deployed as a whole: the Engine has it
//! all, and a second plan finds nothing to do.

use std::{collections::BTreeSet, path::Path};

use bollard::query_parameters::InspectContainerOptions;
use hob_host::Ask;
use hob_model::{ContainerName, MemoryFiles, REPOSITORY_ROOT, desired::Desired};
use hob_plan::{
    Plan, Policy,
    observed::{HostView, Observed},
    plan,
};
use serde_json::Value;

use crate::bench::{Bench, IMAGE, with};

const COMPOSE: &str = r#"
services:
  base:
    image: IMAGE
    init: true
    pull_policy: never
    command: [sh, -c, exec sleep 600]
    hostname: basehost
    domainname: example.com
    stop_grace_period: 1s
    expose: [80, 53/udp]
    cpu_shares: 512
    cpuset: "0"
    cpu_quota: 50000
    cpu_period: 100000
    mem_limit: 64m
    mem_reservation: 32m
    memswap_limit: 128m
    pids_limit: 50
    oom_score_adj: 200
    device_cgroup_rules: ["c 1:3 mr"]
    devices: ["/dev/null:/dev/hobnull:rw"]
    dns: [10.0.0.1]
    dns_opt: ["ndots:1"]
    dns_search: [lan]
    ipc: shareable
    tmpfs: ["/scratch:size=1m,uid=5"]
    configs: [{ source: motd, target: /etc/motd, mode: 0440, uid: "5", gid: "6" }]
    secrets: [token]
    networks:
      front: { aliases: [www], driver_opts: { a: b }, priority: 10 }
      back:
    volumes: ["data:/data", { type: volume, source: data, target: /nc, volume: { nocopy: true } }]
    post_start: [{ command: [sh, -c, "echo $$LEVEL > /data/started"], environment: { LEVEL: high } }]
    pre_stop: [{ command: [sh, -c, "echo stopped > /data/stopped"] }]
    labels: { generation: "GENERATION" }
  pod:
    image: IMAGE
    init: true
    pull_policy: never
    command: [sh, -c, exec sleep 600]
    stop_grace_period: 1s
    network_mode: service:base
    pid: service:base
    ipc: service:base
    volumes_from: ["base:ro"]
  linked:
    image: IMAGE
    init: true
    pull_policy: never
    command: [sh, -c, exec sleep 600]
    stop_grace_period: 1s
    read_only: true
    links: ["base:db"]
    secrets: [token]
    networks: [front]
    uts: host
    userns_mode: host
    cgroup: host
    pid: host
    deploy:
      restart_policy: { condition: any }
      resources: { limits: { cpus: "0.5", memory: 32m, pids: 20 }, reservations: { memory: 16m } }
networks:
  front:
    attachable: true
    labels: { n: "1" }
  back: { internal: true }
volumes: { data: { labels: { v: "1" } } }
configs: { motd: { content: "hello\n" } }
secrets: { token: { environment: TOKEN } }
"#;

/// What the Engine says of `base`, `pod` and `linked`, without the name of the test.
const EXPECTED: &[(&str, &str, &str)] = &[
    ("base", "/Config/Domainname", r#""example.com""#),
    ("base", "/Config/ExposedPorts", r#"{"53/udp":{},"80/tcp":{}}"#),
    ("base", "/HostConfig/CpuShares", "512"),
    ("base", "/HostConfig/CpusetCpus", r#""0""#),
    ("base", "/HostConfig/CpuQuota", "50000"),
    ("base", "/HostConfig/CpuPeriod", "100000"),
    ("base", "/HostConfig/Memory", "67108864"),
    ("base", "/HostConfig/MemoryReservation", "33554432"),
    ("base", "/HostConfig/MemorySwap", "134217728"),
    ("base", "/HostConfig/PidsLimit", "50"),
    ("base", "/HostConfig/OomScoreAdj", "200"),
    ("base", "/HostConfig/DeviceCgroupRules", r#"["c 1:3 mr"]"#),
    ("base", "/HostConfig/DnsOptions", r#"["ndots:1"]"#),
    ("base", "/HostConfig/DnsSearch", r#"["lan"]"#),
    ("base", "/HostConfig/IpcMode", r#""shareable""#),
    ("base", "/HostConfig/Tmpfs", r#"{"/scratch":"size=1048576,uid=5"}"#),
    ("base", "/HostConfig/Binds", r#"["TEST_data:/data:rw"]"#),
    ("base", "/HostConfig/NetworkMode", r#""TEST_front""#),
    ("base", "/NetworkSettings/Networks/TEST_front/DriverOpts", r#"{"a":"b"}"#),
    ("pod", "/HostConfig/NetworkMode", r#""container:BASE""#),
    ("pod", "/HostConfig/PidMode", r#""container:BASE""#),
    ("pod", "/HostConfig/IpcMode", r#""container:BASE""#),
    ("pod", "/HostConfig/VolumesFrom", r#"["TEST-base-1:ro"]"#),
    ("linked", "/HostConfig/NanoCpus", "500000000"),
    ("linked", "/HostConfig/UTSMode", r#""host""#),
    ("linked", "/HostConfig/UsernsMode", r#""host""#),
    ("linked", "/HostConfig/CgroupnsMode", r#""host""#),
    ("linked", "/HostConfig/PidMode", r#""host""#),
    ("linked", "/HostConfig/RestartPolicy/Name", r#""always""#),
    (
        "linked",
        "/NetworkSettings/Networks/TEST_front/Links",
        r#"["TEST-base-1:base-1","TEST-base-1:db","TEST-base-1:TEST-base-1"]"#,
    ),
];

#[tokio::test]
async fn real_a_compose_file_arrives_whole() {
    with(|bench| async move {
        let first = desired(&bench, "first");
        let done = apply(&bench, &first).await;
        assert_eq!(done.blocked, []);
        check(&bench).await;
        assert_eq!(steps(&look_and_plan(&bench, &first).await), BTreeSet::new());
        let seen = |command: &'static str| said(&bench, "base", command);
        assert_eq!(seen("cat /etc/motd /run/secrets/token").await, "hello\nchange-me");
        assert_eq!(seen("cat /data/started").await, "high\n");
        assert_eq!(said(&bench, "linked", "cat /run/secrets/token").await, "change-me");

        // Who holds on to a container is made anew with it.
        let second = desired(&bench, "second");
        let done = apply(&bench, &second).await;
        assert_eq!(
            steps(&done),
            BTreeSet::from(["replace base".into(), "replace pod".into(), "restart linked".into()])
        );
        check(&bench).await;
        assert_eq!(said(&bench, "base", "cat /data/stopped").await, "stopped\n");
        assert_eq!(steps(&look_and_plan(&bench, &second).await), BTreeSet::new());
    })
    .await;
}

async fn check(bench: &Bench) {
    let base = inspect(bench, "base").await;
    let id = base.pointer("/Id").and_then(Value::as_str).unwrap().to_owned();
    for (service, pointer, expected) in EXPECTED {
        let fill = |text: &str| text.replace("TEST", &bench.homelab).replace("BASE", &id);
        let found = inspect(bench, service).await;
        let mut part = found.pointer(&fill(pointer)).cloned().unwrap_or_default();
        part.sort_all_objects();
        if let Value::Array(items) = &mut part {
            items.sort_by_key(Value::to_string);
        }
        assert_eq!(part.to_string(), fill(expected), "{service} {pointer}");
    }
}

async fn inspect(bench: &Bench, service: &str) -> Value {
    let name = container(bench, service);
    let found = bench.docker.inspect_container(name.as_str(), None::<InspectContainerOptions>);
    serde_json::to_value(found.await.unwrap()).unwrap()
}

fn container(bench: &Bench, service: &str) -> ContainerName {
    bench.name(&format!("{service}-1"))
}

fn desired(bench: &Bench, generation: &str) -> Desired {
    let homelab = format!(
        "homelab: {name}\nhosts: {{ here: {{ connect: local, root: {root}, stacks: [web], vars: \
         {{ TOKEN: change-me }} }} }}\nstacks: {{ web: {{ project: {name} }} }}\n",
        name = bench.homelab,
        root = bench.root.display(),
    );
    let compose = COMPOSE.replace("IMAGE", IMAGE).replace("GENERATION", generation);
    let mut files = MemoryFiles::new();
    let mut put = |path: &str, text: String| {
        files.insert(&format!("{REPOSITORY_ROOT}/{path}"), text.into_bytes(), false);
    };
    put("hob.yaml", homelab);
    put("stacks/web/compose.yaml", compose);
    let (homelab, findings) = hob_model::load(&files, REPOSITORY_ROOT);
    assert_eq!(lines(&findings), [""; 0]);
    let (desired, findings) = hob_model::resolve(&homelab.unwrap(), &files, REPOSITORY_ROOT);
    assert_eq!(lines(&findings), [""; 0]);
    assert!(Path::new(&desired.hosts.values().next().unwrap().root).is_absolute());
    desired
}

fn lines(findings: &[hob_model::Finding]) -> Vec<String> {
    findings.iter().map(hob_model::Finding::line).collect()
}

async fn look_and_plan(bench: &Bench, desired: &Desired) -> Plan {
    let stack = desired.hosts.values().next().unwrap().stacks.iter().next().unwrap();
    let asked = stack.1.files.keys().cloned().collect();
    let ask = Ask { files: [(stack.0.clone(), asked)].into() };
    let state = bench.host.observe(&ask).await.unwrap();
    let hosts = [("here".into(), HostView::Seen(Box::new(state)))].into();
    plan(desired, &Observed { hosts }, &Policy::default())
}

/// Does every operation of every step, in the order of the plan.
async fn apply(bench: &Bench, desired: &Desired) -> Plan {
    let plan = look_and_plan(bench, desired).await;
    for step in &plan.steps {
        let mut verdict = None;
        for op in step.ops() {
            verdict = bench
                .perform_with(&op, verdict)
                .await
                .unwrap_or_else(|why| panic!("{:?}: {op:?}: {why}", step.change));
        }
    }
    plan
}

fn steps(plan: &Plan) -> BTreeSet<String> {
    use hob_plan::Change;
    let one = |change: &Change| match change {
        Change::Replace { target, .. } => format!("replace {}", target.identity.service),
        Change::Restart(target) => format!("restart {}", target.identity.service),
        other => format!("{other:?}"),
    };
    plan.steps.iter().map(|step| one(&step.change)).collect()
}

/// What a command in a container prints.
async fn said(bench: &Bench, service: &str, command: &str) -> String {
    use bollard::{exec::StartExecOptions, exec::StartExecResults, models::ExecConfig};
    use futures_util::StreamExt;
    let config = ExecConfig {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(["sh", "-c", command].map(str::to_owned).to_vec()),
        ..ExecConfig::default()
    };
    let name = container(bench, service);
    let made = bench.docker.create_exec(name.as_str(), config).await.unwrap();
    let started = bench.docker.start_exec(&made.id, None::<StartExecOptions>).await.unwrap();
    let StartExecResults::Attached { mut output, .. } = started else { panic!("detached") };
    let mut text = String::new();
    while let Some(chunk) = output.next().await {
        text += &String::from_utf8_lossy(&chunk.unwrap().into_bytes());
    }
    text
}
