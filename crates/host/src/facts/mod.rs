//! What the checks of the first tier want to know of a host.

mod gpu;
mod network;
mod read;

use std::collections::{BTreeMap, BTreeSet};

use hob_model::ImageRef;

pub(crate) use self::read::parse;
pub use self::{
    gpu::{Gpu, Gpus},
    network::{FirewallState, Interface},
};

/// What to find out for the checks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactsAsk {
    /// Paths whose file systems are measured.
    pub storage: Vec<String>,
    /// Paths that are looked for.
    pub paths: Vec<String>,
    /// Images that the host's Engine asks their registries about. Nothing is fetched, but
    /// registries count it as if it were.
    pub images: BTreeSet<ImageRef>,
}

/// What a host is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Such as `Debian GNU/Linux 12 (bookworm)`.
    pub os: String,
    /// In Docker's spelling, such as `arm64`.
    pub arch: String,
    /// The Docker Engine's version.
    pub engine_version: String,
    /// Highest API version that it speaks.
    pub engine_api: (u16, u16),
    /// Lowest API version that it accepts.
    pub engine_api_min: (u16, u16),
    /// Where the Engine keeps images, containers and volumes; empty if it does not tell.
    pub engine_root: String,
    /// The user that Hob acts as.
    pub user: String,
    /// Whether Hob's folder can be written, or why not.
    pub root_folder: Result<(), String>,
    /// Whether other users of the host can look into Hob's folder.
    pub is_root_open: bool,
    /// How far the host's clock is ahead of ours, in milliseconds; negative if behind.
    pub clock_ahead_ms: i64,
    /// Memory in bytes.
    pub memory_bytes: u64,
    /// Space by path asked for, and by `engine_root`; the nearest existing parent counts.
    pub disks: BTreeMap<String, Result<Disk, String>>,
    /// What is at the paths that were looked for.
    pub paths: BTreeMap<String, Presence>,
    /// Mount points.
    pub mounts: BTreeSet<String>,
    /// Mount points that the host mounts when it starts, by `/etc/fstab`.
    pub to_mount: BTreeSet<String>,
    /// Mount points of a network file system that does not answer.
    pub hanging: BTreeSet<String>,
    /// Whether the tools are there with which an Engine hands out NVIDIA GPUs.
    pub has_nvidia_tools: bool,
    /// GPUs, and what is wrong with them.
    pub gpus: Gpus,
    /// Network interfaces but those of single containers; `None` where the host does not tell.
    pub interfaces: Option<BTreeMap<String, Interface>>,
    /// Firewalls that are there, such as `ufw`, and whether they are on.
    pub firewalls: BTreeMap<String, FirewallState>,
    /// TCP and UDP ports that something listens on, as (address, port, protocol) with an empty
    /// address for all; `None` where the host does not tell.
    pub listening: Option<BTreeSet<(String, u16, String)>>,
    /// What the registries said of the images asked for: for which platforms there is one, such as
    /// `linux/arm64`, or why that is not known.
    pub images: BTreeMap<ImageRef, Result<Vec<String>, String>>,
}

impl Facts {
    /// A host of which nothing is known but its Engine.
    pub fn of_engine(version: &str, api: (u16, u16), api_min: (u16, u16), arch: &str) -> Self {
        Self {
            os: String::new(),
            arch: arch.to_owned(),
            engine_version: version.to_owned(),
            engine_api: api,
            engine_api_min: api_min,
            engine_root: String::new(),
            user: String::new(),
            root_folder: Ok(()),
            is_root_open: false,
            clock_ahead_ms: 0,
            memory_bytes: 0,
            disks: BTreeMap::new(),
            paths: BTreeMap::new(),
            mounts: BTreeSet::new(),
            to_mount: BTreeSet::new(),
            hanging: BTreeSet::new(),
            has_nvidia_tools: false,
            gpus: Gpus::default(),
            interfaces: None,
            firewalls: BTreeMap::new(),
            listening: None,
            images: BTreeMap::new(),
        }
    }
}

/// What is at a path, as far as the deploy user can see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A folder.
    Folder,
    /// A folder with nothing in it.
    Empty,
    /// A device.
    Device,
    /// A file, a socket or anything else.
    Other,
    /// Nothing, but the folder that it would lie in is there.
    Missing,
    /// Nothing, and no folder that it could lie in either.
    MissingAbove,
    /// The deploy user may not look there.
    Hidden,
    /// It lies on a network file system that does not answer.
    Hanging,
}

/// Space of a file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Bytes that the deploy user may still write.
    pub free_bytes: u64,
    /// Bytes in all.
    pub total_bytes: u64,
}
