//! Why a step is there, and why another one is not.

use hob_model::{
    ContainerName, HostName, ImageId, ImageRef, NetworkName, ServiceName, StackName, StackPath,
    VolumeName,
};

use crate::change::{StepId, Thing};

/// Why a step is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// There is no such thing on the host.
    Missing,
    /// The container is not running.
    NotRunning {
        /// What it does instead: `exited (1)`, `created`, `paused`...
        state: String,
    },
    /// Nobody declares it any more.
    NoLongerDeclared,
    /// Another image name.
    Image {
        /// The running one.
        was: ImageRef,
        /// The declared one.
        now: ImageRef,
    },
    /// The same image name stands for another image on the host.
    ImageContent {
        /// The running one.
        was: ImageId,
        /// What the name stands for.
        now: ImageId,
    },
    /// The image is fetched for another service, and its name may stand for another one then.
    ImageFetched {
        /// Its name.
        image: ImageRef,
    },
    /// What the image is built from, or how.
    Build {
        /// Such as `source src/main.c` or `build arg VERSION`.
        what: String,
    },
    /// The image of that name was not built from what is declared.
    OtherBuild,
    /// An environment variable was added, removed or changed.
    Env {
        /// Its name.
        key: String,
    },
    /// A label was added, removed or changed.
    Label {
        /// Its name.
        key: String,
    },
    /// A file was added, removed or changed.
    File {
        /// Its path in the stack's folder, or where a container sees it.
        path: String,
    },
    /// A mount was added, removed or changed.
    Mount {
        /// Where the container sees it.
        target: String,
    },
    /// The container is not attached as it should be.
    Network {
        /// To which network.
        name: NetworkName,
    },
    /// Another attribute changed.
    Attribute {
        /// Its name in the specification.
        name: String,
        /// What it was, where that is never a secret and was there.
        from: Option<serde_json::Value>,
        /// What it is to be, where that is never a secret and is there.
        to: Option<serde_json::Value>,
    },
    /// The specification differs, and the record that could say in what is not there.
    Unexplained,
    /// An interrupted run left it so.
    Interrupted,
    /// It never passed a verdict.
    Unverified,
    /// A step that it depends on is being done.
    Follows(StepId),
    /// Names or ports go round between several containers.
    Exchanged,
    /// A container needs it.
    NeededBy {
        /// Which service.
        service: ServiceName,
    },
}

/// Something that should be done and cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blocked {
    /// Where.
    pub host: HostName,
    /// For which stack, if for one.
    pub stack: Option<StackName>,
    /// For which service, if for one.
    pub service: Option<ServiceName>,
    /// Why not.
    pub why: Obstacle,
}

/// Why something cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// The host did not answer.
    Unreachable {
        /// What went wrong.
        why: String,
    },
    /// A container of that name is there, and Hob did not make it.
    ForeignContainer {
        /// Which.
        name: ContainerName,
        /// The Compose project that it belongs to, if any.
        project: Option<String>,
    },
    /// A file is there, and Hob did not put it there.
    ForeignFile {
        /// Path in the stack's folder.
        path: StackPath,
    },
    /// A file that Hob put there cannot be read or is no file any more.
    UnusableFile {
        /// Path in the stack's folder.
        path: StackPath,
    },
    /// An external network is not there.
    NoNetwork {
        /// Which.
        name: NetworkName,
    },
    /// An external volume is not there.
    NoVolume {
        /// Which.
        name: VolumeName,
    },
    /// A network exists with another definition; it cannot be changed while containers use it.
    NetworkDiffers {
        /// Which.
        name: NetworkName,
    },
    /// A volume exists with another definition; replacing it would lose its data.
    VolumeDiffers {
        /// Which.
        name: VolumeName,
    },
    /// A container of that name is there, and stands for another service that keeps it.
    NameInUse {
        /// Which.
        name: ContainerName,
        /// The service, `stack/service`.
        by: String,
    },
    /// A network or volume of that name is there, and neither Hob nor Compose made it for the
    /// stack.
    ForeignThing {
        /// Which.
        thing: Thing,
        /// The Compose project that it belongs to, if any.
        project: Option<String>,
    },
    /// A network or volume of that name belongs to another homelab.
    OtherHomelab {
        /// Such as `network proxy`.
        what: String,
        /// The homelab.
        homelab: String,
    },
    /// Hob's folder on the host belongs to another homelab.
    FolderOfOther {
        /// The homelab.
        homelab: String,
    },
    /// It would have to wait for itself, by way of other steps.
    Circle,
    /// A running container that is not about to be moved holds the port.
    PortTaken {
        /// Port of the host.
        port: u16,
        /// Who holds it.
        by: ContainerName,
    },
    /// The image can only be built for the host's own platform.
    OtherPlatform {
        /// Which image.
        image: ImageRef,
        /// For what it is to be built.
        wanted: String,
        /// What the host is.
        host: String,
    },
    /// The Engine does not know an attribute, and would leave it out.
    EngineTooOld {
        /// Which, as a Compose file calls it.
        attribute: String,
        /// What the Engine is.
        version: String,
        /// The first one that knows it.
        needed: String,
    },
    /// The image is not on the host and may not be pulled.
    NoImage {
        /// Which.
        image: ImageRef,
    },
    /// It waits for a service to be healthy that has no health check.
    NoHealthCheck {
        /// Which.
        service: ServiceName,
    },
    /// What it needs is blocked.
    Needs {
        /// Which service, `stack/service`, or stack.
        what: String,
    },
}
