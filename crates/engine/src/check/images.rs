//! Images: for the host's processor, and to be had from where they come.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{ImageRef, StackName, desired::DesiredStack};
use hob_plan::observed::HostState;

use super::{Check, Fitness, Kind};
use crate::progress::count;

/// Images that registries are asked about: each that is not on the host, and for a registry of
/// which the host has everything, one.
pub(super) fn to_ask<'a>(
    stacks: impl Iterator<Item = (&'a StackName, &'a DesiredStack)>,
    state: &HostState,
) -> BTreeSet<ImageRef> {
    let images: BTreeSet<&ImageRef> = stacks
        .flat_map(|(_, stack)| stack.services.values())
        .filter(|service| service.spec.build.is_none())
        .map(|service| &service.spec.image)
        .collect();
    let mut asked: BTreeSet<ImageRef> =
        images.iter().copied().filter(|image| state.image(image).is_none()).cloned().collect();
    let mut registries: BTreeSet<String> =
        asked.iter().map(|image| image.registry().to_owned()).collect();
    for image in images {
        if registries.insert(image.registry().to_owned()) {
            asked.insert(image.clone());
        }
    }
    asked
}

impl Fitness<'_> {
    /// Services that ask for another processor than the host has.
    pub(super) fn platforms(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for (stack_name, stack) in self.stacks() {
            for (service, wanted) in &stack.services {
                let Some(platform) = &wanted.spec.platform else { continue };
                let arch = platform.split('/').nth(1).unwrap_or(platform);
                if arch != self.facts.arch {
                    let says =
                        format!("{service} asks for {platform}, the host is {}", self.facts.arch);
                    checks.push(
                        self.warn(Kind::Platform, "platform", says)
                            .of(stack_name)
                            .hint("it starts only if the host can emulate that processor"),
                    );
                }
            }
        }
        checks
    }

    /// What the registries said.
    pub(super) fn images(&self) -> Vec<Check> {
        let has_images = self.stacks().any(|(_, stack)| !stack.services.is_empty());
        if !self.wanted.is_online {
            let says = "registries are not asked; hob check --online asks them";
            return has_images
                .then(|| self.skip(Kind::Image, "images", says))
                .into_iter()
                .collect();
        }
        let mut checks = Vec::new();
        let mut silent: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let mut good = 0;
        for (image, answer) in &self.facts.images {
            match answer {
                Ok(platforms) => match self.other_platforms(image, platforms) {
                    Some(check) => checks.push(check),
                    None => good += 1,
                },
                Err(why) if is_about_image(why) => checks.push(
                    self.fail(Kind::Image, format!("image {image}"), why.clone())
                        .hint("is its name right? If it is private: docker login on this machine"),
                ),
                Err(why) => *silent.entry((image.registry(), why)).or_default() += 1,
            }
        }
        for ((registry, why), images) in silent {
            let says = format!("{} cannot be asked for: {why}", count(images, "image"));
            let hint =
                "can the host reach it, and find its name? Images that the host has are kept";
            checks.push(self.warn(Kind::Image, format!("registry {registry}"), says).hint(hint));
        }
        if good > 0 {
            let says = format!("{} to be had for {}", count(good, "image"), self.facts.arch);
            checks.insert(0, self.pass(Kind::Image, "images", says));
        }
        checks
    }

    fn other_platforms(&self, image: &ImageRef, platforms: &[String]) -> Option<Check> {
        let own = format!("linux/{}", self.facts.arch);
        // Images of a single platform do not always say which.
        if platforms.is_empty() || platforms.contains(&own) {
            return None;
        }
        let says = format!("there is none for {own}, only for {}", platforms.join(", "));
        let hint = "take another image or tag, or move the stack to a host that it is for";
        Some(self.fail(Kind::Image, format!("image {image}"), says).hint(hint))
    }
}

/// Whether the registry answered, and has no such image or does not give it.
fn is_about_image(why: &str) -> bool {
    let why = why.to_lowercase();
    ["manifest unknown", "not found", "denied", "unauthorized", "name unknown", "no basic auth"]
        .iter()
        .any(|word| why.contains(word))
}
