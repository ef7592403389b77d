//! One host: leftovers, shared networks, stacks, what is not declared any more.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hob_model::{
    ContainerName, ImageRef, NetworkName, ServiceName, StackName, VolumeName,
    desired::{DesiredService, DesiredStack},
    spec::{BuildSpec, SpecDigest},
};

use super::{
    Context, basis,
    draft::{Draft, DraftId, DraftStep},
    emit,
    handover::{self, Taker},
    heal::{self, Healed},
    images,
    needs::{Outcome, Stacks},
    stack::{self, Decided},
    undeclared,
};
use crate::{
    change::{Blocked, Change, Leftover, NewNetwork, Obstacle, Reason, shared_network},
    observed::{Container, ContainerOwner, HostState},
    ownership::{Identity, ThingOwner},
};

/// What is known about a host before anything is planned for it.
pub(super) struct HostPlan<'a> {
    pub(super) context: Context<'a>,
    /// The host once leftovers are undone.
    pub(super) state: Cow<'a, HostState>,
    /// What an interrupted run left of each stack, by container.
    pub(super) leftovers: BTreeMap<StackName, BTreeMap<ContainerName, Vec<Leftover>>>,
    /// Containers that nobody declares any more: their names and ports count as free.
    pub(super) undeclared: BTreeMap<ContainerName, StackName>,
    /// The same, by stack.
    pub(super) undeclared_of: BTreeMap<StackName, Vec<ContainerName>>,
    /// Stacks of which nothing is begun: their containers keep their names and ports.
    blocked: BTreeSet<StackName>,
    /// What is built here, by image.
    pub(super) builds: BTreeMap<ImageRef, &'a Arc<BuildSpec>>,
    /// Digests of what services are to be: they cost more than the rest of a comparison.
    digests: Digests<'a>,
    index: Index,
}

/// The steps for a host so far, by what they make, undo or give up.
#[derive(Default)]
pub(super) struct Made {
    /// Steps that undo leftovers, by container.
    pub(super) restores: BTreeMap<ContainerName, DraftId>,
    /// Pulls planned so far, by image and platform: each is fetched once for all its users.
    pub(super) pulls: BTreeMap<(ImageRef, Option<String>), DraftId>,
    /// Builds planned so far, by image: each is made once for all its users.
    pub(super) builds: BTreeMap<ImageRef, DraftId>,
    /// Steps that make networks.
    pub(super) networks: BTreeMap<NetworkName, DraftId>,
    /// Steps that make volumes.
    pub(super) volumes: BTreeMap<VolumeName, DraftId>,
    /// Steps that remove or replace containers, and with them free names, ports and networks.
    pub(super) gone: BTreeMap<ContainerName, DraftId>,
    /// Steps that make or start containers, which take names and ports.
    pub(super) takers: Vec<Taker>,
}

/// Digests of specifications, by stack and service.
pub(super) type Digests<'a> = BTreeMap<&'a StackName, BTreeMap<&'a ServiceName, SpecDigest>>;

fn digests<'a>(context: &Context<'a>) -> Digests<'a> {
    let stacks = context.host.stacks.iter().filter(|(name, _)| context.is_selected(name));
    let of = |stack: &'a DesiredStack| {
        stack.services.iter().map(|(name, service)| (name, service.spec.digest())).collect()
    };
    stacks.map(|(name, stack)| (name, of(stack))).collect()
}

