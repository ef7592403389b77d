//! What the host's Engine is too old for. It would ignore what it does not know, and the container
//! would run without it; so nothing is begun.

use std::collections::BTreeMap;

use hob_model::{ServiceName, desired::DesiredStack, spec::Gate};

use super::{host::HostPlan, service::Decision};
use crate::change::Obstacle;

type Found<'a> = (Option<&'a ServiceName>, Obstacle);

/// What of the containers and networks that are to be made the Engine does not know.
pub(super) fn obstacles<'a>(
    plan: &HostPlan<'_>,
    declared: &'a DesiredStack,
    decisions: &BTreeMap<&ServiceName, Decision>,
) -> Vec<Found<'a>> {
    let mut found = Vec::new();
    for (name, service) in &declared.services {
        if decisions.get(name).is_some_and(Decision::makes_a_container) {
            let gates = closed(plan, service.spec.gates());
            found.extend(gates.into_iter().map(|why| (Some(name), why)));
        }
    }
    for (name, network) in &declared.networks {
        if !plan.state.networks.contains_key(name) {
            let gates = closed(plan, network.spec.gates());
            found.extend(gates.into_iter().map(|why| (None, why)));
        }
    }
    found
}

fn closed(plan: &HostPlan<'_>, gates: Vec<Gate>) -> Vec<Obstacle> {
    let engine = &plan.state.engine;
    let closed = gates.into_iter().filter(|gate| gate.api > engine.api);
    closed
        .map(|gate| Obstacle::EngineTooOld {
            attribute: gate.attribute,
            version: engine.version.clone(),
            needed: gate.engine.to_owned(),
        })
        .collect()
}
