//! Specifications in, requests out, as text.

#![allow(clippy::unwrap_used, reason = "tests may panic")]

use std::{collections::BTreeSet, time::Duration};

use hob_model::spec::{
    BindSource, Blkio, Device, DeviceRequest, Endpoint, Hook, Limits, Mount, Namespace, Namespaces,
    NetworkMode, Peer, PublishedPort, VolumesFrom,
};
use serde_json::Value;

use super::*;

fn bare() -> ContainerSpec {
    ContainerSpec {
        network: NetworkMode::Attached(BTreeMap::from([("web_default".into(), endpoint(0))])),
        ..ContainerSpec::new("nginx:1.27")
    }
}

fn endpoint(priority: i64) -> Endpoint {
    Endpoint { aliases: BTreeSet::from(["web".to_owned()]), priority, ..Endpoint::default() }
}

/// The request as JSON with sorted keys, without Hob's labels unless asked for.
fn body(spec: &ContainerSpec, inherit: &[(&str, &str)], api: (u16, u16)) -> Value {
    let identity = Identity {
        homelab: "home".into(),
        stack: "web".into(),
        project: "web".into(),
        service: "web".into(),
    };
    let inherit =
        inherit.iter().map(|(target, name)| ((*target).to_owned(), (*name).into())).collect();
    let making = Making {
        identity: &identity,
        folder: "/opt/hob/web",
        image: &ImageId::new("sha256:aa"),
        inherit: &inherit,
        api,
    };
    sort(serde_json::to_value(create(&making, spec)).unwrap())
}

fn sort(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: BTreeMap<String, Value> =
                map.into_iter().map(|(key, value)| (key, sort(value))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        other => other,
    }
}

#[track_caller]
fn check(spec: &ContainerSpec, pointer: &str, expected: &str) {
    let body = body(spec, &[], (1, 41));
    let part = body.pointer(pointer).map(Value::to_string);
    assert_eq!(part.as_deref().unwrap_or("absent"), expected, "{pointer}");
}

#[test]
fn a_bare_container_says_little() {
    let body = body(&bare(), &[], (1, 41));
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap());
}

#[test]
fn everything_in_a_specification_reaches_the_engine() {
    let text = |text: &str| text.to_owned();
    let spec = ContainerSpec {
        command: Some(vec!["-g".into()]),
        entrypoint: Some(Vec::new()),
        env: BTreeMap::from([(text("TZ"), "Europe/Oslo".into()), (text("EMPTY"), "".into())]),
        labels: BTreeMap::from([(text("a"), "b".into()), (text("hob.stack"), "forged".into())]),
        hostname: Some(text("web")),
        user: Some(text("1000:1000")),
        working_dir: Some(text("/srv")),
        cap_add: BTreeSet::from([text("NET_ADMIN")]),
        cap_drop: BTreeSet::from([text("ALL")]),
        security_opt: BTreeSet::from([text("no-new-privileges:true")]),
        privileged: true,
        read_only: true,
        init: Some(true),
        tty: true,
        stdin_open: true,
        group_add: vec![text("44")],
        sysctls: BTreeMap::from([(text("net.ipv4.ip_forward"), text("1"))]),
        ulimits: BTreeMap::from([(text("nofile"), (1024, 4096))]),
        shm_bytes: Some(64 << 20),
        extra_hosts: vec![text("nas:10.0.0.2")],
        dns: vec![text("10.0.0.1")],
        devices: vec![Device {
            source: text("/dev/dri"),
            target: text("/dev/dri"),
            permissions: text("rwm"),
        }],
        restart: spec::RestartPolicy::OnFailure { retries: Some(3) },
        health: Some(HealthCheck {
            test: Some(vec!["CMD".into(), "true".into()]),
            interval: Some(Duration::from_millis(1500)),
            timeout: Some(Duration::from_secs(2)),
            retries: Some(4),
            start_period: Some(Duration::from_secs(30)),
            start_interval: Some(Duration::from_secs(1)),
        }),
        limits: Limits {
            memory_bytes: Some(512 << 20),
            memory_reservation_bytes: Some(256 << 20),
            nano_cpus: Some(1_500_000_000),
            pids: Some(100),
            ..Limits::default()
        },
        logging: Some(Logging {
            driver: Some(text("json-file")),
            options: BTreeMap::from([(text("max-size"), "10m".into())]),
        }),
        stop_signal: Some(text("SIGINT")),
        stop_grace: Some(Duration::from_millis(1500)),
        ..bare()
    };
    let body = body(&spec, &[], (1, 41));
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap());
}

