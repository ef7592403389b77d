//! Reasons and obstacles for machines: a kind, and fields that need no reading of words.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::change::{Obstacle, Reason, Thing};

/// Why a step is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of `Reason`, which says what they mean")]
pub enum ReasonDocument {
    Missing,
    NotRunning {
        state: String,
    },
    NoLongerDeclared,
    Image {
        from: String,
        to: String,
    },
    ImageContent {
        from: String,
        to: String,
    },
    ImageFetched {
        image: String,
    },
    Build {
        what: String,
    },
    OtherBuild,
    Env {
        key: String,
    },
    Label {
        key: String,
    },
    File {
        path: String,
    },
    Mount {
        target: String,
    },
    Network {
        network: String,
    },
    Attribute {
        name: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Value>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Value>,
    },
    Unexplained,
    Interrupted,
    Unverified,
    Follows {
        step: u32,
    },
    Exchanged,
    NeededBy {
        service: String,
    },
}

impl ReasonDocument {
    pub(super) fn of(reason: &Reason) -> Self {
        match reason {
            Reason::Missing => Self::Missing,
            Reason::NotRunning { state } => Self::NotRunning { state: state.clone() },
            Reason::NoLongerDeclared => Self::NoLongerDeclared,
            Reason::Image { was, now } => {
                Self::Image { from: was.to_string(), to: now.to_string() }
            }
            Reason::ImageContent { was, now } => {
                Self::ImageContent { from: was.to_string(), to: now.to_string() }
            }
            Reason::ImageFetched { image } => Self::ImageFetched { image: image.to_string() },
            Reason::Build { what } => Self::Build { what: what.clone() },
            Reason::OtherBuild => Self::OtherBuild,
            Reason::Env { key } => Self::Env { key: key.clone() },
            Reason::Label { key } => Self::Label { key: key.clone() },
            Reason::File { path } => Self::File { path: path.clone() },
            Reason::Mount { target } => Self::Mount { target: target.clone() },
            Reason::Network { name } => Self::Network { network: name.to_string() },
            Reason::Attribute { name, from, to } => {
                Self::Attribute { name: name.clone(), from: from.clone(), to: to.clone() }
            }
            Reason::Unexplained => Self::Unexplained,
            Reason::Interrupted => Self::Interrupted,
            Reason::Unverified => Self::Unverified,
            Reason::Follows(step) => Self::Follows { step: step.0 },
            Reason::Exchanged => Self::Exchanged,
            Reason::NeededBy { service } => Self::NeededBy { service: service.to_string() },
        }
    }
}

/// Why something cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of `Obstacle`, which says what they mean")]
pub enum ObstacleDocument {
    Unreachable,
    ForeignContainer {
        container: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<String>,
    },
    ForeignFile {
        path: String,
    },
    UnusableFile {
        path: String,
    },
    ForeignNetwork {
        network: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<String>,
    },
    ForeignVolume {
        volume: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        project: Option<String>,
    },
    NoNetwork {
        network: String,
    },
    NoVolume {
        volume: String,
    },
    NetworkDiffers {
        network: String,
    },
    VolumeDiffers {
        volume: String,
    },
    NameInUse {
        container: String,
        by: String,
    },
    OtherHomelab {
        what: String,
        homelab: String,
    },
    FolderOfOther {
        homelab: String,
    },
    Circle,
    PortTaken {
        port: u16,
        by: String,
    },
    OtherPlatform {
        image: String,
        wanted: String,
        host: String,
    },
    EngineTooOld {
        attribute: String,
        version: String,
        needed: String,
    },
    NoImage {
        image: String,
    },
    NoHealthCheck {
        service: String,
    },
    Needs {
        what: String,
    },
}

impl ObstacleDocument {
    pub(super) fn of(obstacle: &Obstacle) -> Self {
        match obstacle {
            Obstacle::Unreachable { why: _ } => Self::Unreachable,
            Obstacle::ForeignContainer { name, project } => {
                Self::ForeignContainer { container: name.to_string(), project: project.clone() }
            }
            Obstacle::ForeignFile { path } => Self::ForeignFile { path: path.to_string() },
            Obstacle::UnusableFile { path } => Self::UnusableFile { path: path.to_string() },
            Obstacle::ForeignThing { thing: Thing::Network(name), project } => {
                Self::ForeignNetwork { network: name.to_string(), project: project.clone() }
            }
            Obstacle::ForeignThing { thing: Thing::Volume(name), project } => {
                Self::ForeignVolume { volume: name.to_string(), project: project.clone() }
            }
            Obstacle::NoNetwork { name } => Self::NoNetwork { network: name.to_string() },
            Obstacle::NoVolume { name } => Self::NoVolume { volume: name.to_string() },
            Obstacle::NetworkDiffers { name } => Self::NetworkDiffers { network: name.to_string() },
            Obstacle::VolumeDiffers { name } => Self::VolumeDiffers { volume: name.to_string() },
            Obstacle::NameInUse { name, by } => {
                Self::NameInUse { container: name.to_string(), by: by.clone() }
            }
            Obstacle::OtherHomelab { what, homelab } => {
                Self::OtherHomelab { what: what.clone(), homelab: homelab.clone() }
            }
            Obstacle::FolderOfOther { homelab } => Self::FolderOfOther { homelab: homelab.clone() },
            Obstacle::Circle => Self::Circle,
            Obstacle::PortTaken { port, by } => Self::PortTaken { port: *port, by: by.to_string() },
            Obstacle::OtherPlatform { image, wanted, host } => Self::OtherPlatform {
                image: image.to_string(),
                wanted: wanted.clone(),
                host: host.clone(),
            },
            Obstacle::EngineTooOld { attribute, version, needed } => Self::EngineTooOld {
                attribute: attribute.clone(),
                version: version.clone(),
                needed: needed.clone(),
            },
            Obstacle::NoImage { image } => Self::NoImage { image: image.to_string() },
            Obstacle::NoHealthCheck { service } => {
                Self::NoHealthCheck { service: service.to_string() }
            }
            Obstacle::Needs { what } => Self::Needs { what: what.clone() },
        }
    }
}
