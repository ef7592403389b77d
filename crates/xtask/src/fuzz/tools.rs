//! What fuzzing needs besides this repository: a nightly toolchain, cargo-fuzz, a C++ compiler.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{disk, say};

const TOOLCHAIN: &str = "nightly";

/// Sees to it that everything is there: cargo-fuzz is installed, for all else there are words.
pub(super) fn ensure() -> Result<(), String> {
    let compilers = ["c++", "g++", "clang++"];
    if !compilers.iter().any(|name| answers(Command::new(name).arg("--version"))) {
        return Err("libFuzzer is compiled from C++, and there is no C++ compiler; \
                    on Debian and Ubuntu try: sudo apt-get install g++"
            .to_owned());
    }
    if !answers(Command::new("rustup").arg("--version")) {
        return Err(format!(
            "fuzzing needs the {TOOLCHAIN} toolchain, and rustup, which has it, is not here"
        ));
    }
    if !answers(nightly("rustc").arg("--version")) {
        return Err(format!(
            "fuzzing needs the {TOOLCHAIN} toolchain; try: rustup toolchain install {TOOLCHAIN} \
             --profile minimal"
        ));
    }
    if answers(nightly("cargo").args(["fuzz", "--version"])) {
        return Ok(());
    }
    say::line("installing cargo-fuzz ...");
    let install = ["install", "--quiet", "--locked", "cargo-fuzz"];
    let status = nightly("cargo").args(install).stdin(Stdio::null()).status();
    let status = status.map_err(|why| format!("installing cargo-fuzz: {why}"))?;
    match status.success() {
        true => Ok(()),
        false => Err("installing cargo-fuzz failed; try: cargo install cargo-fuzz".to_owned()),
    }
}

/// A subcommand of cargo-fuzz for a package.
pub(super) fn cargo_fuzz(verb: &str, package: &Path) -> Command {
    let mut command = nightly("cargo");
    command.args(["fuzz", verb, "--fuzz-dir"]).arg(package).current_dir(package);
    command
}

/// A program of the nightly toolchain. Cargo, which runs this, names its own toolchain to all that
/// it starts.
fn nightly(program: &str) -> Command {
    let mut command = Command::new("rustup");
    command.args(["run", TOOLCHAIN, program]).env_remove("RUSTUP_TOOLCHAIN").env_remove("CARGO");
    command
}

/// Where cargo-fuzz leaves a target: in a folder with the name of the platform.
pub(super) fn built(target_folder: &Path, target: &str) -> Result<PathBuf, String> {
    let folders = disk::folders(target_folder)?;
    let mut places = folders.iter().map(|folder| folder.join("release").join(target));
    let found = places.rfind(|place| place.is_file());
    found.ok_or_else(|| format!("there is no {target} in {}", target_folder.display()))
}

fn answers(command: &mut Command) -> bool {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
