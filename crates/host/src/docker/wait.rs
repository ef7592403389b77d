//! Waiting for a container's verdict.

use std::time::Duration;

use bollard::models::{ContainerInspectResponse, HealthConfig};
use hob_model::ContainerName;
use hob_plan::{
    Expectation, Failure, Judgement, Sighting, judge,
    observed::{ContainerState, Health, Verdict},
};
use tokio::time::{Instant, timeout};

use super::{DockerHost, containers::started_at, events::heard_of, listed, redact::Hidden};
use crate::{HostErrorKind, OpProgress, StepRun};

/// What a wait may take beyond its budget: for the looks themselves.
const SLACK: Duration = Duration::from_secs(30);
/// Docker's own schedule for a health check that does not say.
const HEALTH_INTERVAL_DEFAULT: Duration = Duration::from_secs(30);
const HEALTH_RETRIES_DEFAULT: u32 = 3;
/// No schedule of an image makes a wait longer than this.
const HEALTH_SCHEDULE_MAX: Duration = Duration::from_secs(3600);
/// Lines of a container's log that go with a bad verdict.
const LAST_LINES: u32 = 20;

/// What is remembered between two looks.
struct Watch {
    begun: Instant,
    id: String,
    restarts_before: u32,
    started_at: Option<String>,
    running_since: Instant,
}

impl DockerHost {
    /// Looks at the container when something happens to it, and when it is time, until the
    /// judgement is final.
    pub(super) async fn wait_for(
        &self,
        name: &ContainerName,
        expect: &Expectation,
        run: &mut StepRun<'_>,
    ) -> Result<(), HostErrorKind> {
        let mut events = self.events.subscribe(self.engine.docker());
        let begun = Instant::now();
        let mut expect = *expect;
        let mut watch: Option<Watch> = None;
        let mut said = String::new();
        loop {
            let limit = expect.budget + expect.settle + SLACK;
            let found = match self.inspect(name).await {
                // An Engine with a lot to do says nothing about the container by being late.
                Err(HostErrorKind::TimedOut(_)) if begun.elapsed() < limit => continue,
                found => found?,
            };
            let Some(found) = found else {
                return Err(self.bad(name, None, Failure::Gone).await);
            };
            let watch = watch.get_or_insert_with(|| {
                expect.budget = budget(&expect, &found);
                Watch::new(&found, found.id.as_deref().is_some_and(|id| self.was_started(id)))
            });
            if found.id.as_deref() != Some(&watch.id) {
                return Err(self.bad(name, None, Failure::Gone).await);
            }
            let sighting = watch.sight(&found);
            let time = match judge(&expect, &sighting) {
                Judgement::Good(verdict) => {
                    run.reached(name, verdict);
                    return Ok(());
                }
                // Somebody is removing it at this moment.
                Judgement::Bad(_) if sighting.state == ContainerState::Dead => {
                    return Err(self.bad(name, None, Failure::Gone).await);
                }
                Judgement::Bad(failure) => return Err(self.bad(name, Some(&found), failure).await),
                Judgement::Wait(time) => time,
            };
            if watch.begun.elapsed() > limit {
                return Err(HostErrorKind::TimedOut(limit.as_secs()));
            }
            let state = doing(sighting.state);
            if state != said {
                (run.progress)(OpProgress::Waiting { state: state.to_owned() });
                said = state.to_owned();
            }
            // why: whichever comes first, the container is looked at again.
            let _ = timeout(time, heard_of(&mut events, &watch.id)).await;
        }
    }

    /// A bad verdict, with the last words of a container that is still there.
    async fn bad(
        &self,
        name: &ContainerName,
        found: Option<&ContainerInspectResponse>,
        failure: Failure,
    ) -> HostErrorKind {
        let last_lines = match found {
            Some(found) => {
                let hidden = Hidden::of_named_secrets(found);
                let lines = self.last_lines(name, LAST_LINES).await;
                lines.iter().map(|line| hidden.clean(line)).collect()
            }
            None => Vec::new(),
        };
        HostErrorKind::BadVerdict {
            container: name.to_string(),
            failure,
            last_lines: last_lines.into(),
        }
    }
}

