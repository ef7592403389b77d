//! Operations on containers. What Hob did not make is never stopped, renamed or removed.

use std::{collections::BTreeMap, sync::PoisonError, time::Duration};

use bollard::{
    Docker,
    models::{ContainerCreateBody, ContainerInspectResponse, NetworkConnectRequest},
    query_parameters::{
        CreateContainerOptionsBuilder, InspectContainerOptions, RemoveContainerOptionsBuilder,
        RenameContainerOptionsBuilder, StartContainerOptions, StopContainerOptions,
    },
};
use hob_model::{
    ContainerName, ImageId, VolumeName, desired::STOP_GRACE_DEFAULT, spec::ContainerSpec,
};
use hob_plan::{
    observed::ContainerOwner,
    ownership::{HOMELAB, Identity},
};
use tokio::time::{Instant, sleep};

use super::{DockerHost, body, engine::SHORT, listed, redact::Hidden};
use crate::{HostErrorKind, folder::check_container};

/// For making, starting and removing: a busy Engine with a slow disk takes its time.
pub(super) const LONG: Duration = Duration::from_secs(120);
/// What the Engine needs for a stop beyond the container's own grace.
const STOP_SLACK: Duration = Duration::from_secs(30);

impl DockerHost {
    /// What the Engine knows of a container, if there is one of that name.
    pub(super) async fn inspect(
        &self,
        name: &ContainerName,
    ) -> Result<Option<ContainerInspectResponse>, HostErrorKind> {
        check_container(name)?;
        let found = self
            .engine
            .find(|docker| async move {
                docker.inspect_container(name.as_str(), None::<InspectContainerOptions>).await
            })
            .await?;
        // Where no container has the name, the Engine takes it for the beginning of an id.
        Ok(found.filter(|found| found.name.as_deref().is_some_and(|it| is_called(it, name))))
    }

    /// A container that is about to be changed: an error if Hob did not make it, or made it for
    /// another homelab than Hob's folder on this host belongs to.
    pub(super) async fn ours(&self, name: &ContainerName) -> Result<Option<Ours>, HostErrorKind> {
        let Some(found) = self.inspect(name).await? else { return Ok(None) };
        let labels = labels(&found);
        let owner = self.homelab();
        let is_ours = labels
            .get(HOMELAB)
            .is_some_and(|homelab| owner.as_ref().is_none_or(|owner| owner == homelab));
        if !is_ours {
            return Err(HostErrorKind::NotOurs { name: name.to_string() });
        }
        // What is done next is done to this container, whoever bears the name by then.
        let id = found.id.clone().unwrap_or_else(|| name.to_string());
        Ok(Some(Ours { id, found }))
    }

    pub(super) async fn create_container(
        &self,
        name: &ContainerName,
        identity: &Identity,
        spec: &ContainerSpec,
        inherit: &BTreeMap<String, VolumeName>,
    ) -> Result<(), HostErrorKind> {
        check_container(name)?;
        let image = self.image_id(spec).await?;
        let making = body::Making {
            identity,
            folder: &self.root.stack(&identity.stack),
            image: &image,
            inherit,
            api: self.engine.api(),
        };
        let body = body::create(&making, spec);
        let made = self.send_create(name, spec, body).await?;
        let attached = match made {
            true => body::attached_at_creation(&spec.network, self.engine.api()),
            false => listed::attached(&self.same_already(name, identity, spec).await?),
        };
        self.put_files(name, &spec.files).await?;
        for (network, endpoint) in body::endpoints_left(&spec.network, &attached) {
            let request = || NetworkConnectRequest {
                container: name.to_string(),
                endpoint_config: Some(endpoint.clone()),
            };
            let connect = |docker: Docker| {
                let (network, request) = (network.clone(), request());
                async move { docker.connect_network(network.as_str(), request).await }
            };
            let is_attached = || async {
                let found = self.inspect(name).await?;
                Ok(found.is_some_and(|found| listed::attached(&found).contains(&network)))
            };
            self.engine.change(LONG, connect, is_attached).await?;
        }
        Ok(())
    }

