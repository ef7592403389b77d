//! Running programs whose cost does not matter.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Stdio},
};

/// Runs a program to its end; what it wrote to standard output.
pub(super) fn run<S: AsRef<OsStr>>(
    doing: &str,
    program: &str,
    arguments: impl IntoIterator<Item = S>,
) -> Result<String, String> {
    run_in(Path::new("."), doing, program, arguments, &[])
}

/// The same in another folder and with more variables.
pub(super) fn run_in<S: AsRef<OsStr>>(
    folder: &Path,
    doing: &str,
    program: &str,
    arguments: impl IntoIterator<Item = S>,
    variables: &[(&str, &OsStr)],
) -> Result<String, String> {
    let output = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .envs(variables.iter().copied())
        .stdin(Stdio::null())
        .output()
        .map_err(|why| format!("{doing}: running {program}: {why}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("{doing}: {program} ended with {}: {}", output.status, why.trim()))
}

/// Whether the program is there and answers.
pub(super) fn is_there(program: &str, argument: &str) -> bool {
    let mut command = Command::new(program);
    command.arg(argument).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
