//! One stack on one host: obstacles first, then images, networks, volumes, files, containers.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{
    ContainerName, ServiceName, StackName, StackPath,
    desired::{Condition, DesiredStack, PullPolicy, StackFile},
    spec::{BindSource, Mount},
};

use super::{
    draft::{Draft, DraftId, DraftStep},
    host::HostPlan,
    needs::Outcome,
    service::{self, Decision},
};
use crate::{
    change::{
        Blocked, Change, Deviation, Drift, Milestone, NewNetwork, NewVolume, Obstacle, Reason,
    },
    observed::{FileSeen, StackFolder},
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
    let (write, mut obstacles) = files_to_write(declared, &folder);
    obstacles.extend(missing_things(plan, declared));
    let changed: BTreeSet<&StackPath> = write.keys().collect();
    let mut decisions = BTreeMap::new();
    for (service_name, service) in &declared.services {
        let uses = changed_files(service, &changed);
        match service::decide(plan, name, declared, service_name, &uses) {
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
    service::follow_restarts(plan, name, declared, &mut decisions);
    let stack = StackPlan { name, declared, folder: &folder };
    stack.report_drift(plan, &write, &decisions, draft);
    Outcome::Steps(stack.emit(plan, write, decisions, draft))
}

type Found<'a> = (Option<&'a ServiceName>, Obstacle);

/// Files that are missing on the host or differ there, unless they are somebody else's.
fn files_to_write<'a>(
    declared: &DesiredStack,
    folder: &StackFolder,
) -> (BTreeMap<StackPath, StackFile>, Vec<Found<'a>>) {
    let mut write = BTreeMap::new();
    let mut obstacles = Vec::new();
    for (path, file) in &declared.files {
        let is_ours = folder.owned.contains(path);
        match folder.files.get(path) {
            None => {
                write.insert(path.clone(), file.clone());
            }
            Some(FileSeen::File { digest, mode }) => {
                let is_same = *digest == file.digest && *mode == file.mode;
                if !is_ours && *digest != file.digest {
                    obstacles.push((None, Obstacle::ForeignFile { path: path.clone() }));
                } else if !is_ours || !is_same {
                    write.insert(path.clone(), file.clone());
                }
            }
            Some(FileSeen::Unreadable | FileSeen::NotAFile) => {
                let why = if is_ours {
                    Obstacle::UnusableFile { path: path.clone() }
                } else {
                    Obstacle::ForeignFile { path: path.clone() }
                };
                obstacles.push((None, why));
            }
        }
    }
    (write, obstacles)
}

