//! `cargo xtask test`: everything that has to hold, from formatting to real hosts.

mod count;
mod program;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::Instant,
};

use clap::Args;
use hob_testbed::lab::{Dirs, prepare};

use crate::{Outcome, say, tidy};
use count::Count;
use program::is_there;

/// Tests on real hosts bear this in their names.
const REAL: &str = "real_";

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Without the tests on real hosts (tier 5).
    #[arg(long)]
    fast: bool,
}

const WITHOUT_DENY: &str = "cargo-deny is not installed: cargo install cargo-deny";
/// What cargo-deny says when it cannot get its database.
const OUT_OF_REACH: &str = "failed to fetch advisory database";

/// How a step of the whole ended.
enum Ended {
    Well(Count),
    /// And why; without a count where tests should have run and did not.
    Badly(Option<Count>, String),
    /// It could not be done here, and why.
    Skipped(String),
}

/// Does one part of the whole in the repository.
type Step = fn(&Path) -> Result<Ended, String>;

/// Runs every tier; later ones run even if earlier ones failed, so that one run tells everything.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let root = root();
    let mut steps: Vec<(&str, Step)> = vec![
        ("formatting", formatting),
        ("lints", lints),
        ("tests of tiers 1 to 4", tests),
        ("examples in the documentation", documentation),
        ("tidy", tidiness),
        ("licences, duplicates and sources", licences),
        ("advisories", advisories),
    ];
    if !arguments.fast {
        steps.push(("tests on real hosts (tier 5)", real_tests));
    }
    let mut total = Some(Count::default());
    let mut failed = Vec::new();
    let mut skipped = Vec::new();
    for (at, (name, step)) in steps.iter().enumerate() {
        let began = Instant::now();
        say::line(&format!("[{}/{}] {name} ...", at + 1, steps.len()));
        let ended = step(&root).unwrap_or_else(|why| Ended::Badly(None, why));
        let seconds = began.elapsed().as_secs_f32();
        match ended {
            Ended::Well(count) => {
                total = total.map(|total| total + count);
                say::line(&format!("  {name}: good, {seconds:.1} s"));
            }
            Ended::Badly(count, why) => {
                total = total.zip(count).map(|(total, count)| total + count);
                say::line(&format!("  {name}: FAILED, {seconds:.1} s: {why}"));
                failed.push(*name);
            }
            Ended::Skipped(why) => {
                say::line(&format!("  {name}: skipped: {why}"));
                skipped.push(*name);
            }
        }
    }
    Ok(conclude(total, &failed, &skipped))
}

fn conclude(total: Option<Count>, failed: &[&str], skipped: &[&str]) -> ExitCode {
    if !skipped.is_empty() {
        say::result(&format!("skipped: {}", skipped.join(", ")));
    }
    if !failed.is_empty() {
        say::result(&format!("failed: {}", failed.join(", ")));
    }
    match total {
        None => say::result("not every test could be run, so there is no count"),
        Some(total) => say::result(&format!("{} passed, {} failed", total.passed, total.failed)),
    }
    let has_passed = total.is_some_and(|total| total.failed == 0 && total.passed > 0);
    if failed.is_empty() && has_passed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `cargo xtask tidy`.
pub(crate) fn run_tidy() -> Outcome {
    match tidiness(&root())? {
        Ended::Badly(_, why) => Err(why),
        Ended::Well(_) | Ended::Skipped(_) => Ok(ExitCode::SUCCESS),
    }
}

fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.ancestors().nth(2).unwrap_or(own).to_owned()
}

fn formatting(root: &Path) -> Result<Ended, String> {
    if !have_component(root, "fmt", "rustfmt")? {
        return Ok(Ended::Skipped("rustfmt is not installed: rustup component add rustfmt".into()));
    }
    cargo(root, &["fmt", "--all", "--check"], "cargo fmt --all puts it right")
}

fn lints(root: &Path) -> Result<Ended, String> {
    if !have_component(root, "clippy", "clippy")? {
        return Ok(Ended::Skipped("clippy is not installed: rustup component add clippy".into()));
    }
    let arguments = ["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"];
    cargo(root, &arguments, "warnings count as errors here")
}

