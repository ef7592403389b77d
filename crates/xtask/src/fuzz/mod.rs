//! `cargo xtask fuzz`: the laws of `hob-compose` (its module `oracles`), tried by libFuzzer.
//!
//! Each law has a target in `fuzz/`, a workspace of its own, because it needs a nightly toolchain.
//! Inputs that break a law are kept in `crates/compose/tests/regressions`, where a test replays
//! them on every toolchain; this chore is for finding new ones.

mod figures;
mod seeds;
mod tools;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use clap::Args;
use nix::sys::{
    resource::{UsageWho, getrusage},
    time::TimeVal,
};
use serde_json::json;

use crate::{Outcome, disk, place, say};
use figures::Figures;

/// Longest input in bytes: more finds nothing new and takes longer.
const LONGEST: usize = 4096;
/// Seconds after which one input counts as a hang.
const HANG: u8 = 10;
/// Memory in MiB that one input may make the target use.
const MEMORY: u16 = 2048;
/// How much longer than its processor time a target may take on a machine that is busy.
const LONGEST_WAIT: u32 = 8;
/// Lines of a crash that are shown.
const SHOWN_LINES: usize = 12;

/// Try the laws of the Compose loader on made-up input, guided by coverage
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Which targets; all of them if none is named.
    targets: Vec<String>,
    /// How long, over all targets together, in minutes of processor time.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    minutes: u32,
    /// Only say which targets there are.
    #[arg(long)]
    list: bool,
    /// Print the figures as JSON.
    #[arg(long)]
    json: bool,
}

/// Where everything lies.
struct Places {
    /// The package of the targets.
    package: PathBuf,
    /// Inputs that were found to be interesting, and inputs that broke a law.
    corpus: PathBuf,
    found: PathBuf,
    /// Cargo's target folder for this package.
    target: PathBuf,
}

/// Fuzzes one target after the other; fails if an input breaks a law.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let places = places()?;
    let all = targets(&places.package)?;
    if arguments.list {
        all.iter().for_each(|target| say::result(target));
        return Ok(ExitCode::SUCCESS);
    }
    let unknown = arguments.targets.iter().find(|target| !all.contains(target));
    if let Some(target) = unknown {
        return Err(format!("there is no target {target}; there are: {}", all.join(", ")));
    }
    let chosen = if arguments.targets.is_empty() { all } else { arguments.targets.clone() };
    tools::ensure()?;
    say::line("building the targets ...");
    build(&places)?;
    let count = u32::try_from(chosen.len()).unwrap_or(u32::MAX);
    let each = Duration::from_secs(60) * arguments.minutes / count.max(1);
    let mut done = Vec::new();
    for target in &chosen {
        say::line(&format!("{target}: {} s ...", each.as_secs()));
        let figures = fuzz(&places, target, each)?;
        say::line(&format!("  {}", figures.line()));
        done.push((target.as_str(), figures));
    }
    if arguments.json {
        let data: Vec<_> = done.iter().map(|(target, figures)| figures.json(target)).collect();
        say::result(&format!("{:#}", json!({ "minutes": arguments.minutes, "targets": data })));
    } else {
        say::result(&figures::table(&done));
    }
    let broken = done.iter().any(|(_, figures)| figures.broke.is_some());
    Ok(if broken { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn places() -> Result<Places, String> {
    let target = std::path::absolute(place::target().join("fuzz"))
        .map_err(|why| format!("finding the target folder: {why}"))?;
    Ok(Places {
        package: place::root().join("fuzz"),
        corpus: target.join("corpus"),
        found: target.join("found"),
        target,
    })
}

/// The names of the targets, which are those of their files.
fn targets(package: &Path) -> Result<Vec<String>, String> {
    let files = disk::files(&package.join("targets"), ".rs")?;
    let names = files.iter().filter_map(|file| file.file_stem());
    Ok(names.map(|name| name.to_string_lossy().into_owned()).collect())
}

fn build(places: &Places) -> Result<(), String> {
    let status = tools::cargo_fuzz("build", &places.package)
        .env("CARGO_TARGET_DIR", &places.target)
        .stdin(Stdio::null())
        .status()
        .map_err(|why| format!("running cargo fuzz: {why}"))?;
    match status.success() {
        true => Ok(()),
        false => Err(format!("building the targets: cargo fuzz ended with {status}")),
    }
}

/// Runs a target until it has had its processor time: libFuzzer itself counts the time on the wall.
fn fuzz(places: &Places, target: &str, time: Duration) -> Result<Figures, String> {
    seeds::put(target, &places.corpus.join(target))?;
    disk::make_folder(&places.found.join(target))?;
    let began = Instant::now();
    let mut figures = Figures::default();
    while figures.broke.is_none() && figures.cpu < time && began.elapsed() < time * LONGEST_WAIT {
        let left = time.saturating_sub(figures.cpu).max(Duration::from_secs(1));
        figures = figures.and(run_once(places, target, left)?);
    }
    Ok(figures)
}

fn run_once(places: &Places, target: &str, time: Duration) -> Result<Figures, String> {
    let corpus = places.corpus.join(target);
    let found = places.found.join(target);
    let mut artifact: OsString = "-artifact_prefix=".into();
    artifact.push(&found);
    artifact.push("/");
    let mut dictionary: OsString = "-dict=".into();
    dictionary.push(places.package.join("dictionary.txt"));
    let before = cpu_of_children()?;
    let output = Command::new(tools::built(&places.target, target)?)
        .arg(&corpus)
        .arg(format!("-max_total_time={}", time.as_secs()))
        .arg(format!("-max_len={LONGEST}"))
        .arg(format!("-timeout={HANG}"))
        .arg(format!("-rss_limit_mb={MEMORY}"))
        .arg("-print_final_stats=1")
        // What leaks in safe code is no fault, and looking for it takes most of the time.
        .arg("-detect_leaks=0")
        .arg(dictionary)
        .arg(artifact)
        .stdin(Stdio::null())
        .output()
        .map_err(|why| format!("running {target}: {why}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let mut figures = Figures::read(&said, output.status.success());
    figures.cpu = cpu_of_children()?.saturating_sub(before);
    if let Some(input) = &figures.broke {
        tell(target, input, &said);
    }
    Ok(figures)
}

/// Processor time of all programs that this one has waited for.
fn cpu_of_children() -> Result<Duration, String> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|why| format!("asking what the targets used: {why}"))?;
    let micros = |time: TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
    let all = micros(usage.user_time()) + micros(usage.system_time());
    Ok(Duration::from_micros(u64::try_from(all).unwrap_or(0)))
}

/// What happened, and what to do about it.
fn tell(target: &str, input: &str, said: &str) {
    let from = said.lines().position(|line| line.contains("panicked at"));
    let lines = said.lines().skip(from.unwrap_or(0)).take(SHOWN_LINES);
    lines.for_each(|line| say::line(&format!("  | {line}")));
    say::line(&format!("  the input is {input}"));
    say::line(&format!(
        "  mend it, and keep the input: copy it to crates/compose/tests/regressions/{target}/"
    ));
}
