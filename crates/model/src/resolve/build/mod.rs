//! Images that are built: which, from what, and what cannot be built this way.

mod across;
mod bases;
mod context;
mod ignore;

use std::{collections::BTreeMap, sync::Arc};

use hob_compose::{
    Files, Finding, Kind, Place, files,
    project::{Build, Project, PullPolicy, Service},
};

pub(super) use self::across::complete as complete_across;
use self::bases::Bases;
pub(super) use self::context::Contexts;
use self::context::{Asked, OWN_DOCKERFILE, Trouble, below, with_dockerfile};
use crate::{
    dockerfile::Dockerfile,
    names::ImageRef,
    repository::Location,
    secret::Secret,
    spec::{BuildContext, BuildSpec},
};

/// A Dockerfile is no longer than this.
const DOCKERFILE_BYTES_MAX: u64 = 1 << 20;

/// What the Engine can fetch by itself.
const REMOTE: [&str; 4] = ["http://", "https://", "git://", "github.com/"];

/// Attributes that only BuildKit has, and what to do without.
const BUILDKIT_ONLY: [(&str, &str); 4] = [
    ("additional_contexts", "put what it needs into one context, or into an image to COPY --from"),
    ("entitlements", "build the image elsewhere, push it to a registry and name it with image:"),
    (
        "secrets",
        "build the image elsewhere, push it to a registry and name it with image:; args are no \
         substitute, since an image shows them",
    ),
    (
        "ssh",
        "fetch private sources before the build, for example as a Git submodule of the repository",
    ),
];

/// Attributes that change nothing in the image.
const WITHOUT_EFFECT: [&str; 4] = ["cache_to", "no_cache_filter", "provenance", "sbom"];

