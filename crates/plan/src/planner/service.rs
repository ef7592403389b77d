//! One service: is its container what it should be, and if not, what is done about it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use hob_model::{
    ContainerName, ServiceName, StackName, StackPath, VolumeName,
    desired::{Condition, DesiredService, DesiredStack},
    spec::{ContainerSpec, HealthCheck, Mount, NetworkMode, RestartPolicy},
};

use super::{Context, differences::differences, draft::DraftId, host::HostPlan};
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
    fn new(change: Change, why: Vec<Reason>) -> Self {
        Self { change, why, is_follower: false }
    }

    pub(super) fn makes_a_container(&self) -> bool {
        matches!(self.change, Change::Create(_) | Change::Replace { .. })
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
    plan: &HostPlan<'_>,
    stack_name: &StackName,
    stack: &DesiredStack,
    name: &ServiceName,
    changed_files: &[StackPath],
) -> Result<Option<Decision>, Vec<Obstacle>> {
    let Some(service) = stack.services.get(name) else { return Ok(None) };
    let view = View { plan, stack_name, stack, name, service };
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

struct View<'a> {
    plan: &'a HostPlan<'a>,
    stack_name: &'a StackName,
    stack: &'a DesiredStack,
    name: &'a ServiceName,
    service: &'a DesiredService,
}

