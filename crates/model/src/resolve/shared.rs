//! Networks and volumes that several stacks of a host use.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Finding, Place};

use super::cross::Facts;
use crate::{
    desired::{Desired, DesiredHost},
    homelab::{HOMELAB_FILE, Homelab, Need},
    names::{HostName, NetworkName, StackName, VolumeName},
};

/// How many further places a finding shows.
const RELATED_MAX: usize = 9;

/// What stacks call external and no file of the repository makes. It may well be there, so each
/// is one note, however many hosts and stacks use it.
#[derive(Default)]
pub(super) struct Unknown {
    networks: BTreeMap<NetworkName, Uses>,
    volumes: BTreeMap<VolumeName, Uses>,
}

#[derive(Default)]
struct Uses {
    hosts: BTreeSet<HostName>,
    places: BTreeSet<Place>,
}

impl Uses {
    fn add(&mut self, host: &HostName, place: &Place) {
        self.hosts.insert(host.clone());
        self.places.insert(place.clone());
    }

    fn note(&self, code: &'static str, section: &str, name: &str) -> Finding {
        let hosts: Vec<&str> = self.hosts.iter().map(HostName::as_str).collect();
        let message = format!("{name} must be there already, on {}", hosts.join(", "));
        let mut finding = Finding::note(code, message).on(format!("{section}.{name}"));
        let mut places = self.places.iter();
        finding.place = places.next().cloned();
        places
            .take(RELATED_MAX)
            .fold(finding, |finding, place| finding.related(place.clone(), "also used here"))
    }
}

impl Unknown {
    pub(super) fn into_findings(self) -> Vec<Finding> {
        let networks = self.networks.iter().map(|(name, uses)| {
            uses.note("external-network", "networks", name.as_str())
                .hint(format!("Hob makes it if {HOMELAB_FILE} says networks: {{ {name}: {{}} }}"))
        });
        let volumes = self.volumes.iter();
        let volumes =
            volumes.map(|(name, uses)| uses.note("external-volume", "volumes", name.as_str()));
        networks.chain(volumes).collect()
    }
}

/// Makes the shared networks of `hob.yaml` on a host whose stacks call them external, and lets a
/// stack wait for the one that makes what it calls external.
pub(super) fn networks(
    homelab: &Homelab,
    name: &HostName,
    host: &mut DesiredHost,
    facts: &mut BTreeMap<StackName, Facts>,
    unknown: &mut Unknown,
    findings: &mut Vec<Finding>,
) {
    let makers = network_makers(homelab, name, host, facts, findings);
    let mut wanted = BTreeSet::new();
    for (stack_name, stack) in &host.stacks {
        for (network, place) in &stack.external_networks {
            if homelab.networks.contains_key(network) {
                wanted.insert(network.clone());
            } else if let Some(maker) = makers.get(network) {
                let implied = Need {
                    host: None,
                    stack: maker.clone(),
                    path: format!("networks.{network}"),
                    place: place.clone(),
                };
                need(facts, stack_name, implied);
            } else {
                unknown.networks.entry(network.clone()).or_default().add(name, place);
            }
        }
    }
    host.networks = wanted
        .into_iter()
        .filter_map(|network| {
            let spec = homelab.networks.get(&network)?.value.clone();
            Some((network, spec))
        })
        .collect();
}

/// Which stack makes which network of a host. Stacks of one project do not count: that they share
/// everything is a finding of its own.
fn network_makers(
    homelab: &Homelab,
    name: &HostName,
    host: &DesiredHost,
    facts: &BTreeMap<StackName, Facts>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<NetworkName, StackName> {
    let mut makers: BTreeMap<NetworkName, StackName> = BTreeMap::new();
    let project = |stack: &StackName| host.stacks.get(stack).map(|stack| &stack.project);
    for (stack_name, stack) in &host.stacks {
        for network in stack.networks.keys() {
            let (message, hint) = if homelab.networks.contains_key(network) {
                (
                    format!("the stack {stack_name} and {HOMELAB_FILE} both make {network}"),
                    format!("write external: true for {network} in the stack"),
                )
            } else {
                let Some(first) = makers.insert(network.clone(), stack_name.clone()) else {
                    continue;
                };
                if project(&first) == project(stack_name) {
                    continue;
                }
                (
                    format!("the stacks {first} and {stack_name} of {name} both make {network}"),
                    format!(
                        "write external: true in both, and networks: {{ {network}: {{}} }} in \
                         {HOMELAB_FILE}"
                    ),
                )
            };
            let mut finding = Finding::error("network-made-twice", message).hint(hint);
            finding.place = facts.get(stack_name).map(|facts| facts.place.clone());
            findings.push(finding);
        }
    }
    makers
}

/// Lets a stack wait for the one that makes a volume that it calls external.
pub(super) fn volumes(
    name: &HostName,
    host: &DesiredHost,
    facts: &mut BTreeMap<StackName, Facts>,
    unknown: &mut Unknown,
    findings: &mut Vec<Finding>,
) {
    let mut makers: BTreeMap<&VolumeName, &StackName> = BTreeMap::new();
    for (stack_name, stack) in &host.stacks {
        for volume in stack.volumes.keys() {
            let Some(first) = makers.insert(volume, stack_name) else { continue };
            let mut finding = Finding::warning(
                "volume-made-twice",
                format!("the stacks {first} and {stack_name} of {name} both make {volume}"),
            )
            .hint("write external: true in one of them, or give it another name");
            finding.place = facts.get(stack_name).map(|facts| facts.place.clone());
            findings.push(finding);
        }
    }
    for (stack_name, stack) in &host.stacks {
        for (volume, place) in &stack.external_volumes {
            if let Some(maker) = makers.get(volume) {
                let implied = Need {
                    host: None,
                    stack: (*maker).clone(),
                    path: format!("volumes.{volume}"),
                    place: place.clone(),
                };
                need(facts, stack_name, implied);
            } else {
                unknown.volumes.entry(volume.clone()).or_default().add(name, place);
            }
        }
    }
}

fn need(facts: &mut BTreeMap<StackName, Facts>, stack: &StackName, need: Need) {
    let Some(facts) = facts.get_mut(stack) else { return };
    if need.stack != *stack {
        facts.needs.push(need);
    }
}

/// Shared networks that no stack of any host asks for.
pub(super) fn unused(homelab: &Homelab, desired: &Desired, findings: &mut Vec<Finding>) {
    for (network, declared) in &homelab.networks {
        if desired.hosts.values().any(|host| host.networks.contains_key(network)) {
            continue;
        }
        findings.push(
            Finding::note(
                "network-not-used",
                format!("no stack uses the shared network {network}"),
            )
            .at(declared.place.clone())
            .on(format!("networks.{network}"))
            .hint(format!("a stack uses it with networks: {{ {network}: {{ external: true }} }}")),
        );
    }
}
