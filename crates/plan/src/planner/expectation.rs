//! What counts as a good verdict of a service, and how long that may take.

use std::time::Duration;

use hob_model::{
    ServiceName,
    desired::DesiredService,
    spec::{HealthCheck, RestartPolicy},
};

use super::dependents::Dependents;
use crate::{change::Expectation, policy::Policy};

/// Docker's own schedule for a health check that does not say.
const HEALTH_INTERVAL_DEFAULT: Duration = Duration::from_secs(30);
const HEALTH_RETRIES_DEFAULT: u32 = 3;

/// What counts as a good verdict of a service. A health check gets at least the time that its own
/// schedule needs to fail for good.
pub(super) fn expectation(
    policy: &Policy,
    dependents: &Dependents<'_>,
    name: &ServiceName,
    service: &DesiredService,
) -> Expectation {
    let must_complete = dependents.want_completed(name);
    let may_complete = service.spec.restart == RestartPolicy::No;
    let scheduled = service.spec.health.as_ref().map_or(Duration::ZERO, |check| {
        let HealthCheck { test: _, interval, timeout, retries, start_period, start_interval: _ } =
            check;
        let round = interval.unwrap_or(HEALTH_INTERVAL_DEFAULT)
            + timeout.unwrap_or(HEALTH_INTERVAL_DEFAULT);
        let rounds = retries.unwrap_or(HEALTH_RETRIES_DEFAULT).saturating_add(1).min(1000);
        start_period.unwrap_or_default() + round * rounds
    });
    let budget =
        if must_complete { policy.complete_within } else { policy.healthy_within.max(scheduled) };
    Expectation {
        may_complete,
        must_complete,
        must_be_healthy: false,
        settle: policy.settle,
        budget,
    }
}
