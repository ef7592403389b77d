//! What is mounted into a container.

use serde::{Deserialize, Serialize};

use crate::names::{ImageRef, VolumeName};

/// Something mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mount {
    /// A folder or file of the host.
    Bind {
        /// Where it lies.
        source: BindSource,
        /// Without write access.
        read_only: bool,
        /// Whether the Engine makes a missing folder; otherwise it refuses to start.
        create: bool,
        /// Mount propagation, such as `rslave`.
        propagation: Option<String>,
        /// Relabelling for SELinux: `z` for shared, `Z` for the container alone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        selinux: Option<String>,
        /// How mounts below the source are treated: `disabled`, `writable` or `readonly`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        recursive: Option<String>,
    },
    /// A named volume.
    Volume {
        /// Its name on the Engine.
        name: VolumeName,
        /// Without write access.
        read_only: bool,
        /// Without copying what the image has at the target into a new volume.
        nocopy: bool,
        /// A path within the volume, instead of the whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subpath: Option<String>,
    },
    /// A volume without a name, new with each container unless inherited from a predecessor.
    Anonymous,
    /// Memory.
    Tmpfs {
        /// Limit in bytes.
        bytes: Option<u64>,
        /// Mode bits.
        mode: Option<u32>,
        /// Further options as `mount` takes them, such as `uid=1000`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        options: Vec<String>,
    },
    /// The files of an image, read-only.
    Image {
        /// Which.
        image: ImageRef,
        /// A path within the image, instead of the whole.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subpath: Option<String>,
    },
}

/// Where a bind mount's source lies.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BindSource {
    /// An absolute path of the host that the owner chose.
    Host(String),
    /// A path below the stack's folder on the host; empty for the folder itself.
    Stack(String),
}

impl Mount {
    /// A folder or file of the host, writable, made if it is missing.
    pub fn bind(source: BindSource) -> Self {
        Self::Bind {
            source,
            read_only: false,
            create: true,
            propagation: None,
            selinux: None,
            recursive: None,
        }
    }

    /// A file or folder that lies below the stack's folder, read-only.
    pub fn stack_file(path: impl Into<String>) -> Self {
        Self::Bind {
            source: BindSource::Stack(path.into()),
            read_only: true,
            create: false,
            propagation: None,
            selinux: None,
            recursive: None,
        }
    }

    /// A named volume, writable.
    pub fn volume(name: VolumeName) -> Self {
        Self::Volume { name, read_only: false, nocopy: false, subpath: None }
    }

    /// Memory, without options.
    pub fn tmpfs(bytes: Option<u64>) -> Self {
        Self::Tmpfs { bytes, mode: None, options: Vec::new() }
    }
}
