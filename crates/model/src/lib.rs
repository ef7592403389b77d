//! The homelab: hosts, groups, stacks, layers, policies; `load` and `resolve`. Pure.
//!
//! ```text
//! files --load--> Homelab --resolve--> Desired
//! ```
//!
//! Nothing here touches a disk, a network, a clock or the environment: files come in through
//! [`hob_compose::Files`].

pub mod desired;
mod digest;
mod image;
mod names;
mod secret;
mod selection;
pub mod spec;

pub use digest::{Digest, hex};
pub use hob_compose::{Finding, Place, Severity};
pub use names::{
    ContainerName, HostName, ImageId, ImageRef, NetworkName, Role, ServiceName, StackName,
    StackPath, VolumeName,
};
pub use secret::Secret;
pub use selection::Selection;
