//! What is mounted into a container: binds, volumes, memory, configs and secrets.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{
    Finding, Place,
    files::{base_name, parent},
    project::{BindOptions, FileContent, MountKind, Project, Service, ServiceVolume, TmpfsOptions},
};

use super::{
    content::{Bundle, Contents, Found, below, stack_path},
    inner_files::{Unsealed, Used},
};
use crate::{
    digest::Digest,
    homelab::byte_amount,
    names::{ImageRef, VolumeName},
    repository::{Location, Repository},
    sealed::Opener,
    spec::{BindSource, InnerFile, Mount},
};

/// Ends of names that only files have: a missing source of such a name is not meant as a folder.
const FILE_ENDS: [&str; 12] = [
    ".conf", ".cfg", ".yml", ".yaml", ".json", ".toml", ".ini", ".env", ".sh", ".txt", ".xml",
    ".pem",
];

/// Turns the mounts of a project's services into those of containers, and collects what has to
/// travel for them.
pub(super) struct Mounts<'a, 'r> {
    pub(super) repository: &'a Repository<'r>,
    pub(super) project: &'a Project,
    pub(super) contents: &'a mut Contents<'r>,
    pub(super) opener: &'a dyn Opener,
    /// Names of the variables whose values are kept sealed.
    pub(super) secrets: &'a BTreeSet<String>,
    pub(super) bundle: Bundle,
    pub(super) findings: &'a mut Vec<Finding>,
}

/// The mounts of one service.
#[derive(Default)]
pub(super) struct Mounted {
    pub(super) mounts: BTreeMap<String, Mount>,
    pub(super) files: BTreeMap<String, InnerFile>,
    pub(super) content: BTreeMap<String, Digest>,
}

/// A bind as a Compose file asks for it, in whatever form.
struct Bind<'b> {
    source: &'b str,
    target: &'b str,
    read_only: bool,
    create: bool,
    options: BindOptions,
    path: String,
    place: Place,
}

impl Mounts<'_, '_> {
    pub(super) fn of_service(&mut self, service: &Service) -> Mounted {
        let mut mounted = Mounted::default();
        self.say_ignored(service);
        for (index, volume) in service.volumes.iter().enumerate() {
            let path = format!("services.{}.volumes[{index}]", service.name);
            self.volume(volume, &path, &mut mounted);
        }
        for tmpfs in &service.tmpfs {
            let (target, mount) = short_tmpfs(tmpfs);
            mounted.mounts.insert(target, mount);
        }
        let project = self.project;
        let kinds = [
            ("configs", &service.configs, &project.configs),
            ("secrets", &service.secrets, &project.secrets),
        ];
        for (kind, references, objects) in kinds {
            for (index, reference) in references.iter().enumerate() {
                let path = format!("services.{}.{kind}[{index}]", service.name);
                // A reference to nothing has a finding of the loader.
                if let Some(object) = objects.get(&reference.source) {
                    let place = service.places.get(kind).unwrap_or(&service.place);
                    let place = self.repository.place(place);
                    let used = Used { kind, reference, object, service, path: &path, place };
                    self.file(&used, &mut mounted);
                }
            }
        }
        mounted
    }

    fn volume(&mut self, volume: &ServiceVolume, path: &str, mounted: &mut Mounted) {
        let target = volume.target.clone();
        match (volume.kind, &volume.source) {
            (MountKind::Bind, Some(source)) => {
                let bind = Bind {
                    source,
                    target: &volume.target,
                    read_only: volume.read_only,
                    create: volume.bind.create_host_path,
                    options: volume.bind.clone(),
                    path: path.to_owned(),
                    place: self.repository.place(&volume.place),
                };
                self.bind(bind, mounted);
            }
            // The loader has a finding for a bind without a source and for an unknown volume.
            (MountKind::Bind, None) => {}
            (MountKind::Volume, None) => {
                mounted.mounts.insert(target, Mount::Anonymous);
            }
            (MountKind::Volume, Some(key)) => {
                if let Some(declared) = self.project.volumes.get(key) {
                    let mount = Mount::Volume {
                        name: VolumeName::new(&declared.name),
                        read_only: volume.read_only,
                        nocopy: volume.volume.nocopy,
                        subpath: volume.volume.subpath.clone(),
                    };
                    mounted.mounts.insert(target, mount);
                }
            }
            (MountKind::Image, source) => {
                let Some(image) = source else { return };
                let subpath = volume.image_subpath.clone();
                mounted
                    .mounts
                    .insert(target, Mount::Image { image: ImageRef::new(image), subpath });
            }
            (MountKind::Tmpfs, _) => {
                let TmpfsOptions { size, mode } = volume.tmpfs;
                let mount = Mount::Tmpfs { bytes: size, mode, options: Vec::new() };
                mounted.mounts.insert(target, mount);
            }
        }
    }

