//! Images that are fetched again. A name that is fetched stands for whatever the registry has by
//! then, so that its other users on the host would have another image than it says: they are
//! replaced in the same plan.

use std::{collections::BTreeSet, sync::Arc};

use hob_model::{
    ImageRef,
    desired::{DesiredService, PullPolicy},
    spec::{BuildSpec, Mount},
};

use super::{
    builds,
    host::HostPlan,
    service::{Decision, View},
    stack::Decided,
};
use crate::change::Reason;

/// Replaces the containers whose image is fetched for somebody else.
pub(super) fn refetch<'a, 'b: 'a>(
    plan: &HostPlan<'_>,
    stacks: impl Iterator<Item = &'a mut Decided<'b>>,
) {
    let mut stacks: Vec<_> = stacks.collect();
    let fetched: BTreeSet<ImageRef> =
        stacks.iter().flat_map(|stack| fetched(plan, stack)).collect();
    if fetched.is_empty() {
        return;
    }
    for stack in &mut stacks {
        let (stack_name, declared) = (stack.name, stack.declared);
        for (name, service) in &declared.services {
            let is_new = stack.decisions.get(name).is_some_and(Decision::makes_a_container);
            let image = service.spec.image.familiar();
            // What is built from the same is the same.
            if is_new || service.spec.build.is_some() || !fetched.contains(&image) {
                continue;
            }
            let dependents = &stack.dependents;
            let view = View { plan, stack_name, stack: declared, dependents, name, service };
            if let Some((was, container)) = view.current() {
                let why = Reason::ImageFetched { image: service.spec.image.clone() };
                let decision = Decision::new(view.replace(was, container), vec![why]);
                stack.decisions.insert(name, decision);
            }
        }
        super::followers::restart(plan, stack);
    }
}

/// Whether a new container of the service has its image fetched: it is not on the host, or the
/// service asks for whatever the registry has.
fn is_fetched(plan: &HostPlan<'_>, service: &DesiredService) -> bool {
    service.pull == PullPolicy::Always || plan.state.image(&service.spec.image).is_none()
}

/// Images that a new container of the service needs and that are fetched for it, with the platform
/// that is asked for: its own, unless it is built, and those that are mounted.
pub(super) fn to_fetch<'a>(
    plan: &HostPlan<'_>,
    service: &'a DesiredService,
) -> Vec<(&'a ImageRef, Option<String>)> {
    let spec = &service.spec;
    let own = (spec.build.is_none() && is_fetched(plan, service))
        .then(|| (&spec.image, spec.platform.clone()));
    let is_missing = |image: &ImageRef| {
        plan.state.image(image).is_none() && !plan.builds.contains_key(&image.familiar())
    };
    let mounted = mounted(service).filter(|image| is_missing(image)).map(|image| (image, None));
    own.into_iter().chain(mounted).collect()
}

/// What is built here of the images that a new container of the service needs.
pub(super) fn to_build<'a>(
    plan: &HostPlan<'a>,
    service: &'a DesiredService,
) -> impl Iterator<Item = &'a Arc<BuildSpec>> {
    let mounted: Vec<_> =
        mounted(service).filter_map(|image| plan.builds.get(&image.familiar()).copied()).collect();
    service.spec.build.iter().chain(mounted)
}

fn mounted(service: &DesiredService) -> impl Iterator<Item = &ImageRef> {
    service.spec.mounts.values().filter_map(|mount| match mount {
        Mount::Image { image, .. } => Some(image),
        _ => None,
    })
}

/// Images that new containers of a stack need and the host does not have.
fn fetched(plan: &HostPlan<'_>, stack: &Decided<'_>) -> Vec<ImageRef> {
    let services = stack.decisions.iter().filter(|(_, decision)| decision.makes_a_container());
    services
        .filter_map(|(name, _)| stack.declared.services.get(*name))
        .filter(|service| match service.spec.build {
            Some(_) => builds::needed(plan, service).is_some(),
            None => is_fetched(plan, service),
        })
        .map(|service| service.spec.image.familiar())
        .collect()
}
