//! The typed project: what is left when every form, default and file has been resolved.
//!
//! Paths are absolute, durations and byte sizes are numbers, `environment` contains what the
//! `env_file` entries add. Attributes that these types do not carry are findings, see
//! [`crate::schema::carried`].

mod build;
mod resources;
mod runtime;
mod service;

use std::collections::{BTreeMap, BTreeSet};

pub use build::Build;
pub use resources::{FileContent, FileObject, Ipam, IpamPool, Network, Volume};
pub use runtime::{Blkio, DeviceRate, DeviceRequest, Hook, Limits, Namespaces};
pub use service::{
    BindOptions, Condition, Dependency, Device, FileReference, Healthcheck, HostEntry, Logging,
    MountKind, Port, PortRange, PullPolicy, RestartPolicy, Service, ServiceNetwork, ServiceVolume,
    TmpfsOptions, Ulimit, VolumeOptions,
};

use crate::tree::Node;

/// A Compose project: services and what they use.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    /// The normalised name: `[a-z0-9][a-z0-9_-]*`.
    pub name: String,
    /// The directory that relative paths were resolved against.
    pub working_dir: String,
    /// The services that are enabled, by name.
    pub services: BTreeMap<String, Service>,
    /// Services left out because none of their profiles is active, or because they were not
    /// selected.
    pub disabled_services: BTreeSet<String>,
    /// Networks by key, among them `default` if a service uses it.
    pub networks: BTreeMap<String, Network>,
    /// Volumes by key.
    pub volumes: BTreeMap<String, Volume>,
    /// Configs by key.
    pub configs: BTreeMap<String, FileObject>,
    /// Secrets by key.
    pub secrets: BTreeMap<String, FileObject>,
    /// Top-level `x-*` attributes.
    pub extensions: BTreeMap<String, Node>,
}
