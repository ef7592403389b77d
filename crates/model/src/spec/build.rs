//! How an image is built, and the digest by which a built image is known again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde_json::{Map, Value};

use super::written::Writer;
use crate::{
    digest::Digest,
    names::{ImageRef, ServiceName},
    secret::Secret,
};

/// A record tells changed files apart up to this many; beyond that, folders.
const TOLD_APART_MAX: usize = 200;

/// How an image is built: everything that decides what is in it, and how it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildSpec {
    /// Its name.
    pub image: ImageRef,
    /// Further names for it.
    pub tags: BTreeSet<ImageRef>,
    /// The service that Compose knows it by.
    pub service: ServiceName,
    /// What the Dockerfile may copy.
    pub context: BuildContext,
    /// Path of the Dockerfile in the context as it is sent.
    pub dockerfile: String,
    /// What stands in it; empty for a remote context, where nobody has read it.
    pub dockerfile_text: Arc<str>,
    /// Builds of the same stack that it starts from, and that are made before it.
    pub bases: Vec<Arc<BuildSpec>>,
    /// Build arguments, which may be secrets.
    pub args: BTreeMap<String, Secret<String>>,
    /// The stage that is built; `None` is the last one.
    pub target: Option<String>,
    /// The owner's labels; Hob's and Compose's own are added on building.
    pub labels: BTreeMap<String, String>,
    /// Images whose layers may be used again.
    pub cache_from: Vec<String>,
    /// The network of `RUN`.
    pub network: Option<String>,
    /// Size of `/dev/shm` in bytes.
    pub shm_bytes: Option<u64>,
    /// Lines for the hosts file of `RUN`, as `name:address`.
    pub extra_hosts: Vec<String>,
    /// Limits of the processes of `RUN`, soft and hard.
    pub ulimits: BTreeMap<String, (i64, i64)>,
    /// `os/arch[/variant]`, if asked for; it has to be the host's.
    pub platform: Option<String>,
    /// Whether images that it starts from are pulled even if they are there.
    pub pull: bool,
    /// Whether no layer is used again.
    pub no_cache: bool,
    /// Whether the registry is asked first, and the image built only if it has none.
    pub registry_first: bool,
}

/// What a Dockerfile may copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BuildContext {
    /// Files of the repository.
    Files(Arc<ContextFiles>),
    /// What the Engine fetches by itself from an address, which may have a password in it.
    Remote(Secret<String>),
}

/// Files that are sent to the builder, by their path in the context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContextFiles(pub BTreeMap<String, ContextEntry>);

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextEntry {
    /// What it is.
    pub kind: ContextKind,
    /// It is sent for the builder to read, and the builder takes it out of the context.
    pub is_for_builder: bool,
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextKind {
    /// A file.
    File {
        /// Of its content.
        digest: Digest,
        /// Its length.
        bytes: u64,
        /// Whether it can be executed. Other permissions are the same for all files, as in Git.
        executable: bool,
        /// Where its content is.
        source: ContextSource,
    },
    /// A symbolic link.
    Link {
        /// Where it leads, as written.
        target: String,
    },
}

/// Where the content of a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ContextSource {
    /// At this path of this machine: it is read when it is sent, so that a large context takes no
    /// memory.
    OnDisk(String),
    /// Here.
    Here(Secret<Arc<[u8]>>),
}

impl ContextEntry {
    fn digest(&self) -> Digest {
        match &self.kind {
            ContextKind::File { digest, executable: false, .. } => digest.clone(),
            ContextKind::File { digest, .. } => Digest::of(format!("755 {digest}").as_bytes()),
            ContextKind::Link { target } => Digest::of(format!("link {target}").as_bytes()),
        }
    }
}

impl ContextFiles {
    /// Digests of what can be copied: file by file, or if there are many, by folders (with a slash
    /// at the end) as deep as leaves few enough.
    fn summary(&self, except: &str) -> BTreeMap<String, Digest> {
        let entries = || {
            let copied = self.0.iter().filter(|(_, entry)| !entry.is_for_builder);
            copied.filter(|(path, _)| path.as_str() != except)
        };
        let deepest = entries().map(|(path, _)| path.matches('/').count() + 1).max().unwrap_or(1);
        let mut depth = deepest;
        while depth > 1 {
            let mut groups: Vec<&str> = entries().map(|(path, _)| group(path, depth)).collect();
            groups.dedup();
            if groups.len() <= TOLD_APART_MAX {
                break;
            }
            depth -= 1;
        }
        let mut listings: BTreeMap<&str, String> = BTreeMap::new();
        let mut summary = BTreeMap::new();
        let tops = entries().map(|(path, _)| group(path, 1)).collect::<BTreeSet<_>>().len();
        for (path, entry) in entries() {
            let group = if tops > TOLD_APART_MAX { "./" } else { group(path, depth) };
            if group == path {
                summary.insert(path.clone(), entry.digest());
            } else {
                *listings.entry(group).or_default() += &format!("{} {path}\n", entry.digest());
            }
        }
        let folders = listings.into_iter();
        summary.extend(folders.map(|(folder, list)| (folder.into(), Digest::of(list.as_bytes()))));
        summary
    }
}

