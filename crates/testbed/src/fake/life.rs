//! What a container does as its time goes by: a pure function of how its program behaves.
//!
//! Nobody sleeps in the fake world. Each container has an age, and waiting for it adds to the age.

use std::time::Duration;

use hob_model::{
    Secret,
    spec::{ContainerSpec, HealthCheck, RestartPolicy},
};
use hob_plan::observed::{ContainerState, Health};

use super::behaviour::Behaviour;

/// Health checks looked at in one life: enough for a day at the Engine's default interval.
const PROBES_MAX: u32 = 3_000;
/// Ends of a crash loop looked at in one life.
const CRASHES_MAX: u32 = 1_000;
/// How long an Engine rests before the first restart; each one after rests twice as long.
const FIRST_REST: Duration = Duration::from_millis(100);
/// The longest rest between two restarts.
const LONGEST_REST: Duration = Duration::from_secs(60);

/// How a container goes on from its start when nobody interferes.
#[derive(Clone, Debug)]
pub(super) struct Life {
    end: Option<End>,
    restart: RestartPolicy,
    check: Option<Check>,
    behaviour: Behaviour,
    /// Whether the stand-in program runs, and not what a shell was told.
    speaks: bool,
}

/// What a container is doing at some age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) state: ContainerState,
    pub(super) restarts: u32,
    /// Time since the last start.
    pub(super) running_for: Duration,
}

#[derive(Clone, Copy, Debug)]
struct End {
    code: i64,
    after: Duration,
}

/// A health check with the Engine's defaults filled in.
#[derive(Clone, Copy, Debug)]
struct Check {
    interval: Duration,
    start_interval: Duration,
    start_period: Duration,
    retries: u32,
}

impl Life {
    /// The life of a container made from `spec` whose program behaves so.
    pub(super) fn of(spec: &ContainerSpec, behaviour: Behaviour) -> Self {
        let told = told(spec);
        Self {
            end: end(&told, &behaviour),
            speaks: end_of_script(&told).is_none(),
            restart: spec.restart,
            check: spec.health.as_ref().and_then(Check::of),
            behaviour,
        }
    }

    /// What it prints at each start.
    pub(super) fn greeting(&self) -> Vec<String> {
        if !self.speaks {
            return Vec::new();
        }
        let mut lines = self.behaviour.print.clone();
        let name = &self.behaviour.name;
        match self.end {
            Some(End { code, after: Duration::ZERO }) => {
                lines.push(format!("{name}: ends with {code}"));
            }
            _ => lines.push(format!("{name}: ready")),
        }
        lines
    }

    /// Whether its ports answer at this age.
    pub(super) fn answers_at(&self, age: Duration) -> bool {
        let now = self.at(age);
        matches!(now.state, ContainerState::Running { .. })
            && now.running_for >= self.behaviour.start
    }

    /// What it does at this age, counted from its start by a person or by Hob.
    pub(super) fn at(&self, age: Duration) -> Moment {
        let Some(end) = self.end else { return self.running(age, 0) };
        let mut restarts = 0;
        let mut began = Duration::ZERO;
        let mut rest = FIRST_REST;
        loop {
            let ended = began + end.after;
            if age < ended {
                return self.running(age - began, restarts);
            }
            let again = match self.restart {
                RestartPolicy::No => false,
                RestartPolicy::Always | RestartPolicy::UnlessStopped => true,
                RestartPolicy::OnFailure { retries } => {
                    end.code != 0 && retries.is_none_or(|most| restarts < most)
                }
            };
            let running_for = Duration::ZERO;
            if !again {
                let state = ContainerState::Exited { code: end.code };
                return Moment { state, restarts, running_for };
            }
            if age < ended + rest || restarts >= CRASHES_MAX {
                return Moment { state: ContainerState::Restarting, restarts, running_for };
            }
            began = ended + rest;
            restarts += 1;
            // A run of ten seconds makes the Engine forgive the ends before.
            let forgiven = end.after >= Duration::from_secs(10);
            rest = if forgiven { FIRST_REST } else { (rest * 2).min(LONGEST_REST) };
        }
    }

    fn running(&self, running_for: Duration, restarts: u32) -> Moment {
        let health = match self.check {
            None => Health::Unchecked,
            Some(check) => check.says(&self.behaviour, running_for),
        };
        Moment { state: ContainerState::Running { health }, restarts, running_for }
    }
}

impl Check {
    fn of(check: &HealthCheck) -> Option<Self> {
        let HealthCheck { test, interval, timeout: _, retries, start_period, start_interval } =
            check;
        if test.is_none() || check.is_disabled() {
            return None;
        }
        Some(Self {
            interval: interval.unwrap_or(Duration::from_secs(30)),
            start_interval: start_interval.unwrap_or(Duration::from_secs(5)),
            start_period: start_period.unwrap_or_default(),
            retries: retries.unwrap_or(3),
        })
    }

    fn says(self, behaviour: &Behaviour, running_for: Duration) -> Health {
        let mut seen = Health::Starting;
        let mut failures = 0;
        let mut at = Duration::ZERO;
        for _ in 0..PROBES_MAX {
            let starting = seen == Health::Starting && at < self.start_period;
            let step =
                if starting { self.start_interval.min(self.interval) } else { self.interval };
            at += step.max(Duration::from_millis(1));
            if at > running_for {
                break;
            }
            if at >= behaviour.start && behaviour.health.at(at) {
                seen = Health::Healthy;
                failures = 0;
            } else if at >= self.start_period || seen != Health::Starting {
                failures += 1;
                if failures >= self.retries {
                    seen = Health::Unhealthy;
                }
            }
        }
        seen
    }
}