    /// One finding for each option without effect, however many mounts have it.
    fn say_ignored(&mut self, service: &Service) {
        let mut ignored: BTreeMap<&str, Finding> = BTreeMap::new();
        for (index, volume) in service.volumes.iter().enumerate() {
            let options = [
                ("consistency", volume.consistency.is_some()),
                ("volume.labels", !volume.volume.labels.is_empty()),
            ];
            for (option, _) in options.into_iter().filter(|(_, is_set)| *is_set) {
                let place = self.repository.place(&volume.place);
                let finding = match ignored.remove(option) {
                    Some(finding) => finding.related(place, "also here"),
                    None => {
                        let path = format!("services.{}.volumes[{index}].{option}", service.name);
                        not_acted_on(&path, place)
                    }
                };
                ignored.insert(option, finding);
            }
        }
        self.findings.extend(ignored.into_values());
    }

    /// A config or a secret: a file of the repository that the container may read.
    fn file(&mut self, used: &Used<'_>, mounted: &mut Mounted) {
        let Used { kind, reference, object, .. } = used;
        let FileContent::File(file) = &object.content else {
            return self.inner_file(used, mounted);
        };
        match self.unsealed(used, file) {
            Unsealed::Ordinary => {}
            Unsealed::Content(content) => return self.put_inside(used, content, true, mounted),
            Unsealed::Refused => return,
        }
        self.say_unowned(used);
        let object_path = format!("{kind}.{}.file", reference.source);
        let object_place = self.repository.place(&object.place);
        if let Location::Inside(inside) = self.repository.locate(file)
            && matches!(self.contents.kind(&inside), Ok(Found::Nothing))
        {
            self.findings.push(
                Finding::error("missing-file", format!("{inside} is not in the repository"))
                    .at(object_place)
                    .on(object_path)
                    .hint("add the file; paths are seen from the directory of the first layer"),
            );
            return;
        }
        let bind = Bind {
            source: file,
            target: &reference.target,
            read_only: true,
            create: false,
            options: BindOptions::default(),
            path: object_path,
            place: object_place,
        };
        self.bind(bind, mounted);
    }

    fn bind(&mut self, bind: Bind<'_>, mounted: &mut Mounted) {
        let target = bind.target.to_owned();
        let (source, create, digest) = match self.repository.locate(bind.source) {
            Location::Host(path) => (BindSource::Host(path), bind.create, None),
            Location::Inside(inside) => match self.inside(&bind, &inside) {
                Some(source) => source,
                None => return,
            },
            Location::Outside => {
                self.findings.push(
                    Finding::error("outside-repository", "the path leads out of the repository")
                        .at(bind.place)
                        .on(bind.path)
                        .hint(
                            "put the file into the repository, or write an absolute path of the \
                             host",
                        ),
                );
                return;
            }
            Location::Home => {
                self.findings.push(
                    Finding::error("home-folder", "whose home folder ~ is, is not known")
                        .at(bind.place)
                        .on(bind.path)
                        .hint("write the absolute path, such as /home/me/data"),
                );
                return;
            }
        };
        if let Some(digest) = digest {
            mounted.content.insert(target.clone(), digest);
        }
        let BindOptions { propagation, create_host_path: _, selinux, recursive } = bind.options;
        let read_only = bind.read_only;
        let mount = Mount::Bind { source, read_only, create, propagation, selinux, recursive };
        mounted.mounts.insert(target, mount);
    }

