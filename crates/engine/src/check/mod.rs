//! The first tier: is a host fit for what is to be deployed on it? Facts are gathered from all
//! hosts at once; the judgement is a pure function over them.

mod host;
mod ports;
mod surroundings;
#[cfg(test)]
mod tests;
mod things;

use std::time::Duration;

use futures_util::{StreamExt, stream};
use hob_host::{Facts, FactsAsk, Host, HostError, HostErrorKind};
use hob_model::{
    HostName, Selection, StackName,
    desired::{Desired, DesiredHost, DesiredStack},
};
use hob_plan::observed::{HostState, HostView};
use serde::Serialize;
use tokio::time::timeout;

use crate::{hint::hint, observe::Sight};

pub(crate) use ports::numbers;

/// The answer to a question about a host or a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// In order.
    Pass,
    /// Nothing was asked, because something else is not in order or the host does not tell.
    Skipped,
    /// Works, but probably not for long or not as meant.
    Warn,
    /// Not in order.
    Fail,
}

/// One question and its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// About which host.
    pub host: HostName,
    /// About which stack, if about one.
    pub stack: Option<StackName>,
    /// What was asked, in a word or two: `clock`, `port 443/tcp`, `container web`.
    pub what: String,
    /// The answer.
    pub answer: Answer,
    /// What was found.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl Check {
    pub(crate) fn new(
        host: &HostName,
        what: impl Into<String>,
        answer: Answer,
        message: impl Into<String>,
    ) -> Self {
        Self {
            host: host.clone(),
            stack: None,
            what: what.into(),
            answer,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn of(mut self, stack: &StackName) -> Self {
        self.stack = Some(stack.clone());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Hosts asked at the same time.
const HOSTS_AT_ONCE: usize = 16;

/// Time for gathering the facts of one host.
const FACTS_WITHIN: Duration = Duration::from_secs(30);

/// Asks every selected host whether it is fit, in the order of their names.
pub async fn check(desired: &Desired, selection: &Selection, sight: &Sight) -> Vec<Check> {
    let selected = desired.hosts.iter().filter(|(name, _)| selection.has_host(name));
    let answers = stream::iter(selected)
        .map(|(name, host)| async move {
            let (Some(open), Some(HostView::Seen(state))) =
                (sight.open.get(name), sight.observed.hosts.get(name))
            else {
                return vec![unreachable(name, host, sight.errors.get(name))];
            };
            match facts(name, host, selection, open.as_ref()).await {
                Ok(facts) => judge_host(&desired.homelab, name, host, selection, &facts, state),
                Err(error) => vec![
                    Check::new(name, "reachable", Answer::Pass, "it answers"),
                    failed(name, host, "facts", &error),
                ],
            }
        })
        .buffered(HOSTS_AT_ONCE);
    answers.concat().await
}

async fn facts(
    name: &HostName,
    host: &DesiredHost,
    selection: &Selection,
    open: &dyn Host,
) -> Result<Facts, HostError> {
    let mut storage: Vec<String> = host.storage.iter().map(|kept| kept.path.clone()).collect();
    if !storage.contains(&host.root) {
        storage.push(host.root.clone());
    }
    let paths = things::paths(selected_stacks(host, selection)).into_iter().collect();
    let ask = FactsAsk { storage, paths };
    timeout(FACTS_WITHIN, open.facts(&ask)).await.unwrap_or_else(|_| {
        Err(HostError {
            host: name.clone(),
            doing: "asking for facts".to_owned(),
            kind: HostErrorKind::TimedOut(FACTS_WITHIN.as_secs()),
        })
    })
}

fn unreachable(name: &HostName, host: &DesiredHost, error: Option<&HostError>) -> Check {
    match error {
        Some(error) => failed(name, host, "reachable", error),
        None => Check::new(name, "reachable", Answer::Fail, "it was not asked"),
    }
}

fn failed(name: &HostName, host: &DesiredHost, what: &str, error: &HostError) -> Check {
    let check = Check::new(name, what, Answer::Fail, error.kind.to_string());
    match hint(&error.kind, host) {
        Some(hint) => check.hint(hint),
        None => check,
    }
}

/// Judges one host of a homelab by what is known of it.
pub fn judge_host(
    homelab: &str,
    name: &HostName,
    host: &DesiredHost,
    selection: &Selection,
    facts: &Facts,
    state: &HostState,
) -> Vec<Check> {
    let fit = Fitness { homelab, name, host, selection, facts, state };
    let mut checks = fit.host();
    checks.extend(fit.ports());
    checks.extend(fit.things());
    checks.extend(fit.networks());
    checks.extend(fit.volumes());
    checks
}

/// What a judgement is made from.
struct Fitness<'a> {
    homelab: &'a str,
    name: &'a HostName,
    host: &'a DesiredHost,
    selection: &'a Selection,
    facts: &'a Facts,
    state: &'a HostState,
}

impl<'a> Fitness<'a> {
    fn check(&self, what: impl Into<String>, answer: Answer, message: impl Into<String>) -> Check {
        Check::new(self.name, what, answer, message)
    }

    /// The selected stacks of the host.
    fn stacks(&self) -> impl Iterator<Item = (&'a StackName, &'a DesiredStack)> + use<'a> {
        selected_stacks(self.host, self.selection)
    }
}

fn selected_stacks<'a>(
    host: &'a DesiredHost,
    selection: &'a Selection,
) -> impl Iterator<Item = (&'a StackName, &'a DesiredStack)> + use<'a> {
    host.stacks.iter().filter(move |(name, stack)| selection.has_stack(name, &stack.tags))
}
