//! Running a program in the repository, with its output passed on as it comes.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Command, Stdio},
    sync::Mutex,
};

use super::count::{Count, Runner};
use crate::say;

/// How a program ended.
pub(crate) struct Ended {
    pub(crate) well: bool,
    /// Tests that it counted.
    pub(crate) count: Count,
}

/// Runs a program to its end. What it says goes on to whoever waits, line by line.
pub(crate) fn run(root: &Path, program: &str, arguments: &[&str]) -> Result<Ended, String> {
    say::line(&format!("  $ {program} {}", arguments.join(" ")));
    let mut child = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|why| format!("running {program}: {why}"))?;
    let runner = match arguments.first() {
        Some(&"nextest") => Runner::Nextest,
        _ => Runner::Libtest,
    };
    let count = Mutex::new(Count::default());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    std::thread::scope(|scope| {
        scope.spawn(|| pass_on(stdout, runner, &count));
        scope.spawn(|| pass_on(stderr, runner, &count));
    });
    let status = child.wait().map_err(|why| format!("waiting for {program}: {why}"))?;
    let count = count.into_inner().unwrap_or_default();
    Ok(Ended { well: status.success(), count })
}

/// Runs a program to its end without passing on what it says: whether it ended well, and its words.
pub(crate) fn hear(
    root: &Path,
    program: &str,
    arguments: &[&str],
) -> Result<(bool, String), String> {
    say::line(&format!("  $ {program} {}", arguments.join(" ")));
    let output = Command::new(program)
        .args(arguments)
        .current_dir(root)
        .stdin(Stdio::null())
        .output()
        .map_err(|why| format!("running {program}: {why}"))?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

/// Whether a program can be run at all: asked for its version, it answers.
pub(crate) fn is_there(program: &str, arguments: &[&str]) -> bool {
    let asked = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    asked.is_ok_and(|status| status.success())
}

fn pass_on(output: Option<impl Read>, runner: Runner, count: &Mutex<Count>) {
    let Some(output) = output else { return };
    let mut reader = BufReader::new(output);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).is_ok_and(|length| length > 0) {
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end();
        say::line(line);
        if let Ok(mut count) = count.lock() {
            count.read(runner, line);
        }
        bytes.clear();
    }
}
