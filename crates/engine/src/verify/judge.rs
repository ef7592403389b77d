//! The judgement over what was seen and heard. Pure.

use hob_model::spec::NetworkMode;
use hob_plan::observed::{HostView, Observed};

use super::{Heard, exposure, gpu, is_running, route, services, storage};
use crate::{
    check::{Answer, Check, Kind, Wanted, numbers},
    standing::Declared,
};

/// Judges everything that is selected by what was seen and heard.
pub fn judge_deployed(wanted: Wanted<'_>, observed: &Observed, heard: &Heard) -> Vec<Check> {
    let Wanted { desired, selection, .. } = wanted;
    let mut checks = Vec::new();
    for (name, host) in desired.hosts.iter().filter(|(name, _)| selection.has_host(name)) {
        match observed.hosts.get(name) {
            Some(HostView::Unreachable { why }) => checks.push(
                Check::new(name, Kind::Reachable, "reachable", Answer::Fail, why.clone())
                    .hint("hob check says what to try"),
            ),
            Some(HostView::Seen(state)) => {
                let facts = heard.facts.get(name);
                checks.extend(exposure::judge(wanted, name, state, facts));
                checks.extend(storage::judge(name, host, facts));
            }
            None => {}
        }
    }
    for declared in services(desired, selection) {
        let Some(HostView::Seen(state)) = observed.hosts.get(declared.host) else { continue };
        checks.extend(declared.standing(state));
        if is_running(&declared, observed) {
            checks.extend(answers(&declared, heard));
            checks.extend(gpu::judge(&declared, heard));
        }
        checks.extend(route::judge(&declared));
    }
    checks.sort_by(|one, other| one.host.cmp(&other.host));
    checks
}

fn answers(declared: &Declared<'_>, heard: &Heard) -> Vec<Check> {
    let mut checks = Vec::new();
    for (address, port) in ports(declared) {
        let what = format!("port {port}");
        let check = |answer, says: &str| declared.check(Kind::Answers, &what, answer, says);
        checks.push(match heard.ports.get(&(declared.host.clone(), address, port)) {
            Some(Ok(true)) => check(Answer::Pass, "answers"),
            Some(Ok(false)) => check(Answer::Fail, "nothing answers")
                .hint("does the program listen on the port that is published?"),
            Some(Err(why)) => check(Answer::Skipped, why),
            None => check(Answer::Skipped, "it was not asked"),
        });
    }
    checks
}

/// Where the service's published TCP ports are knocked at. Ports that the Engine chooses, also from
/// a range, are left out: nobody can rely on them.
pub(super) fn ports<'a>(declared: &Declared<'a>) -> impl Iterator<Item = (String, u16)> + use<'a> {
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
