//! Every question there is, with what the manual says about it.

use serde::Serialize;

/// What a check asks. `docs/checks.md` is made from this list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The host answers, and lets Hob in.
    Reachable,
    /// It is the machine that `hob.yaml` describes.
    Machine,
    /// Its Engine is one that Hob can speak with.
    Engine,
    /// Its Engine knows all that the stacks say.
    Attributes,
    /// The deploy user may use Docker.
    Rights,
    /// Hob's folder.
    RootFolder,
    /// The host's clock.
    Clock,
    /// Free space.
    Space,
    /// Memory against the limits of services.
    Memory,
    /// GPUs against what services reserve.
    Gpu,
    /// Interfaces and addresses that ports are published on.
    Address,
    /// Firewalls, and what goes past them.
    Firewall,
    /// Ports that nobody else has.
    Port,
    /// Folders and files that services mount.
    Mount,
    /// Devices that services are given.
    Device,
    /// Networks that must be there.
    Network,
    /// Volumes that must be there.
    Volume,
    /// Processors that images are for.
    Platform,
    /// Images in their registries.
    Image,
    /// Containers run and are healthy.
    Container,
    /// Containers are what is declared.
    Definition,
    /// Containers are on their networks.
    Attached,
    /// Containers have passed their verdict.
    Verdict,
    /// Published ports answer.
    Answers,
    /// Nothing is published where the policy does not allow it.
    Exposure,
    /// GPUs are visible inside containers.
    GpuInside,
    /// Storage is there and mounted.
    Storage,
    /// Names and pages of services with a route.
    Route,
}

impl Kind {
    /// All of them, in the order of the manual.
    pub const ALL: [Self; 28] = [
        Self::Reachable,
        Self::Machine,
        Self::Engine,
        Self::Attributes,
        Self::Rights,
        Self::RootFolder,
        Self::Clock,
        Self::Space,
        Self::Memory,
        Self::Gpu,
        Self::Address,
        Self::Firewall,
        Self::Port,
        Self::Mount,
        Self::Device,
        Self::Network,
        Self::Volume,
        Self::Platform,
        Self::Image,
        Self::Container,
        Self::Definition,
        Self::Attached,
        Self::Verdict,
        Self::Answers,
        Self::Exposure,
        Self::GpuInside,
        Self::Storage,
        Self::Route,
    ];

    /// As `--json` spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reachable => "reachable",
            Self::Machine => "machine",
            Self::Engine => "engine",
            Self::Attributes => "attributes",
            Self::Rights => "rights",
            Self::RootFolder => "root-folder",
            Self::Clock => "clock",
            Self::Space => "space",
            Self::Memory => "memory",
            Self::Gpu => "gpu",
            Self::Address => "address",
            Self::Firewall => "firewall",
            Self::Port => "port",
            Self::Mount => "mount",
            Self::Device => "device",
            Self::Network => "network",
            Self::Volume => "volume",
            Self::Platform => "platform",
            Self::Image => "image",
            Self::Container => "container",
            Self::Definition => "definition",
            Self::Attached => "attached",
            Self::Verdict => "verdict",
            Self::Answers => "answers",
            Self::Exposure => "exposure",
            Self::GpuInside => "gpu-inside",
            Self::Storage => "storage",
            Self::Route => "route",
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use std::collections::BTreeSet;

    use super::Kind;

    #[test]
    fn every_kind_is_listed_once_and_named_as_in_json() {
        let names: BTreeSet<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        assert_eq!(names.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
    }
}
