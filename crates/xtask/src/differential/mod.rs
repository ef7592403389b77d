//! `cargo xtask differential`: two programs that print Compose projects, over every Compose file of
//! a folder, and where they do not agree.
//!
//! Programs are called with argument vectors, in the folder of each file, with an environment that
//! does not depend on this machine, and with a limit in time and output.

mod command;
#[path = "../../../compose/tests/suite/comparable.rs"]
mod comparable;
mod found;
mod report;
mod verdict;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use clap::Args;

use crate::{Outcome, bench, place, say};
use command::{Command, Limits};
use report::{Compared, Report};
use verdict::Verdict;

/// Compare two programs that print Compose projects, over all Compose files of a folder
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder; it is searched to the bottom.
    folder: PathBuf,
    /// A program and its arguments; words are split at blanks, quotes keep them together, and no
    /// shell sees them. `{file}` stands for the path of the file, `{dir}` for its folder. Without
    /// it, `hob config`, built from here.
    #[arg(long, value_name = "COMMAND")]
    left: Option<String>,
    /// The same for the other side. Without it, the real Docker Compose, which is fetched.
    #[arg(long, value_name = "COMMAND")]
    right: Option<String>,
    /// More arguments for both commands, such as `--no-interpolate`.
    #[arg(long, value_name = "ARGUMENTS", allow_hyphen_values = true, default_value = "")]
    also: String,
    /// A variable that both programs see besides PATH and HOME.
    #[arg(long, value_name = "NAME=VALUE")]
    env: Vec<String>,
    /// Only files with this in their path below the folder.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
    /// How many files are compared at the same time; as many as there are processors by default.
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64))]
    jobs: Option<u8>,
    /// Seconds that a program may take for one file.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=3600))]
    timeout: u16,
    /// Name the files on which both agree as well.
    #[arg(long)]
    all: bool,
    /// Print what came out as JSON.
    #[arg(long)]
    json: bool,
}

/// How `hob` and Docker Compose print a project as JSON.
pub(crate) const HOB_CONFIG: [&str; 9] =
    ["config", "--file", "{file}", "-p", "conf", "--profile", "*", "--format", "json"];
pub(crate) const COMPOSE_CONFIG: [&str; 9] =
    ["--file", "{file}", "-p", "conf", "--profile", "*", "config", "--format", "json"];

/// The Compose files of a folder that both programs accept.
pub(crate) fn accepted_by_both(
    folder: &Path,
    hob: &Path,
    compose: &Path,
) -> Result<Vec<PathBuf>, String> {
    let folder = std::path::absolute(folder)
        .map_err(|why| format!("finding {}: {why}", folder.display()))?;
    let files = found::compose_files(&folder, None)?;
    let limits = Limits { time: Duration::from_secs(60), environment: Vec::new() };
    let (left, right) = (Command::of(hob, &HOB_CONFIG), Command::of(compose, &COMPOSE_CONFIG));
    let sides = Sides { left, right, folder, limits };
    let compared = sides.compare_all(&files, processors());
    let both = files
        .into_iter()
        .zip(compared)
        .filter(|(_, compared)| matches!(compared.verdict, Verdict::Equal | Verdict::Different(_)));
    Ok(both.map(|(file, _)| file).collect())
}

/// Compares, prints, and fails if the two do not agree everywhere.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let folder = std::path::absolute(&arguments.folder)
        .map_err(|why| format!("finding {}: {why}", arguments.folder.display()))?;
    let files = found::compose_files(&folder, arguments.only.as_deref())?;
    if files.is_empty() {
        return Err(format!("there is no Compose file in {}", folder.display()));
    }
    let left = match &arguments.left {
        Some(text) => Command::parse(text)?,
        None => ours()?,
    };
    let right = match &arguments.right {
        Some(text) => Command::parse(text)?,
        None => theirs()?,
    };
    let also = command::words(&arguments.also)?;
    let sides = Sides {
        left: left.and(&also),
        right: right.and(&also),
        folder,
        limits: limits(arguments)?,
    };
    let jobs = arguments.jobs.map_or_else(processors, usize::from);
    let report = Report { files: sides.compare_all(&files, jobs) };
    if arguments.json {
        say::result(&format!("{:#}", report.json()));
    } else {
        say::result(report.text(arguments.all).trim_end());
    }
    Ok(if report.is_agreement() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The two programs.
struct Sides {
    left: Command,
    right: Command,
    folder: PathBuf,
    limits: Limits,
}

impl Sides {
    /// One answer for each file, in their order.
    fn compare_all(&self, files: &[PathBuf], jobs: usize) -> Vec<Compared> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for _ in 0..jobs.min(files.len()) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(file) = files.get(at) else { break };
                        let compared = self.compare(file);
                        done.lock().unwrap_or_else(PoisonError::into_inner).push((at, compared));
                    }
                });
            }
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(at, _)| *at);
        done.into_iter().map(|(_, compared)| compared).collect()
    }

    fn compare(&self, file: &Path) -> Compared {
        let left = self.left.run(file, &self.limits);
        let right = self.right.run(file, &self.limits);
        let shown = file.strip_prefix(&self.folder).unwrap_or(file);
        Compared { file: shown.display().to_string(), verdict: verdict::of(left, right) }
    }
}

fn limits(arguments: &Arguments) -> Result<Limits, String> {
    let pair = |text: &String| {
        let (name, value) =
            text.split_once('=').ok_or_else(|| format!("--env {text}: write it as NAME=VALUE"))?;
        Ok((name.to_owned(), value.to_owned()))
    };
    Ok(Limits {
        time: Duration::from_secs(arguments.timeout.into()),
        environment: arguments.env.iter().map(pair).collect::<Result<_, String>>()?,
    })
}

fn processors() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

fn ours() -> Result<Command, String> {
    let hob = place::built("hob-cli", "hob")?;
    Ok(Command::of(&hob, &HOB_CONFIG))
}

fn theirs() -> Result<Command, String> {
    let compose = bench::docker_compose()?;
    Ok(Command::of(&compose, &COMPOSE_CONFIG))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;
    use crate::disk;

    #[test]
    fn every_file_has_its_own_answer() {
        let folder = tempfile::tempdir().unwrap();
        // As paths the first comes before the second, as texts behind it.
        let files: Vec<PathBuf> =
            ["a/x", "a-b/x", "b/x"].map(|name| folder.path().join(name)).into();
        files.iter().for_each(|file| disk::make_folder(file.parent().unwrap()).unwrap());
        let command = |text| Command::parse(text).unwrap();
        let sides = Sides {
            left: command("sh -c 'case $0 in */a-b/*) exit 1;; esac; echo {}' {file}"),
            right: command("echo {}"),
            folder: folder.path().to_owned(),
            limits: Limits { time: Duration::from_secs(60), environment: Vec::new() },
        };
        let shown = |compared: Compared| format!("{}: {:?}", compared.file, compared.verdict);
        let all: Vec<String> = sides.compare_all(&files, 3).into_iter().map(shown).collect();
        assert_eq!(all, ["a/x: Equal", "a-b/x: OnlyLeftRefuses(\"\")", "b/x: Equal"]);
    }
}
