//! One service: is its container what it should be, and if not, what is done about it.

use std::{collections::BTreeMap, sync::Arc};

use hob_model::{
    ContainerName, Role, ServiceName, StackName, StackPath, VolumeName,
    desired::{Condition, DesiredService, DesiredStack},
    spec::{ContainerSpec, Mount, NetworkMode, RestartPolicy, SpecDigest},
};

use super::{
    dependents::Dependents,
    differences::differences,
    ending::looks_like_a_job,
    expectation::expectation,
    handover::{Port, collide},
    heal,
    host::HostPlan,
};
use crate::{
    change::{Change, Deviation, Expectation, Obstacle, Order, Reason, Target},
    observed::{Applied, Container, ContainerOwner, ContainerState, Health, HostState, Verdict},
    ownership::Identity,
    simulate::{attached, held_ports},
};

/// What is done about a service, and why.
pub(super) struct Decision {
    pub(super) change: Change,
    pub(super) why: Vec<Reason>,
    /// It is there only because a service that it depends on is restarted.
    pub(super) is_follower: bool,
}

impl Decision {
    pub(super) fn new(change: Change, why: Vec<Reason>) -> Self {
        Self { change, why, is_follower: false }
    }

    /// A restart only because of one that goes before.
    pub(super) fn follower(target: Target) -> Self {
        Self { change: Change::Restart(target), why: Vec::new(), is_follower: true }
    }

    /// Whether those who follow the service are restarted, or made anew.
    pub(super) fn interrupts(&self) -> bool {
        matches!(self.change, Change::Create(_) | Change::Replace { .. } | Change::Restart(_))
    }

    pub(super) fn makes_a_container(&self) -> bool {
        matches!(self.change, Change::Create(_) | Change::Replace { .. })
    }

    /// Whether it is there because the image is fetched for another service.
    pub(super) fn follows_a_pull(&self) -> bool {
        self.why.iter().any(|reason| matches!(reason, Reason::ImageFetched { .. }))
    }

    /// The container that is replaced.
    pub(super) fn was(&self) -> Option<&ContainerName> {
        match &self.change {
            Change::Replace { was, .. } => Some(was),
            _ => None,
        }
    }

    /// Files that somebody changed on the host, which is why the container is restarted.
    pub(super) fn foreign_edits(&self) -> impl Iterator<Item = StackPath> + '_ {
        let is_restart = matches!(self.change, Change::Restart(_));
        self.why.iter().filter(move |_| is_restart).filter_map(|reason| match reason {
            Reason::File { path } => Some(StackPath::new(path.clone())),
            _ => None,
        })
    }
}

/// Compares a service's container with what it should be. `Ok(None)`: it is in order.
pub(super) fn decide(
    view: &View<'_>,
    changed_files: &[StackPath],
) -> Result<Option<Decision>, Vec<Obstacle>> {
    let current = view.current();
    view.check_name()?;
    let decision = match current {
        None => Some(Decision::new(Change::Create(view.target()), vec![Reason::Missing])),
        Some((was, container)) => view.compare(was, container, changed_files),
    };
    if decision.as_ref().is_some_and(|decision| !matches!(decision.change, Change::Confirm { .. }))
    {
        view.check_ports()?;
    }
    Ok(decision)
}

/// A service and the host that it is planned for.
pub(super) struct View<'a> {
    pub(super) plan: &'a HostPlan<'a>,
    pub(super) stack_name: &'a StackName,
    pub(super) stack: &'a DesiredStack,
    pub(super) dependents: &'a Dependents<'a>,
    pub(super) name: &'a ServiceName,
    pub(super) service: &'a DesiredService,
}

impl<'a> View<'a> {
    fn identity(&self) -> Identity {
        Identity {
            homelab: self.plan.context.desired.homelab.clone(),
            stack: self.stack_name.clone(),
            project: self.stack.project.clone(),
            service: self.name.clone(),
        }
    }

    fn is_mine(&self, identity: &Identity) -> bool {
        identity.homelab == self.plan.context.desired.homelab
            && identity.stack == *self.stack_name
            && identity.service == *self.name
    }

    /// The container that stands for the service, under whatever name; one that an earlier run has
    /// put aside only if there is no other.
    pub(super) fn current(&self) -> Option<(&'a ContainerName, &'a Container)> {
        let is_mine = |(name, container): &(&ContainerName, &Container)| {
            matches!(&container.owner, ContainerOwner::Hob { identity, .. }
                if self.is_mine(identity))
                && !self.plan.undeclared.contains_key(*name)
        };
        let declared = self.plan.state.containers.get_key_value(&self.service.container);
        let mine = || self.plan.by_service(self.stack_name, self.name).filter(is_mine);
        let is = |role| move |(name, _): &(&ContainerName, &Container)| name.role().0 == role;
        declared
            .filter(is_mine)
            .filter(is(Role::Current))
            .or_else(|| mine().find(is(Role::Current)))
            .or_else(|| mine().find(is(Role::Old)))
    }

