//! Waiting for what does not come, and not waiting for what does.

use hob_compose::{
    Finding,
    project::{Condition, Dependency, Project, RestartPolicy, Service},
};

use super::{Draft, Known, StackKnown};
use crate::names::ImageRef;

/// Images that are known to have no health check of their own. Others of the same last name may.
const WITHOUT_CHECK: [&str; 26] = [
    "postgres",
    "postgis/postgis",
    "pgvector/pgvector",
    "timescale/timescaledb",
    "mariadb",
    "mysql",
    "mongo",
    "redis",
    "valkey/valkey",
    "memcached",
    "rabbitmq",
    "nginx",
    "caddy",
    "traefik",
    "httpd",
    "alpine",
    "busybox",
    "debian",
    "ubuntu",
    "python",
    "node",
    "influxdb",
    "nats",
    "eclipse-mosquitto",
    "registry",
    "vault",
];

/// Words in the names of services that do something once.
const ONCE: [&str; 8] =
    ["init", "migrate", "migration", "migrations", "setup", "seed", "bootstrap", "permissions"];

pub(super) fn check(known: &Known<'_>, stack: &StackKnown, drafts: &mut Vec<Draft>) {
    let project = &stack.project;
    for service in project.services.values() {
        for (name, dependency) in &service.depends_on {
            let Some(other) = project.services.get(name) else { continue };
            let Some(draft) = one(known, project, service, other, dependency) else { continue };
            drafts.push(draft.about(stack, &service.name));
        }
    }
}

fn one(
    known: &Known<'_>,
    project: &Project,
    service: &Service,
    other: &Service,
    dependency: &Dependency,
) -> Option<Draft> {
    let draft = match dependency.condition {
        Condition::Healthy => no_check(service, other)?,
        Condition::Started if is_one_shot(project, other) => not_awaited(service, other),
        Condition::Started | Condition::Completed => return None,
    };
    let there = |finding: Finding| {
        finding
            .at(known.place(service, "depends_on"))
            .on(format!("services.{}.depends_on.{}", service.name, other.name))
            .related(known.repository.place(&other.place), "this one")
    };
    Some(draft.with(there))
}

fn no_check(service: &Service, other: &Service) -> Option<Draft> {
    let (waits, of) = (&service.name, &other.name);
    let hint = format!("give {of} a healthcheck, or wait for service_started");
    match &other.healthcheck {
        Some(check) if check.disable => {
            let message = format!("{waits} waits for the health of {of}, whose check is off");
            Some(Draft::new("no-health-check", message).with(|finding| finding.hint(hint)))
        }
        Some(_) => None,
        None if other.image.as_deref().is_some_and(has_no_check) => {
            let message = format!("{waits} waits for the health of {of}, which has no check");
            Some(Draft::new("no-health-check", message).with(|finding| finding.hint(hint)))
        }
        None => {
            let message =
                format!("{waits} waits for the health of {of}: only its image can have a check");
            let draft = Draft::new("no-health-check", message).with(|finding| finding.hint(hint));
            Some(draft.only_noted())
        }
    }
}

fn has_no_check(image: &str) -> bool {
    WITHOUT_CHECK.contains(&ImageRef::from(image).repository().as_str())
}

fn not_awaited(service: &Service, other: &Service) -> Draft {
    let (waits, of) = (&service.name, &other.name);
    let message = format!("{waits} starts as soon as {of} has started, not when it is done");
    Draft::new("one-shot-not-awaited", message).with(|finding| {
        finding.hint(format!(
            "write depends_on: {{ {of}: {{ condition: service_completed_successfully }} }}"
        ))
    })
}

/// Whether a service is meant to end: somebody waits for its end, or its name says so and nothing
/// starts it again.
fn is_one_shot(project: &Project, service: &Service) -> bool {
    let waits = |other: &Service| {
        let dependency = other.depends_on.get(&service.name);
        dependency.is_some_and(|dependency| dependency.condition == Condition::Completed)
    };
    if project.services.values().any(waits) {
        return true;
    }
    let stays_down =
        matches!(service.restart, None | Some(RestartPolicy::No | RestartPolicy::OnFailure { .. }));
    let name = service.name.to_lowercase();
    stays_down && name.split(['-', '_', '.']).any(|word| ONCE.contains(&word))
}
