//! What a real Engine refuses and `simulate` would do: a plan must not come to it.

use std::collections::BTreeMap;

use hob_model::{
    ContainerName, NetworkName,
    spec::{BindSource, ContainerSpec, Mount, NetworkMode},
};
use hob_plan::{
    Op,
    observed::{ContainerOwner, ContainerState, HostState},
    ownership::Identity,
};

/// What an Engine refuses: a name that is taken, a port that is held, a network, image or file
/// that is not there, a network in use, a wait for what does not run.
pub(crate) fn refusal(state: &HostState, op: &Op) -> Option<String> {
    let taken = |name: &ContainerName| state.containers.contains_key(name);
    let refuse = |is_refused: bool, why: String| is_refused.then_some(why);
    match op {
        Op::CreateContainer { name, identity, spec, .. } => {
            let is_same = state.containers.get(name).is_none_or(|container| {
                container.owner
                    == ContainerOwner::Hob { identity: identity.clone(), spec: spec.digest() }
            });
            let missing = networks_of(spec).find(|name| !state.networks.contains_key(*name));
            refuse(!is_same, format!("name {name} is taken"))
                .or(missing.map(|network| format!("no network {network}")))
                .or_else(|| {
                    refuse(state.image(&spec.image).is_none(), format!("no image {}", spec.image))
                })
                .or_else(|| {
                    // An Engine would take whatever has the name; nobody wants that.
                    let is_other = spec.build.as_ref().is_some_and(|build| !state.is_built(build));
                    refuse(is_other, format!("{} is built from something else", spec.image))
                })
                .or_else(|| missing_file(state, identity, spec))
        }
        Op::Rename { from, to } => refuse(taken(from) && taken(to), format!("{to} is taken"))
            .or_else(|| refuse(!taken(from) && !taken(to), format!("no container {from}"))),
        Op::Start(name) => match state.containers.get(name) {
            None => Some(format!("no container {name}")),
            Some(container) => {
                let holder = state.containers.iter().find(|(other, seen)| {
                    *other != name
                        && matches!(seen.state, ContainerState::Running { .. })
                        && !seen.ports.is_disjoint(&container.ports)
                });
                holder.map(|(holder, _)| format!("{holder} holds a port of {name}"))
            }
        },
        Op::Await { name, .. } => match state.containers.get(name).map(|seen| seen.state) {
            None | Some(ContainerState::Created | ContainerState::Dead) => {
                Some(format!("{name} is waited for and does not run"))
            }
            Some(_) => None,
        },
        Op::RemoveNetwork(name) => state
            .containers
            .iter()
            .find(|(_, container)| container.networks.contains(name))
            .map(|(user, _)| format!("{user} is attached to {name}")),
        _ => None,
    }
}

fn networks_of(spec: &ContainerSpec) -> impl Iterator<Item = &NetworkName> {
    let endpoints = match &spec.network {
        NetworkMode::Attached(endpoints) => Some(endpoints),
        NetworkMode::Host | NetworkMode::None | NetworkMode::Container(_) => None,
    };
    endpoints.into_iter().flat_map(BTreeMap::keys)
}

fn missing_file(state: &HostState, identity: &Identity, spec: &ContainerSpec) -> Option<String> {
    let files = state.stacks.get(&identity.stack).map(|folder| &folder.files);
    spec.mounts.values().find_map(|mount| match mount {
        Mount::Bind { source: BindSource::Stack(path), create: false, .. } => {
            let is_there = files.is_some_and(|files| files.contains_key(path.as_str()));
            (!is_there).then(|| format!("no file {path}"))
        }
        _ => None,
    })
}
