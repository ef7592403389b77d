//! The Engine of this machine, and what a benchmark leaves on it.

use std::path::Path;

use super::{
    packages,
    program::run,
    workload::{IMAGE, LABEL},
};
use crate::disk;

/// Containers that one call removes.
const REMOVED_AT_ONCE: usize = 50;

/// Puts the image of all services on this machine; the archive that it is made of.
pub(super) fn image(peers: &Path) -> Result<std::path::PathBuf, String> {
    let root = peers.join("image");
    disk::make_folder(&root.join("etc"))?;
    let busybox = packages::busybox(peers)?;
    disk::make_folder(&root.join("bin"))?;
    let to = root.join("bin/busybox");
    run("making the image", "cp", [busybox.as_os_str(), to.as_os_str()])?;
    let tar = peers.join("image.tar");
    let arguments = ["--create", "--file"].map(std::ffi::OsStr::new);
    let rest = [tar.as_os_str(), "--directory".as_ref(), root.as_os_str(), ".".as_ref()];
    run("making the image", "tar", arguments.into_iter().chain(rest))?;
    if run("looking for the image", "docker", ["image", "inspect", IMAGE]).is_err() {
        let arguments = ["image".as_ref(), "import".as_ref(), tar.as_os_str(), IMAGE.as_ref()];
        run("importing the image", "docker", arguments)?;
    }
    Ok(tar)
}

/// The containers that a benchmark made on this machine and that run, in order.
pub(super) fn running() -> Result<Vec<String>, String> {
    let filter = format!("label={LABEL}");
    let arguments = ["ps", "--quiet", "--no-trunc", "--filter", &filter];
    let mut all = words(&run("listing containers", "docker", arguments)?);
    all.sort();
    Ok(all)
}

/// Removes everything that a benchmark made on this machine, but not the image.
pub(super) fn clean() -> Result<(), String> {
    let filter = format!("label={LABEL}");
    let arguments = ["ps", "--all", "--quiet", "--filter", &filter];
    let containers = words(&run("listing containers", "docker", arguments)?);
    for some in containers.chunks(REMOVED_AT_ONCE) {
        let start = ["rm", "--force", "--volumes"].into_iter().map(str::to_owned);
        run("removing containers", "docker", start.chain(some.iter().cloned()))?;
    }
    let networks = ["network", "ls", "--quiet", "--filter", &filter];
    let networks = words(&run("listing networks", "docker", networks)?);
    if !networks.is_empty() {
        let start = ["network", "rm"].into_iter().map(str::to_owned);
        run("removing networks", "docker", start.chain(networks))?;
    }
    Ok(())
}

/// Removes the image.
pub(super) fn remove_image() -> Result<(), String> {
    run("removing the image", "docker", ["image", "rm", "--force", IMAGE]).map(drop)
}

fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
