//! Where this repository and what is built from it lie.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// The folder of the repository.
pub(crate) fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR").filter(|dir| !dir.is_empty()) {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Builds a program of this repository, without optimisation; where it lies.
pub(crate) fn built(package: &str, program: &str) -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--quiet", "--package", package, "--bin", program];
    let status = Command::new(cargo).args(arguments).current_dir(root()).status();
    let status = status.map_err(|why| format!("building {program}: running cargo: {why}"))?;
    if !status.success() {
        return Err(format!("building {program}: cargo ended with {status}"));
    }
    let path = target().join("debug").join(program);
    std::path::absolute(path).map_err(|why| format!("finding {program}: {why}"))
}
