//! Debian packages on this machine, for what the testbed itself needs.

use std::path::Path;
use std::time::Duration;

use super::error::{LabError, Result};
use super::files;
use super::progress::Progress;
use super::run::Run;

/// A slow mirror; usual is 10 s.
const INSTALL_LIMIT: Duration = Duration::from_secs(600);

/// Whether this process may install packages and start services.
pub(crate) fn is_root() -> bool {
    files::own_user() == Some(0)
}

/// Whether this machine is Debian, Ubuntu, or made from them.
pub(crate) fn is_debian() -> bool {
    let text = files::text_if_any(Path::new("/etc/os-release"));
    text.lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .any(|id| id == "debian" || id == "ubuntu")
}

/// Whether the package sources of this machine have the package.
pub(crate) async fn has(package: &str) -> bool {
    let run = Run::new("looking for a package", "apt-cache").args(["show", "--", package]);
    run.output().await.is_ok_and(|output| output.ok())
}

/// Installs the packages, with fresh package lists.
pub(crate) async fn install(packages: &[&str], progress: &Progress) -> Result<()> {
    let names = packages.join(" ");
    if !is_root() || !is_debian() {
        return Err(LabError::Asked(format!(
            "missing on this machine: {names}\n  try: sudo apt-get install {names}"
        )));
    }
    let apt = |doing: String| {
        Run::new(doing, "apt-get").env("DEBIAN_FRONTEND", "noninteractive").limit(INSTALL_LIMIT)
    };
    let work = async {
        apt("refreshing the package lists".into()).args(["-q", "update"]).must().await?;
        apt(format!("installing {names}"))
            .args(["-q", "install", "--yes", "--no-install-recommends", "--"])
            .args(packages)
            .must()
            .await
    };
    progress.during(&format!("installing {names}"), work).await?;
    Ok(())
}
