//! Operations on Hob's folder.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use hob_model::{ContainerName, StackName, StackPath, desired::StackFile, spec::ContainerSpec};
use hob_plan::observed::{Applied, HostKey, Verdict};

use super::DockerHost;
use crate::{
    HostErrorKind,
    folder::{self, Script},
};

impl DockerHost {
    pub(super) async fn own_files(
        &self,
        homelab: &str,
        stack: &StackName,
        paths: &BTreeSet<StackPath>,
    ) -> Result<(), HostErrorKind> {
        let input = folder::stack_input(&self.root, stack, paths)?;
        self.claim(homelab).await?;
        let _one_at_a_time = self.manifests.lock().await;
        self.script(Script::Own, input).await.map(drop)
    }

    pub(super) async fn write_files(
        &self,
        stack: &StackName,
        files: &BTreeMap<StackPath, StackFile>,
    ) -> Result<(), HostErrorKind> {
        if files.is_empty() {
            return Ok(());
        }
        let mut input = folder::stack_input(&self.root, stack, iter::empty())?;
        input.extend(folder::archive(files)?);
        self.script(Script::Write, input).await.map(drop)
    }

    pub(super) async fn remove_files(
        &self,
        stack: &StackName,
        paths: &BTreeSet<StackPath>,
    ) -> Result<(), HostErrorKind> {
        let input = folder::stack_input(&self.root, stack, paths)?;
        let _one_at_a_time = self.manifests.lock().await;
        self.script(Script::Remove, input).await.map(drop)
    }

    pub(super) async fn record(
        &self,
        homelab: &str,
        stack: &StackName,
        name: &ContainerName,
        spec: &ContainerSpec,
        verdict: Verdict,
    ) -> Result<(), HostErrorKind> {
        let key = self.claim(homelab).await?;
        let sealed = spec.sealed(&|value| key.seal(value));
        let record = Applied { spec: spec.digest(), sealed, verdict };
        let input = folder::record_input(&self.root, stack, name, &record)?;
        self.script(Script::Record, input).await.map(drop)
    }

    pub(super) async fn forget(
        &self,
        stack: &StackName,
        name: &ContainerName,
    ) -> Result<(), HostErrorKind> {
        let input = folder::container_input(&self.root, stack, name)?;
        self.script(Script::Forget, input).await.map(drop)
    }

    /// Claims Hob's folder for the homelab, and finds the host's key, made if there is none.
    async fn claim(&self, homelab: &str) -> Result<HostKey, HostErrorKind> {
        let mut known = self.key.lock().await;
        if let Some(key) = &*known {
            return Ok(key.clone());
        }
        let input = folder::claim_input(&self.root, homelab)?;
        let output = self.script(Script::Key, input).await?;
        let key = folder::parse_key(&output)?;
        self.belongs_to(Some(homelab.to_owned()));
        *known = Some(key.clone());
        Ok(key)
    }
}
