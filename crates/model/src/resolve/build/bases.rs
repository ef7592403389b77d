//! Images that start from images that are built as well.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{dockerfile::Dockerfile, names::ImageRef, spec::BuildSpec};

/// Completes builds with those that they start from.
pub(super) struct Bases<'a> {
    by_image: BTreeMap<ImageRef, &'a BuildSpec>,
    complete: BTreeMap<ImageRef, Arc<BuildSpec>>,
    /// Those that are being completed: who meets one of them goes in a circle.
    under_way: BTreeSet<ImageRef>,
}

impl<'a> Bases<'a> {
    pub(super) fn new(found: impl Iterator<Item = &'a BuildSpec>) -> Self {
        let mut by_image = BTreeMap::new();
        for spec in found {
            by_image.entry(spec.image.familiar()).or_insert(spec);
        }
        Self { by_image, complete: BTreeMap::new(), under_way: BTreeSet::new() }
    }

    /// The build with all that it starts from; `None` if it would start from itself.
    pub(super) fn complete(&mut self, spec: &BuildSpec) -> Option<Arc<BuildSpec>> {
        let name = spec.image.familiar();
        if self.under_way.contains(&name) {
            return None;
        }
        self.under_way.insert(name.clone());
        let args = spec.args.iter();
        let args = args.map(|(name, value)| (name.clone(), value.expose().clone())).collect();
        let mut bases = Some(Vec::new());
        for base in Dockerfile::parse(&spec.dockerfile_text).bases(&args) {
            let base = ImageRef::new(base).familiar();
            // An image may carry on one of the same name that the registry has.
            let Some(of) = self.by_image.get(&base).copied().filter(|_| base != name) else {
                continue;
            };
            let done = match self.complete.get(&base) {
                Some(done) => Some(Arc::clone(done)),
                None => self.complete(of),
            };
            bases = bases.zip(done).map(|(mut bases, done)| {
                bases.push(done);
                bases
            });
        }
        self.under_way.remove(&name);
        let done = Arc::new(BuildSpec { bases: bases?, ..spec.clone() });
        self.complete.entry(name).or_insert_with(|| Arc::clone(&done));
        Some(done)
    }
}
