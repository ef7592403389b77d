//! How a container is networked, and what networks and volumes are to be.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::runtime::Peer;
use crate::{names::NetworkName, secret::Secret};

/// How a container is networked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkMode {
    /// Attached to these networks, by their names on the Engine.
    Attached(BTreeMap<NetworkName, Endpoint>),
    /// The host's own network.
    Host,
    /// No network.
    None,
    /// The network of another container.
    Container(Peer),
}

/// One attachment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Names by which others on the network find the container.
    pub aliases: BTreeSet<String>,
    /// A fixed IPv4 address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv4: Option<String>,
    /// A fixed IPv6 address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipv6: Option<String>,
    /// Link-local addresses.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub link_local: BTreeSet<String>,
    /// A fixed MAC address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// Names by which this container finds others, as `container:name`.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub links: BTreeSet<String>,
    /// Options for the network driver.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// Name of the interface in the container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interface: Option<String>,
    /// Higher first; the first network is the one that the Engine attaches at creation.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i64,
    /// The network with the highest gives the default route.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gateway_priority: i64,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// A port of the container reachable through the host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PublishedPort {
    /// Address on the host; `None` means every address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Port or range on the host as Compose writes it; `None` lets the Engine choose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<String>,
    /// Port in the container.
    pub target: u16,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: String,
}

/// A network that Hob makes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NetworkSpec {
    /// Driver; `None` is `bridge`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub driver: Option<String>,
    /// Options of the driver.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub options: BTreeMap<String, String>,
    /// No way out of the host.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub internal: bool,
    /// Containers outside a Compose project may attach.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attachable: bool,
    /// Without IPv4.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_ipv4: bool,
    /// With IPv6.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub ipv6: bool,
    /// Who manages addresses; `None` is the Engine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ipam_driver: Option<String>,
    /// Options of the address manager.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ipam_options: BTreeMap<String, String>,
    /// Address ranges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pools: Vec<Pool>,
    /// The owner's labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// An address range of a network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenPool", into = "WrittenPool")]
pub struct Pool {
    /// The subnet in CIDR form.
    pub subnet: Option<String>,
    /// The gateway.
    pub gateway: Option<String>,
    /// The part of the subnet that containers get addresses from.
    pub range: Option<String>,
    /// Addresses kept for others, by host name.
    pub kept: BTreeMap<String, String>,
}

/// A pool as it is written down: a pair where that says it all, as it always was, so that the
/// digest of a network does not change.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum WrittenPool {
    Pair(String, Option<String>),
    Full {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subnet: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        gateway: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        range: Option<String>,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        kept: BTreeMap<String, String>,
    },
}

impl From<Pool> for WrittenPool {
    fn from(pool: Pool) -> Self {
        match pool {
            Pool { subnet: Some(subnet), gateway, range: None, kept } if kept.is_empty() => {
                Self::Pair(subnet, gateway)
            }
            Pool { subnet, gateway, range, kept } => Self::Full { subnet, gateway, range, kept },
        }
    }
}

impl From<WrittenPool> for Pool {
    fn from(written: WrittenPool) -> Self {
        match written {
            WrittenPool::Pair(subnet, gateway) => {
                Self { subnet: Some(subnet), gateway, ..Self::default() }
            }
            WrittenPool::Full { subnet, gateway, range, kept } => {
                Self { subnet, gateway, range, kept }
            }
        }
    }
}

/// A volume that Hob makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VolumeSpec {
    /// Driver; `None` is `local`.
    pub driver: Option<String>,
    /// Options of the driver; the password of a network share stands here, so the values count as
    /// secrets.
    pub options: BTreeMap<String, Secret<String>>,
    /// The owner's labels.
    pub labels: BTreeMap<String, String>,
}
