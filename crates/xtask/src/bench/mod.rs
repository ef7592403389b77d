//! `cargo xtask bench`: what Hob costs beside the tools that do the same.
//!
//! Everything that is deployed comes from one description; one side is up at a time; all that was
//! made is removed at the end, also after an error or Ctrl-C.

mod config;
mod engine;
pub(crate) mod floor;
mod left_behind;
mod local;
mod machine;
pub(crate) mod measure;
mod packages;
mod processes;
mod program;
mod remote;
mod report;
mod sides;
mod stop;
mod workload;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, ValueEnum};
use hob_testbed::lab::{Dirs, ensure_engine};
use serde_json::json;
use tokio::runtime::Runtime;

use crate::{Outcome, disk, place, say};
use measure::Meter;
use remote::Needs;
use report::Comparison;
use sides::Sides;
use stop::Stop;
use workload::Workload;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Which comparisons; all of them if none is named.
    which: Vec<Which>,
    /// How often each side is measured; the median counts.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(1..=50))]
    runs: u8,
    /// Write the figures into BENCHMARKS.md.
    #[arg(long, conflicts_with = "small")]
    write: bool,
    /// Print the figures as JSON, every run included.
    #[arg(long)]
    json: bool,
    /// A small workload, to see that everything works; its figures mean nothing.
    #[arg(long)]
    small: bool,
    /// The folder with the Compose files of (d); `../shared/corpus` if it is there, else the
    /// homelabs of this repository.
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,
    /// Measure the release build that is there.
    #[arg(long)]
    as_built: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Nothing to do on one local host.
    A,
    /// Nothing to do over SSH on five hosts.
    B,
    /// First deploy of 100 services on one local host.
    C,
    /// Loading Compose files, without an Engine.
    D,
}

impl Arguments {
    fn wants(&self, one: Which) -> bool {
        self.which.is_empty() || self.which.contains(&one)
    }
}

const PAGE: &str = "BENCHMARKS.md";

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let runtime = Runtime::new().map_err(|why| format!("starting: {why}"))?;
    let stop = Stop::listen(&runtime)?;
    let needs_engine =
        arguments.which.is_empty() || arguments.which.iter().any(|it| *it != Which::D);
    if needs_engine {
        let (dirs, progress) = (Dirs::usual(), say::progress());
        let engine = ensure_engine(&dirs, &progress);
        runtime.block_on(engine).map_err(|why| why.full())?;
    }
    // After the Engine: one that was started just now is to stay, not to be ended as left behind.
    left_behind::adopt()?;
    let (hob, own) = build(arguments.as_built)?;
    let peers = peers()?;
    let work = tempfile::Builder::new().prefix("hob-bench-").tempdir();
    let work = work.map_err(|why| format!("making a folder: {why}"))?;
    let compose = packages::compose(&peers)?;
    let meter = Meter { own, folder: work.path().to_owned(), stop };
    let sides = Sides { meter, hob, compose, work: work.path().to_owned() };
    let mut all = match needs_engine {
        true => deploys(arguments, &sides, &runtime, &peers)?,
        false => Vec::new(),
    };
    if arguments.wants(Which::D) {
        let folder = arguments.files.clone().unwrap_or_else(config::material);
        all.push(config::files(&sides, &folder, arguments.runs.into())?);
    }
    conclude(arguments, &all)
}

/// The comparisons that deploy; all that they made is removed at the end.
fn deploys(
    arguments: &Arguments,
    sides: &Sides,
    runtime: &Runtime,
    peers: &Path,
) -> Result<Vec<Comparison>, String> {
    let image = engine::image(peers)?;
    let done = compare(arguments, sides, runtime, &image, peers);
    left_behind::end();
    let cleaned = engine::clean().and_then(|()| engine::remove_image());
    let all = done?;
    cleaned?;
    Ok(all)
}

fn compare(
    arguments: &Arguments,
    sides: &Sides,
    runtime: &Runtime,
    image: &Path,
    peers: &Path,
) -> Result<Vec<Comparison>, String> {
    let (runs, small) = (usize::from(arguments.runs), arguments.small);
    let workload = |stacks, services| match small {
        true => Workload { stacks: 2, services: 2 },
        false => Workload { stacks, services },
    };
    let mut all = Vec::new();
    if arguments.wants(Which::A) {
        all.push(local::idle(sides, workload(20, 5), runs)?);
    }
    if arguments.wants(Which::B) {
        let hosts = if small { 2 } else { 5 };
        let needs = Needs { runtime, image, peers, hosts, runs };
        all.push(remote::idle(sides, workload(4, 10), &needs)?);
    }
    if arguments.wants(Which::C) {
        all.push(local::first(sides, workload(20, 5), runs)?);
    }
    Ok(all)
}

/// The real Docker Compose; fetched into the folder of peers if it is not there.
pub(crate) fn docker_compose() -> Result<PathBuf, String> {
    packages::compose(&peers()?)
}

/// The folder of the programs that are compared with.
fn peers() -> Result<PathBuf, String> {
    let peers = place::target().join("bench");
    disk::make_folder(&peers)?;
    std::path::absolute(peers).map_err(|why| format!("finding the folder: {why}"))
}

/// Builds `hob` and this program for release, into Cargo's target folder.
fn build(is_built: bool) -> Result<(PathBuf, PathBuf), String> {
    if !is_built {
        say::line("building hob for release ...");
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let arguments = ["build", "--release", "--package", "hob-cli", "--package", "hob-xtask"];
        program::run_in(&place::root(), "building hob", &cargo, arguments, &[])?;
    }
    let release = place::target().join("release");
    let built = |name: &str| {
        std::path::absolute(release.join(name)).map_err(|why| format!("finding {name}: {why}"))
    };
    Ok((built("hob")?, built("hob-xtask")?))
}

fn conclude(arguments: &Arguments, all: &[Comparison]) -> Outcome {
    let machine = machine::describe();
    let measured = format!(
        "Measured {} on {machine}, load {} at the end; medians of {} runs.",
        machine::today(),
        machine::load(),
        arguments.runs
    );
    if arguments.json {
        let data: Vec<_> = all.iter().map(Comparison::json).collect();
        let data = json!({ "machine": machine, "runs": arguments.runs, "comparisons": data });
        say::result(&format!("{data:#}"));
    } else {
        for comparison in all {
            say::result(&comparison.markdown());
        }
        say::result(&measured);
    }
    if arguments.write {
        let path = place::root().join(PAGE);
        let mut page = disk::read(&path)?;
        for comparison in all {
            let text = format!("{}\n{measured}\n", comparison.markdown());
            page = report::replace(&page, comparison.key, &text)
                .ok_or_else(|| format!("{PAGE} has no place for ({})", comparison.key))?;
        }
        disk::write(&path, &page)?;
        say::line(&format!("wrote {PAGE}"));
    }
    let missed = all.iter().flat_map(|comparison| &comparison.targets).any(|it| !it.is_met());
    Ok(if missed && !arguments.small { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
