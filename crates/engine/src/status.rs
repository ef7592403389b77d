//! What runs where, and whether that is in order: a pure look at what was seen.

use std::collections::BTreeSet;

use hob_model::{
    ContainerName, HostName, ImageRef, Role, Selection, ServiceName, StackName, desired::Desired,
};
use hob_plan::observed::{
    Container, ContainerOwner, ContainerState, Health, HostState, HostView, Observed, Verdict,
};
use serde::Serialize;

use crate::{check::Answer, standing::Declared, verify::services};

/// One container, or one service that has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Where.
    pub host: HostName,
    /// Of which stack.
    pub stack: StackName,
    /// Which service.
    pub service: ServiceName,
    /// Its container's name.
    pub container: ContainerName,
    /// What the container is doing, such as `running` or `exited (1)`; empty if there is none.
    pub state: String,
    /// What its health check says; empty if there is none.
    pub health: String,
    /// The image that it runs, by a name that the host knows, or by its id; the declared one if
    /// there is no container.
    pub image: Option<ImageRef>,
    /// The verdict that it passed last.
    pub verdict: Option<Verdict>,
    /// Whether it is in order.
    pub condition: Condition,
    /// What is wrong; empty if nothing is.
    pub wrong: String,
}

/// Whether a container is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// It is.
    InOrder,
    /// Not quite, or not yet.
    Doubtful,
    /// It is not.
    Wrong,
    /// There is no such container.
    Missing,
    /// Its host did not answer.
    Unknown,
    /// Hob made it, and nobody declares it any more.
    NotDeclared,
}

/// One row per container that is selected, by host, stack and service.
pub fn status(desired: &Desired, selection: &Selection, observed: &Observed) -> Vec<Row> {
    let mut rows: Vec<Row> = services(desired, selection)
        .map(|declared| declared_row(&declared, observed.hosts.get(declared.host)))
        .collect();
    for (host, view) in &observed.hosts {
        if let HostView::Seen(state) = view {
            rows.extend(undeclared(desired, selection, host, state));
        }
    }
    rows.sort_by(|one, other| {
        let key = |row: &Row| {
            (row.host.clone(), row.stack.clone(), row.service.clone(), row.container.clone())
        };
        key(one).cmp(&key(other))
    });
    rows
}

fn declared_row(declared: &Declared<'_>, view: Option<&HostView>) -> Row {
    let mut row = Row {
        host: declared.host.clone(),
        stack: declared.stack_name.clone(),
        service: declared.name.clone(),
        container: declared.service.container.clone(),
        state: String::new(),
        health: String::new(),
        image: Some(declared.service.spec.image.clone()),
        verdict: None,
        condition: Condition::Unknown,
        wrong: String::new(),
    };
    let state = match view {
        Some(HostView::Seen(state)) => state,
        Some(HostView::Unreachable { why }) => {
            row.wrong.clone_from(why);
            return row;
        }
        None => {
            row.wrong = "its host was not asked".to_owned();
            return row;
        }
    };
    let container = state.containers.get(&row.container);
    if let Some(container) = container {
        (row.state, row.health) = words(container.state);
        row.image = Some(image_name(state, container, Some(&declared.service.spec.image)));
    }
    row.verdict = state
        .stacks
        .get(declared.stack_name)
        .and_then(|folder| folder.applied.get(&row.container))
        .map(|record| record.verdict);
    // Of several that are equally bad the first counts, which is the last to `max_by_key`.
    let worst = declared.standing(state).into_iter().rev().max_by_key(|check| check.answer);
    (row.condition, row.wrong) = match worst {
        Some(check) if check.answer == Answer::Fail && container.is_none() => {
            (Condition::Missing, check.message)
        }
        Some(check) if check.answer == Answer::Fail => (Condition::Wrong, check.message),
        Some(check) if check.answer == Answer::Warn => (Condition::Doubtful, check.message),
        _ => (Condition::InOrder, String::new()),
    };
    row
}

/// What Hob made for this homelab on a host and nobody declares.
fn undeclared(
    desired: &Desired,
    selection: &Selection,
    host: &HostName,
    state: &HostState,
) -> Vec<Row> {
    let stacks = desired.hosts.get(host).map(|host| &host.stacks);
    let names: BTreeSet<&ContainerName> = stacks
        .iter()
        .flat_map(|stacks| stacks.values())
        .flat_map(|stack| stack.services.values())
        .map(|service| &service.container)
        .collect();
    let no_tags = BTreeSet::new();
    let mut rows = Vec::new();
    for (name, container) in &state.containers {
        let ContainerOwner::Hob { identity, .. } = &container.owner else { continue };
        let stack = stacks.and_then(|stacks| stacks.get(&identity.stack));
        let tags = stack.map_or(&no_tags, |stack| &stack.tags);
        if identity.homelab != desired.homelab
            || names.contains(name)
            || !selection.has_stack(&identity.stack, tags)
        {
            continue;
        }
        let (role, base) = name.role();
        let wrong = match role {
            Role::Current => "nobody declares it any more".to_owned(),
            Role::Old => format!("predecessor of {base}, left by an interrupted run"),
            Role::New => format!("successor of {base}, left by an interrupted run"),
        };
        let image = image_name(state, container, None);
        let (state, health) = words(container.state);
        rows.push(Row {
            host: host.clone(),
            stack: identity.stack.clone(),
            service: identity.service.clone(),
            container: name.clone(),
            state,
            health,
            image: Some(image),
            verdict: None,
            condition: Condition::NotDeclared,
            wrong,
        });
    }
    rows
}

/// What the image that a container runs is called: as declared if that is what it is, else by any
/// name that the host knows, else by the beginning of its id.
fn image_name(state: &HostState, container: &Container, declared: Option<&ImageRef>) -> ImageRef {
    let is_it = |name: &ImageRef| state.image(name) == Some(&container.image);
    if let Some(declared) = declared.filter(|name| is_it(name)) {
        return declared.clone();
    }
    let known = state.images.iter().find(|(_, id)| **id == container.image);
    known.map_or_else(
        || {
            let id = container.image.as_str();
            ImageRef::new(id.get(..19).unwrap_or(id))
        },
        |(name, _)| name.clone(),
    )
}

/// State and health in words.
fn words(state: ContainerState) -> (String, String) {
    let state_word = match state {
        ContainerState::Created => "created".to_owned(),
        ContainerState::Running { .. } => "running".to_owned(),
        ContainerState::Restarting => "restarting".to_owned(),
        ContainerState::Paused => "paused".to_owned(),
        ContainerState::Exited { code } => format!("exited ({code})"),
        ContainerState::Dead => "dead".to_owned(),
    };
    let health = match state {
        ContainerState::Running { health } => match health {
            Health::Unchecked => "",
            Health::Starting => "starting",
            Health::Healthy => "healthy",
            Health::Unhealthy => "unhealthy",
        },
        _ => "",
    };
    (state_word, health.to_owned())
}
