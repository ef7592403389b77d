//! One stack on one host, written down as steps: leftovers, images, networks and volumes, files,
//! containers, removals.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use hob_model::{
    ContainerName, ServiceName, StackPath,
    desired::{Condition, StackFile},
    spec::{BuildSpec, Mount},
};

use super::{
    builds,
    draft::{Draft, DraftId, DraftStep},
    files,
    handover::{Taken, Taker},
    host::{HostPlan, Made},
    images,
    service::{self, Decision},
    stack::{Decided, folder},
    things, undeclared,
};
use crate::{
    change::{Change, Deviation, Drift, Milestone, NewBuild, NewNetwork, NewVolume, Reason},
    simulate::attached,
};

/// Writes the steps of a stack down, in the order in which they could be done one by one.
pub(super) fn emit(
    plan: &HostPlan<'_>,
    mut decided: Decided<'_>,
    made: &mut Made,
    draft: &mut Draft,
) -> Vec<DraftId> {
    report_drift(plan, &decided, draft);
    let write = std::mem::take(&mut decided.write);
    let stack = Emission { plan, decided: &decided };
    let mut steps = undeclared::restore(plan, decided.name, made, draft);
    let pulls = stack.pull(made, draft);
    steps.extend(stack.networks_and_volumes(made, draft));
    let (in_the_way, stale) = files::to_remove(decided.declared, folder(plan, decided.name));
    let mut before = pulls;
    let prepared = [stack.remove_files(in_the_way, draft), stack.write_files(write, draft)];
    for step in prepared.into_iter().flatten() {
        draft.order_all(&before, step, Milestone::Done);
        steps.push(step);
        before = vec![step];
    }
    let containers = stack.containers(&before, made, draft);
    steps.extend(containers.values());
    let after: Vec<DraftId> = containers.values().chain(&before).copied().collect();
    steps.extend(stack.remove_containers(&before, &after, made, draft));
    if let Some(step) = stack.remove_files(stale, draft) {
        draft.order_all(&after, step, Milestone::Done);
        steps.push(step);
    }
    if !steps.is_empty() {
        draft.taken_over.extend(things::taken_over(plan, decided.name, decided.declared));
    }
    steps
}

fn report_drift(plan: &HostPlan<'_>, decided: &Decided<'_>, draft: &mut Draft) {
    let mut drift = |what| {
        let host = plan.context.name.clone();
        draft.drift.push(Drift { host, stack: decided.name.clone(), what });
    };
    for path in decided.decisions.values().flat_map(Decision::foreign_edits) {
        drift(Deviation::FileChanged { path });
    }
    let folder = folder(plan, decided.name);
    for (name, service) in &decided.declared.services {
        let Some(applied) = folder.applied.get(&service.container) else { continue };
        let decision = decided.decisions.get(name);
        if let Some(what) = service::deviation(plan, service, applied, decision) {
            drift(what);
        }
    }
}

/// A stack that is being written down.
struct Emission<'a> {
    plan: &'a HostPlan<'a>,
    decided: &'a Decided<'a>,
}

impl<'a> Emission<'a> {
    fn step(&self, change: Change) -> DraftStep {
        DraftStep::new(self.plan.context.name, Some(self.decided.name), change)
    }

    fn write_files(
        &self,
        write: BTreeMap<StackPath, StackFile>,
        draft: &mut Draft,
    ) -> Option<DraftId> {
        if write.is_empty() {
            return None;
        }
        let why: Vec<Reason> =
            write.keys().map(|path| Reason::File { path: path.to_string() }).collect();
        let homelab = self.plan.context.desired.homelab.clone();
        let change = Change::WriteFiles { homelab, write, users: self.restarted_for_files() };
        Some(draft.add(self.step(change).because(why)))
    }

    fn restarted_for_files(&self) -> BTreeSet<ContainerName> {
        let restarted = self.decided.decisions.values().filter_map(|decision| {
            matches!(decision.change, Change::Restart(_)).then(|| decision.change.container())?
        });
        restarted.cloned().collect()
    }

