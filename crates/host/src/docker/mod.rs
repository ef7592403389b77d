//! A host with a Docker Engine.

mod body;
mod build;
mod containers;
mod credentials;
mod engine;
mod events;
mod failure;
mod files;
mod hooks;
mod inner_files;
mod inside;
mod listed;
mod lock;
mod logs;
mod observe;
mod perform;
mod pull;
mod redact;
mod registry;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod things;
mod wait;

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{Arc, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use hob_model::{ContainerName, HostName};
use hob_plan::{
    Op,
    observed::{HostKey, HostState},
};
use tokio::sync::{Mutex, watch};

pub(crate) use self::engine::Version;
pub use self::wait::await_within;
use self::{engine::EngineClient, events::Events};
use crate::{
    Ask, Facts, FactsAsk, Host, HostError, HostErrorKind, HostLock, Inside, LockAsk, LogLine,
    LogOptions, StepRun, facts,
    folder::{self, Root, Script},
    transport::Transport,
};

/// A host with a Docker Engine, on this machine or behind SSH.
pub(crate) struct DockerHost {
    name: HostName,
    root: Root,
    transport: Arc<Transport>,
    engine: EngineClient,
    events: Events,
    credentials: Option<PathBuf>,
    /// The homelab that Hob's folder belongs to, once it was seen.
    homelab: std::sync::Mutex<Option<String>>,
    /// Key of the digests that stand for secrets, once it was seen.
    key: Mutex<Option<HostKey>>,
    /// Manifests are read, changed and written: one at a time.
    manifests: Mutex<()>,
    /// What is known of the lock that this run took last.
    lock: std::sync::Mutex<Option<watch::Receiver<lock::Standing>>>,
    /// Ids of the containers that this run started: every restart of these counts, also one before
    /// somebody looks for the first time.
    started: std::sync::Mutex<BTreeSet<String>>,
}

impl DockerHost {
    /// Reaches the host and makes sure that its Engine answers and is new enough. `credentials` is
    /// Docker's `config.json` of this machine.
    pub(crate) async fn open(
        name: HostName,
        root: &str,
        transport: Transport,
        credentials: Option<PathBuf>,
    ) -> Result<Self, HostError> {
        let failed = |kind| HostError { host: name.clone(), doing: "connecting".to_owned(), kind };
        let root = Root::new(root).map_err(failed)?;
        let transport = Arc::new(transport);
        let engine = EngineClient::open(Arc::clone(&transport)).await.map_err(failed)?;
        Ok(Self {
            name,
            root,
            transport,
            engine,
            events: Events::default(),
            credentials,
            homelab: std::sync::Mutex::default(),
            key: Mutex::default(),
            manifests: Mutex::default(),
            lock: std::sync::Mutex::default(),
            started: std::sync::Mutex::default(),
        })
    }

    /// The homelab that Hob's folder belongs to, as far as it was seen.
    fn homelab(&self) -> Option<String> {
        self.homelab.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn belongs_to(&self, homelab: Option<String>) {
        *self.homelab.lock().unwrap_or_else(PoisonError::into_inner) = homelab;
    }

    /// Runs a script and takes a failure of it for what it means.
    async fn script(&self, script: Script, input: Vec<u8>) -> Result<Vec<u8>, HostErrorKind> {
        let output = self.transport.run(script, input).await?;
        match output.code {
            Some(0) => Ok(output.stdout),
            code => Err(folder::script_failure(code, &output.stderr, &self.root)),
        }
    }

    fn error(&self, doing: impl Into<String>, kind: HostErrorKind) -> HostError {
        HostError { host: self.name.clone(), doing: doing.into(), kind }
    }
}

#[async_trait]
impl Host for DockerHost {
    fn name(&self) -> &HostName {
        &self.name
    }

    async fn observe(&self, ask: &Ask) -> Result<HostState, HostError> {
        self.look(ask).await.map_err(|kind| self.error("looking at the host", kind))
    }

    async fn lock(&self, ask: &LockAsk<'_>) -> Result<HostLock, HostError> {
        self.take_lock(ask).await.map_err(|kind| self.error("taking the lock", kind))
    }

    async fn perform(&self, op: &Op, run: &mut StepRun<'_>) -> Result<(), HostError> {
        let acted = async {
            self.still_locked().await?;
            self.act(op, run).await
        };
        acted.await.map_err(|kind| self.error(perform::doing(op), kind))
    }

    async fn facts(&self, ask: &FactsAsk) -> Result<Facts, HostError> {
        let asked = async {
            let mut all = ask.storage.iter().chain(&ask.paths);
            let bad = all.find(|path| !path.starts_with('/') || path.contains('\n'));
            if let Some(bad) = bad {
                return Err(HostErrorKind::Other(format!("{bad:?} is no absolute path")));
            }
            let sought: Vec<String> = ask.paths.iter().map(|path| format!("?{path}")).collect();
            let info = self.engine.ask(|docker| async move { docker.info().await }).await?;
            let engine_root = info.docker_root_dir.unwrap_or_default();
            let of_engine = std::iter::once(&engine_root).filter(|path| path.starts_with('/'));
            let paths = ask.storage.iter().chain(of_engine).chain(&sought).map(String::as_str);
            let input = folder::lines_input(&self.root, paths);
            let version = self.engine.seen();
            let Version { engine, api_min } = version;
            let mut known = Facts::of_engine(&engine.version, engine.api, *api_min, &engine.arch);
            known.engine_root = engine_root;
            let before = std::time::SystemTime::now();
            let (output, images) =
                tokio::join!(self.script(Script::Facts, input), self.ask_registries(&ask.images));
            let after = std::time::SystemTime::now();
            known.images = images;
            facts::parse(&output?, known, (before, after))
        };
        asked.await.map_err(|kind| self.error("asking for facts", kind))
    }

    async fn inside(
        &self,
        container: &ContainerName,
        command: &[&str],
        within: Duration,
    ) -> Result<Inside, HostError> {
        let ran = self.run_inside(container, command, within).await;
        ran.map_err(|kind| self.error(format!("asking in container {container}"), kind))
    }

    async fn logs(
        &self,
        container: &ContainerName,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, HostError>>, HostError> {
        let doing = format!("reading the log of container {container}");
        match self.log_stream(container, options).await {
            Ok(stream) => Ok(logs::with_host(stream, self.name.clone(), doing)),
            Err(kind) => Err(self.error(doing, kind)),
        }
    }

    async fn answers(&self, address: &str, port: u16, within: Duration) -> Result<bool, HostError> {
        let answer = self.transport.answers(address, port, within).await;
        answer.map_err(|kind| self.error(format!("connecting to {address}:{port}"), kind))
    }
}
