//! The third tier: does what was deployed work? One look, a knock at every published TCP port, and
//! questions that only containers and hosts themselves can answer.

mod exposure;
mod gpu;
mod judge;
mod route;
mod storage;
#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, time::Duration};

use futures_util::{StreamExt, stream};
use hob_host::{Facts, FactsAsk, Inside};
use hob_model::{
    ContainerName, HostName, Selection,
    desired::{Desired, DesiredHost},
};
use hob_plan::observed::{ContainerState, HostView, Observed};
use tokio::time::timeout;

pub use self::judge::judge_deployed;
use self::judge::ports;
use crate::{
    check::{Check, Kind, Wanted, Wants},
    hint::hint,
    observe::Sight,
    standing::Declared,
};

/// What became of knocking at ports, by host, address and port.
pub type PortAnswers = BTreeMap<(HostName, String, u16), Result<bool, String>>;

/// What was heard of hosts and containers, besides what was seen.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// What became of knocking at ports.
    pub ports: PortAnswers,
    /// What hosts tell of themselves, or why they do not.
    pub facts: BTreeMap<HostName, Result<Facts, String>>,
    /// What programs said that look for GPUs inside containers.
    pub gpus: BTreeMap<(HostName, ContainerName), Result<Inside, String>>,
}

/// Time that a port has to answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// Time for what a host tells of itself.
const FACTS_WITHIN: Duration = Duration::from_secs(30);
/// Time for a program in a container: `nvidia-smi` takes seconds where nothing keeps the driver
/// awake.
const INSIDE_WITHIN: Duration = Duration::from_secs(20);

/// Ports knocked at at the same time, over all hosts.
const PORTS_AT_ONCE: usize = 64;
/// Hosts and containers asked at the same time.
const ASKED_AT_ONCE: usize = 16;

/// Verifies everything that is selected, by the order of hosts, stacks and services.
pub async fn verify(wanted: Wanted<'_>, sight: &Sight) -> Vec<Check> {
    let Wanted { desired, selection, .. } = wanted;
    let (ports, facts, gpus) = tokio::join!(
        knock(desired, selection, sight),
        facts(desired, selection, sight),
        look_inside(desired, selection, sight),
    );
    let heard = Heard { ports, facts, gpus };
    let mut checks = judge_deployed(wanted, &sight.observed, &heard);
    for check in checks.iter_mut().filter(|check| check.kind == Kind::Reachable) {
        let error = sight.errors.get(&check.host).zip(desired.hosts.get(&check.host));
        if let Some(hint) = error.and_then(|(error, host)| hint(&error.kind, host)) {
            check.hint = Some(hint);
        }
    }
    checks
}

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

async fn facts(
    desired: &Desired,
    selection: &Selection,
    sight: &Sight,
) -> BTreeMap<HostName, Result<Facts, String>> {
    let asked = sight.open.iter().filter(|(name, _)| selection.has_host(name));
    stream::iter(asked)
        .map(|(name, open)| async move {
            let storage = desired.hosts.get(name).map(storage_paths).unwrap_or_default();
            let ask = FactsAsk { paths: storage.clone(), storage, ..FactsAsk::default() };
            let answer = match timeout(FACTS_WITHIN, open.facts(&ask)).await {
                Ok(answer) => answer.map_err(|error| error.kind.to_string()),
                Err(_) => Err(format!("no answer within {} s", FACTS_WITHIN.as_secs())),
            };
            (name.clone(), answer)
        })
        .buffer_unordered(ASKED_AT_ONCE)
        .collect()
        .await
}

fn storage_paths(host: &DesiredHost) -> Vec<String> {
    host.storage.iter().map(|kept| kept.path.clone()).collect()
}

async fn look_inside(
    desired: &Desired,
    selection: &Selection,
    sight: &Sight,
) -> BTreeMap<(HostName, ContainerName), Result<Inside, String>> {
    let asked = services(desired, selection).filter_map(|declared| {
        let command = gpu::command(Wants::of(&declared.service.spec))?;
        let open = sight.open.get(declared.host)?;
        is_running(&declared, &sight.observed).then_some((declared, command, open))
    });
    stream::iter(asked)
        .map(|(declared, command, open)| async move {
            let name = &declared.service.container;
            let said = open.inside(name, command, INSIDE_WITHIN).await;
            ((declared.host.clone(), name.clone()), said.map_err(|error| error.kind.to_string()))
        })
        .buffer_unordered(ASKED_AT_ONCE)
        .collect()
        .await
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
