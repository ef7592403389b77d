//! Networks and volumes of a stack that are there already.

use hob_model::{ServiceName, StackName, desired::DesiredStack, spec::SpecDigest};

use super::host::HostPlan;
use crate::{
    change::{Obstacle, TakenOver, Thing},
    ownership::ThingOwner,
};

type Found<'a> = (Option<&'a ServiceName>, Obstacle);

/// What must be there and is not, or is there and is not what is declared.
pub(super) fn obstacles<'a>(plan: &HostPlan<'_>, declared: &DesiredStack) -> Vec<Found<'a>> {
    let mut obstacles = Vec::new();
    let shared = &plan.context.host.networks;
    for name in declared.external_networks.keys() {
        if !shared.contains_key(name) && !plan.state.networks.contains_key(name) {
            obstacles.push(Obstacle::NoNetwork { name: name.clone() });
        }
    }
    for name in declared.external_volumes.keys() {
        if !plan.state.volumes.contains_key(name) {
            obstacles.push(Obstacle::NoVolume { name: name.clone() });
        }
    }
    for (name, network) in &declared.networks {
        let Some(seen) = plan.state.networks.get(name) else { continue };
        let thing = Thing::Network(name.clone());
        let differs = || Obstacle::NetworkDiffers { name: name.clone() };
        let made_by = seen.spec.as_ref();
        let wanted = || network.spec.digest();
        obstacles.extend(
            not_ours(plan, declared, thing, &seen.owner)
                .or_else(|| is_another(made_by, wanted).then(differs)),
        );
    }
    for (name, volume) in &declared.volumes {
        let Some(seen) = plan.state.volumes.get(name) else { continue };
        let thing = Thing::Volume(name.clone());
        let differs = || Obstacle::VolumeDiffers { name: name.clone() };
        let made_by = seen.spec.as_ref();
        let wanted = || volume.spec.digest();
        obstacles.extend(
            not_ours(plan, declared, thing, &seen.owner)
                .or_else(|| is_another(made_by, wanted).then(differs)),
        );
    }
    obstacles.into_iter().map(|why| (None, why)).collect()
}

fn is_another(made_by: Option<&SpecDigest>, wanted: impl Fn() -> SpecDigest) -> bool {
    made_by.is_some_and(|made_by| *made_by != wanted())
}

/// Whether a thing of that name is somebody else's. What Compose made for the same project is the
/// stack's own.
fn not_ours(
    plan: &HostPlan<'_>,
    declared: &DesiredStack,
    thing: Thing,
    owner: &ThingOwner,
) -> Option<Obstacle> {
    match owner {
        ThingOwner::Hob { homelab, .. } if *homelab == plan.context.desired.homelab => None,
        ThingOwner::Hob { homelab, .. } => {
            Some(Obstacle::OtherHomelab { what: thing.to_string(), homelab: homelab.clone() })
        }
        ThingOwner::Compose { project } if *project == declared.project => None,
        ThingOwner::Compose { project } => {
            Some(Obstacle::ForeignThing { thing, project: Some(project.clone()) })
        }
        ThingOwner::Foreign => Some(Obstacle::ForeignThing { thing, project: None }),
    }
}

/// What the stack uses although Compose made it.
pub(super) fn taken_over(
    plan: &HostPlan<'_>,
    stack: &StackName,
    declared: &DesiredStack,
) -> Vec<TakenOver> {
    let is_compose = |owner: &ThingOwner| matches!(owner, ThingOwner::Compose { .. });
    let networks = declared
        .networks
        .keys()
        .filter(|name| plan.state.networks.get(*name).is_some_and(|it| is_compose(&it.owner)))
        .map(|name| Thing::Network(name.clone()));
    let volumes = declared
        .volumes
        .keys()
        .filter(|name| plan.state.volumes.get(*name).is_some_and(|it| is_compose(&it.owner)))
        .map(|name| Thing::Volume(name.clone()));
    let (host, stack) = (plan.context.name, stack);
    networks
        .chain(volumes)
        .map(|thing| TakenOver { host: host.clone(), stack: stack.clone(), thing })
        .collect()
}
