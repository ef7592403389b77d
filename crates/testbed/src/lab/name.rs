//! Names of images as Compose files spell them, and the registries behind them.

use std::fmt;
use std::str::FromStr;

use super::error::LabError;

/// Names of Docker Hub's servers: an Engine that pulls `nginx` calls the first of them.
pub(crate) const HUB: &[&str] = &["registry-1.docker.io", "index.docker.io", "auth.docker.io"];
const DOCKER_IO: &str = "docker.io";

/// An image's registry, repository and tag: `ghcr.io/immich-app/immich-server:release`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImageName {
    /// `docker.io` where the text named none.
    pub registry: String,
    /// With the `library/` that Docker Hub puts before its own images.
    pub repository: String,
    /// `latest` where the text named none.
    pub tag: String,
}

impl ImageName {
    /// The last word of the repository: `immich-server`.
    #[must_use]
    pub fn short(&self) -> &str {
        self.repository.rsplit('/').next().unwrap_or(&self.repository)
    }

    /// The names of servers that an Engine asks for this image.
    pub(crate) fn servers(&self) -> Vec<String> {
        match self.registry.as_str() {
            DOCKER_IO => HUB.iter().map(ToString::to_string).collect(),
            other => vec![other.to_owned()],
        }
    }
}

impl fmt::Display for ImageName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { registry, repository, tag } = self;
        if registry == DOCKER_IO {
            let short = repository.strip_prefix("library/").unwrap_or(repository);
            write!(f, "{short}:{tag}")
        } else {
            write!(f, "{registry}/{repository}:{tag}")
        }
    }
}

impl FromStr for ImageName {
    type Err = LabError;

    fn from_str(text: &str) -> Result<Self, LabError> {
        let refuse = |why: &str| Err(LabError::Asked(format!("image {text:?}: {why}")));
        if text.contains('@') {
            return refuse("pinned by digest, which no stand-in can have");
        }
        let (registry, rest) = match text.split_once('/') {
            Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => {
                (first, rest)
            }
            _ => (DOCKER_IO, text),
        };
        if registry.contains(':') {
            return refuse("the registry of the testbed listens on port 443 alone");
        }
        let (repository, tag) = rest.rsplit_once(':').unwrap_or((rest, "latest"));
        let fits = |word: &str, more: &str| {
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || more.contains(c);
            !word.is_empty() && word.chars().all(plain)
        };
        let lower = tag.to_ascii_lowercase();
        if !fits(repository, "/._-") || !fits(&lower, "._-") || !fits(registry, ".-") {
            return refuse("not a name of an image");
        }
        let registry = if registry == "index.docker.io" { DOCKER_IO } else { registry };
        let hub = registry == DOCKER_IO && !repository.contains('/');
        let repository = if hub { format!("library/{repository}") } else { repository.to_owned() };
        Ok(Self { registry: registry.to_owned(), repository, tag: tag.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    fn check(text: &str, registry: &str, repository: &str, tag: &str, shown: &str) {
        let found: ImageName = text.parse().unwrap();
        let parts = (found.registry.as_str(), found.repository.as_str(), found.tag.as_str());
        assert_eq!(parts, (registry, repository, tag));
        assert_eq!(found.to_string(), shown);
    }

    #[test]
    fn names_are_taken_apart_as_docker_does() {
        check("nginx", "docker.io", "library/nginx", "latest", "nginx:latest");
        check(
            "jellyfin/jellyfin:10.9",
            "docker.io",
            "jellyfin/jellyfin",
            "10.9",
            "jellyfin/jellyfin:10.9",
        );
        check("docker.io/library/redis:7", "docker.io", "library/redis", "7", "redis:7");
        check("ghcr.io/a/b/c:V1.2", "ghcr.io", "a/b/c", "V1.2", "ghcr.io/a/b/c:V1.2");
    }

    #[test]
    fn names_that_cannot_be_served_are_refused() {
        for text in ["", "nginx@sha256:00", "registry.lan:5000/x", "Nginx", "a b", "x:y:z"] {
            assert!(text.parse::<ImageName>().is_err(), "{text}");
        }
    }
}
