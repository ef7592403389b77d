//! Networks and volumes that several stacks of a host use.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::Finding;

use super::cross::{Facts, NeedFact};
use crate::{
    desired::{Desired, DesiredHost},
    homelab::{HOMELAB_FILE, Homelab},
    names::{HostName, NetworkName, StackName, VolumeName},
};

/// Makes the shared networks of `hob.yaml` on a host whose stacks call them external, and lets a
/// stack wait for the one that makes what it calls external.
pub(super) fn networks(
    homelab: &Homelab,
    name: &HostName,
    host: &mut DesiredHost,
    facts: &mut BTreeMap<StackName, Facts>,
    findings: &mut Vec<Finding>,
) {
    let mut makers: BTreeMap<NetworkName, StackName> = BTreeMap::new();
    for (stack_name, stack) in &host.stacks {
        for network in stack.networks.keys() {
            let place = facts.get(stack_name).map(|facts| facts.place.clone());
            if homelab.networks.contains_key(network) {
                let mut finding = Finding::error(
                    "network-made-twice",
                    format!("the stack {stack_name} and {HOMELAB_FILE} both make {network}"),
                )
                .hint(format!("write external: true for {network} in the stack"));
                finding.place = place;
                findings.push(finding);
            } else if let Some(first) = makers.insert(network.clone(), stack_name.clone()) {
                let mut finding = Finding::error(
                    "network-made-twice",
                    format!("the stacks {first} and {stack_name} of {name} both make {network}"),
                )
                .hint(format!(
                    "write external: true in both, and networks: {{ {network}: {{}} }} in \
                     {HOMELAB_FILE}"
                ));
                finding.place = place;
                findings.push(finding);
            }
        }
    }
    let mut wanted = BTreeSet::new();
    for (stack_name, stack) in &host.stacks {
        for (network, place) in &stack.external_networks {
            if homelab.networks.contains_key(network) {
                wanted.insert(network.clone());
            } else if let Some(maker) = makers.get(network) {
                let implied = NeedFact {
                    host: None,
                    stack: maker.clone(),
                    path: format!("networks.{network}"),
                    place: place.clone(),
                };
                need(facts, stack_name, implied);
            } else {
                findings.push(
                    Finding::note(
                        "external-network",
                        format!("{name} must have {network} already"),
                    )
                    .at(place.clone())
                    .on(format!("networks.{network}"))
                    .hint(format!(
                        "Hob makes it if {HOMELAB_FILE} says networks: {{ {network}: {{}} }}"
                    )),
                );
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

/// Lets a stack wait for the one that makes a volume that it calls external.
pub(super) fn volumes(
    name: &HostName,
    host: &DesiredHost,
    facts: &mut BTreeMap<StackName, Facts>,
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
                let implied = NeedFact {
                    host: None,
                    stack: (*maker).clone(),
                    path: format!("volumes.{volume}"),
                    place: place.clone(),
                };
                need(facts, stack_name, implied);
            } else {
                findings.push(
                    Finding::note("external-volume", format!("{name} must have {volume} already"))
                        .at(place.clone())
                        .on(format!("volumes.{volume}")),
                );
            }
        }
    }
}

fn need(facts: &mut BTreeMap<StackName, Facts>, stack: &StackName, need: NeedFact) {
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
