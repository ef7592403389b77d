//! Images that are built on their host: when, why, and what stands in the way. An image bears the
//! digest of what it was built from, so that the same build is never made twice.

use std::sync::Arc;

use hob_model::{ServiceName, desired::DesiredService, spec::BuildSpec};

use super::{host::HostPlan, stack::Decided};
use crate::change::{Obstacle, Reason};

/// What has to be built before a container of the service can be made.
pub(super) fn needed<'a>(
    plan: &HostPlan<'_>,
    service: &'a DesiredService,
) -> Option<&'a Arc<BuildSpec>> {
    service.spec.build.as_ref().filter(|build| !plan.state.is_built(build))
}

/// Why it has to be built: what differs, if the record of a container of the image says it.
pub(super) fn why(plan: &HostPlan<'_>, build: &BuildSpec, stack: &Decided<'_>) -> Vec<Reason> {
    if plan.state.image(&build.image).is_none() {
        return vec![Reason::Missing];
    }
    let is_user = |name: &ServiceName| {
        let service = stack.declared.services.get(name);
        let own = service.and_then(|service| service.spec.build.as_ref());
        own.is_some_and(|own| own.image.familiar() == build.image.familiar())
    };
    let users = stack.decisions.iter().filter(|(name, _)| is_user(name));
    let mut why: Vec<Reason> = Vec::new();
    for reason in users.flat_map(|(_, decision)| &decision.why) {
        if matches!(reason, Reason::Build { .. }) && !why.contains(reason) {
            why.push(reason.clone());
        }
    }
    if why.is_empty() { vec![Reason::OtherBuild] } else { why }
}

/// What stands in the way of building: the Engine's builder builds for its own host.
pub(super) fn obstacle(plan: &HostPlan<'_>, build: &BuildSpec) -> Option<Obstacle> {
    let wanted = build.platform.as_ref()?;
    let engine = &plan.state.engine;
    if is_same_platform(wanted, &engine.arch) {
        return None;
    }
    Some(Obstacle::OtherPlatform {
        image: build.image.clone(),
        wanted: wanted.clone(),
        host: format!("linux/{}", engine.arch),
    })
}

/// Whether `os/arch[/variant]` is Linux on this architecture. Variants are not told apart: the
/// Engine does not say which one its host is.
fn is_same_platform(wanted: &str, arch: &str) -> bool {
    let mut parts = wanted.split('/');
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    let (os, wanted) = match second {
        Some(wanted) => (first, wanted),
        None if first == "linux" => return true,
        None => ("linux", first),
    };
    let wanted = match wanted {
        "x86_64" | "x86-64" => "amd64",
        "aarch64" => "arm64",
        "armhf" | "armel" => "arm",
        other => other,
    };
    os == "linux" && wanted == arch
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_compared() {
        for wanted in ["linux/amd64", "linux/amd64/v2", "amd64", "x86_64", "linux"] {
            assert!(is_same_platform(wanted, "amd64"), "{wanted}");
        }
        for wanted in ["linux/arm64", "arm64", "windows/amd64", "linux/arm/v7", ""] {
            assert!(!is_same_platform(wanted, "amd64"), "{wanted}");
        }
        assert!(is_same_platform("linux/arm64/v8", "arm64"));
    }
}
