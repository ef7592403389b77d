//! When a container counts as deployed: a pure judgement over what was seen of it.

use std::{fmt, time::Duration};

use crate::{
    change::Expectation,
    observed::{ContainerState, Health, Verdict},
};

/// One look at a container that is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// What it is doing.
    pub state: ContainerState,
    /// How often the Engine has restarted it since it was made.
    pub restarts: u32,
    /// Restarts at the first look: the ones before do not count.
    pub restarts_before: u32,
    /// Time since the wait began.
    pub waited: Duration,
    /// Time since the container last started, by the Engine's clock; at most `waited` counts.
    pub running_for: Duration,
}

/// What a look means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Not decided; look again after this time at the latest.
    Wait(Duration),
    /// In order.
    Good(Verdict),
    /// Not in order, and waiting longer would not help.
    Bad(Failure),
}

/// Why a verdict is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It ended although it should run, or ended with an error.
    Exited {
        /// Its exit code.
        code: i64,
    },
    /// The Engine restarted it while it was watched.
    CrashLoop {
        /// How often.
        restarts: u32,
    },
    /// Its health check fails.
    Unhealthy,
    /// Its health check did not pass in time.
    NotHealthyInTime {
        /// The time it had.
        budget: Duration,
    },
    /// It did not complete in time.
    NotCompletedInTime {
        /// The time it had.
        budget: Duration,
    },
    /// Somebody waits for its health check to pass, and it has none.
    NoHealthCheck,
    /// It is paused, dead or was never started.
    NotRunning,
    /// It was removed while it was watched.
    Gone,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code } => write!(f, "it exited with code {code}"),
            Self::CrashLoop { restarts: 1 } => {
                write!(f, "it crashed and was restarted while it was watched")
            }
            Self::CrashLoop { restarts } => {
                write!(f, "it keeps crashing: {restarts} restarts while it was watched")
            }
            Self::Unhealthy => write!(f, "its health check fails"),
            Self::NotHealthyInTime { budget } => {
                write!(f, "its health check did not pass within {} s", budget.as_secs())
            }
            Self::NotCompletedInTime { budget } => {
                write!(f, "it did not complete within {} s", budget.as_secs())
            }
            Self::NoHealthCheck => write!(
                f,
                "it has no health check, neither of its own nor of its image, and a service waits \
                 for it to be healthy"
            ),
            Self::NotRunning => write!(f, "it is not running"),
            Self::Gone => write!(f, "it was removed by somebody else while it was watched"),
        }
    }
}

/// How long to wait at most before looking again when nothing was heard of the container.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Judges one look at a container.
///
/// *Healthy* if it has a health check and passes it within the budget; *completed* if it exits 0 by
/// itself and may; *running* if it has no health check, nobody waits for it to be healthy, and it
/// runs, not restarted, through the settling window; anything else is a failure.
pub fn judge(expect: &Expectation, seen: &Sighting) -> Judgement {
    let restarts = seen.restarts.saturating_sub(seen.restarts_before);
    match seen.state {
        ContainerState::Exited { code: 0 } if expect.may_complete || expect.must_complete => {
            Judgement::Good(Verdict::Completed)
        }
        ContainerState::Exited { code } => Judgement::Bad(Failure::Exited { code }),
        ContainerState::Restarting => {
            Judgement::Bad(Failure::CrashLoop { restarts: restarts.max(1) })
        }
        ContainerState::Running { .. } if restarts > 0 => {
            Judgement::Bad(Failure::CrashLoop { restarts })
        }
        ContainerState::Running { health } => judge_running(expect, seen, health),
        ContainerState::Created | ContainerState::Paused | ContainerState::Dead => {
            Judgement::Bad(Failure::NotRunning)
        }
    }
}

