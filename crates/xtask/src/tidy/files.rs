//! The files of the repository, and what Cargo knows of it.

#![allow(clippy::disallowed_methods, reason = "this is the module that adds the path")]

use std::{path::Path, process::Command};

use serde_json::Value;

use super::File;

/// Every file that Git keeps or would keep, in order. Links and what is gone are left out.
pub(super) fn all(root: &Path) -> Result<Vec<File>, String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = output(git, root)?;
    let mut files = Vec::new();
    for path in String::from_utf8_lossy(&listed).split('\0').filter(|path| !path.is_empty()) {
        let whole = root.join(path);
        if !whole.symlink_metadata().is_ok_and(|found| found.is_file()) {
            continue;
        }
        let bytes = std::fs::read(&whole).map_err(|why| format!("reading {path}: {why}"))?;
        files.push(File { path: path.to_owned(), bytes });
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The crates of the workspace and what they name in their manifests.
pub(super) fn cargo_metadata(root: &Path) -> Result<Value, String> {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["metadata", "--no-deps", "--format-version", "1", "--offline"]);
    let text = output(cargo, root)?;
    serde_json::from_slice(&text).map_err(|why| format!("reading what cargo metadata said: {why}"))
}

/// The text of a file of the repository.
pub(super) fn text_of<'a>(files: &'a [File], path: &str) -> Option<&'a str> {
    let file = files.iter().find(|file| file.path == path)?;
    std::str::from_utf8(&file.bytes).ok()
}

fn output(mut command: Command, root: &Path) -> Result<Vec<u8>, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.current_dir(root).output();
    let output = output.map_err(|why| format!("running {name}: {why}"))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    Err(format!("{name} ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
}
