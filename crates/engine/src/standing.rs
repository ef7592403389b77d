//! How a declared service stands on its host: judged from one look, without asking anything more.

use std::collections::BTreeSet;

use hob_model::{
    HostName, NetworkName, ServiceName, StackName,
    desired::{DesiredService, DesiredStack},
    spec::NetworkMode,
};
use hob_plan::{
    may_stay_ended,
    observed::{Container, ContainerOwner, ContainerState, Health, HostState, Verdict},
};

use crate::check::{Answer, Check, Kind};

/// A declared service and where it is declared.
#[derive(Clone, Copy)]
pub(crate) struct Declared<'a> {
    pub(crate) homelab: &'a str,
    pub(crate) host: &'a HostName,
    pub(crate) stack_name: &'a StackName,
    pub(crate) stack: &'a DesiredStack,
    pub(crate) name: &'a ServiceName,
    pub(crate) service: &'a DesiredService,
}

impl Declared<'_> {
    pub(crate) fn check(
        &self,
        kind: Kind,
        what: &str,
        answer: Answer,
        message: impl Into<String>,
    ) -> Check {
        let what =
            if what.is_empty() { self.name.to_string() } else { format!("{} {what}", self.name) };
        Check::new(self.host, kind, what, answer, message).of(self.stack_name)
    }

    /// The service's container, if Hob made it for this homelab.
    pub(crate) fn container<'s>(&self, state: &'s HostState) -> Option<&'s Container> {
        state.containers.get(&self.service.container).filter(|container| {
            matches!(
                &container.owner,
                ContainerOwner::Hob { identity, .. } if identity.homelab == self.homelab
            )
        })
    }

    /// What stands in the place of the service's container.
    fn absent(&self, state: &HostState) -> Check {
        let name = &self.service.container;
        match state.containers.get(name).map(|container| &container.owner) {
            None => self
                .check(Kind::Container, "", Answer::Fail, format!("there is no container {name}"))
                .hint("hob apply makes it"),
            Some(ContainerOwner::Hob { identity, .. }) => {
                let says = format!("container {name} belongs to homelab {}", identity.homelab);
                self.check(Kind::Container, "", Answer::Fail, says)
                    .hint("give the service another container_name")
            }
            Some(ContainerOwner::Compose { .. } | ContainerOwner::Foreign) => self
                .check(
                    Kind::Container,
                    "",
                    Answer::Fail,
                    format!("container {name} was not made by Hob"),
                )
                .hint("give the service another container_name, or remove that container"),
        }
    }

    /// Everything that one look can tell.
    pub(crate) fn standing(&self, state: &HostState) -> Vec<Check> {
        let Some(container) = self.container(state) else { return vec![self.absent(state)] };
        let record = state
            .stacks
            .get(self.stack_name)
            .and_then(|folder| folder.applied.get(&self.service.container));
        let completed = record.is_some_and(|record| record.verdict == Verdict::Completed);
        let verdict = record.map(|record| record.verdict);
        let mut checks = vec![self.running(container, verdict)];
        checks.extend(self.definition(container));
        if !completed {
            checks.extend(self.networks(container));
        }
        if record.is_none() {
            checks.push(
                self.check(Kind::Verdict, "verdict", Answer::Warn, "it never passed a verdict")
                    .hint("hob apply waits for it"),
            );
        }
        checks
    }

    fn running(&self, container: &Container, verdict: Option<Verdict>) -> Check {
        let (answer, says) = match container.state {
            ContainerState::Running { health: Health::Healthy } => (Answer::Pass, "healthy"),
            ContainerState::Running { health: Health::Unchecked } => (Answer::Pass, "running"),
            ContainerState::Running { health: Health::Starting } => {
                (Answer::Warn, "its health check has not passed yet")
            }
            ContainerState::Running { health: Health::Unhealthy } => {
                (Answer::Fail, "its health check fails")
            }
            ContainerState::Exited { code: 0 }
                if may_stay_ended(self.stack, self.name, verdict) =>
            {
                (Answer::Pass, "completed")
            }
            ContainerState::Exited { code } => {
                let says = format!("it exited with code {code}");
                return self
                    .check(Kind::Container, "", Answer::Fail, says)
                    .hint("hob logs shows what it wrote");
            }
            ContainerState::Created => (Answer::Fail, "it was never started"),
            ContainerState::Restarting => (Answer::Fail, "it keeps crashing"),
            ContainerState::Paused => (Answer::Fail, "it is paused"),
            ContainerState::Dead => (Answer::Fail, "it is half removed"),
        };
        let check = self.check(Kind::Container, "", answer, says);
        if answer == Answer::Fail { check.hint("hob logs shows what it wrote") } else { check }
    }

    fn definition(&self, container: &Container) -> Option<Check> {
        let ContainerOwner::Hob { spec, .. } = &container.owner else { return None };
        (*spec != self.service.spec.digest()).then(|| {
            self.check(
                Kind::Definition,
                "definition",
                Answer::Fail,
                "it was made from another definition",
            )
            .hint("hob plan says in what it differs")
        })
    }

    fn networks(&self, container: &Container) -> Option<Check> {
        let NetworkMode::Attached(endpoints) = &self.service.spec.network else { return None };
        let declared: BTreeSet<&NetworkName> = endpoints.keys().collect();
        let attached: BTreeSet<&NetworkName> = container.networks.iter().collect();
        let missing: Vec<&str> = declared.difference(&attached).map(|name| name.as_str()).collect();
        if !missing.is_empty() {
            let says = format!("not attached to {}", missing.join(", "));
            return Some(
                self.check(Kind::Attached, "networks", Answer::Fail, says)
                    .hint("hob apply mends it"),
            );
        }
        let extra: Vec<&str> = attached.difference(&declared).map(|name| name.as_str()).collect();
        if !extra.is_empty() {
            let says = format!("also attached to {}, which is not declared", extra.join(", "));
            return Some(self.check(Kind::Attached, "networks", Answer::Warn, says));
        }
        let on: Vec<&str> = declared.iter().map(|name| name.as_str()).collect();
        Some(self.check(Kind::Attached, "networks", Answer::Pass, format!("on {}", on.join(", "))))
    }
}
