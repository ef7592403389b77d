//! The third tier: does what was deployed work? One look, and a knock at every published TCP port.

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt, stream};
use hob_model::{HostName, Selection, desired::Desired, spec::NetworkMode};
use hob_plan::observed::{ContainerState, HostView, Observed};

use crate::{
    check::{Answer, Check, numbers},
    hint::hint,
    observe::Sight,
    standing::Declared,
};

/// What became of knocking at ports, by host, address and port.
pub type PortAnswers = BTreeMap<(HostName, String, u16), Result<bool, String>>;

/// Time that a port has to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);

/// Ports knocked at at the same time, over all hosts.
const PORTS_AT_ONCE: usize = 64;

/// Verifies everything that is selected, by the order of hosts, stacks and services.
pub async fn verify(desired: &Desired, selection: &Selection, sight: &Sight) -> Vec<Check> {
    let answers = knock(desired, selection, sight).await;
    let mut checks = judge_deployed(desired, selection, &sight.observed, &answers);
    for check in checks.iter_mut().filter(|check| check.what == REACHABLE) {
        let error = sight.errors.get(&check.host).zip(desired.hosts.get(&check.host));
        if let Some(hint) = error.and_then(|(error, host)| hint(&error.kind, host)) {
            check.hint = Some(hint);
        }
    }
    checks
}

/// What a host is asked first of all.
const REACHABLE: &str = "reachable";

async fn knock(desired: &Desired, selection: &Selection, sight: &Sight) -> PortAnswers {
    let mut doors: Vec<(HostName, String, u16)> = Vec::new();
    for declared in services(desired, selection) {
        if is_running(&declared, &sight.observed) {
            doors.extend(
                ports(&declared).map(|(address, port)| (declared.host.clone(), address, port)),
            );
        }
    }
    doors.sort();
    doors.dedup();
    stream::iter(doors)
        .map(|(host, address, port)| async move {
            let answer = match sight.open.get(&host) {
                Some(open) => open.answers(&address, port, ANSWER_WITHIN).await,
                None => Ok(false),
            };
            ((host, address, port), answer.map_err(|error| error.kind.to_string()))
        })
        .buffer_unordered(PORTS_AT_ONCE)
        .collect()
        .await
}

/// Judges everything that is selected by what was seen and heard.
pub fn judge_deployed(
    desired: &Desired,
    selection: &Selection,
    observed: &Observed,
    answers: &PortAnswers,
) -> Vec<Check> {
    let mut checks = Vec::new();
    for name in desired.hosts.keys().filter(|name| selection.has_host(name)) {
        if let Some(HostView::Unreachable { why }) = observed.hosts.get(name) {
            checks.push(
                Check::new(name, REACHABLE, Answer::Fail, why.clone())
                    .hint("hob check says what to try"),
            );
        }
    }
    for declared in services(desired, selection) {
        let Some(HostView::Seen(state)) = observed.hosts.get(declared.host) else { continue };
        checks.extend(declared.standing(state));
        if !is_running(&declared, observed) {
            continue;
        }
        for (address, port) in ports(&declared) {
            let what = format!("port {port}");
            let key = (declared.host.clone(), address, port);
            checks.push(match answers.get(&key) {
                Some(Ok(true)) => declared.check(&what, Answer::Pass, "answers"),
                Some(Ok(false)) => declared
                    .check(&what, Answer::Fail, "nothing answers")
                    .hint("does the program listen on the port that is published?"),
                Some(Err(why)) => declared.check(&what, Answer::Skipped, why.clone()),
                None => declared.check(&what, Answer::Skipped, "it was not asked"),
            });
        }
    }
    checks.sort_by(|one, other| one.host.cmp(&other.host));
    checks
}

pub(crate) fn services<'a>(
    desired: &'a Desired,
    selection: &'a Selection,
) -> impl Iterator<Item = Declared<'a>> {
    selection.stacks(desired).flat_map(move |(host, stack_name, stack)| {
        stack.services.iter().map(move |(name, service)| Declared {
            homelab: &desired.homelab,
            host,
            stack_name,
            stack,
            name,
            service,
        })
    })
}

fn is_running(declared: &Declared<'_>, observed: &Observed) -> bool {
    let Some(HostView::Seen(state)) = observed.hosts.get(declared.host) else { return false };
    declared
        .container(state)
        .is_some_and(|container| matches!(container.state, ContainerState::Running { .. }))
}

/// Where the service's published TCP ports are knocked at. Ports that the Engine chooses, also from
/// a range, are left out: nobody can rely on them.
fn ports<'a>(declared: &Declared<'a>) -> impl Iterator<Item = (String, u16)> + use<'a> {
    let spec = &declared.service.spec;
    let published = spec.network != NetworkMode::Host;
    spec.ports.iter().filter(move |port| published && port.protocol == "tcp").flat_map(|port| {
        let address = match port.address.as_deref() {
            None | Some("" | "0.0.0.0") => "127.0.0.1",
            Some("::" | "[::]") => "::1",
            Some(address) => address,
        };
        let numbers = numbers(port.published.as_deref());
        let is_fixed = numbers.len() == 1;
        numbers
            .into_iter()
            .filter(move |_| is_fixed)
            .map(move |number| (address.to_owned(), number))
    })
}
