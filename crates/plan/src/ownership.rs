//! Labels: who made a thing, for what, by which specification. Ownership has no other memory.

use std::collections::BTreeMap;

use hob_model::{ServiceName, StackName, spec::SpecDigest};

use crate::change::NewBuild;

/// Label with the homelab's name; its presence says that Hob made the thing.
pub const HOMELAB: &str = "hob.homelab";
/// Label with the stack's name.
pub const STACK: &str = "hob.stack";
/// Label with the digest of the specification.
pub const SPEC: &str = "hob.spec";
/// Label with the digest of how an image was built. Nothing else of Hob's is on an image: the
/// containers that somebody makes of it inherit its labels, and are not Hob's.
pub const BUILD: &str = "hob.build";

const PROJECT: &str = "com.docker.compose.project";
const SERVICE: &str = "com.docker.compose.service";

/// For what a container was made.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// The homelab.
    pub homelab: String,
    /// The stack.
    pub stack: StackName,
    /// The Compose project.
    pub project: String,
    /// The service.
    pub service: ServiceName,
}

/// Who made a network or a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ThingOwner {
    /// Hob did, for this homelab and, unless it is shared, this stack.
    Hob {
        /// The homelab.
        homelab: String,
        /// The stack; `None` for what stacks share.
        stack: Option<StackName>,
    },
    /// Compose did, or something that calls itself so.
    Compose {
        /// Compose project.
        project: String,
    },
    /// Somebody else did.
    Foreign,
}

impl Identity {
    /// Whether both stand for the same service, perhaps of another Compose project.
    pub fn is_same_service(&self, other: &Self) -> bool {
        (&self.homelab, &self.stack, &self.service)
            == (&other.homelab, &other.stack, &other.service)
    }

    /// The labels of a container made for this identity by this specification: Hob's own, and
    /// Compose's, so that `docker compose ps`, `logs` and `down` know it.
    /// (Names: docker/compose `pkg/api/labels.go`.)
    pub fn labels(&self, spec: &SpecDigest, folder: &str) -> BTreeMap<String, String> {
        let compose = |name: &str| format!("com.docker.compose.{name}");
        BTreeMap::from([
            (HOMELAB.to_owned(), self.homelab.clone()),
            (STACK.to_owned(), self.stack.to_string()),
            (SPEC.to_owned(), spec.as_str().to_owned()),
            (PROJECT.to_owned(), self.project.clone()),
            (SERVICE.to_owned(), self.service.to_string()),
            (compose("container-number"), "1".to_owned()),
            (compose("oneoff"), "False".to_owned()),
            (compose("config-hash"), spec.as_str().trim_start_matches("v1:").to_owned()),
            (compose("project.working_dir"), folder.to_owned()),
        ])
    }

    /// Reads back what [`Identity::labels`] wrote; `None` if Hob did not make the container.
    pub fn from_labels(labels: &BTreeMap<String, String>) -> Option<(Self, SpecDigest)> {
        let get = |name: &str| labels.get(name).cloned();
        let identity = Self {
            homelab: get(HOMELAB)?,
            stack: StackName::new(get(STACK)?),
            project: get(PROJECT)?,
            service: ServiceName::new(get(SERVICE)?),
        };
        Some((identity, SpecDigest::from_label(get(SPEC)?)))
    }
}

impl ThingOwner {
    /// The labels of a network or volume: Hob's own, and for a stack's own thing Compose's, where
    /// `kind` is `network` or `volume` and `key` its key in the Compose file.
    pub fn labels(
        homelab: &str,
        spec: &SpecDigest,
        stack: Option<StackThing<'_>>,
    ) -> BTreeMap<String, String> {
        let mut labels = BTreeMap::from([
            (HOMELAB.to_owned(), homelab.to_owned()),
            (SPEC.to_owned(), spec.as_str().to_owned()),
        ]);
        if let Some(StackThing { stack, project, kind, key }) = stack {
            labels.insert(STACK.to_owned(), stack.to_string());
            labels.insert(PROJECT.to_owned(), project.to_owned());
            labels.insert(format!("com.docker.compose.{kind}"), key.to_owned());
        }
        labels
    }

    /// Reads back what [`ThingOwner::labels`] wrote, or what Compose did.
    pub fn from_labels(labels: &BTreeMap<String, String>) -> (Self, Option<SpecDigest>) {
        let Some(homelab) = labels.get(HOMELAB).cloned() else {
            let owner = match labels.get(PROJECT).cloned() {
                Some(project) => Self::Compose { project },
                None => Self::Foreign,
            };
            return (owner, None);
        };
        let stack = labels.get(STACK).map(|stack| StackName::from(stack.as_str()));
        (Self::Hob { homelab, stack }, labels.get(SPEC).map(SpecDigest::from_label))
    }
}

/// The labels of an image that is built: the owner's, Compose's and Hob's.
pub fn image_labels(build: &NewBuild) -> BTreeMap<String, String> {
    let mut labels = build.spec.labels.clone();
    labels.insert(PROJECT.to_owned(), build.project.clone());
    labels.insert(SERVICE.to_owned(), build.spec.service.to_string());
    labels.insert(BUILD.to_owned(), build.spec.digest().to_string());
    labels
}

/// Which stack a network or volume belongs to, and as what.
#[derive(Clone, Copy, Debug)]
pub struct StackThing<'a> {
    /// The stack.
    pub stack: &'a StackName,
    /// Its Compose project.
    pub project: &'a str,
    /// `network` or `volume`.
    pub kind: &'a str,
    /// Key in the Compose file.
    pub key: &'a str,
}

/// Reads Compose's own labels: project and service.
pub fn compose_owner(labels: &BTreeMap<String, String>) -> Option<(String, String)> {
    Some((labels.get(PROJECT)?.clone(), labels.get(SERVICE)?.clone()))
}
