//! The registry of the fake world. It has an image of every name, unless a story says otherwise.

use std::collections::BTreeMap;

use hob_model::{Digest, ImageId, ImageRef};

/// What the registry hands out.
#[derive(Clone, Debug, Default)]
pub(super) struct Images {
    special: BTreeMap<ImageRef, Product>,
}

/// One build of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Product {
    /// Environment of the image: `STANDIN_...` variables say how its program behaves.
    pub variables: BTreeMap<String, String>,
    /// Whether the registry does not know the image.
    pub missing: bool,
    /// Counts the builds under one name.
    revision: u32,
}

impl Product {
    /// An image whose program behaves as these `STANDIN_...` variables say.
    pub fn behaving(variables: &[(&str, &str)]) -> Self {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        Self { variables: variables.iter().map(own).collect(), ..Self::default() }
    }

    /// An image that is not there.
    pub fn missing() -> Self {
        Self { missing: true, ..Self::default() }
    }

    pub(super) fn id(&self, image: &ImageRef) -> ImageId {
        let text = match self.revision {
            // The id that `hob_plan::simulate` gives to an image it knows nothing of.
            0 => image.to_string(),
            revision => format!("{image} build {revision}"),
        };
        ImageId::new(format!("sha256:{}", Digest::of(text.as_bytes())))
    }
}

impl Images {
    pub(super) fn get(&self, image: &ImageRef) -> Product {
        self.special.get(image).cloned().unwrap_or_default()
    }

    /// Whether there is an image of that name.
    pub(super) fn has(&self, image: &ImageRef) -> bool {
        !self.get(image).missing
    }

    /// Puts another build under the name. Hosts that have pulled it keep the one they have.
    pub(super) fn publish(&mut self, image: ImageRef, product: Product) {
        let revision = self.special.get(&image).map_or(0, |last| last.revision) + 1;
        self.special.insert(image, Product { revision, ..product });
    }
}
