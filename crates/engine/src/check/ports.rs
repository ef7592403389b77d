//! Ports of the host: free, unless what holds them is what shall hold them.

use std::{collections::BTreeSet, ops::RangeInclusive};

use hob_model::{StackName, spec::NetworkMode};
use hob_plan::observed::{ContainerOwner, ContainerState};

use super::{Check, Fitness, Kind};
use crate::progress::count;

/// A range longer than this is not asked for port by port.
const RANGE_MAX: usize = 1024;

impl Fitness<'_> {
    pub(super) fn ports(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let mut free = 0;
        for (stack_name, stack) in self.stacks() {
            for (service, wanted) in &stack.services {
                if wanted.spec.network == NetworkMode::Host {
                    continue;
                }
                for port in &wanted.spec.ports {
                    let address = port.address.as_deref().unwrap_or_default();
                    // Of a range the Engine takes one that is free.
                    let numbers = numbers(port.published.as_deref());
                    if numbers.is_empty() {
                        continue;
                    }
                    let holders: Option<Vec<_>> = numbers
                        .into_iter()
                        .map(|number| {
                            let key = (address, number, port.protocol.as_str());
                            let holder = self.holder(stack_name, service.as_str(), key)?;
                            Some((number, holder))
                        })
                        .collect();
                    match holders.and_then(|holders| holders.into_iter().next()) {
                        None => free += 1,
                        Some((number, holder)) => checks.push(
                            self.taken(number, &port.protocol, service.as_str(), &holder)
                                .of(stack_name),
                        ),
                    }
                }
            }
        }
        if checks.is_empty() && free > 0 {
            checks.push(match self.facts.listening {
                Some(_) => {
                    self.pass(Kind::Port, "ports", format!("{} free or ours", count(free, "port")))
                }
                None => self.skip(
                    Kind::Port,
                    "ports",
                    "no container is in the way; the host does not tell what else listens",
                ),
            });
        }
        checks
    }

    fn taken(&self, number: u16, protocol: &str, service: &str, holder: &str) -> Check {
        self.fail(
            Kind::Port,
            format!("port {number}/{protocol}"),
            format!("{service} wants it, and {holder} has it"),
        )
        .hint(format!(
            "stop what holds it (on the host, as root: ss -lptu sport = :{number}), or publish \
             another port"
        ))
    }

    /// Who holds a port that a service wants, if not that service itself or something that Hob
    /// made and will replace.
    fn holder(
        &self,
        stack: &StackName,
        service: &str,
        wanted: (&str, u16, &str),
    ) -> Option<String> {
        let mut held_by_container = false;
        for (name, container) in &self.state.containers {
            let holds = container
                .ports
                .iter()
                .any(|(address, port, protocol)| overlaps(wanted, (address, *port, protocol)));
            let runs = matches!(
                container.state,
                ContainerState::Running { .. }
                    | ContainerState::Restarting
                    | ContainerState::Paused
            );
            if !holds || !runs {
                continue;
            }
            held_by_container = true;
            match &container.owner {
                // What Hob made for this homelab is replaced or removed by the plan, or the plan
                // says why not. Another homelab's is as foreign as any.
                ContainerOwner::Hob { identity, .. }
                    if identity.homelab == self.wanted.desired.homelab => {}
                ContainerOwner::Hob { identity, .. } => {
                    return Some(format!("container {name} of homelab {}", identity.homelab));
                }
                ContainerOwner::Compose { project, service: other } => {
                    let is_same = self.host.stacks.get(stack).is_some_and(|declared| {
                        declared.project == *project && other.as_str() == service
                    });
                    if !is_same {
                        return Some(format!("container {name} of Compose project {project}"));
                    }
                }
                ContainerOwner::Foreign => return Some(format!("container {name}")),
            }
        }
        let listens = self.facts.listening.as_ref().is_some_and(|listening| {
            listening
                .iter()
                .any(|(address, port, protocol)| overlaps(wanted, (address, *port, protocol)))
        });
        (listens && !held_by_container).then(|| "a program of the host".to_owned())
    }
}

/// Whether two sockets cannot both listen.
fn overlaps(one: (&str, u16, &str), other: (&str, u16, &str)) -> bool {
    let is_any = |address: &str| matches!(address, "" | "0.0.0.0" | "::" | "[::]" | "*");
    one.1 == other.1 && one.2 == other.2 && (is_any(one.0) || is_any(other.0) || one.0 == other.0)
}

/// The numbers of a published port or range; none if the Engine chooses.
pub(crate) fn numbers(published: Option<&str>) -> BTreeSet<u16> {
    let Some(text) = published else { return BTreeSet::new() };
    let range: Option<RangeInclusive<u16>> = match text.split_once('-') {
        Some((low, high)) => low.parse().ok().zip(high.parse().ok()).map(|(low, high)| low..=high),
        None => text.parse().ok().map(|port| port..=port),
    };
    range.into_iter().flatten().filter(|port| *port != 0).take(RANGE_MAX).collect()
}
