//! The registry of a lab: it answers for every image name that it was filled with.
//!
//! Its servers' names (Docker Hub, ghcr.io, ...) resolve to it inside the hosts, and it shows a
//! certificate from an authority that the hosts trust. Names that it was not filled with fail at
//! once, as unknown images do.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::container::{self, Container, FileIn, Was};
use super::docker::docker;
use super::error::{LabError, Result};
use super::http::{Answer, request};
use super::image::sha256;
use super::name::{HUB, ImageName};
use super::standin::{Layer, MANIFEST_TYPE, StandIn, manifest};

const PLAIN_PORT: u16 = 5000;
const READY_LIMIT: Duration = Duration::from_secs(60);
/// Pushes under way at once.
const PUSHES_MAX: usize = 8;
/// Where the shared layer lives; repositories borrow it from there.
const BASE: &str = "hob-testbed/base";
/// Servers that it speaks for from the start. Others join when an image of theirs is put in.
const SERVERS: &[&str] = &[
    "cgr.dev",
    "code.forgejo.org",
    "codeberg.org",
    "data.forgejo.org",
    "docker.elastic.co",
    "docker.gitea.com",
    "docker.io",
    "docker.n8n.io",
    "gcr.io",
    "ghcr.io",
    "lscr.io",
    "mcr.microsoft.com",
    "nvcr.io",
    "public.ecr.aws",
    "quay.io",
    "registry.gitlab.com",
    "registry.k8s.io",
];

/// What an image is made of besides the shared layer.
struct Parts {
    config: Vec<u8>,
    manifest: Vec<u8>,
    own: Option<Layer>,
}

/// A running registry.
#[derive(Debug, Clone)]
pub struct Registry {
    container: String,
    address: Ipv4Addr,
    layer: Arc<Layer>,
}

impl Registry {
    /// Starts the registry of the lab, or finds it running.
    pub(crate) async fn start(
        lab: &str,
        network: &str,
        address: Ipv4Addr,
        image: &str,
        layer: Arc<Layer>,
    ) -> Result<Self> {
        let name = format!("hob-testbed-{lab}-registry");
        let options = [
            format!("--network={network}"),
            format!("--ip={address}"),
            "--hostname=registry".to_owned(),
            "--tmpfs=/run".to_owned(),
        ];
        let container = Container {
            name: name.clone(),
            lab: lab.to_owned(),
            image: image.to_owned(),
            data: Some("/var/lib/docker-registry"),
            options: options.to_vec(),
            command: vec!["/bin/bash".to_owned(), "/testbed/registry.sh".to_owned()],
            files: vec![FileIn::new(
                "testbed/registry.sh",
                0o755,
                include_str!("scripts/registry.sh"),
            )],
        };
        let registry = Self { container: name, address, layer };
        match container.ensure().await? {
            Was::Running => {}
            Was::Paused => {
                docker("waking the registry", ["unpause", &registry.container]).must().await?;
            }
            Was::New => {
                let servers = SERVERS.iter().chain(HUB).map(ToString::to_string).collect();
                registry.write_servers(&servers).await?;
                container::start(&registry.container).await?;
            }
            Was::Stopped => container::start(&registry.container).await?,
        }
        registry.wait().await?;
        Ok(registry)
    }

    /// Puts the default stand-in behind every one of these names.
    ///
    /// # Errors
    /// Where the registry refuses, or a certificate for a new server cannot be made.
    pub async fn fill(&self, names: &[ImageName]) -> Result<()> {
        let all: Vec<_> = names.iter().map(|name| (name.clone(), StandIn::default())).collect();
        self.put_all(&all).await
    }

    /// Puts this stand-in behind the name. A tag that is there already moves to it. The answer is
    /// the digest that an Engine sees.
    ///
    /// # Errors
    /// As [`Registry::fill`].
    pub async fn put(&self, name: &ImageName, standin: &StandIn) -> Result<String> {
        self.put_all(&[(name.clone(), standin.clone())]).await?;
        Ok(sha256(&self.parts(name, standin).manifest))
    }

    /// Puts each stand-in behind its name, several at once.
    ///
    /// # Errors
    /// As [`Registry::fill`].
    pub async fn put_all(&self, images: &[(ImageName, StandIn)]) -> Result<()> {
        if images.is_empty() {
            return Ok(());
        }
        self.speak_for(images.iter().flat_map(|(name, _)| name.servers())).await?;
        self.push_blob(BASE, &self.layer.digest, &self.layer.bytes, None).await?;
        stream::iter(images)
            .map(|(name, standin)| self.push(name, standin))
            .buffer_unordered(PUSHES_MAX)
            .try_collect::<()>()
            .await
    }

    /// The names that must resolve to the registry inside the hosts.
    pub(crate) async fn servers(&self) -> Result<BTreeSet<String>> {
        let run = docker("reading the names of the registry", ["exec", &self.container]);
        let text = run.args(["cat", "/testbed/names"]).must().await?.stdout;
        Ok(text.lines().map(str::to_owned).collect())
    }

