//! One host: leftovers, shared networks, stacks, what is not declared any more.

use std::collections::BTreeMap;

use hob_model::{
    ContainerName, ImageRef, NetworkName, ServiceName, StackName, VolumeName,
    desired::DesiredService,
};

use super::{
    Context, basis,
    draft::{Draft, DraftId, DraftStep},
    handover::{self, Taker},
    heal::{self, Healed},
    needs::Stacks,
    stack, undeclared,
};
use crate::{
    change::{Blocked, Change, Leftover, NewNetwork, Obstacle, Reason, shared_network},
    observed::{Container, ContainerOwner, HostState},
    ownership::{Identity, ThingOwner},
};

/// What is known about a host while its stacks are planned.
pub(super) struct HostPlan<'a> {
    pub(super) context: Context<'a>,
    /// The host once leftovers are undone.
    pub(super) state: HostState,
    /// What an interrupted run left, by container.
    pub(super) leftovers: BTreeMap<ContainerName, (StackName, Vec<Leftover>)>,
    /// Steps that undo leftovers, by container.
    pub(super) restores: BTreeMap<ContainerName, DraftId>,
    /// Pulls planned so far, by image and platform: each is fetched once for all its users.
    pub(super) pulls: BTreeMap<(ImageRef, Option<String>), DraftId>,
    /// Steps that make networks.
    pub(super) networks: BTreeMap<NetworkName, DraftId>,
    /// Steps that make volumes.
    pub(super) volumes: BTreeMap<VolumeName, DraftId>,
    /// Steps that remove or replace containers, and with them free names, ports and networks.
    pub(super) gone: BTreeMap<ContainerName, DraftId>,
    /// Steps that make or start containers, which take names and ports.
    pub(super) takers: Vec<Taker>,
    /// Containers that nobody declares any more: their names and ports count as free.
    pub(super) undeclared: BTreeMap<ContainerName, StackName>,
    index: Index,
}

/// Finds containers without a search through all of them, so that planning stays linear.
struct Index {
    by_service: BTreeMap<(StackName, ServiceName), Vec<ContainerName>>,
    by_port: BTreeMap<u16, Vec<ContainerName>>,
}

impl Index {
    fn of(state: &HostState) -> Self {
        let mut index = Self { by_service: BTreeMap::new(), by_port: BTreeMap::new() };
        for (name, container) in &state.containers {
            if let ContainerOwner::Hob { identity, .. } = &container.owner {
                let key = (identity.stack.clone(), identity.service.clone());
                index.by_service.entry(key).or_default().push(name.clone());
            }
            for (_, port, _) in &container.ports {
                index.by_port.entry(*port).or_default().push(name.clone());
            }
        }
        index
    }
}

impl HostPlan<'_> {
    /// What is declared for an identity, if it is declared and planned here.
    pub(super) fn declared(&self, identity: &Identity) -> Option<&DesiredService> {
        if !self.context.is_selected(&identity.stack) {
            return None;
        }
        self.context.host.stacks.get(&identity.stack)?.services.get(&identity.service)
    }

    /// Containers that some homelab's Hob made for a service of this name.
    pub(super) fn by_service(
        &self,
        stack: &StackName,
        service: &ServiceName,
    ) -> impl Iterator<Item = (&ContainerName, &Container)> {
        let names = self.index.by_service.get(&(stack.clone(), service.clone()));
        names.into_iter().flatten().filter_map(|name| self.state.containers.get_key_value(name))
    }

    /// Containers that hold a port of the host while they run.
    pub(super) fn holders(&self, port: u16) -> impl Iterator<Item = (&ContainerName, &Container)> {
        let names = self.index.by_port.get(&port);
        names.into_iter().flatten().filter_map(|name| self.state.containers.get_key_value(name))
    }
}

pub(super) fn plan_host(
    context: &Context<'_>,
    state: &HostState,
    draft: &mut Draft,
    stacks: &mut Stacks,
) {
    if let Some(homelab) = state.homelab.as_ref().filter(|it| **it != context.desired.homelab) {
        draft.blocked.push(Blocked {
            host: context.name.clone(),
            stack: None,
            service: None,
            why: Obstacle::FolderOfOther { homelab: homelab.clone() },
        });
        return;
    }
    draft.basis.insert(context.name.clone(), basis(context, state));
    let Healed { state, leftovers } = heal::heal(context, state);
    let mut plan = HostPlan {
        context: *context,
        undeclared: undeclared::containers(context, &state),
        index: Index::of(&state),
        state,
        leftovers,
        restores: BTreeMap::new(),
        pulls: BTreeMap::new(),
        networks: BTreeMap::new(),
        volumes: BTreeMap::new(),
        gone: BTreeMap::new(),
        takers: Vec::new(),
    };
    shared_networks(&mut plan, draft);
    for (name, declared) in &context.host.stacks {
        if context.is_selected(name) {
            let outcome = stack::plan_stack(&mut plan, name, declared, draft);
            stacks.add(context.name, name, outcome);
        }
    }
    undeclared::remove_stacks(&mut plan, draft);
    undeclared::remove_networks(&plan, draft);
    handover::link(&plan, draft);
}

/// Makes the networks that `hob.yaml` declares and selected stacks call external.
fn shared_networks(plan: &mut HostPlan<'_>, draft: &mut Draft) {
    let context = plan.context;
    for (name, spec) in &context.host.networks {
        let is_used = context.host.stacks.iter().any(|(stack_name, stack)| {
            context.is_selected(stack_name) && stack.external_networks.contains_key(name)
        });
        if !is_used {
            continue;
        }
        match plan.state.networks.get(name) {
            None => {
                let change = Change::CreateNetwork(NewNetwork {
                    name: name.clone(),
                    homelab: context.desired.homelab.clone(),
                    project: None,
                    network: shared_network(name, spec),
                });
                let step = DraftStep::new(context.name, None, change).because([Reason::Missing]);
                plan.networks.insert(name.clone(), draft.add(step));
            }
            Some(network) => {
                let ours = &context.desired.homelab;
                let is_ours = matches!(&network.owner,
                    ThingOwner::Hob { homelab, stack: None } if homelab == ours);
                if is_ours && network.spec.as_ref() != Some(&spec.digest()) {
                    draft.blocked.push(Blocked {
                        host: context.name.clone(),
                        stack: None,
                        service: None,
                        why: Obstacle::NetworkDiffers { name: name.clone() },
                    });
                }
            }
        }
    }
}