fn tests(root: &Path) -> Result<Ended, String> {
    if has_nextest() {
        let filter = format!("not test(/(^|::){REAL}/)");
        let arguments = ["nextest", "run", "--workspace", "--no-fail-fast", "-E", &filter];
        return cargo_tests(root, &arguments);
    }
    let arguments = ["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"];
    cargo_tests(root, &[&arguments[..], &["--", "--skip", REAL]].concat())
}

fn documentation(root: &Path) -> Result<Ended, String> {
    cargo_tests(root, &["test", "--workspace", "--doc", "--no-fail-fast"])
}

fn tidiness(root: &Path) -> Result<Ended, String> {
    let report = tidy::tidy(root)?;
    for line in &report.tolerated {
        say::line(&format!("  tolerated: {line}"));
    }
    for line in &report.faults {
        say::line(&format!("  {line}"));
    }
    say::line(&format!("  {} files, {} faults", report.files, report.faults.len()));
    Ok(match report.faults.len() {
        0 => Ended::Well(Count::default()),
        faults => Ended::Badly(Some(Count::default()), format!("{faults} to mend")),
    })
}

fn licences(root: &Path) -> Result<Ended, String> {
    if !has_deny() {
        return Ok(Ended::Skipped(WITHOUT_DENY.into()));
    }
    cargo(root, &["deny", "check", "licenses", "bans", "sources"], "see deny.toml")
}

/// Known faults of libraries, from a database that is not always within reach.
fn advisories(root: &Path) -> Result<Ended, String> {
    if !has_deny() {
        return Ok(Ended::Skipped(WITHOUT_DENY.into()));
    }
    let arguments = ["deny", "check", "advisories"];
    let (well, said) = program::hear(root, "cargo", &arguments)?;
    if well {
        return Ok(Ended::Well(Count::default()));
    }
    if said.contains(OUT_OF_REACH) {
        return Ok(Ended::Skipped("the database of advisories cannot be reached".into()));
    }
    said.lines().for_each(say::line);
    Ok(Ended::Badly(Some(Count::default()), "a library has a known fault; see above".into()))
}

fn real_tests(root: &Path) -> Result<Ended, String> {
    let runtime = tokio::runtime::Runtime::new().map_err(|why| format!("starting: {why}"))?;
    let (dirs, progress) = (Dirs::usual(), say::progress());
    runtime.block_on(prepare(&dirs, &progress)).map_err(|why| why.to_string())?;
    if has_nextest() {
        let filter = format!("test(/(^|::){REAL}/)");
        let arguments = ["nextest", "run", "--workspace", "--profile", "real", "-E", &filter];
        return cargo_tests(root, &arguments);
    }
    let arguments = ["test", "--workspace", "--lib", "--tests", "--no-fail-fast", "--", REAL];
    cargo_tests(root, &arguments)
}

/// Runs Cargo; `why` is said if it ends badly.
fn cargo(root: &Path, arguments: &[&str], why: &str) -> Result<Ended, String> {
    let program::Ended { well, count } = program::run(root, "cargo", arguments)?;
    Ok(if well { Ended::Well(count) } else { Ended::Badly(Some(count), why.to_owned()) })
}

/// Runs tests with Cargo. Where none failed and all is not well, they were not even run.
fn cargo_tests(root: &Path, arguments: &[&str]) -> Result<Ended, String> {
    let program::Ended { well, count } = program::run(root, "cargo", arguments)?;
    Ok(match (well, count.failed) {
        (true, _) => Ended::Well(count),
        (false, 0) => Ended::Badly(None, "it does not compile, or could not be run".to_owned()),
        (false, failed) => Ended::Badly(Some(count), format!("{failed} failed")),
    })
}

/// Whether a part of the toolchain is there; where it can be had, it is fetched.
fn have_component(root: &Path, command: &str, component: &str) -> Result<bool, String> {
    let is_installed = || is_there("cargo", &[command, "--version"]);
    if is_installed() {
        return Ok(true);
    }
    if is_there("rustup", &["--version"]) {
        program::run(root, "rustup", &["component", "add", component])?;
    }
    Ok(is_installed())
}

fn has_deny() -> bool {
    is_there("cargo", &["deny", "--version"])
}

fn has_nextest() -> bool {
    is_there("cargo", &["nextest", "--version"])
}