/// What a container is told to run, as words.
fn told(spec: &ContainerSpec) -> Vec<&str> {
    let words = [&spec.entrypoint, &spec.command].into_iter().flatten().flatten();
    words.flat_map(|word: &Secret<String>| word.expose().split_whitespace()).collect()
}

/// When and how the program ends by itself: as its behaviour says, or because of what it is told.
fn end(told: &[&str], behaviour: &Behaviour) -> Option<End> {
    if told.iter().any(|word| behaviour.oneshot.iter().any(|done| done == word)) {
        return Some(End { code: 0, after: Duration::ZERO });
    }
    let by_itself = behaviour.exit.map(|code| (code.into(), behaviour.exit_after));
    by_itself.map(|(code, after)| End { code, after }).or_else(|| end_of_script(told))
}

/// A shell is understood as far as stories need it: `exit N`, `true`, `false`, `sleep N`.
fn end_of_script(told: &[&str]) -> Option<End> {
    let is_shell = |word: &&&str| matches!(**word, "sh" | "/bin/sh" | "-c");
    let script: Vec<&str> = told.iter().filter(|word| !is_shell(word)).copied().collect();
    match script.as_slice() {
        ["true", ..] => Some(End { code: 0, after: Duration::ZERO }),
        ["false", ..] => Some(End { code: 1, after: Duration::ZERO }),
        ["exit", code] => Some(End { code: code.parse().ok()?, after: Duration::ZERO }),
        ["sleep", seconds] => {
            let after = Duration::from_secs(seconds.parse().ok()?);
            Some(End { code: 0, after })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fake::sample;

    /// States of a container at ages in seconds, with the number of restarts.
    fn check(spec: ContainerSpec, variables: &[(&str, &str)], ages: &[u64]) -> String {
        let find = |name: &str| variables.iter().find(|(key, _)| *key == name);
        let behaviour = Behaviour::read(|name| find(name).map(|(_, value)| (*value).to_owned()));
        let life = Life::of(&spec, behaviour.unwrap());
        let at = |age: &u64| {
            let now = life.at(Duration::from_secs(*age));
            format!("{age}: {:?} {}", now.state, now.restarts)
        };
        ages.iter().map(at).collect::<Vec<_>>().join(", ")
    }

    fn with_restart(restart: RestartPolicy) -> ContainerSpec {
        ContainerSpec { restart, ..sample::spec("web") }
    }

    #[test]
    fn a_server_runs() {
        let running = "0: Running { health: Unchecked } 0, 900: Running { health: Unchecked } 0";
        assert_eq!(check(sample::spec("web"), &[], &[0, 900]), running);
    }

    #[test]
    fn an_end_is_an_exit_or_a_crash_loop() {
        let variables = [("STANDIN_EXIT", "3"), ("STANDIN_EXIT_MS", "2000")];
        assert_eq!(
            check(with_restart(RestartPolicy::No), &variables, &[1, 2]),
            "1: Running { health: Unchecked } 0, 2: Exited { code: 3 } 0"
        );
        assert_eq!(
            check(with_restart(RestartPolicy::Always), &variables, &[2, 3]),
            "2: Restarting 0, 3: Running { health: Unchecked } 1"
        );
        assert_eq!(
            check(with_restart(RestartPolicy::OnFailure { retries: Some(1) }), &variables, &[9]),
            "9: Exited { code: 3 } 1"
        );
    }

    #[test]
    fn a_health_check_takes_its_time() {
        let spec = || ContainerSpec { health: Some(sample::health_check()), ..sample::spec("web") };
        assert_eq!(
            check(spec(), &[("STANDIN_HEALTH", "after:11000")], &[0, 9, 15]),
            "0: Running { health: Starting } 0, 9: Running { health: Starting } 0, \
             15: Running { health: Healthy } 0"
        );
        assert_eq!(
            check(spec(), &[("STANDIN_HEALTH", "never")], &[14, 15]),
            "14: Running { health: Starting } 0, 15: Running { health: Unhealthy } 0"
        );
        assert_eq!(
            check(spec(), &[("STANDIN_HEALTH", "until:6000")], &[5, 20]),
            "5: Running { health: Healthy } 0, 20: Running { health: Unhealthy } 0"
        );
    }

    #[test]
    fn what_it_is_told_to_run_may_end_it() {
        let told = |words: &[&str]| ContainerSpec {
            command: Some(words.iter().map(|word| Secret::from(*word)).collect()),
            ..sample::spec("job")
        };
        let exited = |code: i64| format!("0: Exited {{ code: {code} }} 0");
        assert_eq!(check(told(&["sh", "-c", "exit 4"]), &[], &[0]), exited(4));
        assert_eq!(check(told(&["true"]), &[], &[0]), exited(0));
        assert_eq!(check(told(&["migrate"]), &[("STANDIN_ONESHOT", "migrate")], &[0]), exited(0));
        assert_eq!(check(told(&["migrate"]), &[], &[0]), "0: Running { health: Unchecked } 0");
    }
}
