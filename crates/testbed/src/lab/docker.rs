//! The Docker Engine of this machine, through its command line client.
//!
//! The client and not the API: it settles the API version with an Engine 20.10 by itself, honours
//! `DOCKER_HOST` and contexts, and a person can type what the testbed does.

use std::ffi::OsStr;
use std::time::Duration;

use super::error::Result;
use super::run::{Output, Run};

/// The label on everything that the testbed makes; its value is the name of the lab.
pub(crate) const LABEL: &str = "hob.testbed.lab";

/// A call of the client.
pub(crate) fn docker<S: AsRef<OsStr>>(
    doing: impl Into<String>,
    arguments: impl IntoIterator<Item = S>,
) -> Run {
    Run::new(doing, "docker").args(arguments)
}

/// What the Engine says of itself: its version, or an error.
pub(crate) async fn version() -> Result<Output> {
    docker("asking the Docker Engine for its version", ["version"])
        .args(["--format", "{{.Server.Version}} {{.Server.APIVersion}}"])
        .limit(Duration::from_secs(20))
        .output()
        .await
}

/// A field of a container, image, volume or network; `None` where there is no such thing.
pub(crate) async fn inspect(kind: &str, name: &str, format: &str) -> Result<Option<String>> {
    let doing = format!("inspecting {kind} {name}");
    let output = docker(doing, [kind, "inspect", "--format", format, name]).output().await?;
    Ok(output.ok().then(|| output.stdout.trim().to_owned()))
}

/// The names of all containers, running or not, with this label value.
pub(crate) async fn containers_of(lab: &str) -> Result<Vec<String>> {
    let filter = format!("label={LABEL}={lab}");
    let output = docker(format!("listing the containers of {lab}"), ["ps", "--all"])
        .args(["--filter", &filter, "--format", "{{.Names}}"])
        .must()
        .await?;
    Ok(output.stdout.lines().map(str::to_owned).collect())
}
