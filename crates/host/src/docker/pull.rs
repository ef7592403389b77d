//! Fetching images.

use std::{collections::BTreeMap, time::Duration};

use bollard::{
    auth::DockerCredentials, models::CreateImageInfo, query_parameters::CreateImageOptionsBuilder,
};
use futures_util::StreamExt;
use hob_model::ImageRef;
use tokio::time::{Instant, sleep, timeout};

use super::{DockerHost, credentials, failure};
use crate::{HostErrorKind, OpProgress};

/// A pull that says nothing for so long goes nowhere.
const STALL: Duration = Duration::from_secs(120);
/// Attempts in all; only what went wrong on the way to the registry is tried again.
const ATTEMPTS_MAX: u32 = 3;
/// Before another attempt.
const PAUSE: Duration = Duration::from_secs(2);
/// Progress is told no oftener than this.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// Told of progress.
type Tell<'a> = &'a (dyn Fn(OpProgress) + Send + Sync);

/// Why an attempt failed.
enum Attempt {
    /// Trying again may help.
    Again(HostErrorKind),
    /// It will not.
    Final(HostErrorKind),
}

impl DockerHost {
    pub(super) async fn pull(
        &self,
        image: &ImageRef,
        platform: Option<&str>,
        tell: Tell<'_>,
    ) -> Result<(), HostErrorKind> {
        let credentials = match &self.credentials {
            Some(config) => credentials::of(config, image.registry()).await?,
            None => None,
        };
        let mut attempt = 1;
        loop {
            match self.pull_once(image, platform, credentials.clone(), tell).await {
                Ok(()) => return Ok(()),
                Err(Attempt::Again(_)) if attempt < ATTEMPTS_MAX => {
                    sleep(PAUSE * attempt).await;
                    attempt += 1;
                }
                Err(Attempt::Again(kind) | Attempt::Final(kind)) => return Err(kind),
            }
        }
    }

    async fn pull_once(
        &self,
        image: &ImageRef,
        platform: Option<&str>,
        credentials: Option<DockerCredentials>,
        tell: Tell<'_>,
    ) -> Result<(), Attempt> {
        // Without a tag the Engine would fetch every tag there is.
        let version = image.digest().or(image.tag()).unwrap_or("latest");
        let repository = image.repository();
        let mut options = CreateImageOptionsBuilder::new().from_image(&repository).tag(version);
        if let Some(platform) = platform {
            options = options.platform(platform);
        }
        let docker = self.engine.docker();
        let mut stream =
            std::pin::pin!(docker.create_image(Some(options.build()), None, credentials));
        let mut layers = Layers::default();
        let mut told = Instant::now();
        loop {
            let next = timeout(STALL, stream.next()).await;
            let Ok(next) = next else {
                return Err(Attempt::Again(HostErrorKind::TimedOut(STALL.as_secs())));
            };
            match next {
                None => break,
                Some(Ok(info)) => {
                    let changed = layers.take(&info);
                    if changed && told.elapsed() >= TELL_EVERY {
                        told = Instant::now();
                        tell(layers.progress());
                    }
                }
                Some(Err(error)) => return Err(attempt_failed(image, error)),
            }
        }
        tell(layers.progress());
        Ok(())
    }
}

fn attempt_failed(image: &ImageRef, error: bollard::errors::Error) -> Attempt {
    let is_missing = failure::status(&error) == Some(404);
    match failure::kind(error) {
        HostErrorKind::Engine(message) => refused(image, message, is_missing),
        kind => Attempt::Again(kind),
    }
}

/// What a registry's refusal means. (Texts: moby/moby `distribution/errors.go`,
/// distribution/distribution `registry/api/errcode`.)
fn refused(image: &ImageRef, message: String, is_missing: bool) -> Attempt {
    let says = |text: &str| message.contains(text);
    let on_the_way = [
        "connection refused",
        "connection reset",
        "i/o timeout",
        "TLS handshake timeout",
        "Client.Timeout",
        "context deadline exceeded",
        "no such host",
        "server misbehaving",
        "network is unreachable",
        "no route to host",
        "unexpected EOF",
        "Temporary failure",
        "toomanyrequests",
        "Bad Gateway",
        "Service Unavailable",
        "Gateway Time",
        "Internal Server Error",
    ];
    if on_the_way.iter().any(|text| says(text)) {
        return Attempt::Again(HostErrorKind::Engine(message));
    }
    let missing = [
        "manifest unknown",
        "not found",
        "does not exist",
        "name unknown",
        "no matching manifest",
        "denied",
        "unauthorized",
        "authentication required",
        "invalid reference format",
    ];
    if is_missing || missing.iter().any(|text| says(text)) {
        return Attempt::Final(HostErrorKind::NoImage { image: image.to_string(), why: message });
    }
    Attempt::Final(HostErrorKind::Engine(message))
}