fn builds<'a>(context: &Context<'a>) -> BTreeMap<ImageRef, &'a Arc<BuildSpec>> {
    let services = context.host.stacks.values().flat_map(|stack| stack.services.values());
    let builds = services.filter_map(|service| service.spec.build.as_ref());
    builds.map(|build| (build.image.familiar(), build)).collect()
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
    /// Whether a container is removed because nobody declares it any more.
    pub(super) fn is_removed(&self, name: &ContainerName) -> bool {
        self.undeclared.get(name).is_some_and(|stack| !self.blocked.contains(stack))
    }

    /// Whether nothing of a stack is begun.
    pub(super) fn is_blocked(&self, stack: &StackName) -> bool {
        self.blocked.contains(stack)
    }

    /// What is declared for an identity, if it is declared and planned here.
    pub(super) fn declared(&self, identity: &Identity) -> Option<&DesiredService> {
        if !self.context.is_selected(&identity.stack) {
            return None;
        }
        self.context.host.stacks.get(&identity.stack)?.services.get(&identity.service)
    }

    /// The digest of what a service is to be.
    pub(super) fn digest(&self, stack: &StackName, service: &ServiceName) -> Option<&SpecDigest> {
        self.digests.get(stack)?.get(service)
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
    let digests = digests(context);
    draft.basis.insert(context.name.clone(), basis(context, state, &digests));
    let Healed { state, leftovers } = heal::heal(context, state);
    let undeclared = undeclared::containers(context, &state);
    let mut undeclared_of: BTreeMap<StackName, Vec<ContainerName>> = BTreeMap::new();
    for (name, stack) in &undeclared {
        undeclared_of.entry(stack.clone()).or_default().push(name.clone());
    }
    let mut plan = HostPlan {
        context: *context,
        undeclared,
        undeclared_of,
        blocked: BTreeSet::new(),
        builds: builds(context),
        index: Index::of(&state),
        digests,
        state,
        leftovers,
    };
    let mut made = Made::default();
    shared_networks(&plan, &mut made, draft);
    let mut decided = decide(&mut plan);
    images::refetch(&plan, decided.iter_mut().filter_map(|(_, stack)| stack.as_mut().ok()));
    for (name, stack) in decided {
        let outcome = match stack {
            Ok(stack) => Outcome::Steps(emit::emit(&plan, stack, &mut made, draft)),
            Err(blocked) => {
                draft.blocked.extend(blocked);
                Outcome::Blocked
            }
        };
        stacks.add(context.name, name, outcome);
    }
    undeclared::remove_stacks(&plan, &mut made, draft);
    undeclared::remove_networks(&plan, &made, draft);
    handover::link(&plan, &made, draft);
}

/// What is decided about a stack, or what stands in its way.
type Outcomes<'a> = Vec<(&'a StackName, Result<Decided<'a>, Vec<Blocked>>)>;

/// Decides about every selected stack. What a blocked stack was to give up it keeps, so that those
/// who were to take it are decided about again, until that blocks no further one.
fn decide<'a>(plan: &mut HostPlan<'a>) -> Outcomes<'a> {
    let context = plan.context;
    let selected = context.host.stacks.iter().filter(|(name, _)| context.is_selected(name));
    let mut outcomes: Outcomes<'a> =
        selected.map(|(name, declared)| (name, stack::decide(plan, name, declared))).collect();
    loop {
        let known = plan.blocked.len();
        let blocked = outcomes.iter().filter(|(_, outcome)| outcome.is_err());
        plan.blocked.extend(blocked.map(|(name, _)| (*name).clone()));
        if plan.blocked.len() == known {
            return outcomes;
        }
        for (name, outcome) in outcomes.iter_mut() {
            if let Ok(Decided { declared, .. }) = outcome {
                *outcome = stack::decide(plan, name, declared);
            }
        }
    }
}

/// Makes the networks that `hob.yaml` declares and selected stacks call external.
fn shared_networks(plan: &HostPlan<'_>, made: &mut Made, draft: &mut Draft) {
    let context = plan.context;
    let selected = context.host.stacks.iter().filter(|(name, _)| context.is_selected(name));
    let used: BTreeSet<&NetworkName> =
        selected.flat_map(|(_, stack)| stack.external_networks.keys()).collect();
    for (name, spec) in &context.host.networks {
        if !used.contains(name) {
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
                made.networks.insert(name.clone(), draft.add(step));
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
