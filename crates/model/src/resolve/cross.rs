//! What stacks and hosts must not do to each other.

use std::collections::{BTreeMap, btree_map::Entry};

use hob_compose::{Finding, Place};

use super::{needs, ports, shared};
use crate::{
    desired::{Desired, DesiredHost},
    homelab::{HOMELAB_FILE, Homelab, Need},
    names::{ContainerName, HostName, ServiceName, StackName},
    spec::PublishedPort,
};

/// Where a stack says what others may contradict.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    /// What makes the host run it.
    pub(super) place: Place,
    pub(super) ports: Vec<PortFact>,
    pub(super) needs: Vec<Need>,
}

/// A published port and where it is written.
#[derive(Clone, Debug)]
pub(super) struct PortFact {
    pub(super) service: ServiceName,
    /// The host's port, if it is a certain one.
    pub(super) fixed: Option<u16>,
    pub(super) port: PublishedPort,
    pub(super) path: String,
    pub(super) place: Place,
}

impl Facts {
    pub(super) fn new(place: Place) -> Self {
        Self { place, ports: Vec::new(), needs: Vec::new() }
    }
}

/// The facts of every stack of every host.
pub(super) type AllFacts = BTreeMap<HostName, BTreeMap<StackName, Facts>>;

/// Compares stacks and hosts with each other, and completes what follows from that.
pub(super) fn check(
    homelab: &Homelab,
    desired: &mut Desired,
    mut facts: AllFacts,
    findings: &mut Vec<Finding>,
) {
    let mut unknown = shared::Unknown::default();
    for (name, host) in &mut desired.hosts {
        let Some(facts) = facts.get_mut(name) else { continue };
        projects(name, host, facts, findings);
        containers(name, host, findings);
        ports::check_host(name, facts, findings);
        shared::networks(homelab, name, host, facts, &mut unknown, findings);
        shared::volumes(name, host, facts, &mut unknown, findings);
    }
    findings.extend(unknown.into_findings());
    shared::unused(homelab, desired, findings);
    ports::check_policy(homelab, &facts, findings);
    needs::check(desired, &facts, findings);
}

/// Stacks under one project name would take each other's containers for their own.
fn projects(
    name: &HostName,
    host: &DesiredHost,
    facts: &BTreeMap<StackName, Facts>,
    findings: &mut Vec<Finding>,
) {
    let mut projects: BTreeMap<&str, Vec<&StackName>> = BTreeMap::new();
    for (stack_name, stack) in host.stacks.iter().filter(|(_, stack)| !stack.project.is_empty()) {
        projects.entry(&stack.project).or_default().push(stack_name);
    }
    for (project, stacks) in projects.into_iter().filter(|(_, stacks)| stacks.len() > 1) {
        let names: Vec<&str> = stacks.iter().map(|stack| stack.as_str()).collect();
        let mut finding = Finding::error(
            "duplicate-project",
            format!("the stacks {} of {name} are one Compose project, {project}", names.join(", ")),
        )
        .hint(format!(
            "give each its own name (stacks: {{ {0}: {{ project: {0} }} }} in {HOMELAB_FILE}), or \
             make them one stack of several files (stacks: {{ {project}: {{ files: [...] }} }})",
            names.last().unwrap_or(&project),
        ));
        let mut places = stacks.iter().filter_map(|stack| facts.get(*stack)).map(|at| &at.place);
        finding.place = places.next().cloned();
        findings.push(
            places.fold(finding, |finding, place| finding.related(place.clone(), "also here")),
        );
    }
}

fn containers(name: &HostName, host: &DesiredHost, findings: &mut Vec<Finding>) {
    let mut seen: BTreeMap<&ContainerName, (&StackName, Option<&Place>)> = BTreeMap::new();
    for (stack_name, stack) in &host.stacks {
        for (service_name, service) in &stack.services {
            match seen.entry(&service.container) {
                Entry::Vacant(free) => {
                    free.insert((stack_name, service.place.as_ref()));
                }
                Entry::Occupied(taken) => {
                    let (first, first_place) = taken.get();
                    let container = &service.container;
                    let mut finding = Finding::error(
                        "duplicate-container",
                        format!("two containers of {name} would be called {container}"),
                    )
                    .on(format!("services.{service_name}.container_name"))
                    .hint("give one another container_name, or none");
                    finding.place = service.place.clone();
                    if let Some(place) = first_place {
                        let where_ = format!("the other, in the stack {first}");
                        finding = finding.related((*place).clone(), where_);
                    }
                    findings.push(finding);
                }
            }
        }
    }
}