impl<'a> View<'a> {
    fn context(&self) -> &Context<'a> {
        &self.plan.context
    }

    fn identity(&self) -> Identity {
        Identity {
            homelab: self.context().desired.homelab.clone(),
            stack: self.stack_name.clone(),
            project: self.stack.project.clone(),
            service: self.name.clone(),
        }
    }

    /// The container that stands for the service, under whatever name.
    fn current(&self) -> Option<(&'a ContainerName, &'a Container)> {
        let is_current = |name: &ContainerName, container: &Container| {
            matches!(&container.owner, ContainerOwner::Hob { identity, .. }
                if identity.homelab == self.context().desired.homelab
                    && identity.stack == *self.stack_name
                    && identity.service == *self.name)
                && !self.plan.undeclared.contains_key(name)
                && name.role().0 == hob_model::Role::Current
        };
        let containers = &self.plan.state.containers;
        if let Some((name, container)) = containers.get_key_value(&self.service.container)
            && is_current(name, container)
        {
            return Some((name, container));
        }
        self.plan
            .by_service(self.stack_name, self.name)
            .find(|(name, container)| is_current(name, container))
    }

    fn target(&self) -> Target {
        Target {
            name: self.service.container.clone(),
            identity: self.identity(),
            spec: Arc::clone(&self.service.spec),
            expect: expectation(self.context(), self.stack, self.name, self.service),
            wait_for: self.wait_for(),
        }
    }

    /// Dependencies that are not in order now. Those that get a step of their own are waited for
    /// by an edge as well, which does no harm.
    fn wait_for(&self) -> Vec<(ContainerName, Expectation)> {
        let mut waits = Vec::new();
        for (name, dependency) in &self.service.depends_on {
            let Some(needed) = self.stack.services.get(name) else { continue };
            let is_met = match dependency.condition {
                Condition::Started => true,
                Condition::Healthy => {
                    self.plan.state.containers.get(&needed.container).is_some_and(|container| {
                        matches!(
                            container.state,
                            ContainerState::Running { health: Health::Healthy }
                        )
                    })
                }
                Condition::Completed => self
                    .applied(&needed.container)
                    .is_some_and(|applied| applied.verdict == Verdict::Completed),
            };
            if !is_met && dependency.required {
                let expect = expectation(self.context(), self.stack, name, needed);
                waits.push((needed.container.clone(), expect));
            }
        }
        waits
    }

    fn applied(&self, container: &ContainerName) -> Option<&'a Applied> {
        self.plan.state.stacks.get(self.stack_name)?.applied.get(container)
    }

    /// The service's name must be free, its own, or about to be freed.
    fn check_name(&self) -> Result<(), Vec<Obstacle>> {
        let name = &self.service.container;
        let Some(container) = self.plan.state.containers.get(name) else { return Ok(()) };
        let identity = self.identity();
        let project = match &container.owner {
            ContainerOwner::Hob { identity: theirs, .. }
                if *theirs == identity || self.plan.undeclared.contains_key(name) =>
            {
                return Ok(());
            }
            ContainerOwner::Hob { identity: theirs, .. } => {
                if theirs.homelab == identity.homelab
                    && theirs.stack == identity.stack
                    && theirs.service == identity.service
                {
                    return Ok(());
                }
                Some(theirs.project.clone())
            }
            ContainerOwner::Compose { project, .. } => Some(project.clone()),
            ContainerOwner::Foreign => None,
        };
        Err(vec![Obstacle::ForeignContainer { name: name.clone(), project }])
    }

    /// Its ports must not be held by a running container that is not ours to move.
    fn check_ports(&self) -> Result<(), Vec<Obstacle>> {
        let taken: Vec<Obstacle> = held_ports(&self.service.spec)
            .iter()
            .flat_map(|wanted| self.plan.holders(wanted.1).map(move |holder| (wanted, holder)))
            .filter(|(wanted, (_, container))| {
                container.ports.iter().any(|held| collide(wanted, held))
                    && matches!(
                        container.state,
                        ContainerState::Running { .. }
                            | ContainerState::Restarting
                            | ContainerState::Paused
                    )
            })
            .filter(|(_, (_, container))| match &container.owner {
                ContainerOwner::Hob { identity, .. } => {
                    identity.homelab != self.context().desired.homelab
                }
                _ => true,
            })
            .map(|(wanted, (by, _))| Obstacle::PortTaken { port: wanted.1, by: by.clone() })
            .collect();
        if taken.is_empty() { Ok(()) } else { Err(taken) }
    }

    fn compare(
        &self,
        was: &ContainerName,
        container: &Container,
        changed_files: &[StackPath],
    ) -> Option<Decision> {
        let why = self.reasons_to_replace(was, container);
        if !why.is_empty() {
            return Some(Decision::new(self.replace(was, container), why));
        }
        let applied = self.applied(was).filter(|it| it.spec == self.service.spec.digest());
        let verdict = applied.map(|applied| applied.verdict);
        let state = container.state;
        let is_running = matches!(state, ContainerState::Running { .. });
        let may_complete = self.service.spec.restart == RestartPolicy::No
            || self.stack.is_awaited_for_completion(self.name);
        let is_completed = may_complete && state == ContainerState::Exited { code: 0 };
        let uses_files = !self.service.spec.content.is_empty();

        if self.plan.state.containers.contains_key(&was.old()) {
            let start = !is_running && !is_completed && state != ContainerState::Restarting;
            let change = Change::Confirm { target: self.target(), kept: true, start };
            return Some(Decision::new(change, vec![Reason::Unverified]));
        }
        if (is_running || state == ContainerState::Paused) && !changed_files.is_empty() {
            let why = changed_files.iter().map(|path| Reason::File { path: path.to_string() });
            return Some(Decision::new(Change::Restart(self.target()), why.collect()));
        }
        if is_running && verdict.is_none() && uses_files {
            // It may still see files as they were before an interrupted run wrote them.
            let change = Change::Restart(self.target());
            return Some(Decision::new(change, vec![Reason::Unverified]));
        }
        if is_running && verdict.is_some() || is_completed && verdict == Some(Verdict::Completed) {
            return None;
        }
        if (is_running || is_completed) && verdict.is_none() {
            let change = Change::Confirm { target: self.target(), kept: false, start: false };
            return Some(Decision::new(change, vec![Reason::Unverified]));
        }
        let why = Reason::NotRunning { state: state.to_string() };
        Some(Decision::new(Change::Start(self.target()), vec![why]))
    }

    fn reasons_to_replace(&self, was: &ContainerName, container: &Container) -> Vec<Reason> {
        let mut why = Vec::new();
        if let ContainerOwner::Hob { spec, .. } = &container.owner
            && *spec != self.service.spec.digest()
        {
            why.extend(self.explain(was, spec));
        }
        if let Some(image) = self.plan.state.image(&self.service.spec.image)
            && *image != container.image
            && !why.iter().any(|reason| matches!(reason, Reason::Image { .. }))
        {
            let (was, now) = (container.image.clone(), image.clone());
            why.push(Reason::ImageContent { was, now });
        }
        if *was != self.service.container {
            why.push(Reason::Attribute { name: "container_name".into() });
        }
        if let ContainerOwner::Hob { identity, .. } = &container.owner
            && identity.project != self.stack.project
        {
            why.push(Reason::Attribute { name: "project name".into() });
        }
        if matches!(container.state, ContainerState::Running { .. }) && why.is_empty() {
            let expected = attached(&self.service.spec);
            let missing = expected.difference(&container.networks);
            why.extend(missing.map(|name| Reason::Network { name: name.clone() }));
        }
        if container.state == ContainerState::Dead && why.is_empty() {
            why.push(Reason::NotRunning { state: container.state.to_string() });
        }
        why
    }

    fn explain(&self, was: &ContainerName, spec: &hob_model::spec::SpecDigest) -> Vec<Reason> {
        let state: &HostState = &self.plan.state;
        let explained = match (self.applied(was), &state.key) {
            (Some(applied), Some(key)) if applied.spec == *spec => {
                differences(&applied.sealed, &self.service.spec.sealed(&|value| key.seal(value)))
            }
            _ => Vec::new(),
        };
        if explained.is_empty() { vec![Reason::Unexplained] } else { explained }
    }

    fn replace(&self, was: &ContainerName, container: &Container) -> Change {
        let was_running = matches!(
            container.state,
            ContainerState::Running { .. } | ContainerState::Restarting | ContainerState::Paused
        );
        let spec = &self.service.spec;
        let inherit: BTreeMap<String, VolumeName> = container
            .anonymous_volumes
            .iter()
            .filter(|(target, _)| {
                spec.mounts.get(*target).is_none_or(|mount| *mount == Mount::Anonymous)
            })
            .map(|(target, volume)| (target.clone(), volume.clone()))
            .collect();
        let awaited = self.stack.is_awaited_for_completion(self.name);
        let order = if was_running && !awaited && inherit.is_empty() && may_overlap(spec) {
            Order::StartFirst
        } else {
            Order::StopFirst
        };
        Change::Replace { was: was.clone(), target: self.target(), was_running, order, inherit }
    }
}

