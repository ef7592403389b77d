//! One stack on one host: obstacles first, then images, networks, volumes, files, containers.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{
    ContainerName, ServiceName, StackName, StackPath,
    desired::{Condition, DesiredStack, PullPolicy, StackFile},
    spec::Mount,
};

use super::{
    draft::{Draft, DraftId, DraftStep},
    files, followers,
    handover::{self, Taker},
    host::HostPlan,
    needs::Outcome,
    service::{self, Decision, View},
    undeclared,
};
use crate::{
    change::{
        Blocked, Change, Deviation, Drift, Milestone, NewNetwork, NewVolume, Obstacle, Reason,
    },
    observed::StackFolder,
    ownership::ThingOwner,
    simulate::attached,
};

/// Plans one stack. A stack is a transaction: if something stands in the way of a part of it,
/// nothing of it is begun.
pub(super) fn plan_stack(
    plan: &mut HostPlan<'_>,
    name: &StackName,
    declared: &DesiredStack,
    draft: &mut Draft,
) -> Outcome {
    let empty = StackFolder::default();
    let folder = plan.state.stacks.get(name).unwrap_or(&empty).clone();
    let (write, mut obstacles) = files::to_write(declared, &folder);
    obstacles.extend(missing_things(plan, declared));
    let changed: BTreeSet<&StackPath> = write.keys().collect();
    let mut decisions = BTreeMap::new();
    for (service_name, service) in &declared.services {
        let uses = files::seen_by(service, &changed);
        let view = View { plan, stack_name: name, stack: declared, name: service_name, service };
        match service::decide(&view, &uses) {
            Ok(Some(decision)) => {
                decisions.insert(service_name.clone(), decision);
            }
            Ok(None) => {}
            Err(found) => obstacles.extend(found.into_iter().map(|why| (Some(service_name), why))),
        }
    }
    obstacles.extend(missing_images(plan, declared, &decisions));
    if !obstacles.is_empty() {
        draft.blocked.extend(obstacles.into_iter().map(|(service, why)| Blocked {
            host: plan.context.name.clone(),
            stack: Some(name.clone()),
            service: service.cloned(),
            why,
        }));
        return Outcome::Blocked;
    }
    followers::restart(plan, name, declared, &mut decisions);
    let stack = StackPlan { name, declared, folder: &folder };
    stack.report_drift(plan, &decisions, draft);
    Outcome::Steps(stack.emit(plan, write, &decisions, draft))
}

type Found<'a> = (Option<&'a ServiceName>, Obstacle);

/// Networks and volumes that must be there and are not, or are there and are not what is declared.
fn missing_things<'a>(plan: &HostPlan<'_>, declared: &DesiredStack) -> Vec<Found<'a>> {
    let mut obstacles = Vec::new();
    let shared = &plan.context.host.networks;
    for name in declared.external_networks.keys() {
        if !shared.contains_key(name) && !plan.state.networks.contains_key(name) {
            obstacles.push(Obstacle::NoNetwork { name: name.clone() });
        }
    }
    let ours = &plan.context.desired.homelab;
    let other = |owner: &ThingOwner, what: String| match owner {
        ThingOwner::Hob { homelab, .. } if homelab != ours => {
            Some(Obstacle::OtherHomelab { what, homelab: homelab.clone() })
        }
        _ => None,
    };
    for (name, network) in &declared.networks {
        let seen = plan.state.networks.get(name);
        if let Some(why) = seen.and_then(|it| other(&it.owner, format!("network {name}"))) {
            obstacles.push(why);
        } else if let Some(seen) = seen
            && seen.spec.as_ref().is_some_and(|spec| *spec != network.spec.digest())
        {
            obstacles.push(Obstacle::NetworkDiffers { name: name.clone() });
        }
    }
    for name in declared.external_volumes.keys() {
        if !plan.state.volumes.contains_key(name) {
            obstacles.push(Obstacle::NoVolume { name: name.clone() });
        }
    }
    for (name, volume) in &declared.volumes {
        let seen = plan.state.volumes.get(name);
        if let Some(why) = seen.and_then(|it| other(&it.owner, format!("volume {name}"))) {
            obstacles.push(why);
        } else if let Some(seen) = seen
            && seen.spec.as_ref().is_some_and(|spec| *spec != volume.spec.digest())
        {
            obstacles.push(Obstacle::VolumeDiffers { name: name.clone() });
        }
    }
    obstacles.into_iter().map(|why| (None, why)).collect()
}

fn missing_images<'a>(
    plan: &HostPlan<'_>,
    declared: &'a DesiredStack,
    decisions: &BTreeMap<ServiceName, Decision>,
) -> Vec<Found<'a>> {
    let mut obstacles = Vec::new();
    for (name, service) in &declared.services {
        if decisions.get(name).is_some_and(Decision::makes_a_container)
            && service.pull == PullPolicy::Never
            && plan.state.image(&service.spec.image).is_none()
        {
            let image = service.spec.image.clone();
            obstacles.push((Some(name), Obstacle::NoImage { image }));
        }
    }
    obstacles
}

