//! The image that test hosts run: a small Debian with sshd, a Docker Engine and systemd.
//!
//! One image serves both kinds of hosts; whether systemd is process 1 is a matter of how it is
//! started. Made in one go with mmdebstrap from the machine's own package sources, and found
//! again by a tag that is a digest of everything it was made from.

use std::time::Duration;

use sha2::{Digest, Sha256};

use super::apt::Apt;
use super::dirs::Dirs;
use super::docker::{docker, inspect};
use super::engine::find;
use super::error::{LabError, Result};
use super::files;
use super::packages;
use super::progress::Progress;
use super::run::Run;

const REPOSITORY: &str = "hob-testbed/host";
/// A slow mirror and a slow disk; usual is half a minute.
const BUILD_LIMIT: Duration = Duration::from_secs(900);
/// `openssl` and `docker-registry` are for the registry's container, `busybox-static` for the
/// stand-in images, the rest is what an ordinary Docker host has.
const PACKAGES: &[&str] = &[
    "busybox-static",
    "ca-certificates",
    "dbus",
    "docker-registry",
    "docker.io",
    "iproute2",
    "iptables",
    "openssh-server",
    "openssl",
    "procps",
    "systemd",
    "systemd-sysv",
];
/// Nobody reads manuals in a test host.
const DPKG_OPTIONS: &[&str] =
    &["path-exclude=/usr/share/doc/*", "path-exclude=/usr/share/man/*", "force-unsafe-io"];

/// The name of the host image; made first if it is not there.
pub(crate) async fn ensure(dirs: &Dirs, progress: &Progress) -> Result<String> {
    let _lock = dirs.lock_cache().await?;
    let (apt, wanted) = inputs().await?;
    let name = name(&apt, &wanted);
    if inspect("image", &name, "{{.Id}}").await?.is_some() {
        return Ok(name);
    }
    if find("mmdebstrap").is_none() {
        packages::install(&["mmdebstrap"], progress).await?;
    }
    let what = format!("making the host image (release {}, once)", apt.release);
    progress.during(&what, build(dirs, &apt, &wanted, &name)).await?;
    Ok(name)
}

/// The name of the host image, which must be there.
pub(crate) async fn require() -> Result<String> {
    let (apt, wanted) = inputs().await?;
    let name = name(&apt, &wanted);
    match inspect("image", &name, "{{.Id}}").await? {
        Some(_) => Ok(name),
        None => Err(LabError::Asked(format!(
            "the image of test hosts, {name}, is not there\n  try: cargo xtask hosts up"
        ))),
    }
}

async fn inputs() -> Result<(Apt, Vec<&'static str>)> {
    let apt = Apt::of_this_machine().await?;
    let mut wanted = PACKAGES.to_vec();
    if packages::has("docker-cli").await {
        wanted.push("docker-cli");
    }
    Ok((apt, wanted))
}

fn name(apt: &Apt, packages: &[&str]) -> String {
    format!("{REPOSITORY}:{}", digest(apt, packages))
}

fn digest(apt: &Apt, packages: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in [&apt.list(), &apt.settings, &packages.join(","), &DPKG_OPTIONS.join(",")] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize()).chars().take(12).collect()
}

async fn build(dirs: &Dirs, apt: &Apt, packages: &[&str], name: &str) -> Result<()> {
    let folder = files::temporary_folder(&dirs.cache(), "image-")?;
    let (list, settings) = (folder.path().join("sources.list"), folder.path().join("apt.conf"));
    let tar = folder.path().join("host.tar");
    files::write(&list, apt.list().as_bytes(), 0o644)?;
    files::write(&settings, apt.settings.as_bytes(), 0o644)?;
    let mut run = Run::new("making the host image", "mmdebstrap")
        .args(["--quiet", "--variant=minbase", "--skip=check/empty"])
        .arg(format!("--include={}", packages.join(",")))
        .limit(BUILD_LIMIT);
    if !apt.settings.is_empty() {
        run = run.arg(format!("--aptopt={}", settings.display()));
    }
    for option in DPKG_OPTIONS {
        run = run.arg(format!("--dpkgopt={option}"));
    }
    run.arg(&apt.release).arg(&tar).arg(&list).must().await?;
    docker("importing the host image", ["image", "import"])
        .args(["--message", "a host of Hob's testbed"])
        .arg(&tar)
        .arg(name)
        .limit(BUILD_LIMIT)
        .must()
        .await?;
    Ok(())
}

/// Lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The SHA-256 of the bytes in the form that registries use.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}