    pub(super) fn target(&self) -> Target {
        Target {
            name: self.service.container.clone(),
            identity: self.identity(),
            spec: Arc::clone(&self.service.spec),
            expect: expectation(self.plan.context.policy, self.dependents, self.name, self.service),
            wait_for: self.wait_for(),
            followers: Vec::new(),
            shares_pre_stop: self.shares_pre_stop(),
        }
    }

    /// Dependencies that are not in order now. Those that get a step of their own are waited for
    /// by an edge as well, which does no harm.
    fn wait_for(&self) -> Vec<(ContainerName, Expectation)> {
        let policy = self.plan.context.policy;
        let mut waits = Vec::new();
        for (name, dependency) in &self.service.depends_on {
            let Some(needed) = self.stack.services.get(name) else { continue };
            let is_met = match dependency.condition {
                Condition::Started => true,
                Condition::Healthy => {
                    self.plan.state.containers.get(&needed.container).is_some_and(|container| {
                        let healthy = ContainerState::Running { health: Health::Healthy };
                        container.state == healthy
                    })
                }
                Condition::Completed => self
                    .applied(&needed.container)
                    .is_some_and(|applied| applied.verdict == Verdict::Completed),
            };
            if !is_met && dependency.required {
                let mut expect = expectation(policy, self.dependents, name, needed);
                expect.must_be_healthy = dependency.condition == Condition::Healthy;
                waits.push((needed.container.clone(), expect));
            }
        }
        waits
    }

