//! Looking at everything that bears on a plan: four requests and one script, all at once.

use std::collections::BTreeMap;

use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptions, ListNetworksOptions, ListVolumesOptions,
};
use hob_plan::observed::HostState;

use super::{DockerHost, listed};
use crate::{
    Ask, HostErrorKind,
    folder::{self, FolderSeen, Script},
};

impl DockerHost {
    pub(super) async fn look(&self, ask: &Ask) -> Result<HostState, HostErrorKind> {
        let all = ListContainersOptionsBuilder::new().all(true).build();
        let (containers, images, networks, volumes, folder) = tokio::try_join!(
            self.engine.ask(|docker| {
                let all = all.clone();
                async move { docker.list_containers(Some(all)).await }
            }),
            self.engine
                .ask(|docker| async move { docker.list_images(None::<ListImagesOptions>).await }),
            self.engine.ask(|docker| async move {
                docker.list_networks(None::<ListNetworksOptions>).await
            }),
            self.engine
                .ask(|docker| async move { docker.list_volumes(None::<ListVolumesOptions>).await }),
            self.look_at_folder(ask),
        )?;
        let mut state = HostState {
            engine: self.engine.engine().clone(),
            homelab: folder.homelab,
            key: folder.key,
            containers: BTreeMap::new(),
            images: listed::images(&images),
            builds: listed::builds(&images),
            networks: listed::networks(&networks),
            volumes: listed::volumes(&volumes.volumes.unwrap_or_default()),
            stacks: folder.stacks,
        };
        for listed in containers.iter().filter_map(listed::container) {
            let mut container = listed.container;
            if !listed.is_clear {
                // It may have gone since it was listed.
                let Some(found) = self.inspect(&listed.name).await? else { continue };
                if let Some(inspected) = &found.state {
                    container.state = listed::inspected(inspected);
                }
            }
            state.containers.insert(listed.name, container);
        }
        Ok(state)
    }

    async fn look_at_folder(&self, ask: &Ask) -> Result<FolderSeen, HostErrorKind> {
        let mut asked = Vec::new();
        for (stack, paths) in &ask.files {
            folder::check_stack(stack)?;
            for path in paths {
                folder::check_path(path)?;
                asked.push(format!("{stack}/{path}"));
            }
        }
        let input = folder::lines_input(&self.root, asked.iter().map(String::as_str));
        let output = self.script(Script::Observe, input).await?;
        let seen = folder::parse_observed(&output)?;
        // A key alone does not say whose the folder is: then it is claimed before it is used.
        let key = seen.key.clone().filter(|_| seen.homelab.is_some());
        *self.key.lock().await = key;
        self.belongs_to(seen.homelab.clone());
        Ok(seen)
    }
}