/// The builds of a project by service: its own, or that of another service that makes its image.
pub(super) fn of_project(
    contexts: &mut Contexts<'_>,
    project: &Project,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Arc<BuildSpec>> {
    let mut found = Vec::new();
    for service in project.services.values() {
        let Some(build) = &service.build else { continue };
        let mut resolver = Resolver { contexts, project, service, build, findings };
        let Some(spec) = resolver.resolve() else { continue };
        found.push((service.name.clone(), spec, resolver.place("context")));
    }
    let mut bases = Bases::new(found.iter().map(|(_, spec, _)| spec));
    let mut builds = BTreeMap::new();
    let mut by_image: BTreeMap<ImageRef, (Arc<BuildSpec>, Place)> = BTreeMap::new();
    for (service, spec, place) in &found {
        let path = format!("services.{service}.build");
        let Some(spec) = bases.complete(spec) else {
            findings.push(
                Finding::error("builds-in-a-circle", format!("{} starts from itself", spec.image))
                    .at(place.clone())
                    .on(path)
                    .hint("start one of the images from another one"),
            );
            continue;
        };
        let (first, first_place) = by_image
            .entry(spec.image.familiar())
            .or_insert_with(|| (Arc::clone(&spec), place.clone()));
        if first.digest() != spec.digest() {
            findings.push(
                Finding::error(
                    "builds-differ",
                    format!("{} is built in another way too, by {}", spec.image, first.service),
                )
                .at(place.clone())
                .on(path)
                .hint("give each of the two images a name of its own with image:")
                .related(first_place.clone(), "the other build"),
            );
        }
        builds.insert(service.clone(), Arc::clone(first));
    }
    for service in project.services.values().filter(|service| service.build.is_none()) {
        let image = service.image.as_deref().map(|image| ImageRef::new(image).familiar());
        if let Some((spec, _)) = image.and_then(|image| by_image.get(&image)) {
            builds.insert(service.name.clone(), Arc::clone(spec));
        }
    }
    builds
}

struct Resolver<'a, 'r> {
    contexts: &'a mut Contexts<'r>,
    project: &'a Project,
    service: &'a Service,
    build: &'a Build,
    findings: &'a mut Vec<Finding>,
}

/// A Dockerfile as it is found.
struct Found {
    /// Its path in the context as it is sent.
    path: String,
    text: Arc<str>,
    context: BuildContext,
}

impl Resolver<'_, '_> {
    fn resolve(&mut self) -> Option<BuildSpec> {
        let (service, build) = (self.service, self.build);
        self.check_attributes();
        let platform = self.platform();
        let found = if is_remote(&build.context) { self.remote() } else { self.local() }?;
        let image = match &service.image {
            Some(image) => ImageRef::new(image),
            None => ImageRef::new(format!("{}-{}", self.project.name, service.name)),
        };
        let ulimits = build.ulimits.iter();
        let extra_hosts = build.extra_hosts.iter();
        Some(BuildSpec {
            tags: build
                .tags
                .iter()
                .map(ImageRef::new)
                .filter(|tag| tag.familiar() != image.familiar())
                .collect(),
            image,
            service: service.name.as_str().into(),
            context: found.context,
            dockerfile: found.path,
            dockerfile_text: found.text,
            bases: Vec::new(),
            args: build.args.iter().map(|(k, v)| (k.clone(), Secret::new(v.clone()))).collect(),
            target: build.target.clone(),
            labels: build.labels.clone(),
            cache_from: build.cache_from.clone(),
            network: build.network.clone(),
            shm_bytes: build.shm_size,
            extra_hosts: extra_hosts.map(|at| format!("{}:{}", at.host, at.address)).collect(),
            ulimits: ulimits.map(|(name, at)| (name.clone(), (at.soft, at.hard))).collect(),
            platform,
            pull: build.pull,
            no_cache: build.no_cache,
            registry_first: service.image.is_some()
                && matches!(
                    service.pull_policy,
                    Some(PullPolicy::Missing | PullPolicy::Always | PullPolicy::Every(_))
                ),
        })
    }

    fn place(&self, attribute: &str) -> Place {
        let own = self.build.places.get(attribute);
        let whole = self.service.places.get("build").unwrap_or(&self.service.place);
        self.contexts.repository.place(own.unwrap_or(whole))
    }

    fn path(&self, attribute: &str) -> String {
        format!("services.{}.build.{attribute}", self.service.name)
    }

    fn refuse(&mut self, code: &'static str, attribute: &str, what: impl Into<String>, hint: &str) {
        let finding = Finding::error(code, what).at(self.place(attribute)).on(self.path(attribute));
        self.findings.push(finding.hint(hint));
    }

    fn check_attributes(&mut self) {
        for name in &self.build.others {
            if let Some((_, instead)) = BUILDKIT_ONLY.iter().find(|(only, _)| only == name) {
                let what =
                    format!("build.{name} needs BuildKit, and the Engine's own builder builds");
                self.refuse("needs-buildkit", name, what, instead);
            } else if WITHOUT_EFFECT.contains(&name.as_str()) {
                let what = format!("build.{name} has no effect: it changes nothing in the image");
                let place = self.place(name);
                self.findings
                    .push(Finding::note("not-acted-on", what).at(place).on(self.path(name)));
            }
        }
        if self.build.privileged {
            self.refuse(
                "unsupported-attribute",
                "privileged",
                "the Engine's builder gives no RUN every right",
                "do it when the container starts, in a service with privileged: true",
            );
        }
        if self.build.isolation.as_deref().is_some_and(|kind| kind != "default") {
            self.refuse(
                "unsupported-attribute",
                "isolation",
                "isolation is for Windows",
                "take it out",
            );
        }
    }

    /// The one platform that is asked for, by the build or by the service.
    fn platform(&mut self) -> Option<String> {
        if self.build.platforms.len() > 1 {
            self.refuse(
                "unsupported-attribute",
                "platforms",
                "an image is built on its host, for its host alone",
                "name the platform of the host, or leave it out",
            );
            return None;
        }
        self.build.platforms.first().or(self.service.platform.as_ref()).cloned()
    }

    fn remote(&mut self) -> Option<Found> {
        let context = &self.build.context;
        if !REMOTE.iter().any(|start| context.starts_with(start)) {
            self.refuse(
                "build-context",
                "context",
                "the Engine cannot fetch this context by itself",
                "put the sources into the repository, for example as a Git submodule, or write an \
                 https address",
            );
            return None;
        }
        if self.build.dockerfile_inline.is_some() {
            self.refuse(
                "build-context",
                "dockerfile_inline",
                "a remote context brings its own Dockerfile",
                "name it with dockerfile:, or put the sources into the repository",
            );
            return None;
        }
        let place = self.place("context");
        self.findings.push(
            Finding::note("remote-context", "the Engine fetches this context, Hob does not see it")
                .at(place)
                .on(self.path("context"))
                .hint("a change there is not noticed: name a commit, and change it here"),
        );
        let path = self.build.dockerfile.clone().unwrap_or_else(|| "Dockerfile".to_owned());
        let context = BuildContext::Remote(Secret::new(context.clone()));
        Some(Found { path, text: Arc::from(""), context })
    }

    fn local(&mut self) -> Option<Found> {
        let folder = self.inside(&self.build.context, "context")?;
        let repository = self.contexts.repository;
        match repository.kind(&repository.absolute(&folder)) {
            Ok(Some(Kind::Directory)) => {}
            Ok(_) => {
                let what = format!("{folder} is no folder of the repository");
                let hint = "a context is a folder; paths are seen from the directory of the first \
                            layer";
                self.refuse("build-context", "context", what, hint);
                return None;
            }
            Err(error) => {
                self.refuse("build-context", "context", error.to_string(), "see to its rights");
                return None;
            }
        }
        let (file, text) = match &self.build.dockerfile_inline {
            Some(text) => (None, text.clone()),
            None => {
                let path = self.dockerfile_path(&folder)?;
                let text = self.dockerfile_text(&path)?;
                (Some(path), text)
            }
        };
        self.check_dockerfile(file.as_deref(), &text);
        let asked = Asked { folder, dockerfile: file };
        let files = match self.contexts.files(&asked) {
            Ok(files) => files,
            Err(trouble) => {
                self.say_trouble(trouble);
                return None;
            }
        };
        let text: Arc<str> = Arc::from(text);
        let own = asked.dockerfile.as_deref().and_then(|path| below(&asked.folder, path));
        Some(match own {
            Some(path) => {
                Found { path: path.to_owned(), text, context: BuildContext::Files(files) }
            }
            None => {
                let files = with_dockerfile(self.contexts, &asked, &files, &text);
                let context = BuildContext::Files(Arc::new(files));
                Found { path: OWN_DOCKERFILE.to_owned(), text, context }
            }
        })
    }

    /// A path of the repository, or a finding.
    fn inside(&mut self, path: &str, attribute: &str) -> Option<String> {
        match self.contexts.repository.locate(path) {
            Location::Inside(inside) => Some(inside),
            Location::Host(_) | Location::Home | Location::Outside => {
                self.refuse(
                    "build-context",
                    attribute,
                    "what an image is built from has to be in the repository",
                    "put it there, and write the path to it from the Compose file",
                );
                None
            }
        }
    }

    fn dockerfile_path(&mut self, folder: &str) -> Option<String> {
        let repository = self.contexts.repository;
        let name = self.build.dockerfile.as_deref().unwrap_or("Dockerfile");
        let absolute = files::join(&repository.absolute(folder), name);
        let path = self.inside(&absolute, "dockerfile")?;
        let is_file = |path: &str| {
            matches!(repository.kind(&repository.absolute(path)), Ok(Some(Kind::File { .. })))
        };
        if is_file(&path) {
            return Some(path);
        }
        // Docker takes this spelling too.
        let lower = context::join(folder, "dockerfile");
        if name == "Dockerfile" && is_file(&lower) {
            return Some(lower);
        }
        let what = format!("{path} is not in the repository");
        let hint = "add it; the path is seen from the context";
        let attribute =
            if self.build.places.contains_key("dockerfile") { "dockerfile" } else { "context" };
        self.refuse("missing-dockerfile", attribute, what, hint);
        None
    }

    fn dockerfile_text(&mut self, path: &str) -> Option<String> {
        let repository = self.contexts.repository;
        let absolute = repository.absolute(path);
        let read = repository.size(&absolute).and_then(|bytes| match bytes {
            0..=DOCKERFILE_BYTES_MAX => repository.read(&absolute),
            _ => Err(hob_compose::FileError {
                path: path.to_owned(),
                reason: format!("it is longer than {} KiB", DOCKERFILE_BYTES_MAX >> 10),
            }),
        });
        match read {
            Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
            Err(error) => {
                let hint = "a Dockerfile is a text";
                self.refuse("missing-dockerfile", "dockerfile", error.to_string(), hint);
                None
            }
        }
    }

    fn check_dockerfile(&mut self, file: Option<&str>, text: &str) {
        let parsed = Dockerfile::parse(text);
        let inline = self.place("dockerfile_inline");
        let lines: Vec<&str> = text.lines().collect();
        for only in parsed.needs_buildkit() {
            let what = format!(
                "{} in line {} of the Dockerfile needs BuildKit, and the Engine's own builder \
                 builds",
                only.what, only.line
            );
            let place = match file {
                None => inline.clone(),
                Some(file) => {
                    let line = usize::try_from(only.line).unwrap_or(1).saturating_sub(1);
                    let len = lines.get(line).map_or(1, |line| line.chars().count().max(1));
                    let len = u32::try_from(len).unwrap_or(u32::MAX);
                    Place { file: file.to_owned(), line: only.line, column: 1, len }
                }
            };
            let attribute = if file.is_some() { "dockerfile" } else { "dockerfile_inline" };
            self.findings.push(
                Finding::error("needs-buildkit", what)
                    .at(place)
                    .on(self.path(attribute))
                    .hint(only.instead),
            );
        }
    }

    fn say_trouble(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::Unreadable(why) => {
                let hint = "what the image does not need is best named in .dockerignore";
                self.refuse("build-context", "context", why, hint);
            }
            Trouble::TooMuch(why) => {
                let hint = "name what the image does not need in .dockerignore";
                self.refuse("large-context", "context", why, hint);
            }
            Trouble::Pattern { file, bad } => {
                let place = Place { file, line: bad.line, column: 1, len: 1 };
                self.findings.push(
                    Finding::error("bad-dockerignore", bad.to_string())
                        .at(place)
                        .on(self.path("context"))
                        .hint("write \\ before a character that is meant as it is"),
                );
            }
        }
    }
}

/// Whether a context is fetched from somewhere. (Rules: moby/moby `builder/remotecontext`.)
fn is_remote(context: &str) -> bool {
    context.contains("://")
        || ["git@", "github.com/", "service:", "docker-image:", "target:", "oci-layout:"]
            .iter()
            .any(|start| context.starts_with(start))
}