    pub(super) fn applied(&self, container: &ContainerName) -> Option<&'a Applied> {
        self.plan.state.stacks.get(self.stack_name)?.applied.get(container)
    }

    /// The service's name must be free, its own, or about to be given up.
    fn check_name(&self) -> Result<(), Vec<Obstacle>> {
        let name = &self.service.container;
        let Some(container) = self.plan.state.containers.get(name) else { return Ok(()) };
        let project = match &container.owner {
            ContainerOwner::Hob { identity, .. } => {
                if self.is_mine(identity) || self.plan.is_removed(name) {
                    return Ok(());
                }
                if identity.homelab == self.plan.context.desired.homelab {
                    let keeps = self.plan.is_blocked(&identity.stack)
                        || self
                            .plan
                            .declared(identity)
                            .is_none_or(|service| service.container == *name);
                    let by = format!("{}/{}", identity.stack, identity.service);
                    let obstacle = Obstacle::NameInUse { name: name.clone(), by };
                    return if keeps { Err(vec![obstacle]) } else { Ok(()) };
                }
                Some(identity.project.clone())
            }
            ContainerOwner::Compose { project, .. } => Some(project.clone()),
            ContainerOwner::Foreign => None,
        };
        Err(vec![Obstacle::ForeignContainer { name: name.clone(), project }])
    }

    /// Its ports must not be held by a running container that nothing here is going to move.
    fn check_ports(&self) -> Result<(), Vec<Obstacle>> {
        let wanted = held_ports(&self.service.spec);
        let mut taken = Vec::new();
        for port in &wanted {
            for (by, container) in self.plan.holders(port.1) {
                let holds = container.ports.iter().any(|held| collide(port, held));
                if holds && is_up(container.state) && !self.is_given_up(by, container, port) {
                    taken.push(Obstacle::PortTaken { port: port.1, by: by.clone() });
                }
            }
        }
        if taken.is_empty() { Ok(()) } else { Err(taken) }
    }

    /// Whether a container is this service's own, or its port is about to be free.
    fn is_given_up(&self, name: &ContainerName, container: &Container, port: &Port) -> bool {
        let ContainerOwner::Hob { identity, .. } = &container.owner else { return false };
        if self.is_mine(identity) || self.plan.is_removed(name) {
            return true;
        }
        identity.homelab == self.plan.context.desired.homelab
            && !self.plan.is_blocked(&identity.stack)
            && self.plan.declared(identity).is_some_and(|service| {
                !held_ports(&service.spec).iter().any(|kept| collide(port, kept))
            })
    }

    fn compare(
        &self,
        was: &ContainerName,
        container: &Container,
        changed_files: &[StackPath],
    ) -> Option<Decision> {
        let digest = self.plan.digest(self.stack_name, self.name);
        let wanted = Wanted {
            stack_name: self.stack_name,
            stack: self.stack,
            service: self.service,
            digest,
        };
        let why = reasons_to_replace(&self.plan.state, &wanted, was, container);
        if !why.is_empty() {
            return Some(Decision::new(self.replace(was, container), why));
        }
        let record = self.applied(was);
        let verdict =
            record.filter(|record| Some(&record.spec) == digest).map(|record| record.verdict);
        let state = container.state;
        let is_running = matches!(state, ContainerState::Running { .. });
        let may_complete = self.service.spec.restart == RestartPolicy::No
            || self.dependents.want_completed(self.name);
        let is_completed = may_complete && state == ContainerState::Exited { code: 0 };
        if verdict.is_none() && !is_completed && self.is_beyond_a_start(was, state) {
            return Some(Decision::new(self.replace(was, container), vec![Reason::Unverified]));
        }
        let restart = |why| Some(Decision::new(Change::Restart(self.target()), why));
        let confirm = |kept, start, why| {
            let change = Change::Confirm { target: self.target(), kept, start };
            Some(Decision::new(change, vec![why]))
        };

        if self.keeps_predecessor(was) {
            let start = !is_running && !is_completed && state != ContainerState::Restarting;
            return confirm(Some(heal::kept(record)), start, Reason::Unverified);
        }
        if (is_running || state == ContainerState::Paused) && !changed_files.is_empty() {
            let why = changed_files.iter().map(|path| Reason::File { path: path.to_string() });
            return restart(why.collect());
        }
        let follows = self.service.depends_on.values().any(|dependency| dependency.restart);
        let uses_files = !self.service.spec.content.is_empty();
        match verdict {
            Some(_) if is_running => None,
            Some(Verdict::Completed) if is_completed => None,
            // It was seen running, and has ended well since: a job is not done again.
            Some(_)
                if is_completed && looks_like_a_job(self.dependents, self.name, self.service) =>
            {
                confirm(None, false, Reason::NotRunning { state: state.to_string() })
            }
            // An interrupted run may have left it with files as they were before, or running on
            // while what it follows was restarted.
            None if is_running && (uses_files || follows) => restart(vec![Reason::Unverified]),
            None if is_running || is_completed => confirm(None, false, Reason::Unverified),
            _ => {
                let mut why = vec![Reason::NotRunning { state: state.to_string() }];
                let missing = missing_networks(self.service, container);
                let change = if missing.is_empty() {
                    Change::Start(self.target())
                } else {
                    self.replace(was, container)
                };
                why.extend(missing);
                Some(Decision::new(change, why))
            }
        }
    }

    /// What an interrupted run left of some, a start cannot mend: the container that it holds on to
    /// may be gone, and files are put in when it is made.
    fn is_beyond_a_start(&self, name: &ContainerName, state: ContainerState) -> bool {
        let spec = &self.service.spec;
        let lacks_files = state == ContainerState::Created && !spec.files.is_empty();
        !self.keeps_predecessor(name) && (lacks_files || !spec.providers().is_empty())
    }

    /// Whether the container's own predecessor is still there. Under such a name there may also be
    /// another service's, put aside to get this one's name.
    pub(super) fn keeps_predecessor(&self, name: &ContainerName) -> bool {
        self.plan.state.containers.get(&name.old()).is_some_and(|old| {
            matches!(&old.owner, ContainerOwner::Hob { identity, .. } if self.is_mine(identity))
        })
    }

    pub(super) fn replace(&self, was: &ContainerName, container: &Container) -> Change {
        let should_run = match self.applied(was) {
            Some(record) => matches!(record.verdict, Verdict::Healthy | Verdict::Running),
            // It was stopped by the run that put it aside.
            None => was.role().0 == Role::Old,
        };
        let was_running = is_up(container.state) || should_run;
        let spec = &self.service.spec;
        let inherit: BTreeMap<String, VolumeName> = container
            .anonymous_volumes
            .iter()
            .filter(|(target, _)| {
                spec.mounts.get(*target).is_none_or(|mount| *mount == Mount::Anonymous)
            })
            .map(|(target, volume)| (target.clone(), volume.clone()))
            .collect();
        let awaited = self.dependents.want_completed(self.name);
        // Those who hold on to it find it by its name, which it has to have before they are made.
        let is_held = !self.dependents.holders(self.name).is_empty();
        let order = if is_up(container.state)
            && !awaited
            && !is_held
            && inherit.is_empty()
            && may_overlap(spec)
        {
            Order::StartFirst
        } else {
            Order::StopFirst
        };
        Change::Replace { was: was.clone(), target: self.target(), was_running, order, inherit }
    }
}