    /// The certificate of the authority that the hosts are to trust.
    pub(crate) async fn authority(&self) -> Result<Vec<u8>> {
        let run = docker("reading the certificate of the registry", ["exec", &self.container]);
        Ok(run.args(["cat", "/var/lib/docker-registry/tls/ca.pem"]).must().await?.bytes)
    }

    pub(crate) fn address(&self) -> Ipv4Addr {
        self.address
    }

    async fn speak_for(&self, wanted: impl Iterator<Item = String>) -> Result<()> {
        let mut servers = self.servers().await?;
        let before = servers.len();
        servers.extend(wanted);
        if servers.len() == before {
            return Ok(());
        }
        self.write_servers(&servers).await?;
        let run = docker("restarting the registry", ["restart", "--time=1", &self.container]);
        run.must().await?;
        self.wait().await
    }

    async fn write_servers(&self, servers: &BTreeSet<String>) -> Result<()> {
        let text: String = servers.iter().map(|server| format!("{server}\n")).collect();
        container::copy(&self.container, &[FileIn::new("testbed/names", 0o644, text)]).await
    }

    async fn wait(&self) -> Result<()> {
        let started = Instant::now();
        loop {
            let answer = self.ask("GET", "/v2/", &[], b"").await;
            if answer.is_ok_and(|answer| answer.status == 200) {
                return Ok(());
            }
            if started.elapsed() > READY_LIMIT {
                return Err(LabError::TimedOut {
                    doing: "starting the registry".to_owned(),
                    limit: READY_LIMIT,
                    hint: format!("\n  look at: docker logs {}", self.container),
                });
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn parts(&self, name: &ImageName, standin: &StandIn) -> Parts {
        let own = standin.own_layer();
        let layers: Vec<&Layer> = std::iter::once(&*self.layer).chain(&own).collect();
        let config = standin.config(name, &layers);
        Parts { manifest: manifest(&config, &layers), config, own }
    }

    async fn push(&self, name: &ImageName, standin: &StandIn) -> Result<()> {
        let ImageName { registry: _, repository, tag } = name;
        let Parts { config, manifest, own } = self.parts(name, standin);
        let path = format!("/v2/{repository}/manifests/{tag}");
        let there = self.ask("HEAD", &path, &[("Accept", MANIFEST_TYPE)], b"").await?;
        if there.header("Docker-Content-Digest") == Some(sha256(&manifest).as_str()) {
            return Ok(());
        }
        self.push_blob(repository, &self.layer.digest, &self.layer.bytes, Some(BASE)).await?;
        if let Some(own) = own {
            self.push_blob(repository, &own.digest, &own.bytes, None).await?;
        }
        self.push_blob(repository, &sha256(&config), &config, None).await?;
        let put = self.ask("PUT", &path, &[("Content-Type", MANIFEST_TYPE)], &manifest).await?;
        expect(&put, 201, &format!("putting {name}"))
    }

    /// Uploads a blob unless the repository has it, or borrows it from another repository.
    async fn push_blob(
        &self,
        repository: &str,
        digest: &str,
        bytes: &[u8],
        from: Option<&str>,
    ) -> Result<()> {
        let doing = format!("uploading a part of {repository}");
        let there = self.ask("HEAD", &format!("/v2/{repository}/blobs/{digest}"), &[], b"").await?;
        if there.status == 200 {
            return Ok(());
        }
        let borrow = from.map(|from| format!("?mount={digest}&from={from}")).unwrap_or_default();
        let path = format!("/v2/{repository}/blobs/uploads/{borrow}");
        let begun = self.ask("POST", &path, &[], b"").await?;
        if begun.status == 201 && from.is_some() {
            return Ok(());
        }
        expect(&begun, 202, &doing)?;
        let place = begun.header("Location").and_then(path_of).unwrap_or_default();
        let sign = if place.contains('?') { '&' } else { '?' };
        let kind = [("Content-Type", "application/octet-stream")];
        let put = self.ask("PUT", &format!("{place}{sign}digest={digest}"), &kind, bytes).await?;
        expect(&put, 201, &doing)
    }

    async fn ask(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer> {
        request((IpAddr::V4(self.address), PLAIN_PORT), method, path, headers, body).await
    }
}

fn expect(answer: &Answer, status: u16, doing: &str) -> Result<()> {
    if answer.status == status {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&answer.body);
    let why = format!("answered {}, not {status}: {}", answer.status, text.trim());
    Err(LabError::Registry { doing: doing.to_owned(), why })
}

/// The path and query of an address with or without scheme and server.
fn path_of(location: &str) -> Option<String> {
    let Some((_, rest)) = location.split_once("://") else { return Some(location.to_owned()) };
    rest.find('/').and_then(|at| rest.get(at..)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upload_places_may_be_whole_addresses() {
        let expected = Some("/v2/a/blobs/uploads/1?_state=x".to_owned());
        assert_eq!(path_of("http://10.0.0.2:5000/v2/a/blobs/uploads/1?_state=x"), expected);
        assert_eq!(path_of("/v2/a/blobs/uploads/1?_state=x"), expected);
    }
}