    /// Source, whether the Engine makes it, and what is in it, of a bind of a path below the
    /// repository: files that travel, or a folder that only the host has.
    fn inside(
        &mut self,
        bind: &Bind<'_>,
        inside: &str,
    ) -> Option<(BindSource, bool, Option<Digest>)> {
        let project_dir = self.project_dir();
        let source = BindSource::Stack(stack_path(&project_dir, inside));
        let found = self.contents.kind(inside);
        if matches!(found, Ok(Found::Nothing)) {
            self.say_not_there(bind, &project_dir, inside);
            return Some((source, bind.create, None));
        }
        let added = found.and_then(|_| self.bundle.add(self.contents, &project_dir, inside));
        match added {
            Ok(None) => Some((source, bind.create, None)),
            Ok(Some(digest)) => {
                if !bind.read_only {
                    self.say_writable(bind, inside);
                }
                Some((source, false, Some(digest)))
            }
            Err(why) => {
                self.findings.push(
                    Finding::error("cannot-travel", format!("{inside} cannot be sent: {why}"))
                        .at(bind.place.clone())
                        .on(&bind.path)
                        .hint("keep data out of the repository, and mount what is needed only"),
                );
                None
            }
        }
    }

    /// The project's directory relative to the repository.
    fn project_dir(&self) -> String {
        self.repository.relative(&self.project.working_dir).unwrap_or_default().to_owned()
    }

    fn say_writable(&mut self, bind: &Bind<'_>, inside: &str) {
        self.findings.push(
            Finding::warning(
                "writable-repository-file",
                format!("the container may change {inside}, which comes from the repository"),
            )
            .at(bind.place.clone())
            .on(&bind.path)
            .hint("add :ro, or keep what it writes in a volume"),
        );
    }

    /// A source that is not in the repository becomes an empty folder on the host: right for data,
    /// wrong for a file, and wrong for a path that was meant from another directory.
    fn say_not_there(&mut self, bind: &Bind<'_>, project_dir: &str, inside: &str) {
        let written_in = parent(&bind.place.file);
        let written_in = if written_in == "." { "" } else { &written_in };
        let beside = below(project_dir, inside)
            .map(|rest| hob_compose::files::join(written_in, rest))
            .filter(|_| written_in != project_dir)
            .filter(|path| !matches!(self.contents.kind(path), Ok(Found::Nothing) | Err(_)));
        if let Some(beside) = beside {
            let seen_from = if project_dir.is_empty() { "the repository" } else { project_dir };
            self.findings.push(
                Finding::warning("other-directory", format!("{inside} is not in the repository"))
                    .at(bind.place.clone())
                    .on(&bind.path)
                    .hint(format!(
                        "relative paths of all layers are seen from {seen_from}, the directory of \
                         the first; {beside} is there, so write the path to it from there"
                    )),
            );
            return;
        }
        let name = base_name(inside);
        if FILE_ENDS.iter().any(|end| name.ends_with(end)) {
            self.findings.push(
                Finding::warning("missing-file", format!("{inside} is not in the repository"))
                    .at(bind.place.clone())
                    .on(&bind.path)
                    .hint("add the file: without it the Engine makes a folder of that name"),
            );
        } else if below(project_dir, inside).is_none() {
            self.findings.push(
                Finding::warning(
                    "folder-elsewhere",
                    format!("{inside} lies outside of the stack's directory"),
                )
                .at(bind.place.clone())
                .on(&bind.path)
                .hint(
                    "each stack gets a folder of its own for it; to share one, write an absolute \
                     path of the host",
                ),
            );
        }
    }
}

/// `path[:option,option...]`.
fn short_tmpfs(text: &str) -> (String, Mount) {
    let (target, written) = text.split_once(':').unwrap_or((text, ""));
    let (mut bytes, mut mode, mut options) = (None, None, Vec::new());
    for option in written.split(',').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("size", size)) if byte_amount(size).is_some() => bytes = byte_amount(size),
            Some(("mode", bits)) if u32::from_str_radix(bits, 8).is_ok() => {
                mode = u32::from_str_radix(bits, 8).ok();
            }
            // How such memory is mounted anyway.
            None if matches!(option, "rw" | "noexec" | "nosuid" | "nodev") => {}
            _ => options.push(option.to_owned()),
        }
    }
    (target.to_owned(), Mount::Tmpfs { bytes, mode, options })
}

/// An attribute that is understood but has no effect.
pub(super) fn not_acted_on(path: &str, place: Place) -> Finding {
    let attribute = path.rsplit('.').next().unwrap_or(path);
    Finding::warning("not-acted-on", format!("{attribute} has no effect yet")).at(place).on(path)
}