impl Watch {
    /// A container that this run started counts every restart, also those before the first look.
    fn new(found: &ContainerInspectResponse, counts_from_start: bool) -> Self {
        let restarts_before = if counts_from_start { 0 } else { restarts(found) };
        Self {
            begun: Instant::now(),
            id: found.id.clone().unwrap_or_default(),
            restarts_before,
            started_at: started_at(found).map(str::to_owned),
            running_since: Instant::now(),
        }
    }

    /// The Engine's clock says *that* the container was started anew; how long it has been running
    /// since is measured here, so that the two clocks need not agree.
    fn sight(&mut self, found: &ContainerInspectResponse) -> Sighting {
        let started_at = started_at(found);
        if started_at != self.started_at.as_deref() {
            self.started_at = started_at.map(str::to_owned);
            self.running_since = Instant::now();
        }
        let state = found.state.as_ref().map_or(ContainerState::Dead, listed::inspected);
        Sighting {
            state,
            restarts: restarts(found),
            restarts_before: self.restarts_before,
            waited: self.begun.elapsed(),
            running_for: self.running_since.elapsed(),
        }
    }
}

fn restarts(found: &ContainerInspectResponse) -> u32 {
    found.restart_count.and_then(|count| u32::try_from(count).ok()).unwrap_or(0)
}

/// The longest that [`hob_plan::Op::Await`] takes by itself: whoever sets a limit around it sets a
/// longer one.
pub fn await_within(expect: &Expectation) -> Duration {
    let budget = match expect.must_complete {
        true => expect.budget,
        false => expect.budget.max(HEALTH_SCHEDULE_MAX),
    };
    // Looks that come late, before the first and after the last.
    budget + expect.settle + SLACK * 3
}

/// The time that a container has. The plan knows the schedule of a health check that is declared;
/// that of one which the image brings along is known here only, and counts as well.
fn budget(expect: &Expectation, found: &ContainerInspectResponse) -> Duration {
    let check = found.config.as_ref().and_then(|config| config.healthcheck.as_ref());
    match check {
        Some(check) if !expect.must_complete => expect.budget.max(scheduled(check)),
        _ => expect.budget,
    }
}

/// What a health check's own schedule needs to fail for good.
fn scheduled(check: &HealthConfig) -> Duration {
    let test = check.test.as_deref().unwrap_or_default();
    if test.first().is_none_or(|word| word == "NONE") {
        return Duration::ZERO;
    }
    // Zero means Docker's default.
    let time = |nanos: Option<i64>| {
        nanos.and_then(|nanos| u64::try_from(nanos).ok()).filter(|nanos| *nanos > 0)
    };
    let every = |nanos| time(nanos).map_or(HEALTH_INTERVAL_DEFAULT, Duration::from_nanos);
    let retries = check.retries.and_then(|retries| u32::try_from(retries).ok());
    let retries = retries.filter(|retries| *retries > 0).unwrap_or(HEALTH_RETRIES_DEFAULT);
    let round = every(check.interval).saturating_add(every(check.timeout));
    let rounds = round.saturating_mul(retries.saturating_add(1));
    let start = time(check.start_period).map_or(Duration::ZERO, Duration::from_nanos);
    start.saturating_add(rounds).min(HEALTH_SCHEDULE_MAX)
}

fn doing(state: ContainerState) -> &'static str {
    match state {
        ContainerState::Running { health: Health::Starting } => "health: starting",
        ContainerState::Running { .. } => "running",
        ContainerState::Created => "created",
        ContainerState::Restarting => "restarting",
        ContainerState::Paused => "paused",
        ContainerState::Exited { .. } => "exited",
        ContainerState::Dead => "dead",
    }
}

/// The verdict that a record is about.
pub(super) fn reached(run: &StepRun<'_>, name: &ContainerName) -> Result<Verdict, HostErrorKind> {
    run.verdict(name).ok_or_else(|| {
        HostErrorKind::Other(format!("{name} has no verdict to record: nobody waited for it"))
    })
}
