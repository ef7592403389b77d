//! Images that one stack of a host builds and another one uses. An Engine has one image of a name,
//! whoever builds it, so what is said about it has to agree.

use std::{collections::BTreeMap, sync::Arc};

use hob_compose::{Finding, Place};

use super::bases::Bases;
use crate::{
    desired::DesiredStack,
    names::{ImageRef, StackName},
    spec::BuildSpec,
};

/// Gives the services of a host the builds of other stacks: those of their images, and those that
/// their own builds start from. `place` says what makes the host run a stack.
pub(in crate::resolve) fn complete<'p>(
    stacks: &mut BTreeMap<StackName, DesiredStack>,
    place: impl Fn(&StackName) -> Option<&'p Place>,
    findings: &mut Vec<Finding>,
) {
    let mut by_image: BTreeMap<ImageRef, (&StackName, &Arc<BuildSpec>)> = BTreeMap::new();
    let mut say = |code, what: String, stack: &StackName, hint: &str| {
        let mut finding = Finding::error(code, what).hint(hint);
        finding.place = place(stack).cloned();
        findings.push(finding);
    };
    for (stack, build) in builds(stacks) {
        let (other, first) = by_image.entry(build.image.familiar()).or_insert((stack, build));
        if *other != stack && first.digest() != build.digest() {
            let what = format!(
                "stack {stack} builds {} in another way than stack {other} of the same host",
                build.image
            );
            say("builds-differ", what, stack, "give each of the two images a name of its own");
        }
    }
    if by_image.is_empty() || stacks.len() == 1 {
        return;
    }
    let mut bases = Bases::new(by_image.values().map(|(_, build)| build.as_ref()));
    let mut complete = BTreeMap::new();
    for (image, (stack, build)) in &by_image {
        match bases.complete(build) {
            Some(build) => {
                complete.insert(image.clone(), build);
            }
            None => {
                let what = format!("{} starts from itself", build.image);
                say("builds-in-a-circle", what, stack, "start one of the images from another one");
            }
        }
    }
    for service in stacks.values_mut().flat_map(|stack| stack.services.values_mut()) {
        let build = complete.get(&service.spec.image.familiar());
        if build.is_some() && service.spec.build.as_ref() != build {
            Arc::make_mut(&mut service.spec).build = build.cloned();
        }
    }
}

fn builds(
    stacks: &BTreeMap<StackName, DesiredStack>,
) -> impl Iterator<Item = (&StackName, &Arc<BuildSpec>)> {
    stacks.iter().flat_map(|(name, stack)| {
        let builds = stack.services.values().filter_map(|service| service.spec.build.as_ref());
        builds.map(move |build| (name, build))
    })
}
