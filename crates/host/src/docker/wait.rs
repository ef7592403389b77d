//! Waiting for a container's verdict.

use std::time::Duration;

use bollard::models::ContainerInspectResponse;
use hob_model::ContainerName;
use hob_plan::{
    Expectation, Failure, Judgement, Sighting, judge,
    observed::{ContainerState, Health, Verdict},
};
use tokio::time::{Instant, timeout};

use super::{DockerHost, events::heard_of, listed};
use crate::{HostErrorKind, OpProgress, StepRun};

/// What a wait may take beyond its budget: for the looks themselves.
const SLACK: Duration = Duration::from_secs(30);
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
        let is_ours_since_start = self.forget_start(name);
        let limit = expect.budget + expect.settle + SLACK;
        let mut watch: Option<Watch> = None;
        let mut said = String::new();
        loop {
            let Some(found) = self.inspect(name).await? else {
                return Err(self.bad(name, Failure::Gone).await);
            };
            let watch = watch.get_or_insert_with(|| Watch::new(&found, is_ours_since_start));
            if found.id.as_deref() != Some(&watch.id) {
                return Err(self.bad(name, Failure::Gone).await);
            }
            let sighting = watch.sight(&found);
            let time = match judge(expect, &sighting) {
                Judgement::Good(verdict) => {
                    run.verdict = Some(verdict);
                    return Ok(());
                }
                // Somebody is removing it at this moment.
                Judgement::Bad(_) if sighting.state == ContainerState::Dead => {
                    return Err(self.bad(name, Failure::Gone).await);
                }
                Judgement::Bad(failure) => return Err(self.bad(name, failure).await),
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

    async fn bad(&self, name: &ContainerName, failure: Failure) -> HostErrorKind {
        let last_lines = match failure {
            Failure::Gone => Vec::new(),
            _ => self.last_lines(name, LAST_LINES).await,
        };
        HostErrorKind::BadVerdict { container: name.to_string(), failure, last_lines }
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
            started_at: started_at(found),
            running_since: Instant::now(),
        }
    }

    /// The Engine's clock says *that* the container was started anew; how long it has been running
    /// since is measured here, so that the two clocks need not agree.
    fn sight(&mut self, found: &ContainerInspectResponse) -> Sighting {
        let started_at = started_at(found);
        if started_at != self.started_at {
            self.started_at = started_at;
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

fn started_at(found: &ContainerInspectResponse) -> Option<String> {
    found.state.as_ref().and_then(|state| state.started_at.clone())
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
pub(super) fn reached(run: &StepRun<'_>) -> Result<Verdict, HostErrorKind> {
    run.verdict.ok_or_else(|| {
        HostErrorKind::Other("there is no verdict to record: nobody waited for it".to_owned())
    })
}