#[test]
fn resources_namespaces_and_drivers_reach_the_engine() {
    let text = |text: &str| text.to_owned();
    let rate = |rate| vec![(text("/dev/sda"), rate)];
    let db = || Peer { container: "web-db-1".into(), service: Some("db".into()) };
    let other = || Peer { container: "other".into(), service: None };
    let spec = ContainerSpec {
        annotations: BTreeMap::from([(text("org.example"), "note".into())]),
        domainname: Some(text("lan")),
        dns_opt: vec![text("ndots:1")],
        dns_search: vec![text("lan")],
        device_requests: vec![
            DeviceRequest {
                driver: Some(text("nvidia")),
                count: Some(-1),
                capabilities: vec![text("gpu"), text("video")],
                options: BTreeMap::from([(text("a"), text("b"))]),
                ..DeviceRequest::default()
            },
            DeviceRequest {
                driver: Some(text("cdi")),
                ids: vec![text("vendor.com/gpu=0")],
                ..DeviceRequest::default()
            },
        ],
        device_cgroup_rules: vec![text("c 1:3 mr")],
        namespaces: Namespaces {
            pid: Some(Namespace::Mode(text("host"))),
            ipc: Some(Namespace::Of(db())),
            uts: Some(text("host")),
            userns: Some(text("host")),
            cgroup: Some(text("private")),
        },
        cgroup_parent: Some(text("m-executor")),
        runtime: Some(text("runsc")),
        storage_opt: BTreeMap::from([(text("size"), text("1G"))]),
        volumes_from: vec![
            VolumesFrom { peer: db(), read_only: true },
            VolumesFrom { peer: other(), read_only: false },
        ],
        network: NetworkMode::Container(other()),
        expose: BTreeSet::from([text("80/tcp")]),
        limits: Limits {
            memory_swap_bytes: Some(-1),
            memory_swappiness: Some(10),
            cpu_shares: Some(512),
            cpu_quota: Some(50_000),
            cpu_period: Some(100_000),
            cpu_rt_runtime: Some(400),
            cpu_rt_period: Some(1_000),
            cpuset: Some(text("0,1")),
            oom_kill_disable: true,
            oom_score_adj: Some(-500),
            ..Limits::default()
        },
        blkio: Some(Blkio {
            weight: Some(300),
            weight_device: rate(400),
            read_bps: rate(1),
            read_iops: rate(2),
            write_bps: rate(3),
            write_iops: rate(4),
        }),
        post_start: vec![Hook { command: vec!["never in the request".into()], ..Hook::default() }],
        ..bare()
    };
    let body = body(&spec, &[], (1, 44));
    let text = serde_json::to_string_pretty(&body).unwrap();
    assert!(!text.contains("never in the request"));
    insta::assert_snapshot!(text);
}

#[test]
fn an_endpoint_is_as_declared() {
    let text = |text: &str| text.to_owned();
    let spec = ContainerSpec {
        network: NetworkMode::Attached(BTreeMap::from([(
            "a".into(),
            Endpoint {
                link_local: BTreeSet::from([text("169.254.8.8")]),
                mac: Some(text("02:42:ac:11:00:02")),
                links: BTreeSet::from([text("web-db-1:database")]),
                options: BTreeMap::from([(text("com.example"), text("1"))]),
                interface: Some(text("eth7")),
                gateway_priority: 5,
                ..endpoint(0)
            },
        )])),
        ..bare()
    };
    insta::assert_snapshot!(
        body(&spec, &[], (1, 49)).pointer("/NetworkingConfig/EndpointsConfig/a").unwrap(),
    );
}

#[test]
fn mounts_with_options_are_as_declared() {
    let bind = |selinux: Option<&str>, recursive: Option<&str>, create| Mount::Bind {
        source: BindSource::Host("/srv".into()),
        read_only: true,
        create,
        propagation: None,
        selinux: selinux.map(str::to_owned),
        recursive: recursive.map(str::to_owned),
    };
    let spec = ContainerSpec {
        mounts: BTreeMap::from([
            ("/a".into(), bind(Some("Z"), None, true)),
            ("/b".into(), bind(Some("z"), None, false)),
            ("/c".into(), bind(None, Some("disabled"), true)),
            ("/d".into(), bind(None, Some("writable"), true)),
            ("/e".into(), bind(None, Some("readonly"), true)),
            (
                "/f".into(),
                Mount::Volume {
                    name: "v".into(),
                    read_only: false,
                    nocopy: false,
                    subpath: Some("inner".into()),
                },
            ),
            (
                "/g".into(),
                Mount::Tmpfs {
                    bytes: Some(1024),
                    mode: Some(0o700),
                    options: vec!["uid=1000".into(), "exec".into()],
                },
            ),
            ("/h".into(), Mount::Image { image: "files:1".into(), subpath: Some("etc".into()) }),
        ]),
        ..bare()
    };
    let body = body(&spec, &[], (1, 49));
    let part = |pointer| body.pointer(pointer).map(ToString::to_string).unwrap_or_default();
    insta::assert_snapshot!(part("/HostConfig/Binds"));
    insta::assert_snapshot!(part("/HostConfig/Tmpfs"));
    let mounts = body.pointer("/HostConfig/Mounts").and_then(Value::as_array).unwrap();
    let mounts: Vec<String> = mounts.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(mounts.join("\n"));
}

