//! The first tier: is a host fit for what is to be deployed on it? Facts are gathered from all
//! hosts at once; the judgement is a pure function over them.

mod address;
mod engine;
mod firewall;
mod gpu;
mod host;
mod images;
mod kind;
mod manual;
mod mounts;
mod policy;
mod ports;
mod space;
mod surroundings;
#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, time::Duration};

use futures_util::{StreamExt, stream};
use hob_host::{Facts, FactsAsk, Host, HostError, HostErrorKind};
use hob_model::{
    Homelab, HostName, Selection, StackName,
    desired::{Desired, DesiredHost, DesiredStack},
};
use hob_plan::observed::{HostState, HostView};
use serde::Serialize;
use tokio::time::timeout;

pub(crate) use self::{
    gpu::Wants,
    policy::Publish,
    ports::numbers,
    space::{mount_hint, unmounted},
};
pub use self::{kind::Kind, manual::Manual};
use crate::{hint::hint, observe::Sight};

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
    /// What kind of question it is.
    pub kind: Kind,
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
        kind: Kind,
        what: impl Into<String>,
        answer: Answer,
        message: impl Into<String>,
    ) -> Self {
        Self {
            host: host.clone(),
            stack: None,
            kind,
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
/// The same where registries are asked too.
const FACTS_ONLINE_WITHIN: Duration = Duration::from_secs(120);

/// What hosts are checked for.
#[derive(Clone, Copy)]
pub struct Wanted<'a> {
    /// What `hob.yaml` says about hosts, and what it allows.
    pub homelab: &'a Homelab,
    /// What is to run on them.
    pub desired: &'a Desired,
    /// Which of them.
    pub selection: &'a Selection,
    /// Whether registries are asked for images.
    pub is_online: bool,
}

/// Asks every selected host whether it is fit, in the order of their names.
pub async fn check(wanted: Wanted<'_>, sight: &Sight) -> Vec<Check> {
    let Wanted { desired, selection, .. } = wanted;
    let selected = desired.hosts.iter().filter(|(name, _)| selection.has_host(name));
    let answers = stream::iter(selected)
        .map(|(name, host)| async move {
            let (Some(open), Some(HostView::Seen(state))) =
                (sight.open.get(name), sight.observed.hosts.get(name))
            else {
                return unreachable(name, host, sight.errors.get(name));
            };
            match facts(name, host, wanted, state, open.as_ref()).await {
                Ok(facts) => judge_host(wanted, name, host, &facts, state),
                Err(error) => vec![
                    Check::new(name, Kind::Reachable, "reachable", Answer::Pass, "it answers"),
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
    wanted: Wanted<'_>,
    state: &HostState,
    open: &dyn Host,
) -> Result<Facts, HostError> {
    let mut storage: Vec<String> = host.storage.iter().map(|kept| kept.path.clone()).collect();
    if !storage.contains(&host.root) {
        storage.push(host.root.clone());
    }
    let stacks = || selected_stacks(host, wanted.selection);
    let mut paths = mounts::paths(stacks());
    paths.extend(host.storage.iter().map(|kept| kept.path.clone()));
    let (images, within) = match wanted.is_online {
        true => (images::to_ask(stacks(), state), FACTS_ONLINE_WITHIN),
        false => (BTreeSet::new(), FACTS_WITHIN),
    };
    let ask = FactsAsk { storage, paths: paths.into_iter().collect(), images };
    timeout(within, open.facts(&ask)).await.unwrap_or_else(|_| {
        Err(HostError {
            host: name.clone(),
            doing: "asking for facts".to_owned(),
            kind: HostErrorKind::TimedOut(within.as_secs()),
        })
    })
}

/// A host that could not be seen: up to where it was in order, and what stood in the way.
fn unreachable(name: &HostName, host: &DesiredHost, error: Option<&HostError>) -> Vec<Check> {
    let Some(error) = error else {
        let says = "it was not asked";
        return vec![Check::new(name, Kind::Reachable, "reachable", Answer::Fail, says)];
    };
    let answers =
        || Check::new(name, Kind::Reachable, "reachable", Answer::Pass, "it lets the user in");
    match &error.kind {
        HostErrorKind::NoRights { .. } => vec![answers(), failed(name, host, "rights", error)],
        HostErrorKind::NoEngine { .. } | HostErrorKind::EngineTooOld(_) => {
            vec![answers(), failed(name, host, "engine", error)]
        }
        _ => vec![failed(name, host, "reachable", error)],
    }
}

fn failed(name: &HostName, host: &DesiredHost, what: &str, error: &HostError) -> Check {
    let kind = match &error.kind {
        HostErrorKind::NoRights { .. } => Kind::Rights,
        HostErrorKind::NoEngine { .. } | HostErrorKind::EngineTooOld(_) => Kind::Engine,
        _ => Kind::Reachable,
    };
    let check = Check::new(name, kind, what, Answer::Fail, error.kind.to_string());
    match hint(&error.kind, host) {
        Some(hint) => check.hint(hint),
        None => check,
    }
}

/// Judges one host of a homelab by what is known of it.
pub fn judge_host(
    wanted: Wanted<'_>,
    name: &HostName,
    host: &DesiredHost,
    facts: &Facts,
    state: &HostState,
) -> Vec<Check> {
    let fit = Fitness { wanted, name, host, facts, state };
    let mut checks = fit.host();
    checks.extend(fit.gpus());
    checks.extend(fit.addresses());
    checks.extend(fit.firewall());
    checks.extend(fit.ports());
    checks.extend(fit.mounts());
    checks.extend(fit.networks());
    checks.extend(fit.volumes());
    checks.extend(fit.platforms());
    checks.extend(fit.images());
    checks
}

/// What a judgement is made from.
struct Fitness<'a> {
    wanted: Wanted<'a>,
    name: &'a HostName,
    host: &'a DesiredHost,
    facts: &'a Facts,
    state: &'a HostState,
}

impl<'a> Fitness<'a> {
    fn check(
        &self,
        kind: Kind,
        what: impl Into<String>,
        answer: Answer,
        message: impl Into<String>,
    ) -> Check {
        Check::new(self.name, kind, what, answer, message)
    }

    fn pass(&self, kind: Kind, what: impl Into<String>, message: impl Into<String>) -> Check {
        self.check(kind, what, Answer::Pass, message)
    }

    fn warn(&self, kind: Kind, what: impl Into<String>, message: impl Into<String>) -> Check {
        self.check(kind, what, Answer::Warn, message)
    }

    fn fail(&self, kind: Kind, what: impl Into<String>, message: impl Into<String>) -> Check {
        self.check(kind, what, Answer::Fail, message)
    }

    fn skip(&self, kind: Kind, what: impl Into<String>, message: impl Into<String>) -> Check {
        self.check(kind, what, Answer::Skipped, message)
    }

    /// The selected stacks of the host.
    fn stacks(&self) -> impl Iterator<Item = (&'a StackName, &'a DesiredStack)> + use<'a> {
        selected_stacks(self.host, self.wanted.selection)
    }

    /// Where ports may be published.
    fn publish(&self) -> Publish<'a> {
        Publish::of(&self.wanted.homelab.policy)
    }
}

fn selected_stacks<'a>(
    host: &'a DesiredHost,
    selection: &'a Selection,
) -> impl Iterator<Item = (&'a StackName, &'a DesiredStack)> + use<'a> {
    host.stacks.iter().filter(move |(name, stack)| selection.has_stack(name, &stack.tags))
}
