//! What every command works with.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use hob_engine::{Sight, Stop};
use hob_host::Hosts;
use hob_model::{Selection, desired::Desired};

use crate::{
    error::CommandError,
    secrets::KeyPlaces,
    ui::Ui,
    world::{HostsFactory, HostsOptions},
};

/// What every command works with.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    /// Where the command works; absolute.
    pub(crate) directory: PathBuf,
    /// The environment that Hob was called in.
    pub(crate) variables: BTreeMap<String, String>,
    /// What secrets are edited with.
    pub(crate) editor: Option<String>,
    /// Where the keys to secrets may be.
    pub(crate) keys: KeyPlaces,
    pub(crate) stop: Stop,
    pub(crate) hosts_factory: HostsFactory,
    pub(crate) hosts_options: HostsOptions,
}

impl Context {
    /// The way to hosts. Made only by commands that need one.
    pub(crate) fn hosts(&self) -> Result<Arc<dyn Hosts>, CommandError> {
        (self.hosts_factory)(&self.hosts_options).map_err(|error| {
            CommandError::remote("preparing connections to hosts").caused_by(error)
        })
    }

    /// Looks at the selected hosts.
    pub(crate) async fn observe(
        &self,
        desired: &Desired,
        selection: &Selection,
    ) -> Result<Sight, CommandError> {
        let hosts = self.hosts()?;
        self.unless_stopped(hob_engine::observe(desired, selection, hosts.as_ref())).await
    }

    /// Waits for something that changes nothing, unless the run is told to stop before.
    pub(crate) async fn unless_stopped<T>(
        &self,
        look: impl Future<Output = T>,
    ) -> Result<T, CommandError> {
        tokio::select! {
            biased;
            _ = self.stop.requested() => {
                Err(CommandError::refused("stopped; nothing was changed"))
            }
            seen = look => Ok(seen),
        }
    }

    /// A path as the user means it.
    pub(crate) fn path(&self, path: &std::path::Path) -> PathBuf {
        self.directory.join(path)
    }
}
