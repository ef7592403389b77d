//! What stacks expect to find on their host: networks and volumes that somebody else makes.

use std::collections::BTreeSet;

use hob_model::{NetworkName, VolumeName};

use super::{Check, Fitness, Kind};
use crate::progress::count;

impl Fitness<'_> {
    pub(super) fn networks(&self) -> Vec<Check> {
        // Whatever is selected: a network of a stack that is left out may come later.
        let made: BTreeSet<&NetworkName> = self
            .host
            .networks
            .keys()
            .chain(self.host.stacks.values().flat_map(|stack| stack.networks.keys()))
            .collect();
        let mut checks = Vec::new();
        let mut there = BTreeSet::new();
        for (stack_name, stack) in self.stacks() {
            for (network, place) in &stack.external_networks {
                if made.contains(network) || self.state.networks.contains_key(network) {
                    there.insert(network);
                    continue;
                }
                let says = format!("external network {network} is not there");
                let (file, line) = (&place.file, place.line);
                checks.push(self.fail(Kind::Network, "networks", says).of(stack_name).hint(
                    format!(
                        "it is called external at {file}:{line}; to have Hob make it, name it \
                         under networks in hob.yaml"
                    ),
                ));
            }
        }
        if checks.is_empty() && !there.is_empty() {
            let says = format!("{} there or made by Hob", count(there.len(), "external network"));
            checks.push(self.pass(Kind::Network, "networks", says));
        }
        checks
    }

    pub(super) fn volumes(&self) -> Vec<Check> {
        let made: BTreeSet<&VolumeName> =
            self.host.stacks.values().flat_map(|stack| stack.volumes.keys()).collect();
        let mut checks = Vec::new();
        for (stack_name, stack) in self.stacks() {
            for (volume, place) in &stack.external_volumes {
                if made.contains(volume) || self.state.volumes.contains_key(volume) {
                    continue;
                }
                let says = format!("external volume {volume} is not there");
                let (file, line) = (&place.file, place.line);
                checks.push(self.fail(Kind::Volume, "volumes", says).of(stack_name).hint(format!(
                    "it is called external at {file}:{line}; on the host: docker volume \
                         create {volume}"
                )));
            }
        }
        checks
    }
}
