//! Real hosts in containers: each with sshd and a Docker Engine of its own, on a private network
//! of this machine, beside a registry that answers for every image name. Nothing else is reached.

mod apt;
mod container;
mod dirs;
mod docker;
mod engine;
mod error;
mod files;
mod homelab;
mod host;
mod http;
mod image;
mod name;
mod network;
mod packages;
mod ports;
mod progress;
mod registry;
mod run;
mod spec;
mod ssh;
mod standin;
mod up;

pub(crate) use dirs::Lock;
pub use dirs::{DIR_VARIABLE, Dirs};
pub use engine::ensure_engine;
pub use error::{LabError, Result};
pub use homelab::{lab_for, read_homelab};
pub use host::LabHost;
pub use name::ImageName;
pub use ports::Port;
pub use progress::Progress;
pub use registry::Registry;
pub use run::Output;
pub use spec::{HostSpec, LabSpec};
pub use standin::{Health, StandIn};
pub use up::{Lab, Listed, list, prepare};
