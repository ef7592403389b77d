//! Small specs for the tests of the fake world.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use hob_model::spec::{ContainerSpec, HealthCheck, Limits, NetworkMode, RestartPolicy};
use hob_plan::{Expectation, Op, ownership::Identity};

/// A container of an image, with nothing else said about it.
pub(crate) fn spec(image: &str) -> ContainerSpec {
    ContainerSpec {
        image: image.into(),
        command: None,
        entrypoint: None,
        env: BTreeMap::new(),
        labels: BTreeMap::new(),
        hostname: None,
        user: None,
        working_dir: None,
        cap_add: BTreeSet::new(),
        cap_drop: BTreeSet::new(),
        security_opt: BTreeSet::new(),
        privileged: false,
        read_only: false,
        init: None,
        tty: false,
        stdin_open: false,
        group_add: Vec::new(),
        sysctls: BTreeMap::new(),
        ulimits: BTreeMap::new(),
        shm_bytes: None,
        extra_hosts: Vec::new(),
        dns: Vec::new(),
        devices: Vec::new(),
        mounts: BTreeMap::new(),
        network: NetworkMode::None,
        ports: BTreeSet::new(),
        restart: RestartPolicy::No,
        health: None,
        limits: Limits::default(),
        logging: None,
        stop_signal: None,
        stop_grace: None,
        platform: None,
        content: BTreeMap::new(),
    }
}

/// Every five seconds, three times.
pub(crate) fn health_check() -> HealthCheck {
    HealthCheck {
        test: Some(vec!["CMD".into(), "healthcheck".into()]),
        interval: Some(Duration::from_secs(5)),
        retries: Some(3),
        ..HealthCheck::default()
    }
}

/// What an ordinary server is expected to do.
pub(crate) fn expect() -> Expectation {
    Expectation {
        may_complete: false,
        must_complete: false,
        settle: Duration::from_secs(5),
        budget: Duration::from_secs(60),
    }
}

/// Everything that it takes to have a container of this spec run under this name.
pub(crate) fn deploy(name: &str, spec: ContainerSpec) -> Vec<Op> {
    let spec = Arc::new(spec);
    let identity = Identity {
        homelab: "home".into(),
        stack: "web".into(),
        project: "web".into(),
        service: name.into(),
    };
    vec![
        Op::Pull { image: spec.image.clone(), platform: None },
        Op::CreateContainer {
            name: name.into(),
            identity,
            spec: Arc::clone(&spec),
            inherit: BTreeMap::new(),
        },
        Op::Start(name.into()),
        Op::Await { name: name.into(), expect: expect() },
        Op::Record { stack: "web".into(), name: name.into(), spec },
    ]
}
