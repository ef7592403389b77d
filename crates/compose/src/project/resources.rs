//! Top-level networks, volumes, configs and secrets.

use std::collections::BTreeMap;

use crate::finding::Place;
use crate::tree::Node;

/// A network.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Its name in the Engine: `<project>_<key>` unless given or external.
    pub name: String,
    /// Whether somebody else creates it.
    pub external: bool,
    /// Whether containers on it are cut off from the outside.
    pub internal: bool,
    /// The network driver; the Engine's default if absent.
    pub driver: Option<String>,
    /// Options for the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Whether containers outside of the project may join.
    pub attachable: Option<bool>,
    /// Whether IPv4 addresses are assigned.
    pub enable_ipv4: Option<bool>,
    /// Whether IPv6 addresses are assigned.
    pub enable_ipv6: Option<bool>,
    /// Address management.
    pub ipam: Ipam,
    /// Labels of the author; those of the tool come on top.
    pub labels: BTreeMap<String, String>,
    /// `x-*` attributes.
    pub extensions: BTreeMap<String, Node>,
    /// Where its key is written; where the first use is, for the implied `default`.
    pub place: Place,
}

/// Address management of a network.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ipam {
    /// The driver.
    pub driver: Option<String>,
    /// Options for the driver.
    pub options: BTreeMap<String, String>,
    /// Address pools.
    pub pools: Vec<IpamPool>,
}

/// One address pool.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct IpamPool {
    /// The subnet in CIDR form.
    pub subnet: Option<String>,
    /// The range within the subnet that containers get addresses from.
    pub ip_range: Option<String>,
    /// The gateway.
    pub gateway: Option<String>,
    /// Addresses kept for others, by host name.
    pub aux_addresses: BTreeMap<String, String>,
}

/// A named volume.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Its name in the Engine: `<project>_<key>` unless given or external.
    pub name: String,
    /// Whether somebody else creates it.
    pub external: bool,
    /// The volume driver; the Engine's default if absent.
    pub driver: Option<String>,
    /// Options for the driver.
    pub driver_opts: BTreeMap<String, String>,
    /// Labels of the author; those of the tool come on top.
    pub labels: BTreeMap<String, String>,
    /// `x-*` attributes.
    pub extensions: BTreeMap<String, Node>,
    /// Where its key is written.
    pub place: Place,
}

/// A config or a secret.
#[derive(Clone, Debug, PartialEq)]
pub struct FileObject {
    /// Its name: `<project>_<key>` unless given.
    pub name: String,
    /// Where its content comes from.
    pub content: FileContent,
    /// Labels of the author.
    pub labels: BTreeMap<String, String>,
    /// `x-*` attributes.
    pub extensions: BTreeMap<String, Node>,
    /// Where its key is written.
    pub place: Place,
}

/// Where the content of a config or a secret comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContent {
    /// From the file at this absolute path.
    File(String),
    /// It stands in the Compose file.
    Inline(String),
    /// From a variable of the environment for interpolation.
    Variable {
        /// Its name.
        name: String,
        /// Its value; `None` if it is not set.
        value: Option<String>,
    },
}