fn judge_running(expect: &Expectation, seen: &Sighting, health: Health) -> Judgement {
    let left = expect.budget.saturating_sub(seen.waited);
    let late = left.is_zero();
    if expect.must_complete {
        let failure = Failure::NotCompletedInTime { budget: expect.budget };
        return if late { Judgement::Bad(failure) } else { Judgement::Wait(left.min(LOOK_AGAIN)) };
    }
    match health {
        Health::Healthy => Judgement::Good(Verdict::Healthy),
        Health::Unhealthy => Judgement::Bad(Failure::Unhealthy),
        Health::Starting if late => {
            Judgement::Bad(Failure::NotHealthyInTime { budget: expect.budget })
        }
        Health::Starting => Judgement::Wait(left.min(LOOK_AGAIN)),
        Health::Unchecked if expect.must_be_healthy => Judgement::Bad(Failure::NoHealthCheck),
        Health::Unchecked => {
            let settling = expect.settle.saturating_sub(seen.running_for);
            if settling.is_zero() {
                Judgement::Good(Verdict::Running)
            } else {
                Judgement::Wait(settling)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPECT: Expectation = Expectation {
        may_complete: false,
        must_complete: false,
        must_be_healthy: false,
        settle: Duration::from_secs(5),
        budget: Duration::from_secs(60),
    };

    fn check(expect: Expectation, state: ContainerState, restarts: u32, secs: u64) -> String {
        let waited = Duration::from_secs(secs);
        let seen = Sighting { state, restarts, restarts_before: 1, waited, running_for: waited };
        match judge(&expect, &seen) {
            Judgement::Wait(_) => "wait".into(),
            Judgement::Good(verdict) => format!("{verdict:?}"),
            Judgement::Bad(failure) => failure.to_string(),
        }
    }

    fn running(health: Health) -> ContainerState {
        ContainerState::Running { health }
    }

    #[test]
    fn without_a_health_check_it_must_run_through_the_settling_window() {
        assert_eq!(check(EXPECT, running(Health::Unchecked), 1, 4), "wait");
        assert_eq!(check(EXPECT, running(Health::Unchecked), 1, 5), "Running");
        assert_eq!(
            check(EXPECT, running(Health::Unchecked), 2, 5),
            "it crashed and was restarted while it was watched"
        );
    }

    #[test]
    fn a_health_check_decides_within_its_budget() {
        assert_eq!(check(EXPECT, running(Health::Starting), 1, 59), "wait");
        assert_eq!(check(EXPECT, running(Health::Healthy), 1, 59), "Healthy");
        assert_eq!(check(EXPECT, running(Health::Unhealthy), 1, 1), "its health check fails");
        assert_eq!(
            check(EXPECT, running(Health::Starting), 1, 60),
            "its health check did not pass within 60 s"
        );
    }

    #[test]
    fn who_is_waited_for_to_be_healthy_needs_a_health_check() {
        let awaited = Expectation { must_be_healthy: true, ..EXPECT };
        let why = "it has no health check, neither of its own nor of its image, and a service \
                   waits for it to be healthy";
        assert_eq!(check(awaited, running(Health::Unchecked), 1, 1), why);
        assert_eq!(check(awaited, running(Health::Starting), 1, 1), "wait");
        assert_eq!(check(awaited, running(Health::Healthy), 1, 1), "Healthy");
    }

    #[test]
    fn an_exit_is_success_only_for_what_may_complete() {
        let exited = |code| ContainerState::Exited { code };
        let one_shot = Expectation { may_complete: true, ..EXPECT };
        let awaited = Expectation { must_complete: true, ..EXPECT };
        assert_eq!(check(EXPECT, exited(0), 1, 1), "it exited with code 0");
        assert_eq!(check(one_shot, exited(0), 1, 1), "Completed");
        assert_eq!(check(awaited, exited(0), 1, 1), "Completed");
        assert_eq!(check(awaited, exited(3), 1, 1), "it exited with code 3");
        assert_eq!(check(awaited, running(Health::Healthy), 1, 30), "wait");
        assert_eq!(
            check(awaited, running(Health::Healthy), 1, 60),
            "it did not complete within 60 s"
        );
    }
}
