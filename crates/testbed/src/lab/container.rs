//! Containers of this machine that play hosts and the registry: made once, found again by digest.

use super::docker::{LABEL, docker, inspect};
use super::error::Result;
use super::image::sha256;

/// The label with the digest of everything that a container was made from.
const DIGEST_LABEL: &str = "hob.testbed.digest";

/// A file to lay into a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileIn {
    /// Absolute, or relative to the root folder.
    pub(crate) path: String,
    pub(crate) mode: u32,
    pub(crate) bytes: Vec<u8>,
}

impl FileIn {
    pub(crate) fn new(path: &str, mode: u32, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.trim_start_matches('/').to_owned(), mode, bytes: bytes.into() }
    }
}

/// What a container is to be.
#[derive(Debug)]
pub(crate) struct Container {
    pub(crate) name: String,
    pub(crate) lab: String,
    pub(crate) image: String,
    /// Where in the container a volume with the container's own name lies, if anywhere.
    pub(crate) data: Option<&'static str>,
    /// Options of `docker create`.
    pub(crate) options: Vec<String>,
    pub(crate) command: Vec<String>,
    pub(crate) files: Vec<FileIn>,
}

/// How a container was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Was {
    /// It was not there, or was made from something else: it is new now, and not started.
    New,
    Stopped,
    Paused,
    Running,
}

impl Container {
    /// Makes the container unless it is there as it should be. Starts nothing.
    pub(crate) async fn ensure(&self) -> Result<Was> {
        let digest = self.digest();
        let format = format!("{{{{.State.Status}}}} {{{{index .Config.Labels {DIGEST_LABEL:?}}}}}");
        let found = inspect("container", &self.name, &format).await?;
        match found.as_deref().and_then(|text| text.split_once(' ')) {
            Some((status, same)) if same == digest => {
                return Ok(match status {
                    "running" => Was::Running,
                    "paused" => Was::Paused,
                    _ => Was::Stopped,
                });
            }
            Some(_) => remove(&self.name).await?,
            None => {}
        }
        self.create(&digest).await?;
        copy(&self.name, &self.files).await?;
        Ok(Was::New)
    }

    async fn create(&self, digest: &str) -> Result<()> {
        let Self { name, lab, image, data, options, command, files: _ } = self;
        let label = format!("{LABEL}={lab}");
        let mut run = docker(format!("making {name}"), ["create", "--name", name]);
        if let Some(path) = data {
            // Made apart: a volume that comes with a container has no label to find it by.
            let doing = format!("making volume {name}");
            docker(doing, ["volume", "create", "--label", &label, name]).must().await?;
            run = run.args(["--volume", &format!("{name}:{path}")]);
        }
        run.args(["--label", &label, "--label", &format!("{DIGEST_LABEL}={digest}")])
            .args(options)
            .arg(image)
            .args(command)
            .must()
            .await
            .map(drop)
    }

    fn digest(&self) -> String {
        let Self { name, lab, image, data, options, command, files } = self;
        let mut text = format!("{name:?}{lab:?}{image:?}{data:?}{options:?}{command:?}");
        for FileIn { path, mode, bytes } in files {
            text.push_str(&format!("{path:?}{mode:o}{}", sha256(bytes)));
        }
        sha256(text.as_bytes())
    }
}

/// Starts a container that is not paused.
pub(crate) async fn start(name: &str) -> Result<()> {
    docker(format!("starting {name}"), ["start", name]).must().await.map(drop)
}

/// Removes the container and its nameless volumes, if it is there.
pub(crate) async fn remove(name: &str) -> Result<()> {
    let doing = format!("removing {name}");
    docker(doing, ["rm", "--force", "--volumes", name]).output().await.map(drop)
}

/// Lays files into the container, running or not.
pub(crate) async fn copy(name: &str, files: &[FileIn]) -> Result<()> {
    let doing = format!("copying files into {name}");
    docker(doing, ["cp", "-", &format!("{name}:/")]).input(pack(files)).must().await.map(drop)
}

fn pack(files: &[FileIn]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for FileIn { path, mode, bytes } in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(*mode);
        // Writing to memory fails for a path that is too long alone; ours are constants.
        let _ = tar.append_data(&mut header, path, bytes.as_slice());
    }
    tar.into_inner().unwrap_or_default()
}
