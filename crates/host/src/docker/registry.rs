//! What registries say of images, asked by the host's own Engine.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use hob_model::ImageRef;
use tokio::time::timeout;

use super::{DockerHost, credentials};
use crate::HostErrorKind;

/// Time for one answer; an Engine waits longer for a registry that is not there.
const ANSWER: Duration = Duration::from_secs(10);
/// Questions at the same time: as many as the Engine fetches layers at once, doubled.
const AT_ONCE: usize = 6;

impl DockerHost {
    /// For which platforms there is an image of each name.
    pub(super) async fn ask_registries(
        &self,
        images: &BTreeSet<ImageRef>,
    ) -> BTreeMap<ImageRef, Result<Vec<String>, String>> {
        stream::iter(images.clone())
            .map(|image| async move {
                let late = || HostErrorKind::TimedOut(ANSWER.as_secs());
                let said = timeout(ANSWER, self.ask_registry(&image)).await;
                let said = said.unwrap_or_else(|_| Err(late()));
                (image, said.map_err(|kind| kind.to_string()))
            })
            .buffer_unordered(AT_ONCE)
            .collect()
            .await
    }

    async fn ask_registry(&self, image: &ImageRef) -> Result<Vec<String>, HostErrorKind> {
        let credentials = match &self.credentials {
            Some(config) => credentials::of(config, image.registry()).await?,
            None => None,
        };
        let name = image.to_string();
        let found = self
            .engine
            .ask_within(ANSWER, |docker| {
                let (name, credentials) = (name.clone(), credentials.clone());
                async move { docker.inspect_registry_image(&name, credentials).await }
            })
            .await?;
        let platforms = found.platforms.into_iter().filter_map(|platform| {
            let (os, arch) = (platform.os?, platform.architecture?);
            // Attestations say that they are for no platform at all.
            (os != "unknown").then(|| format!("{os}/{arch}"))
        });
        Ok(platforms.collect())
    }
}