/// Bytes per layer, as far as they are known.
#[derive(Default)]
struct Layers {
    layers: BTreeMap<String, (u64, u64)>,
}

impl Layers {
    /// Takes in a message; whether it changed something.
    fn take(&mut self, info: &CreateImageInfo) -> bool {
        let (Some(id), Some(status)) = (&info.id, info.status.as_deref()) else { return false };
        match status {
            "Downloading" => {
                let Some(detail) = &info.progress_detail else { return false };
                let bytes = |count: Option<i64>| count.and_then(|count| u64::try_from(count).ok());
                let Some(current) = bytes(detail.current) else { return false };
                let total = bytes(detail.total).unwrap_or(current).max(current);
                self.layers.insert(id.clone(), (current, total)) != Some((current, total))
            }
            "Download complete" | "Verifying Checksum" | "Pull complete" => {
                let Some((current, total)) = self.layers.get_mut(id) else { return false };
                let changed = *current != *total;
                *current = *total;
                changed
            }
            _ => false,
        }
    }

    fn progress(&self) -> OpProgress {
        OpProgress::Pulling {
            done_bytes: self.layers.values().map(|(done, _)| done).sum(),
            total_bytes: self.layers.values().map(|(_, total)| total).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use bollard::models::ProgressDetail;

    use super::*;

    #[test]
    fn layers_add_up() {
        let mut layers = Layers::default();
        let mut take = |id: &str, status: &str, bytes: Option<(i64, i64)>| {
            layers.take(&CreateImageInfo {
                id: Some(id.to_owned()),
                status: Some(status.to_owned()),
                progress_detail: bytes.map(|(current, total)| ProgressDetail {
                    current: Some(current),
                    total: Some(total),
                }),
                ..CreateImageInfo::default()
            })
        };
        assert!(!take("latest", "Pulling from library/nginx", None));
        assert!(take("a", "Downloading", Some((10, 100))));
        assert!(!take("a", "Downloading", Some((10, 100))));
        assert!(take("b", "Downloading", Some((5, 50))));
        assert!(take("a", "Download complete", None));
        assert!(!take("a", "Pull complete", None));
        assert!(!take("c", "Already exists", None));
        let progress = layers.progress();
        assert_eq!(progress, OpProgress::Pulling { done_bytes: 105, total_bytes: 150 });
    }

    #[track_caller]
    fn check(message: &str, expected: &str) {
        let (what, kind) = match refused(&"app:1".into(), message.to_owned(), false) {
            Attempt::Again(kind) => ("again", kind),
            Attempt::Final(kind) => ("final", kind),
        };
        assert_eq!(format!("{what}: {kind}"), expected);
    }

    #[test]
    fn only_the_way_is_tried_again() {
        check(
            "manifest for app:1 not found: manifest unknown: manifest unknown",
            "final: there is no image app:1: manifest for app:1 not found: manifest unknown: \
             manifest unknown",
        );
        check(
            "pull access denied for app, repository does not exist or may require 'docker login'",
            "final: there is no image app:1: pull access denied for app, repository does not exist \
             or may require 'docker login'",
        );
        check(
            "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: \
             no such host",
            "again: the Docker Engine said: Get \"https://registry-1.docker.io/v2/\": dial tcp: \
             lookup registry-1.docker.io: no such host",
        );
        check(
            "Get \"https://ghcr.io/v2/\": x509: certificate signed by unknown authority",
            "final: the Docker Engine said: Get \"https://ghcr.io/v2/\": x509: certificate signed \
             by unknown authority",
        );
    }
}
