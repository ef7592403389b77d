//! How the image of a service is built.

use std::collections::BTreeMap;

use super::{HostEntry, Ulimit};
use crate::finding::Place;

/// How the image of a service is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The absolute path of a folder, or the address of something remote.
    pub context: String,
    /// The Dockerfile, seen from the context; absent if it is written inline.
    pub dockerfile: Option<String>,
    /// The text of the Dockerfile.
    pub dockerfile_inline: Option<String>,
    /// Build arguments; those without a value have been looked up in the environment.
    pub args: BTreeMap<String, String>,
    /// The stage that is built.
    pub target: Option<String>,
    /// Labels of the image.
    pub labels: BTreeMap<String, String>,
    /// Further names for the image.
    pub tags: Vec<String>,
    /// Images whose layers may be used again.
    pub cache_from: Vec<String>,
    /// The network of `RUN`.
    pub network: Option<String>,
    /// Size of `/dev/shm` in bytes.
    pub shm_size: Option<u64>,
    /// Lines for the hosts file of `RUN`, in order.
    pub extra_hosts: Vec<HostEntry>,
    /// Limits of the processes of `RUN`.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// Platforms that it is built for; the host's if empty.
    pub platforms: Vec<String>,
    /// Whether images that it starts from are pulled even if they are there.
    pub pull: bool,
    /// Whether no layer is used again.
    pub no_cache: bool,
    /// Whether `RUN` has every right.
    pub privileged: bool,
    /// The isolation of `RUN` on Windows.
    pub isolation: Option<String>,
    /// Attributes that are set and not among the fields above, in alphabetical order.
    pub others: Vec<String>,
    /// Where the attributes are written, by name.
    pub places: BTreeMap<String, Place>,
}
