//! Image names: what Docker takes for the same image is spelled in one way here.

use crate::names::ImageRef;

/// The registry that an image comes from if its name does not say so.
const DEFAULT_REGISTRY: &str = "docker.io";

/// The parts of an image name.
struct Parts<'a> {
    registry: &'a str,
    /// Without the registry, and without the `library/` of the default registry.
    path: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl ImageRef {
    /// The short form that the Engine lists, with the tag spelled out: `docker.io/library/nginx`
    /// and `nginx` are `nginx:latest`. A tag beside a digest means nothing and is dropped. Two
    /// names with the same familiar form stand for the same image. (Rules:
    /// distribution/reference `normalize.go`.)
    pub fn familiar(&self) -> Self {
        if is_image_id(self.as_str()) {
            return self.clone();
        }
        let name = self.repository();
        Self::new(match self.digest() {
            Some(digest) => format!("{name}@{digest}"),
            None => format!("{name}:{}", self.tag().unwrap_or("latest")),
        })
    }

    /// The familiar name without tag and digest: `nginx`, `ghcr.io/owner/app`.
    pub fn repository(&self) -> String {
        let Parts { registry, path, .. } = self.parts();
        if registry == DEFAULT_REGISTRY { path.to_owned() } else { format!("{registry}/{path}") }
    }

    /// The registry that it comes from: `docker.io` if the name does not say.
    pub fn registry(&self) -> &str {
        self.parts().registry
    }

    /// The tag, if the name has one.
    pub fn tag(&self) -> Option<&str> {
        self.parts().tag
    }

    /// The digest, if the name has one: `sha256:...`.
    pub fn digest(&self) -> Option<&str> {
        self.parts().digest
    }

    fn parts(&self) -> Parts<'_> {
        let (rest, digest) = match self.as_str().split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (self.as_str(), None),
        };
        let (registry, rest) = match rest.split_once('/') {
            Some((first, path)) if is_registry(first) => (first, path),
            _ => (DEFAULT_REGISTRY, rest),
        };
        let (path, tag) = match rest.rsplit_once(':') {
            Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
            _ => (rest, None),
        };
        if registry != DEFAULT_REGISTRY && registry != "index.docker.io" {
            return Parts { registry, path, tag, digest };
        }
        let path = match path.strip_prefix("library/") {
            Some(name) if !name.contains('/') => name,
            _ => path,
        };
        Parts { registry: DEFAULT_REGISTRY, path, tag, digest }
    }
}

/// The first part of a name is a registry if it looks like a host; a user's name never does.
fn is_registry(first: &str) -> bool {
    first.contains(['.', ':']) || first == "localhost" || first.chars().any(char::is_uppercase)
}

/// An image's content id can stand for the image.
fn is_image_id(name: &str) -> bool {
    name.strip_prefix("sha256:")
        .is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, familiar: &str) {
        assert_eq!(ImageRef::from(name).familiar().as_str(), familiar);
        assert_eq!(ImageRef::from(familiar).familiar().as_str(), familiar, "once is enough");
    }

    #[test]
    fn the_default_registry_library_and_tag_are_understood() {
        check("nginx", "nginx:latest");
        check("nginx:1.27", "nginx:1.27");
        check("docker.io/nginx", "nginx:latest");
        check("docker.io/library/nginx:1.27", "nginx:1.27");
        check("index.docker.io/library/nginx", "nginx:latest");
        check("library/nginx", "nginx:latest");
        check("jellyfin/jellyfin", "jellyfin/jellyfin:latest");
        check("docker.io/jellyfin/jellyfin:10.9", "jellyfin/jellyfin:10.9");
        check("library/a/b", "library/a/b:latest");
    }

    #[test]
    fn other_registries_stay() {
        check(
            "ghcr.io/immich-app/immich-server:release",
            "ghcr.io/immich-app/immich-server:release",
        );
        check("registry.local:5000/app", "registry.local:5000/app:latest");
        check("localhost/app", "localhost/app:latest");
        check("localhost:5000/a/b:1", "localhost:5000/a/b:1");
        check("quay.io/library/nginx", "quay.io/library/nginx:latest");
    }

    #[test]
    fn a_digest_decides_alone() {
        let hex = "a".repeat(64);
        check(&format!("nginx@sha256:{hex}"), &format!("nginx@sha256:{hex}"));
        check(&format!("nginx:1.27@sha256:{hex}"), &format!("nginx@sha256:{hex}"));
        check(&format!("docker.io/library/nginx:1@sha256:{hex}"), &format!("nginx@sha256:{hex}"));
        check(&format!("host:5000/a:1@sha256:{hex}"), &format!("host:5000/a@sha256:{hex}"));
        check(&format!("sha256:{hex}"), &format!("sha256:{hex}"));
    }

    #[test]
    fn a_registry_is_known_by_its_look() {
        assert_eq!(ImageRef::from("nginx").registry(), "docker.io");
        assert_eq!(ImageRef::from("owner/app").registry(), "docker.io");
        assert_eq!(ImageRef::from("ghcr.io/owner/app:1").registry(), "ghcr.io");
        assert_eq!(ImageRef::from("box:5000/app").registry(), "box:5000");
        assert_eq!(ImageRef::from("box:5000/app").tag(), None);
    }
}