/// Whether two containers of this specification can run side by side for a while: no fixed port or
/// address, nothing that both would write to, and not a one-shot.
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
        NetworkMode::Host => true,
        NetworkMode::None => false,
    };
    let publishes = spec.ports.iter().any(|port| port.published.is_some());
    !writes && !is_placed && !publishes && spec.restart != RestartPolicy::No
}

fn collide(a: &(String, u16, String), b: &(String, u16, String)) -> bool {
    a.1 == b.1 && a.2 == b.2 && (a.0 == b.0 || a.0.is_empty() || b.0.is_empty())
}

/// Docker's own schedule for a health check that does not say.
const HEALTH_INTERVAL_DEFAULT: Duration = Duration::from_secs(30);
const HEALTH_RETRIES_DEFAULT: u32 = 3;

/// What counts as a good verdict of a service. A health check gets at least the time that its own
/// schedule needs to fail for good.
pub(crate) fn expectation(
    context: &Context<'_>,
    stack: &DesiredStack,
    name: &ServiceName,
    service: &DesiredService,
) -> Expectation {
    let must_complete = stack.is_awaited_for_completion(name);
    let may_complete = service.spec.restart == RestartPolicy::No;
    let policy = context.policy;
    let scheduled = service.spec.health.as_ref().map_or(Duration::ZERO, |check| {
        let HealthCheck { test: _, interval, timeout, retries, start_period, start_interval: _ } =
            check;
        let round = interval.unwrap_or(HEALTH_INTERVAL_DEFAULT)
            + timeout.unwrap_or(HEALTH_INTERVAL_DEFAULT);
        let rounds = retries.unwrap_or(HEALTH_RETRIES_DEFAULT).saturating_add(1).min(1000);
        start_period.unwrap_or_default() + round * rounds
    });
    let budget =
        if must_complete { policy.complete_within } else { policy.healthy_within.max(scheduled) };
    Expectation { may_complete, must_complete, settle: policy.settle, budget }
}

/// Restarts the services that ask to be restarted with a service that they depend on
/// (`depends_on.<service>.restart`).
pub(super) fn follow_restarts(
    plan: &HostPlan<'_>,
    stack_name: &StackName,
    stack: &DesiredStack,
    decisions: &mut BTreeMap<ServiceName, Decision>,
) {
    loop {
        let interrupted: BTreeSet<&ServiceName> = stack
            .services
            .keys()
            .filter(|name| {
                decisions.get(*name).is_some_and(|decision| {
                    matches!(decision.change, Change::Replace { .. } | Change::Restart(_))
                })
            })
            .collect();
        let followers: Vec<(ServiceName, Decision)> = stack
            .services
            .iter()
            .filter(|(name, _)| !decisions.contains_key(*name))
            .filter(|(_, service)| {
                service
                    .depends_on
                    .iter()
                    .any(|(needed, dependency)| dependency.restart && interrupted.contains(needed))
            })
            .filter_map(|(name, service)| {
                let view = View { plan, stack_name, stack, name, service };
                let (_, container) = view.current()?;
                let is_running = matches!(container.state, ContainerState::Running { .. });
                let decision = Decision {
                    change: Change::Restart(view.target()),
                    why: Vec::new(),
                    is_follower: true,
                };
                is_running.then(|| (name.clone(), decision))
            })
            .collect();
        if followers.is_empty() {
            return;
        }
        decisions.extend(followers);
    }
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

/// Steps that free the name or a port that the service takes.
pub(super) fn freed_by<'a>(
    plan: &'a HostPlan<'_>,
    service: &DesiredService,
) -> impl Iterator<Item = &'a DraftId> {
    let wanted = held_ports(&service.spec);
    let name = service.container.clone();
    plan.undeclared.keys().filter_map(move |gone| {
        let container = plan.state.containers.get(gone)?;
        let is_in_the_way = *gone == name
            || container.ports.iter().any(|held| wanted.iter().any(|port| collide(port, held)));
        is_in_the_way.then(|| plan.gone.get(gone)).flatten()
    })
}
