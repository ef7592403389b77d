//! Names as types, so that a stack is never taken for a service.

use std::{borrow::Borrow, fmt};

use serde::{Deserialize, Serialize};

macro_rules! names {
    ($($(#[$meaning:meta])* $name:ident)*) => {$(
        $(#[$meaning])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is; whoever reads it from a file has checked it.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The name as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }
    )*};
}

names! {
    /// A machine with a Docker Engine, as `hob.yaml` calls it.
    HostName
    /// One Compose project on one host, as `hob.yaml` and the layer folders call it.
    StackName
    /// A service of a stack: its key under `services`.
    ServiceName
    /// A container's name on its Engine, without the leading slash of the API.
    ContainerName
    /// A network's name on its Engine (not its key in a Compose file).
    NetworkName
    /// A volume's name on its Engine (not its key in a Compose file).
    VolumeName
    /// An image as Compose names it: `[registry/]name[:tag][@digest]`.
    ImageRef
    /// An image's content id on one Engine: `sha256:...`.
    ImageId
    /// A file of a stack, relative to the stack's folder on the host, with `/` between its parts.
    StackPath
}

/// How an old container is called while its replacement is on trial.
const OLD_SUFFIX: &str = ".hob-old";
/// How a replacement is called until it takes its predecessor's name.
const NEW_SUFFIX: &str = ".hob-new";

/// Which part a container plays in a replacement; told by its name, since labels cannot change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Bears the service's own name.
    Current,
    /// The predecessor, kept until the verdict.
    Old,
    /// The successor that has not taken over yet.
    New,
}

impl ContainerName {
    /// The name under which this container's predecessor is kept.
    pub fn old(&self) -> Self {
        Self(format!("{}{OLD_SUFFIX}", self.0))
    }

    /// The name under which this container's successor is made.
    pub fn successor(&self) -> Self {
        Self(format!("{}{NEW_SUFFIX}", self.0))
    }

    /// The part that a container of this name plays, and the name it plays it for.
    pub fn role(&self) -> (Role, Self) {
        if let Some(base) = self.0.strip_suffix(OLD_SUFFIX) {
            (Role::Old, Self(base.into()))
        } else if let Some(base) = self.0.strip_suffix(NEW_SUFFIX) {
            (Role::New, Self(base.into()))
        } else {
            (Role::Current, self.clone())
        }
    }
}
