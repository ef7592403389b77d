//! What was seen on the hosts: always possibly incomplete, and never mistaken for "nothing there".

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use hob_model::{
    ContainerName, Digest, HostName, ImageId, ImageRef, NetworkName, StackName, StackPath,
    VolumeName,
    spec::{BuildSpec, SealedSpec, SpecDigest},
};
use serde::{Deserialize, Serialize};

use crate::ownership::{Identity, ThingOwner};

/// Every host that was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// By name, as in `hob.yaml`.
    pub hosts: BTreeMap<HostName, HostView>,
}

/// What is known of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostView {
    /// It answered.
    Seen(Box<HostState>),
    /// It did not: nothing is planned for it, and nothing is assumed.
    Unreachable {
        /// What went wrong, for people.
        why: String,
    },
}

/// A host that answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostState {
    /// The Docker Engine.
    pub engine: Engine,
    /// The homelab that Hob's folder on this host belongs to; `None` until Hob first writes there.
    pub homelab: Option<String>,
    /// Key of the digests that stand for secrets in what Hob keeps on this host; absent until Hob
    /// first writes there.
    pub key: Option<HostKey>,
    /// All containers, running or not, ours or not.
    pub containers: BTreeMap<ContainerName, Container>,
    /// Local images by each of their names, written familiarly ([`ImageRef::familiar`]).
    pub images: BTreeMap<ImageRef, ImageId>,
    /// From what the local images were built that Hob built.
    pub builds: BTreeMap<ImageId, Digest>,
    /// All networks.
    pub networks: BTreeMap<NetworkName, Network>,
    /// All volumes.
    pub volumes: BTreeMap<VolumeName, Volume>,
    /// What lies in Hob's folder, by stack.
    pub stacks: BTreeMap<StackName, StackFolder>,
}

impl HostState {
    /// The local image that a name stands for, however it is written.
    pub fn image(&self, name: &ImageRef) -> Option<&ImageId> {
        self.images.get(&name.familiar())
    }
}

impl HostState {
    /// Whether the image of that name was built in exactly this way.
    pub fn is_built(&self, build: &BuildSpec) -> bool {
        let built = self.image(&build.image).and_then(|id| self.builds.get(id));
        built.is_some_and(|digest| *digest == build.digest())
    }
}

/// A Docker Engine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Engine {
    /// Such as `28.5.2`.
    pub version: String,
    /// Highest API version that it speaks, as (major, minor).
    pub api: (u16, u16),
    /// Such as `amd64`, in Docker's spelling.
    pub arch: String,
}

/// Key of keyed digests; random, made once per host, readable by the deploy user only.
#[derive(Clone, PartialEq, Eq)]
pub struct HostKey(Vec<u8>);

impl HostKey {
    /// Wraps key bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }

    /// The keyed digest (HMAC-SHA256) that stands for `value`.
    pub fn seal(&self, value: &str) -> String {
        use hmac::{Hmac, KeyInit, Mac};
        match Hmac::<sha2::Sha256>::new_from_slice(&self.0) {
            Ok(mut mac) => {
                mac.update(value.as_bytes());
                hob_model::hex(&mac.finalize().into_bytes())
            }
            // why: HMAC takes keys of any length.
            Err(_) => String::new(),
        }
    }
}

impl std::fmt::Debug for HostKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("<key>")
    }
}

/// A container as the Engine lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// Who made it.
    pub owner: ContainerOwner,
    /// Id of the image that it runs.
    pub image: ImageId,
    /// What it is doing.
    pub state: ContainerState,
    /// Networks that it is attached to.
    pub networks: BTreeSet<NetworkName>,
    /// Ports of the host that it holds while it runs, as (address or empty, port, protocol).
    pub ports: BTreeSet<(String, u16, String)>,
    /// Volumes without a name that it has, by mount target. A replacement inherits them.
    pub anonymous_volumes: BTreeMap<String, VolumeName>,
}

/// Who made a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContainerOwner {
    /// Hob did.
    Hob {
        /// For what.
        identity: Identity,
        /// By which specification.
        spec: SpecDigest,
    },
    /// Compose did, or something that calls itself so.
    Compose {
        /// Compose project.
        project: String,
        /// Compose service.
        service: String,
    },
    /// Somebody else did.
    Foreign,
}

/// What a container is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerState {
    /// Made and never started.
    Created,
    /// Running.
    Running {
        /// What its health check says.
        health: Health,
    },
    /// Between two runs of a crash loop.
    Restarting,
    /// Frozen.
    Paused,
    /// Ended.
    Exited {
        /// With this code.
        code: i64,
    },
    /// Half removed: it cannot be started again.
    Dead,
}

impl fmt::Display for ContainerState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Created => f.write_str("created, never started"),
            Self::Running { health: Health::Unchecked } => f.write_str("running"),
            Self::Running { health: Health::Starting } => f.write_str("running, health unknown"),
            Self::Running { health: Health::Healthy } => f.write_str("running, healthy"),
            Self::Running { health: Health::Unhealthy } => f.write_str("running, unhealthy"),
            Self::Restarting => f.write_str("restarting"),
            Self::Paused => f.write_str("paused"),
            Self::Exited { code } => write!(f, "exited ({code})"),
            Self::Dead => f.write_str("dead"),
        }
    }
}

/// What a health check says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// There is none.
    Unchecked,
    /// No answer yet.
    Starting,
    /// It passes.
    Healthy,
    /// It fails.
    Unhealthy,
}

/// A network as the Engine lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// Who made it.
    pub owner: ThingOwner,
    /// By which specification, if Hob made it.
    pub spec: Option<SpecDigest>,
}

/// A volume as the Engine lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// Who made it.
    pub owner: ThingOwner,
    /// By which specification, if Hob made it.
    pub spec: Option<SpecDigest>,
}

/// What Hob keeps for one stack on its host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackFolder {
    /// Files that Hob put there or was about to put there.
    pub owned: BTreeSet<StackPath>,
    /// What was found at the paths that were asked for: the owned ones and the desired ones.
    pub files: BTreeMap<StackPath, FileSeen>,
    /// What was applied, by container.
    pub applied: BTreeMap<ContainerName, Applied>,
}

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSeen {
    /// A file.
    File {
        /// Digest of its content.
        digest: Digest,
        /// Permission bits.
        mode: u32,
    },
    /// A file that the deploy user may not read: a container changed its owner or mode.
    Unreadable,
    /// A folder or something stranger.
    NotAFile,
}

/// The record of a container that passed its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Applied {
    /// Digest of its specification.
    pub spec: SpecDigest,
    /// Its specification without secrets, to explain a later difference.
    pub sealed: SealedSpec,
    /// What it was found to be.
    pub verdict: Verdict,
}

/// In what way a container is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Its health check passes.
    Healthy,
    /// It ended by itself with exit code 0, as one-shots do.
    Completed,
    /// It has no health check, and ran through the settling window without a restart.
    Running,
}