    /// Whether the container was made; if not, one of that name is there.
    async fn send_create(
        &self,
        name: &ContainerName,
        spec: &ContainerSpec,
        body: ContainerCreateBody,
    ) -> Result<bool, HostErrorKind> {
        let mut options = CreateContainerOptionsBuilder::new().name(name.as_str());
        if let Some(platform) = &spec.platform {
            options = options.platform(platform);
        }
        let options = options.build();
        let made = self
            .engine
            .unless(409, LONG, |docker| {
                let (options, body) = (options.clone(), body.clone());
                async move { docker.create_container(Some(options), body).await }
            })
            .await;
        match made {
            Ok(made) => Ok(made.is_some()),
            Err(kind) => Err(Hidden::of_request(&body).clean_kind(kind)),
        }
    }

    async fn image_id(&self, spec: &ContainerSpec) -> Result<ImageId, HostErrorKind> {
        let name = spec.image.familiar();
        let found = self
            .engine
            .find(|docker| {
                let name = name.clone();
                async move { docker.inspect_image(name.as_str()).await }
            })
            .await?;
        match found.and_then(|image| image.id) {
            Some(id) => Ok(ImageId::new(id)),
            None => Err(HostErrorKind::NoImage {
                image: spec.image.to_string(),
                why: "it is not on the host".to_owned(),
            }),
        }
    }

    /// A container of that name is there: fine if it is the one that is wanted.
    async fn same_already(
        &self,
        name: &ContainerName,
        identity: &Identity,
        spec: &ContainerSpec,
    ) -> Result<ContainerInspectResponse, HostErrorKind> {
        let Some(found) = self.inspect(name).await? else {
            return Err(HostErrorKind::Other(format!(
                "the name {name} is being given up by another container; try again"
            )));
        };
        match listed::owner(&labels(&found)) {
            ContainerOwner::Hob { identity: was, spec: made }
                if was == *identity && made == spec.digest() =>
            {
                Ok(found)
            }
            ContainerOwner::Hob { .. } => Err(HostErrorKind::Other(format!(
                "a container {name} with another specification is there already"
            ))),
            ContainerOwner::Compose { .. } | ContainerOwner::Foreign => {
                Err(HostErrorKind::NotOurs { name: name.to_string() })
            }
        }
    }

    pub(super) async fn start(&self, name: &ContainerName) -> Result<(), HostErrorKind> {
        check_container(name)?;
        // Listening begins before there is something to hear.
        drop(self.events.subscribe(self.engine.docker()));
        let Some(Ours { id, found }) = self.ours(name).await? else {
            return Err(HostErrorKind::Other(format!("there is no container {name}")));
        };
        let id = id.as_str();
        let start = |docker: Docker| async move {
            docker.start_container(id, None::<StartContainerOptions>).await
        };
        // A one-shot that has come to its end meanwhile must not run twice.
        let before = started_at(&found);
        let is_started = || async {
            let now = self.inspect_id(id).await?;
            Ok(now.is_some_and(|now| started_at(&now) != before))
        };
        match self.engine.change(LONG, start, is_started).await {
            Err(HostErrorKind::Engine(why)) if why.contains("paused") => self.unpause(id).await?,
            Err(kind) => return Err(Hidden::of_container(&found).clean_kind(kind)),
            Ok(()) => {}
        }
        self.started().insert(id.to_owned());
        Ok(())
    }

    async fn unpause(&self, id: &str) -> Result<(), HostErrorKind> {
        let unpause = |docker: Docker| async move { docker.unpause_container(id).await };
        let is_unpaused = || async {
            let state = self.inspect_id(id).await?.and_then(|found| found.state);
            Ok(state.is_some_and(|state| state.running == Some(true) && state.paused != Some(true)))
        };
        self.engine.change(SHORT, unpause, is_unpaused).await
    }

    async fn inspect_id(
        &self,
        id: &str,
    ) -> Result<Option<ContainerInspectResponse>, HostErrorKind> {
        self.engine
            .find(|docker| async move {
                docker.inspect_container(id, None::<InspectContainerOptions>).await
            })
            .await
    }

