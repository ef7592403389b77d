//! Names and ports that go from one container to another: who takes waits for who gives up.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{ContainerName, desired::DesiredService};

use super::{
    draft::{Draft, DraftId},
    host::{HostPlan, Made},
};
use crate::simulate::held_ports;

/// Address (empty: all), number and protocol of a port of the host.
pub(super) type Port = (String, u16, String);

/// A step that makes or starts a container.
pub(super) struct Taker {
    pub(super) step: DraftId,
    /// The container that it makes or starts, and the one that it replaces.
    pub(super) name: ContainerName,
    pub(super) was: Option<ContainerName>,
    pub(super) ports: Vec<Port>,
}

impl Taker {
    pub(super) fn new(
        step: DraftId,
        service: &DesiredService,
        was: Option<&ContainerName>,
    ) -> Self {
        Self {
            step,
            name: service.container.clone(),
            was: was.cloned(),
            ports: held_ports(&service.spec).into_iter().collect(),
        }
    }
}

/// Whether two containers cannot hold both ports at the same time.
pub(super) fn collide(a: &Port, b: &Port) -> bool {
    a.1 == b.1 && a.2 == b.2 && (a.0 == b.0 || a.0.is_empty() || b.0.is_empty())
}

/// Names and ports that services are to have.
pub(super) struct Taken<'a> {
    names: BTreeSet<&'a ContainerName>,
    ports: BTreeMap<u16, Vec<Port>>,
}

impl<'a> Taken<'a> {
    pub(super) fn by(services: impl Iterator<Item = &'a DesiredService>) -> Self {
        let mut taken = Self { names: BTreeSet::new(), ports: BTreeMap::new() };
        for service in services {
            taken.names.insert(&service.container);
            for port in held_ports(&service.spec) {
                taken.ports.entry(port.1).or_default().push(port);
            }
        }
        taken
    }

    /// Whether one of them is the name or a port of the container.
    pub(super) fn is_from(&self, plan: &HostPlan<'_>, holder: &ContainerName) -> bool {
        let clashes = |held: &Port| {
            let wanted = self.ports.get(&held.1);
            wanted.is_some_and(|wanted| wanted.iter().any(|port| collide(port, held)))
        };
        let container = plan.state.containers.get(holder);
        self.names.contains(holder)
            || container.is_some_and(|container| container.ports.iter().any(clashes))
    }
}

/// Orders every taker after the steps that free what it takes.
pub(super) fn link(plan: &HostPlan<'_>, made: &Made, draft: &mut Draft) {
    for taker in &made.takers {
        let is_other =
            |holder: &ContainerName| *holder != taker.name && Some(holder) != taker.was.as_ref();
        // Its own name, and the one under which its predecessor is kept.
        let names = [taker.name.clone(), taker.name.old()];
        let by_name = names
            .iter()
            .filter(|name| Some(*name) != taker.was.as_ref())
            .filter_map(|name| made.gone.get(name));
        let by_port = taker.ports.iter().flat_map(|wanted| {
            plan.holders(wanted.1)
                .filter(|(_, container)| container.ports.iter().any(|held| collide(wanted, held)))
                .filter(|(holder, _)| is_other(holder))
                .filter_map(|(holder, _)| made.gone.get(holder))
        });
        // What another stack's interrupted run left under this name or its temporary forms.
        let restored = made.restores.get(&taker.name);
        for giver in by_name.chain(by_port).chain(restored) {
            draft.hand_over(*giver, taker.step);
        }
    }
}
