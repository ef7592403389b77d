//! Mounts in the Engine's two ways: `Binds` for what Compose puts there, `Mounts` for the rest.

use std::collections::BTreeMap;

use bollard::models::{
    Mount as MountBody, MountBindOptions, MountTmpfsOptions, MountType, MountVolumeOptions,
};
use hob_model::{
    VolumeName,
    spec::{BindSource, Mount},
};

use super::{Making, number};

/// `Binds` and `Mounts` of a container.
pub(super) fn of(
    mounts: &BTreeMap<String, Mount>,
    making: &Making<'_>,
) -> (Vec<String>, Vec<MountBody>) {
    let mut binds = Vec::new();
    let mut bodies = Vec::new();
    for (target, mount) in mounts {
        match mount {
            Mount::Bind { source, read_only, create, propagation } => {
                let source = bind_source(source, making.folder);
                let is_short = *create && propagation.is_none();
                match is_short.then(|| short(&source, target, *read_only)).flatten() {
                    Some(bind) => binds.push(bind),
                    None => {
                        let bind = bind_body(source, *create, propagation.as_deref());
                        bodies.push(at(target, *read_only, bind));
                    }
                }
            }
            Mount::Volume { name, read_only, nocopy } => {
                let bind = short(name.as_str(), target, *read_only).filter(|_| !nocopy);
                match bind {
                    Some(bind) => binds.push(bind),
                    None => bodies.push(at(target, *read_only, volume_body(name, *nocopy))),
                }
            }
            Mount::Anonymous => {
                bodies.push(at(target, false, anonymous_body(making.inherit.get(target))));
            }
            Mount::Tmpfs { bytes, mode } => {
                bodies.push(at(target, false, tmpfs_body(*bytes, *mode)))
            }
        }
    }
    // Volumes that the image asks for are not in the specification.
    for (target, volume) in making.inherit {
        if !mounts.contains_key(target) {
            bodies.push(at(target, false, anonymous_body(Some(volume))));
        }
    }
    (binds, bodies)
}

fn bind_source(source: &BindSource, folder: &str) -> String {
    match source {
        BindSource::Host(path) => path.clone(),
        BindSource::Stack(path) if path.is_empty() => folder.to_owned(),
        BindSource::Stack(path) => format!("{folder}/{path}"),
    }
}

/// The short form; a colon in a path has no place in it.
fn short(source: &str, target: &str, read_only: bool) -> Option<String> {
    let access = if read_only { "ro" } else { "rw" };
    let fits = !source.contains(':') && !target.contains(':');
    fits.then(|| format!("{source}:{target}:{access}"))
}

fn at(target: &str, read_only: bool, body: MountBody) -> MountBody {
    MountBody { target: Some(target.to_owned()), read_only: Some(read_only), ..body }
}

fn bind_body(source: String, create: bool, propagation: Option<&str>) -> MountBody {
    let propagation = propagation.and_then(|name| name.parse().ok());
    let options = MountBindOptions {
        propagation,
        create_mountpoint: create.then_some(true),
        ..MountBindOptions::default()
    };
    MountBody {
        typ: Some(MountType::BIND),
        source: Some(source),
        bind_options: Some(options),
        ..MountBody::default()
    }
}

fn volume_body(name: &VolumeName, nocopy: bool) -> MountBody {
    let options = MountVolumeOptions { no_copy: Some(nocopy), ..MountVolumeOptions::default() };
    MountBody {
        typ: Some(MountType::VOLUME),
        source: Some(name.to_string()),
        volume_options: Some(options),
        ..MountBody::default()
    }
}

fn anonymous_body(inherited: Option<&VolumeName>) -> MountBody {
    MountBody {
        typ: Some(MountType::VOLUME),
        source: inherited.map(VolumeName::to_string),
        ..MountBody::default()
    }
}

fn tmpfs_body(bytes: Option<u64>, mode: Option<u32>) -> MountBody {
    let options = MountTmpfsOptions {
        size_bytes: bytes.map(number),
        mode: mode.map(i64::from),
        options: None,
    };
    MountBody { typ: Some(MountType::TMPFS), tmpfs_options: Some(options), ..MountBody::default() }
}