struct StackPlan<'a> {
    name: &'a StackName,
    declared: &'a DesiredStack,
    folder: &'a StackFolder,
}

impl StackPlan<'_> {
    fn step(&self, plan: &HostPlan<'_>, change: Change) -> DraftStep {
        DraftStep::new(plan.context.name, Some(self.name), change)
    }

    fn report_drift(
        &self,
        plan: &HostPlan<'_>,
        decisions: &BTreeMap<ServiceName, Decision>,
        draft: &mut Draft,
    ) {
        let mut drift = |what| {
            let host = plan.context.name.clone();
            draft.drift.push(Drift { host, stack: self.name.clone(), what });
        };
        for decision in decisions.values() {
            for path in decision.foreign_edits() {
                drift(Deviation::FileChanged { path: path.clone() });
            }
        }
        for (name, service) in &self.declared.services {
            let Some(applied) = self.folder.applied.get(&service.container) else { continue };
            if let Some(what) = service::deviation(plan, service, applied, decisions.get(name)) {
                drift(what);
            }
        }
    }

    /// Adds the steps, in the order in which they could be done one by one.
    fn emit(
        &self,
        plan: &mut HostPlan<'_>,
        write: BTreeMap<StackPath, StackFile>,
        decisions: &BTreeMap<ServiceName, Decision>,
        draft: &mut Draft,
    ) -> Vec<DraftId> {
        let mut steps = undeclared::restore(plan, self.name, draft);
        let pulls = self.pull(plan, decisions, draft);
        steps.extend(self.networks_and_volumes(plan, draft));
        let (in_the_way, stale) = files::to_remove(self.declared, self.folder);
        let mut before = pulls;
        for step in [
            self.remove_files(plan, in_the_way, draft),
            self.write_files(plan, write, decisions, draft),
        ]
        .into_iter()
        .flatten()
        {
            draft.order_all(&before, step, Milestone::Done);
            steps.push(step);
            before = vec![step];
        }
        let containers = self.containers(plan, decisions, &before, draft);
        steps.extend(containers.values());
        let after: Vec<DraftId> = containers.values().chain(&before).copied().collect();
        steps.extend(self.remove_containers(plan, decisions, &before, &after, draft));
        if let Some(step) = self.remove_files(plan, stale, draft) {
            draft.order_all(&after, step, Milestone::Done);
            steps.push(step);
        }
        steps
    }

    fn write_files(
        &self,
        plan: &HostPlan<'_>,
        write: BTreeMap<StackPath, StackFile>,
        decisions: &BTreeMap<ServiceName, Decision>,
        draft: &mut Draft,
    ) -> Option<DraftId> {
        if write.is_empty() {
            return None;
        }
        let why: Vec<Reason> =
            write.keys().map(|path| Reason::File { path: path.to_string() }).collect();
        let users = self.restarted_for_files(decisions);
        let homelab = plan.context.desired.homelab.clone();
        let change = Change::WriteFiles { homelab, write, users };
        Some(draft.add(self.step(plan, change).because(why)))
    }

    fn containers<'b>(
        &self,
        plan: &mut HostPlan<'_>,
        decisions: &'b BTreeMap<ServiceName, Decision>,
        before: &[DraftId],
        draft: &mut Draft,
    ) -> BTreeMap<&'b ServiceName, DraftId> {
        let mut containers = BTreeMap::new();
        for (name, decision) in decisions {
            let step = self.step(plan, decision.change.clone()).because(decision.why.clone());
            let id = draft.add(step);
            draft.order_all(before, id, Milestone::Done);
            self.order_container(plan, name, decision, id, draft);
            containers.insert(name, id);
        }
        self.order_services(decisions, &containers, draft);
        containers
    }

    /// What the stack does not declare any more goes last, unless it holds a name or a port that a
    /// service of the stack is to have.
    fn remove_containers(
        &self,
        plan: &mut HostPlan<'_>,
        decisions: &BTreeMap<ServiceName, Decision>,
        before: &[DraftId],
        after: &[DraftId],
        draft: &mut Draft,
    ) -> Vec<DraftId> {
        let removed = undeclared::remove_containers(plan, self.name, draft);
        for (container, id) in &removed {
            let is_in_the_way = decisions.keys().any(|name| {
                let service = self.declared.services.get(name);
                service.is_some_and(|service| handover::takes_from(plan, service, container))
            });
            let first = if is_in_the_way { before } else { after };
            draft.order_all(first, *id, Milestone::Done);
        }
        removed.into_values().collect()
    }

    fn restarted_for_files(
        &self,
        decisions: &BTreeMap<ServiceName, Decision>,
    ) -> BTreeSet<ContainerName> {
        decisions
            .iter()
            .filter(|(_, decision)| matches!(decision.change, Change::Restart(_)))
            .filter_map(|(name, _)| self.declared.services.get(name))
            .map(|service| service.container.clone())
            .collect()
    }

    /// Images that new containers need and the host does not have.
    fn pull(
        &self,
        plan: &mut HostPlan<'_>,
        decisions: &BTreeMap<ServiceName, Decision>,
        draft: &mut Draft,
    ) -> Vec<DraftId> {
        let mut ids = Vec::new();
        for (name, service) in &self.declared.services {
            let image = &service.spec.image;
            if !decisions.get(name).is_some_and(Decision::makes_a_container)
                || plan.state.image(image).is_some()
            {
                continue;
            }
            let platform = service.spec.platform.clone();
            let key = (image.familiar(), platform.clone());
            let id = match plan.pulls.get(&key) {
                Some(id) => *id,
                None => {
                    let change = Change::Pull { image: image.clone(), platform };
                    let why = Reason::NeededBy { service: name.clone() };
                    let id = draft.add(self.step(plan, change).because([why]));
                    plan.pulls.insert(key, id);
                    id
                }
            };
            ids.push(id);
        }
        ids
    }

    fn networks_and_volumes(&self, plan: &mut HostPlan<'_>, draft: &mut Draft) -> Vec<DraftId> {
        let mut ids = Vec::new();
        let homelab = &plan.context.desired.homelab;
        for (name, network) in &self.declared.networks {
            if plan.state.networks.contains_key(name) || plan.networks.contains_key(name) {
                continue;
            }
            let change = Change::CreateNetwork(NewNetwork {
                name: name.clone(),
                homelab: homelab.clone(),
                project: Some((self.name.clone(), self.declared.project.clone())),
                network: network.clone(),
            });
            let id = draft.add(self.step(plan, change).because([Reason::Missing]));
            plan.networks.insert(name.clone(), id);
            ids.push(id);
        }
        for (name, volume) in &self.declared.volumes {
            if plan.state.volumes.contains_key(name) || plan.volumes.contains_key(name) {
                continue;
            }
            let change = Change::CreateVolume(NewVolume {
                name: name.clone(),
                homelab: homelab.clone(),
                stack: self.name.clone(),
                project: self.declared.project.clone(),
                volume: volume.clone(),
            });
            let id = draft.add(self.step(plan, change).because([Reason::Missing]));
            plan.volumes.insert(name.clone(), id);
            ids.push(id);
        }
        ids
    }

    /// A container comes after the networks and volumes that it uses and after the undoing of its
    /// leftovers. Whose name or ports it takes is for `handover`.
    fn order_container(
        &self,
        plan: &mut HostPlan<'_>,
        name: &ServiceName,
        decision: &Decision,
        id: DraftId,
        draft: &mut Draft,
    ) {
        let Some(service) = self.declared.services.get(name) else { return };
        let networks = attached(&service.spec);
        let volumes = service.spec.mounts.values().filter_map(|mount| match mount {
            Mount::Volume { name, .. } => plan.volumes.get(name),
            _ => None,
        });
        let before: Vec<DraftId> = networks
            .iter()
            .filter_map(|name| plan.networks.get(name))
            .chain(volumes)
            .chain(plan.restores.get(&service.container))
            .chain(decision.was().and_then(|was| plan.restores.get(was)))
            .copied()
            .collect();
        draft.order_all(&before, id, Milestone::Done);
        // What runs already has its name and its ports.
        if !matches!(decision.change, Change::Confirm { start: false, .. }) {
            plan.takers.push(Taker::new(id, service, decision.was()));
        }
        if let Some(was) = decision.was() {
            plan.gone.insert(was.clone(), id);
        }
        if matches!(decision.change, Change::Confirm { kept: Some(_), .. }) {
            plan.gone.insert(service.container.old(), id);
        }
    }

    /// Edges of `depends_on` between services that both have a step.
    fn order_services(
        &self,
        decisions: &BTreeMap<ServiceName, Decision>,
        containers: &BTreeMap<&ServiceName, DraftId>,
        draft: &mut Draft,
    ) {
        for (name, decision) in decisions {
            let (Some(service), Some(id)) =
                (self.declared.services.get(name), containers.get(name))
            else {
                continue;
            };
            for (needed, dependency) in &service.depends_on {
                let until = match dependency.condition {
                    _ if !dependency.required => Milestone::Ended,
                    Condition::Started => Milestone::Started,
                    Condition::Healthy | Condition::Completed => Milestone::Done,
                };
                if let Some(before) = containers.get(needed) {
                    draft.order(*before, *id, until);
                    if decision.is_follower && dependency.restart {
                        draft.follow(*before, *id);
                    }
                }
            }
        }
    }

    fn remove_files(
        &self,
        plan: &HostPlan<'_>,
        remove: BTreeSet<StackPath>,
        draft: &mut Draft,
    ) -> Option<DraftId> {
        if remove.is_empty() {
            return None;
        }
        let step = self.step(plan, Change::RemoveFiles { remove });
        Some(draft.add(step.because([Reason::NoLongerDeclared])))
    }
}
