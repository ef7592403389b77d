//! What every command works with.

use std::{path::PathBuf, sync::Arc};

use hob_engine::Stop;
use hob_host::Hosts;

use crate::{
    ui::Ui,
    world::{HostsFactory, HostsOptions},
};

/// What every command works with.
pub(crate) struct Context {
    pub(crate) ui: Ui,
    /// Where the command works; absolute.
    pub(crate) directory: PathBuf,
    pub(crate) stop: Stop,
    pub(crate) hosts_factory: HostsFactory,
    pub(crate) hosts_options: HostsOptions,
}

impl Context {
    /// The way to hosts. Made only by commands that need one.
    pub(crate) fn hosts(&self) -> Arc<dyn Hosts> {
        (self.hosts_factory)(&self.hosts_options)
    }

    /// A path as the user means it.
    pub(crate) fn path(&self, path: &std::path::Path) -> PathBuf {
        self.directory.join(path)
    }
}
