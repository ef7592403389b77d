//! The homelab: hosts, groups, stacks, layers, policies; `load` and `resolve`. Pure.
//!
//! ```text
//! files --load--> Homelab --resolve--> Desired
//! ```
//!
//! Nothing here touches a disk, a network, a clock or the environment: files come in through
//! [`hob_compose::Files`].

pub mod adopt;
pub mod desired;
mod digest;
pub mod dockerfile;
pub mod homelab;
mod image;
mod layers;
pub mod lint;
mod machine;
mod names;
mod repository;
mod resolve;
mod sealed;
mod secret;
mod selection;
pub mod spec;
mod starter;

pub use digest::{Digest, Hasher, hex};
pub use hob_compose::{Files, Finding, MemoryFiles, Place, Severity};
pub use homelab::{HOMELAB_FILE, Homelab, load};
pub use layers::Pattern;
pub use machine::{Arch, Gpu, GpuVendor, HostKind, Machine};
pub use names::{
    ContainerName, HostName, ImageId, ImageRef, NetworkName, Role, ServiceName, StackName,
    StackPath, VolumeName,
};
pub use repository::REPOSITORY_ROOT;
pub use resolve::{
    StackLayer, StackOrigin, VariableOrigin, resolve, resolve_with, stack_as_written, stack_config,
    stack_origin,
};
pub use sealed::{Opener, Opening, SealedFile, SealedValue, UNOPENED};
pub use secret::{Secret, sounds_secret};
pub use selection::Selection;
pub use starter::starter;