#[test]
fn binds_and_volumes_take_the_way_that_compose_takes() {
    let bind = |source, read_only, create, propagation: Option<&str>| Mount::Bind {
        source,
        read_only,
        create,
        propagation: propagation.map(str::to_owned),
        selinux: None,
        recursive: None,
    };
    let volume = |read_only, nocopy, subpath: Option<&str>| Mount::Volume {
        name: "v".into(),
        read_only,
        nocopy,
        subpath: subpath.map(str::to_owned),
    };
    let stack = |path: &str| BindSource::Stack(path.into());
    let spec = ContainerSpec {
        mounts: BTreeMap::from([
            ("/a".into(), bind(BindSource::Host("/srv/a".into()), false, true, None)),
            ("/b".into(), bind(stack("conf/b"), true, true, None)),
            ("/c".into(), bind(stack(""), false, true, None)),
            ("/d".into(), bind(stack("d"), true, false, None)),
            ("/e".into(), bind(BindSource::Host("/mnt".into()), false, true, Some("rslave"))),
            ("/f".into(), bind(BindSource::Host("/a:b".into()), false, true, None)),
            ("/g".into(), volume(true, false, None)),
            ("/h".into(), volume(false, true, None)),
            ("/i".into(), Mount::Anonymous),
            ("/j".into(), Mount::Anonymous),
            (
                "/k".into(),
                Mount::Tmpfs { bytes: Some(1024), mode: Some(0o1777), options: Vec::new() },
            ),
        ]),
        ..bare()
    };
    let body = body(&spec, &[("/j", "old-j"), ("/image", "old-image"), ("/a", "old-a")], (1, 41));
    let lines = |pointer| {
        let items = body.pointer(pointer).and_then(Value::as_array).unwrap();
        items.iter().map(|item| sort(item.clone()).to_string()).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!(lines("/HostConfig/Binds"), @r#"
    "/srv/a:/a:rw"
    "/opt/hob/web/conf/b:/b:ro"
    "/opt/hob/web:/c:rw"
    "v:/g:ro"
    "#);
    insta::assert_snapshot!(lines("/HostConfig/Mounts"));
}

#[test]
fn the_first_network_is_the_one_with_the_highest_priority() {
    let spec = ContainerSpec {
        network: NetworkMode::Attached(BTreeMap::from([
            ("a".into(), endpoint(0)),
            ("b".into(), Endpoint { ipv4: Some("10.0.0.9".into()), ..endpoint(10) }),
            ("c".into(), endpoint(10)),
        ])),
        ..bare()
    };
    check(&spec, "/HostConfig/NetworkMode", r#""b""#);
    check(
        &spec,
        "/NetworkingConfig/EndpointsConfig",
        r#"{"b":{"Aliases":["web"],"IPAMConfig":{"IPv4Address":"10.0.0.9"}}}"#,
    );
    let all = body(&spec, &[], (1, 44));
    let endpoints = all.pointer("/NetworkingConfig/EndpointsConfig").unwrap().as_object().unwrap();
    assert_eq!(endpoints.len(), 3);
    let left = endpoints_left(&spec.network, &BTreeSet::from(["b".into()]));
    let left: Vec<&str> = left.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(left, ["c", "a"]);
}

#[test]
fn a_container_may_have_no_network_of_its_own() {
    for (network, mode) in [
        (NetworkMode::Host, r#""host""#),
        (NetworkMode::None, r#""none""#),
        (NetworkMode::Attached(BTreeMap::new()), r#""none""#),
    ] {
        let spec = ContainerSpec { network, ..bare() };
        check(&spec, "/HostConfig/NetworkMode", mode);
        check(&spec, "/NetworkingConfig", "absent");
    }
}

#[test]
fn ports_keep_address_range_and_protocol() {
    let port = |address: Option<&str>, published: Option<&str>, target, protocol: &str| {
        let (address, published) = (address.map(str::to_owned), published.map(str::to_owned));
        PublishedPort { address, published, target, protocol: protocol.to_owned() }
    };
    let check_ports = |port: PublishedPort, expected: &str| {
        let spec = ContainerSpec { ports: BTreeSet::from([port]), ..bare() };
        check(&spec, "/HostConfig/PortBindings", expected);
    };
    check_ports(
        port(None, Some("8080"), 80, "tcp"),
        r#"{"80/tcp":[{"HostIp":"","HostPort":"8080"}]}"#,
    );
    check_ports(
        port(Some("127.0.0.1"), Some("5000-5010"), 53, "udp"),
        r#"{"53/udp":[{"HostIp":"127.0.0.1","HostPort":"5000-5010"}]}"#,
    );
    check_ports(port(None, None, 80, "tcp"), r#"{"80/tcp":[{"HostIp":"","HostPort":""}]}"#);
}