    fn containers(
        &self,
        before: &[DraftId],
        made: &mut Made,
        draft: &mut Draft,
    ) -> BTreeMap<&'a ServiceName, DraftId> {
        let mut containers = BTreeMap::new();
        for (name, decision) in &self.decided.decisions {
            let step = self.step(decision.change.clone()).because(decision.why.clone());
            let id = draft.add(step);
            self.order_container(name, decision, id, made, draft);
            containers.insert(*name, id);
        }
        let ids: Vec<DraftId> = containers.values().copied().collect();
        draft.order_each(before, before.iter().max().copied(), &ids);
        self.order_services(&containers, draft);
        containers
    }

    /// A container comes after the networks and volumes that it uses and after the undoing of its
    /// leftovers. Whose name or ports it takes is for `handover`.
    fn order_container(
        &self,
        name: &ServiceName,
        decision: &Decision,
        id: DraftId,
        made: &mut Made,
        draft: &mut Draft,
    ) {
        let Some(service) = self.decided.declared.services.get(name) else { return };
        let networks = attached(&service.spec);
        let volumes = service.spec.mounts.values().filter_map(|mount| match mount {
            Mount::Volume { name, .. } => made.volumes.get(name),
            _ => None,
        });
        let before: Vec<DraftId> = networks
            .iter()
            .filter_map(|name| made.networks.get(name))
            .chain(volumes)
            .chain(made.restores.get(&service.container))
            .chain(decision.was().and_then(|was| made.restores.get(was)))
            .copied()
            .collect();
        draft.order_all(&before, id, Milestone::Done);
        // What runs already has its name and its ports.
        if !matches!(decision.change, Change::Confirm { start: false, .. }) {
            made.takers.push(Taker::new(id, service, decision.was()));
        }
        if let Some(was) = decision.was() {
            made.gone.insert(was.clone(), id);
        }
        if matches!(decision.change, Change::Confirm { kept: Some(_), .. }) {
            made.gone.insert(service.container.old(), id);
        }
    }

    /// Edges of `depends_on` between services that both have a step.
    fn order_services(&self, containers: &BTreeMap<&ServiceName, DraftId>, draft: &mut Draft) {
        for (name, decision) in &self.decided.decisions {
            let (Some(service), Some(id)) =
                (self.decided.declared.services.get(*name), containers.get(name))
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
                    let holds = service.spec.providers().contains(needed);
                    if decision.is_follower && (dependency.restart || holds) {
                        draft.follow(*before, *id);
                    }
                }
            }
        }
    }

    /// What the stack does not declare any more goes last, unless it holds a name or a port that a
    /// service of the stack is to have.
    fn remove_containers(
        &self,
        before: &[DraftId],
        after: &[DraftId],
        made: &mut Made,
        draft: &mut Draft,
    ) -> Vec<DraftId> {
        let removed = undeclared::remove_containers(self.plan, self.decided.name, made, draft);
        if removed.is_empty() {
            return Vec::new();
        }
        let declared = &self.decided.declared.services;
        let taken = Taken::by(self.decided.decisions.keys().filter_map(|name| declared.get(*name)));
        let (in_the_way, others): (Vec<_>, Vec<_>) =
            removed.iter().partition(|(name, _)| taken.is_from(self.plan, name));
        let ids = |removed: &[(&ContainerName, &DraftId)]| -> Vec<DraftId> {
            removed.iter().map(|(_, id)| **id).collect()
        };
        draft.order_each(before, before.iter().max().copied(), &ids(&in_the_way));
        for id in ids(&others) {
            draft.order_all(after, id, Milestone::Done);
        }
        removed.into_values().collect()
    }

    /// Images that new containers need and the host does not have: fetched or built.
    fn pull(&self, made: &mut Made, draft: &mut Draft) -> Vec<DraftId> {
        let mut ids = BTreeSet::new();
        for (name, decision) in &self.decided.decisions {
            let Some(service) = self.decided.declared.services.get(*name) else { continue };
            if !decision.makes_a_container() {
                continue;
            }
            for build in images::to_build(self.plan, service) {
                ids.extend(self.build(build, made, draft));
            }
            for (image, platform) in images::to_fetch(self.plan, service) {
                let key = (image.familiar(), platform.clone());
                let id = *made.pulls.entry(key).or_insert_with(|| {
                    let users = BTreeSet::new();
                    let change = Change::Pull { image: image.clone(), platform, users };
                    draft.add(self.step(change))
                });
                if let Some(step) = draft.step_mut(id) {
                    // Who is replaced because of the pull is no reason for it.
                    if step.why.is_empty() && !decision.follows_a_pull() {
                        step.why.push(Reason::NeededBy { service: (*name).clone() });
                    }
                    if let Change::Pull { users, .. } = &mut step.change {
                        users.insert((self.decided.name.clone(), (*name).clone()));
                    }
                }
                ids.insert(id);
            }
        }
        ids.into_iter().collect()
    }

    /// The step that builds an image, if it has to be built: once for all its users, and after the
    /// images of the stack that it starts from.
    fn build(&self, spec: &Arc<BuildSpec>, made: &mut Made, draft: &mut Draft) -> Option<DraftId> {
        if self.plan.state.is_built(spec) {
            return None;
        }
        let name = spec.image.familiar();
        if let Some(known) = made.builds.get(&name) {
            return Some(*known);
        }
        let bases: Vec<DraftId> =
            spec.bases.iter().filter_map(|base| self.build(base, made, draft)).collect();
        let project = self.decided.declared.project.clone();
        let change = Change::Build(NewBuild { project, spec: Arc::clone(spec) });
        let why = builds::why(self.plan, spec, self.decided);
        let id = draft.add(self.step(change).because(why));
        draft.order_all(&bases, id, Milestone::Done);
        made.builds.insert(name, id);
        Some(id)
    }

    fn networks_and_volumes(&self, made: &mut Made, draft: &mut Draft) -> Vec<DraftId> {
        let mut ids = Vec::new();
        let (plan, stack) = (self.plan, self.decided.name);
        let (homelab, project) = (&plan.context.desired.homelab, &self.decided.declared.project);
        for (name, network) in &self.decided.declared.networks {
            if plan.state.networks.contains_key(name) || made.networks.contains_key(name) {
                continue;
            }
            let change = Change::CreateNetwork(NewNetwork {
                name: name.clone(),
                homelab: homelab.clone(),
                project: Some((stack.clone(), project.clone())),
                network: network.clone(),
            });
            let id = draft.add(self.step(change).because([Reason::Missing]));
            made.networks.insert(name.clone(), id);
            ids.push(id);
        }
        for (name, volume) in &self.decided.declared.volumes {
            if plan.state.volumes.contains_key(name) || made.volumes.contains_key(name) {
                continue;
            }
            let change = Change::CreateVolume(NewVolume {
                name: name.clone(),
                homelab: homelab.clone(),
                stack: stack.clone(),
                project: project.clone(),
                volume: volume.clone(),
            });
            let id = draft.add(self.step(change).because([Reason::Missing]));
            made.volumes.insert(name.clone(), id);
            ids.push(id);
        }
        ids
    }

    fn remove_files(&self, remove: BTreeSet<StackPath>, draft: &mut Draft) -> Option<DraftId> {
        if remove.is_empty() {
            return None;
        }
        let step = self.step(Change::RemoveFiles { remove });
        Some(draft.add(step.because([Reason::NoLongerDeclared])))
    }
}