fn is_up(state: ContainerState) -> bool {
    matches!(
        state,
        ContainerState::Running { .. } | ContainerState::Restarting | ContainerState::Paused
    )
}

/// What a container is compared with.
pub(super) struct Wanted<'a> {
    pub(super) stack_name: &'a StackName,
    pub(super) stack: &'a DesiredStack,
    pub(super) service: &'a DesiredService,
    /// Digest of the service's specification.
    pub(super) digest: Option<&'a SpecDigest>,
}

/// Why a container cannot stay what it is; empty if it can.
pub(super) fn reasons_to_replace(
    state: &HostState,
    wanted: &Wanted<'_>,
    was: &ContainerName,
    container: &Container,
) -> Vec<Reason> {
    let Wanted { stack_name, stack, service, digest } = *wanted;
    let mut why = Vec::new();
    if let ContainerOwner::Hob { identity, spec } = &container.owner {
        if Some(spec) != digest {
            let folder = state.stacks.get(stack_name);
            let record = folder.and_then(|folder| folder.applied.get(was));
            why.extend(explain(state, record.filter(|record| record.spec == *spec), service));
        }
        if identity.project != stack.project {
            why.push(renamed("project name", &identity.project, &stack.project));
        }
    }
    // An image that is built is known by what it was built from, not by where its name leads.
    if service.spec.build.is_none()
        && let Some(image) = state.image(&service.spec.image)
        && *image != container.image
        && !why.iter().any(|reason| matches!(reason, Reason::Image { .. }))
    {
        let (was, now) = (container.image.clone(), image.clone());
        why.push(Reason::ImageContent { was, now });
    }
    if *was != service.container {
        why.push(renamed("container_name", was.as_str(), service.container.as_str()));
    }
    // A job that is done needs no network any more.
    if container.state != (ContainerState::Exited { code: 0 }) && why.is_empty() {
        why.extend(missing_networks(service, container));
    }
    if container.state == ContainerState::Dead && why.is_empty() {
        why.push(Reason::NotRunning { state: container.state.to_string() });
    }
    why
}

fn missing_networks(service: &DesiredService, container: &Container) -> Vec<Reason> {
    let expected = attached(&service.spec);
    let missing = expected.difference(&container.networks);
    missing.map(|name| Reason::Network { name: name.clone() }).collect()
}

fn renamed(attribute: &str, from: &str, to: &str) -> Reason {
    let (from, to) = (Some(from.into()), Some(to.into()));
    Reason::Attribute { name: attribute.into(), from, to }
}

/// In what a container differs from what is declared, if the record of its making is there.
fn explain(state: &HostState, record: Option<&Applied>, service: &DesiredService) -> Vec<Reason> {
    let explained = match (record, &state.key) {
        (Some(record), Some(key)) => {
            differences(&record.sealed, &service.spec.sealed(&|value| key.seal(value)))
        }
        _ => Vec::new(),
    };
    if explained.is_empty() { vec![Reason::Unexplained] } else { explained }
}

/// Whether two containers of this specification can run side by side for a while: no fixed port or
/// address, no device, nothing that both would write to, and not a one-shot.
fn may_overlap(spec: &ContainerSpec) -> bool {
    let writes = spec.mounts.values().any(|mount| {
        matches!(
            mount,
            Mount::Bind { read_only: false, .. }
                | Mount::Volume { read_only: false, .. }
                | Mount::Anonymous
        )
    });
    let is_placed = match &spec.network {
        NetworkMode::Attached(endpoints) => {
            endpoints.values().any(|endpoint| endpoint.ipv4.is_some() || endpoint.ipv6.is_some())
        }
        // Ports in there are taken by the old one.
        NetworkMode::Host | NetworkMode::Container(_) => true,
        NetworkMode::None => false,
    };
    let publishes = spec.ports.iter().any(|port| port.published.is_some());
    let has_devices = spec.privileged || !spec.devices.is_empty();
    !writes && !is_placed && !publishes && !has_devices && spec.restart != RestartPolicy::No
}

/// In what a service is not as it was left, apart from what is declared otherwise now.
pub(super) fn deviation(
    plan: &HostPlan<'_>,
    service: &DesiredService,
    applied: &Applied,
    decision: Option<&Decision>,
) -> Option<Deviation> {
    let container = service.container.clone();
    let state = plan.state.containers.get(&container)?.state;
    match decision.map(|decision| &decision.change) {
        Some(Change::Start(_)) => Some(Deviation::Stopped { container }),
        None if matches!(state, ContainerState::Running { health: Health::Unhealthy }) => {
            Some(Deviation::Unhealthy { container, was: applied.verdict })
        }
        _ => None,
    }
}