    /// Whether this run started the container, whoever else waits for it.
    pub(super) fn was_started(&self, id: &str) -> bool {
        self.started().contains(id)
    }

    fn started(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeSet<String>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) async fn stop(&self, name: &ContainerName) -> Result<(), HostErrorKind> {
        let Some(Ours { id, found }) = self.ours(name).await? else { return Ok(()) };
        let id = id.as_str();
        self.started().remove(id);
        let grace = found.config.as_ref().and_then(|config| config.stop_timeout);
        let grace = grace.and_then(|secs| u64::try_from(secs).ok()).map(Duration::from_secs);
        let within = grace.unwrap_or(STOP_GRACE_DEFAULT) + STOP_SLACK;
        self.engine
            .unless(404, within, |docker| async move {
                docker.stop_container(id, None::<StopContainerOptions>).await
            })
            .await?;
        Ok(())
    }

    pub(super) async fn rename(
        &self,
        from: &ContainerName,
        to: &ContainerName,
    ) -> Result<(), HostErrorKind> {
        check_container(to)?;
        let Some(Ours { id, .. }) = self.ours(from).await? else {
            return match self.inspect(to).await? {
                Some(_) => Ok(()),
                None => Err(HostErrorKind::Other(format!("there is no container {from}"))),
            };
        };
        let id = id.as_str();
        let options = RenameContainerOptionsBuilder::new().name(to.as_str()).build();
        let rename = |docker: Docker| {
            let options = options.clone();
            async move { docker.rename_container(id, options).await }
        };
        let is_renamed = || async {
            let found = self.inspect(to).await?;
            Ok(found.is_some_and(|found| found.id.as_deref() == Some(id)))
        };
        self.engine.change(SHORT, rename, is_renamed).await
    }

    /// Its volumes stay, also those without a name.
    pub(super) async fn remove(&self, name: &ContainerName) -> Result<(), HostErrorKind> {
        let Some(Ours { id, .. }) = self.ours(name).await? else { return Ok(()) };
        let id = id.as_str();
        self.started().remove(id);
        let options = RemoveContainerOptionsBuilder::new().force(true).v(false).build();
        let late = Instant::now() + LONG;
        loop {
            // A removal that goes on already is answered with 409.
            let removed = self
                .engine
                .unless(409, LONG, |docker| {
                    let options = options.clone();
                    async move {
                        match docker.remove_container(id, Some(options)).await {
                            Err(why) if super::failure::status(&why) == Some(404) => Ok(()),
                            answer => answer,
                        }
                    }
                })
                .await?;
            if removed.is_some() {
                return Ok(());
            }
            if Instant::now() > late {
                return Err(HostErrorKind::TimedOut(LONG.as_secs()));
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    pub(super) async fn put_back(
        &self,
        name: &ContainerName,
        was: &ContainerName,
        start: bool,
    ) -> Result<(), HostErrorKind> {
        self.remove(&name.successor()).await?;
        if self.ours(&name.old()).await?.is_some() {
            self.remove(name).await?;
            self.rename(&name.old(), was).await?;
        }
        if start && self.inspect(was).await?.is_some() {
            self.start(was).await?;
        }
        Ok(())
    }
}

/// A container that Hob may change.
pub(super) struct Ours {
    /// Its full id, or its name where the Engine says none.
    pub(super) id: String,
    pub(super) found: ContainerInspectResponse,
}

/// Whether a name as the Engine writes it, with a slash before it, is this one.
fn is_called(written: &str, name: &ContainerName) -> bool {
    written.strip_prefix('/').unwrap_or(written) == name.as_str()
}

/// When it was started last, as the Engine writes it.
pub(super) fn started_at(found: &ContainerInspectResponse) -> Option<&str> {
    found.state.as_ref().and_then(|state| state.started_at.as_deref())
}

fn labels(found: &ContainerInspectResponse) -> BTreeMap<String, String> {
    listed::sorted(found.config.as_ref().and_then(|config| config.labels.as_ref()))
}
