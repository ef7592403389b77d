//! Images without a version.

use super::{Draft, Known, StackKnown};
use crate::names::ImageRef;

pub(super) fn check(known: &Known<'_>, stack: &StackKnown, drafts: &mut Vec<Draft>) {
    for service in stack.project.services.values() {
        let Some(image) = &service.image else { continue };
        let reference = ImageRef::from(image.as_str());
        // What is built here has the version of the repository.
        let is_ours = service.build.is_some() || image.is_empty();
        if is_ours || reference.digest().is_some() {
            continue;
        }
        let message = match reference.tag() {
            None => format!("{image} has no tag, which means latest"),
            Some("latest") => format!("{image} may be another version any day"),
            Some(_) => continue,
        };
        let draft = Draft::new("latest-tag", message).with(|finding| {
            finding
                .at(known.place(service, "image"))
                .on(format!("services.{}.image", service.name))
                .hint("name the version: then an update is a change in the repository")
        });
        drafts.push(draft.about(stack, &service.name));
    }
}