/// The path, or the folder with a slash that it lies in at this depth.
fn group(path: &str, depth: usize) -> &str {
    match path.match_indices('/').nth(depth - 1) {
        Some((end, _)) => path.get(..=end).unwrap_or(path),
        None => path,
    }
}

impl BuildSpec {
    /// A build from a Dockerfile alone, with nothing else said about it; what is declared has more
    /// to say, so this is for imagined worlds.
    pub fn new(image: impl Into<ImageRef>, dockerfile_text: &str) -> Self {
        Self {
            image: image.into(),
            tags: BTreeSet::new(),
            service: ServiceName::from(""),
            context: BuildContext::Files(Arc::default()),
            dockerfile: "Dockerfile".to_owned(),
            dockerfile_text: Arc::from(dockerfile_text),
            bases: Vec::new(),
            args: BTreeMap::new(),
            target: None,
            labels: BTreeMap::new(),
            cache_from: Vec::new(),
            network: None,
            shm_bytes: None,
            extra_hosts: Vec::new(),
            ulimits: BTreeMap::new(),
            platform: None,
            pull: false,
            no_cache: false,
            registry_first: false,
        }
    }

    /// Identifies what is built: it goes on the image as a label, and a build whose digest is on
    /// the image already is not made again.
    pub fn digest(&self) -> Digest {
        Digest::of(Value::Object(self.written(&|value| value.to_owned())).to_string().as_bytes())
    }

    /// Written down, as part of the specification of each container of the image.
    pub(super) fn written(&self, show: &dyn Fn(&str) -> String) -> Map<String, Value> {
        let Self {
            image: _,
            tags,
            service: _,
            context,
            dockerfile,
            dockerfile_text,
            bases,
            args,
            target,
            labels,
            network,
            shm_bytes,
            extra_hosts,
            ulimits,
            platform,
            // How it is made, not what is made.
            cache_from: _,
            pull: _,
            no_cache: _,
            registry_first: _,
        } = self;
        let mut out = Writer { map: Map::new(), show };
        match context {
            BuildContext::Files(files) => {
                let summary = files.summary(dockerfile);
                let digests = summary.iter().map(|(path, digest)| (path, digest.as_str()));
                out.shown("context", digests);
            }
            BuildContext::Remote(address) => {
                let address = Digest::of(address.expose().as_bytes());
                out.shown("remote", std::iter::once((&"address".to_owned(), address.as_str())));
            }
        }
        let text = Digest::of(dockerfile_text.as_bytes());
        out.shown("dockerfile", std::iter::once((dockerfile, text.as_str())));
        let bases: BTreeMap<String, Digest> =
            bases.iter().map(|base| (base.image.to_string(), base.digest())).collect();
        out.shown("bases", bases.iter().map(|(image, digest)| (image, digest.as_str())));
        out.shown_map("args", args);
        out.put("target", target);
        out.put("labels", labels);
        out.put("network", network);
        out.put("shm_bytes", shm_bytes);
        out.put("extra_hosts", extra_hosts);
        out.put("ulimits", ulimits);
        out.put("platform", platform);
        out.put("tags", tags);
        out.map
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(paths: &[String]) -> ContextFiles {
        let entry = |path: &String| {
            let bytes = path.as_bytes();
            let kind = ContextKind::File {
                digest: Digest::of(bytes),
                bytes: 1,
                executable: false,
                source: ContextSource::Here(Secret::new(Arc::from(bytes))),
            };
            (path.clone(), ContextEntry { kind, is_for_builder: false })
        };
        ContextFiles(paths.iter().map(entry).collect())
    }

    #[track_caller]
    fn check(paths: &[String], expected: &[&str]) {
        let summary = files(paths).summary("Dockerfile");
        let shown: Vec<&str> = summary.keys().map(String::as_str).collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn few_files_are_told_apart() {
        let paths = ["Dockerfile", "a", "src/b", "src/c/d"].map(str::to_owned);
        check(&paths, &["a", "src/b", "src/c/d"]);
    }

    #[test]
    fn many_files_are_folders() {
        let mut paths: Vec<String> = (0..300).map(|n| format!("src/deep/{n}")).collect();
        paths.push("a".to_owned());
        check(&paths, &["a", "src/deep/"]);
        let flat: Vec<String> = (0..300).map(|n| n.to_string()).collect();
        check(&flat, &["./"]);
    }

    #[test]
    fn a_file_for_the_builder_alone_does_not_count() {
        let mut all = files(&["a".to_owned(), ".dockerignore".to_owned()]);
        let before = all.summary("");
        let ignore = all.0.get_mut(".dockerignore").map(|entry| entry.is_for_builder = true);
        assert!(ignore.is_some() && before != all.summary(""));
        assert_eq!(all.summary("").len(), 1);
    }
}
