//! Small specs for the tests of the fake world.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use hob_model::spec::{ContainerSpec, HealthCheck};
use hob_plan::{Expectation, Op, ownership::Identity};

pub(super) use super::by_hand::plain_spec as spec;

/// Every five seconds, three times.
pub(super) fn health_check() -> HealthCheck {
    HealthCheck {
        test: Some(vec!["CMD".into(), "healthcheck".into()]),
        interval: Some(Duration::from_secs(5)),
        retries: Some(3),
        ..HealthCheck::default()
    }
}

/// What an ordinary server is expected to do.
pub(super) fn expect() -> Expectation {
    Expectation {
        may_complete: false,
        must_complete: false,
        must_be_healthy: false,
        settle: Duration::from_secs(5),
        budget: Duration::from_secs(60),
    }
}

/// Everything that it takes to have a container of this spec run under this name.
pub(super) fn deploy(name: &str, spec: ContainerSpec) -> Vec<Op> {
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
        Op::Record { homelab: "home".into(), stack: "web".into(), name: name.into(), spec },
    ]
}
