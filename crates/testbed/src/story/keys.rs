//! The host keys that this machine knows, for stories in which they are not those of the hosts.

use std::path::{Path, PathBuf};

use super::{StoryError, files};

/// A key that no host has.
const ANOTHER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g";

fn known(state: &Path) -> PathBuf {
    state.join("known_hosts")
}

/// Where the right keys are kept meanwhile.
const KEPT: &str = "known_hosts.kept";

/// This machine knows another key of a host from now on.
pub(super) fn know_another(state: &Path, host: &str) -> Result<(), StoryError> {
    edit(state, |text| {
        let line = |line: &str| match line.split_whitespace().next() {
            Some(name) if name == host => format!("{host} {ANOTHER}\n"),
            _ => format!("{line}\n"),
        };
        text.lines().map(line).collect()
    })
}

/// This machine knows no key of a host from now on.
pub(super) fn know_none(state: &Path, host: &str) -> Result<(), StoryError> {
    edit(state, |text| {
        let is_other = |line: &&str| line.split_whitespace().next() != Some(host);
        text.lines().filter(is_other).map(|line| format!("{line}\n")).collect()
    })
}

/// This machine knows the right keys again.
pub(super) fn know_all(state: &Path) -> Result<(), StoryError> {
    let kept = state.join(KEPT);
    if kept.exists() {
        files::write(state, "known_hosts", &files::read(&kept)?)?;
        files::remove(state, KEPT)?;
    }
    Ok(())
}

fn edit(state: &Path, change: impl Fn(&str) -> String) -> Result<(), StoryError> {
    know_all(state)?;
    let right = files::read(&known(state))?;
    files::write(state, KEPT, &right)?;
    files::write(state, "known_hosts", &change(&right))?;
    cut_connections(state)
}

/// Connections that stand already are not used any more: nobody would ask them for a key again, and
/// they keep the rights that they began with.
pub(super) fn cut_connections(state: &Path) -> Result<(), StoryError> {
    let hob = state.join("hob");
    if !hob.exists() {
        return Ok(());
    }
    for master in files::with_extension(&hob, "ctl")? {
        let name = master.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files::remove(&hob, &name)?;
    }
    Ok(())
}
