//! Names and ports that go from one container to another: who takes waits for who gives up.

use hob_model::{ContainerName, desired::DesiredService};

use super::{
    draft::{Draft, DraftId},
    host::HostPlan,
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

/// Whether `service` takes the name or a port of the container `holder`.
pub(super) fn takes_from(
    plan: &HostPlan<'_>,
    service: &DesiredService,
    holder: &ContainerName,
) -> bool {
    let wanted = held_ports(&service.spec);
    service.container == *holder
        || plan.state.containers.get(holder).is_some_and(|container| {
            container.ports.iter().any(|held| wanted.iter().any(|port| collide(port, held)))
        })
}

/// Orders every taker after the steps that free what it takes.
pub(super) fn link(plan: &HostPlan<'_>, draft: &mut Draft) {
    for taker in &plan.takers {
        let is_other =
            |holder: &ContainerName| *holder != taker.name && Some(holder) != taker.was.as_ref();
        // Its own name, and the one under which its predecessor is kept.
        let names = [taker.name.clone(), taker.name.old()];
        let by_name = names
            .iter()
            .filter(|name| Some(*name) != taker.was.as_ref())
            .filter_map(|name| plan.gone.get(name));
        let by_port = taker.ports.iter().flat_map(|wanted| {
            plan.holders(wanted.1)
                .filter(|(_, container)| container.ports.iter().any(|held| collide(wanted, held)))
                .filter(|(holder, _)| is_other(holder))
                .filter_map(|(holder, _)| plan.gone.get(holder))
        });
        for giver in by_name.chain(by_port) {
            draft.hand_over(*giver, taker.step);
        }
    }
}