/// Networks and volumes that must be there and are not, or are there and are not what is declared.
fn missing_things<'a>(plan: &HostPlan<'_>, declared: &DesiredStack) -> Vec<Found<'a>> {
    let mut obstacles = Vec::new();
    let shared = &plan.context.host.networks;
    for name in declared.external_networks.keys() {
        if !shared.contains_key(name) && !plan.state.networks.contains_key(name) {
            obstacles.push(Obstacle::NoNetwork { name: name.clone() });
        }
    }
    for (name, network) in &declared.networks {
        if let Some(seen) = plan.state.networks.get(name)
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
        if let Some(seen) = plan.state.volumes.get(name)
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

/// Those of the changed files that the service's container sees.
fn changed_files(
    service: &hob_model::desired::DesiredService,
    changed: &BTreeSet<&StackPath>,
) -> Vec<StackPath> {
    let sees = |path: &StackPath| {
        service.spec.mounts.values().any(|mount| match mount {
            Mount::Bind { source: BindSource::Stack(source), .. } => {
                let path = path.as_str();
                source.is_empty()
                    || path == source
                    || path.strip_prefix(source.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
            _ => false,
        })
    };
    changed.iter().filter(|path| sees(path)).map(|path| (*path).clone()).collect()
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
        write: &BTreeMap<StackPath, StackFile>,
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
        let _ = write;
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
        decisions: BTreeMap<ServiceName, Decision>,
        draft: &mut Draft,
    ) -> Vec<DraftId> {
        let pulls = self.pull(plan, &decisions, draft);
        self.networks_and_volumes(plan, draft);
        let mut steps = Vec::new();
        let written = (!write.is_empty()).then(|| {
            let why = write.keys().map(|path| Reason::File { path: path.to_string() });
            let why: Vec<Reason> = why.collect();
            let users = self.restarted_for_files(&decisions);
            let change = Change::WriteFiles { write, users };
            let id = draft.add(self.step(plan, change).because(why));
            for pull in &pulls {
                draft.order(*pull, id, Milestone::Done);
            }
            steps.push(id);
            id
        });
        let mut containers: BTreeMap<&ServiceName, DraftId> = BTreeMap::new();
        for (name, decision) in &decisions {
            let step = self.step(plan, decision.change.clone()).because(decision.why.clone());
            let id = draft.add(step);
            for before in pulls.iter().chain(&written) {
                draft.order(*before, id, Milestone::Done);
            }
            self.order_container(plan, name, decision, id, draft);
            containers.insert(name, id);
        }
        self.order_services(plan, &decisions, &containers, draft);
        steps.extend(containers.values());
        steps.extend(self.remove_files(plan, &containers, draft));
        steps
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
            let id = match plan.pulls.get(image) {
                Some(id) => *id,
                None => {
                    let platform = service.spec.platform.clone();
                    let change = Change::Pull { image: image.clone(), platform };
                    let why = Reason::NeededBy { service: name.clone() };
                    let id = draft.add(self.step(plan, change).because([why]));
                    plan.pulls.insert(image.clone(), id);
                    id
                }
            };
            ids.push(id);
        }
        ids
    }

    fn networks_and_volumes(&self, plan: &mut HostPlan<'_>, draft: &mut Draft) {
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
        }
    }

    /// A container comes after the networks and volumes that it uses, after the undoing of its
    /// leftovers, and after whatever holds its name or ports is gone.
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
            .chain(service::freed_by(plan, service))
            .copied()
            .collect();
        for before in before {
            draft.order(before, id, Milestone::Done);
        }
        if let Some(was) = decision.was() {
            plan.gone.insert(was.clone(), id);
        }
    }

    /// Edges of `depends_on` between services that both have a step.
    fn order_services(
        &self,
        _plan: &HostPlan<'_>,
        decisions: &BTreeMap<ServiceName, Decision>,
        containers: &BTreeMap<&ServiceName, DraftId>,
        draft: &mut Draft,
    ) {
        for name in decisions.keys() {
            let (Some(service), Some(id)) =
                (self.declared.services.get(name), containers.get(name))
            else {
                continue;
            };
            for (needed, dependency) in &service.depends_on {
                let until = match dependency.condition {
                    Condition::Started => Milestone::Started,
                    Condition::Healthy | Condition::Completed => Milestone::Done,
                };
                if let Some(before) = containers.get(needed) {
                    draft.order(*before, *id, until);
                    if matches!(decisions.get(name), Some(decision) if decision.is_follower) {
                        draft.follow(*before, *id);
                    }
                }
            }
        }
    }

    /// Files that Hob put there and that are not declared any more go last.
    fn remove_files(
        &self,
        plan: &HostPlan<'_>,
        containers: &BTreeMap<&ServiceName, DraftId>,
        draft: &mut Draft,
    ) -> Option<DraftId> {
        let remove: BTreeSet<StackPath> = self
            .folder
            .owned
            .iter()
            .filter(|path| !self.declared.files.contains_key(*path))
            .cloned()
            .collect();
        if remove.is_empty() {
            return None;
        }
        let step = self.step(plan, Change::RemoveFiles { remove });
        let id = draft.add(step.because([Reason::NoLongerDeclared]));
        for container in containers.values() {
            draft.order(*container, id, Milestone::Done);
        }
        Some(id)
    }
}
