//! What `hob.yaml` says about a machine: for comparing with what its stacks want.

use std::fmt;

use hob_compose::Place;

use crate::homelab::Placed;

/// A machine as its owner describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Machine {
    /// What runs its stacks.
    pub kind: HostKind,
    /// Bytes of memory.
    pub memory: Option<Placed<u64>>,
    /// Its graphics processors.
    pub gpus: Vec<Gpu>,
    /// Its architecture.
    pub arch: Option<Placed<Arch>>,
}

/// What runs the stacks of a host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HostKind {
    /// A Docker Engine.
    #[default]
    Docker,
    /// Kubernetes: declared and shown, not managed yet.
    Kubernetes,
}

/// A graphics processor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// Who made it.
    pub vendor: GpuVendor,
    /// Bytes of its own memory.
    pub vram_bytes: Option<u64>,
    /// What it is called, for people.
    pub model: Option<String>,
    /// Where it is written.
    pub place: Place,
}

/// Who made a graphics processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GpuVendor {
    /// NVIDIA: reserved in Compose files with `driver: nvidia`.
    Nvidia,
    /// AMD.
    Amd,
    /// Intel.
    Intel,
}

/// An architecture, as images name it: `amd64`, `arm/v7`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arch(String);

impl HostKind {
    /// Whether Hob connects to such hosts and deploys to them.
    pub fn is_managed(self) -> bool {
        self == Self::Docker
    }

    pub(crate) fn of(word: &str) -> Self {
        match word {
            "kubernetes" => Self::Kubernetes,
            _ => Self::Docker,
        }
    }
}

impl fmt::Display for HostKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Docker => "docker",
            Self::Kubernetes => "kubernetes",
        })
    }
}

impl GpuVendor {
    pub(crate) fn of(word: &str) -> Option<Self> {
        match word {
            "nvidia" => Some(Self::Nvidia),
            "amd" => Some(Self::Amd),
            "intel" => Some(Self::Intel),
            _ => None,
        }
    }
}

impl fmt::Display for GpuVendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Nvidia => "nvidia",
            Self::Amd => "amd",
            Self::Intel => "intel",
        })
    }
}

impl Arch {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// As images name it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The platform, as `platform` in a Compose file names it: `linux/arm64`.
    pub fn platform(&self) -> String {
        format!("linux/{}", self.0)
    }
}

impl fmt::Display for Arch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
