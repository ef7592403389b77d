//! Mounts in the Engine's ways: `Binds` for what Compose puts there, `Mounts` for the rest.

use std::collections::{BTreeMap, HashMap};

use bollard::models::{
    Mount as MountBody, MountBindOptions, MountImageOptions, MountType, MountVolumeOptions,
};
use hob_model::{
    ImageRef, VolumeName,
    spec::{BindSource, Mount, VolumesFrom},
};

use super::Making;

/// The mounts of a container in the Engine's three ways.
#[derive(Default)]
pub(super) struct Mounted {
    /// What Compose writes in the short form.
    pub(super) binds: Vec<String>,
    /// Everything else,
    pub(super) mounts: Vec<MountBody>,
    /// but for memory, by target.
    pub(super) tmpfs: HashMap<String, String>,
}

pub(super) fn of(mounts: &BTreeMap<String, Mount>, making: &Making<'_>) -> Mounted {
    let mut mounted = Mounted::default();
    for (target, mount) in mounts {
        mounted.add(target, mount, making);
    }
    // Volumes that the image asks for are not in the specification.
    for (target, volume) in making.inherit {
        if !mounts.contains_key(target) {
            mounted.mounts.push(at(target, false, anonymous_body(Some(volume))));
        }
    }
    mounted
}

impl Mounted {
    fn add(&mut self, target: &str, mount: &Mount, making: &Making<'_>) {
        match mount {
            Mount::Bind { source, read_only, create, propagation, selinux, recursive } => {
                let source = bind_source(source, making.folder);
                // Only the short form can relabel for SELinux.
                let is_short = recursive.is_none()
                    && ((*create && propagation.is_none()) || selinux.is_some());
                let options = [selinux, propagation];
                let options = options.into_iter().flatten().map(String::as_str);
                let bind = is_short.then(|| short(&source, target, *read_only, options));
                match bind.flatten() {
                    Some(bind) => self.binds.push(bind),
                    None => {
                        let bind = bind_body(source, *create, propagation.as_deref());
                        let bind = recursion(bind, recursive.as_deref());
                        self.mounts.push(at(target, *read_only, bind));
                    }
                }
            }
            Mount::Volume { name, read_only, nocopy, subpath } => {
                let is_short = !nocopy && subpath.is_none();
                let bind = is_short.then(|| short(name.as_str(), target, *read_only, [])).flatten();
                match bind {
                    Some(bind) => self.binds.push(bind),
                    None => {
                        let volume = volume_body(name, *nocopy, subpath.as_deref());
                        self.mounts.push(at(target, *read_only, volume));
                    }
                }
            }
            Mount::Anonymous => {
                let volume = anonymous_body(making.inherit.get(target));
                self.mounts.push(at(target, false, volume));
            }
            Mount::Tmpfs { bytes, mode, options } => {
                // The long form means the same, but where it is used an Engine may refuse others
                // the volumes of this container.
                let size = bytes.map(|bytes| format!("size={bytes}"));
                let mode = mode.map(|mode| format!("mode={mode:o}"));
                let all: Vec<String> =
                    size.into_iter().chain(mode).chain(options.iter().cloned()).collect();
                self.tmpfs.insert(target.to_owned(), all.join(","));
            }
            Mount::Image { image, subpath } => {
                self.mounts.push(at(target, true, image_body(image, subpath.as_deref())));
            }
        }
    }
}

/// Whose volumes are taken over, and how.
pub(super) fn from(from: &VolumesFrom) -> String {
    let access = if from.read_only { "ro" } else { "rw" };
    format!("{}:{access}", from.peer.container)
}

fn bind_source(source: &BindSource, folder: &str) -> String {
    match source {
        BindSource::Host(path) => path.clone(),
        BindSource::Stack(path) if path.is_empty() => folder.to_owned(),
        BindSource::Stack(path) => format!("{folder}/{path}"),
    }
}

/// The short form; a colon in a path has no place in it.
fn short<'o>(
    source: &str,
    target: &str,
    read_only: bool,
    options: impl IntoIterator<Item = &'o str>,
) -> Option<String> {
    let access = if read_only { "ro" } else { "rw" };
    let options: Vec<&str> = std::iter::once(access).chain(options).collect();
    let fits = !source.contains(':') && !target.contains(':');
    fits.then(|| format!("{source}:{target}:{}", options.join(",")))
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

/// How mounts below the source are treated.
fn recursion(body: MountBody, recursive: Option<&str>) -> MountBody {
    let mut options = body.bind_options.clone().unwrap_or_default();
    match recursive {
        Some("disabled") => options.non_recursive = Some(true),
        Some("writable") => options.read_only_non_recursive = Some(true),
        Some("readonly") => options.read_only_force_recursive = Some(true),
        _ => {}
    }
    MountBody { bind_options: Some(options), ..body }
}

fn volume_body(name: &VolumeName, nocopy: bool, subpath: Option<&str>) -> MountBody {
    let options = MountVolumeOptions {
        no_copy: Some(nocopy),
        subpath: subpath.map(str::to_owned),
        ..MountVolumeOptions::default()
    };
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

fn image_body(image: &ImageRef, subpath: Option<&str>) -> MountBody {
    let options = MountImageOptions { subpath: subpath.map(str::to_owned) };
    MountBody {
        typ: Some(MountType::IMAGE),
        source: Some(image.to_string()),
        image_options: Some(options),
        ..MountBody::default()
    }
}
