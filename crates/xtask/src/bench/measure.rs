//! What a program costs: wall time, processor time and memory of it and of all it starts.
//!
//! A program is run by a small copy of this one (`cargo xtask measure`, not shown in the help) that
//! does nothing else, so that what the system says of ended children is about that program alone.
//! Helpers that a program leaves behind, such as the masters of SSH connections, come to this
//! process and are counted while they live.

use std::{
    ffi::{OsStr, OsString},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use clap::Args;
use nix::{
    sys::{
        resource::{UsageWho, getrusage},
        signal::{Signal, killpg},
    },
    unistd::Pid,
};
use serde::{Deserialize, Serialize};

use super::{left_behind, stop::Stop};
use crate::{Outcome, disk};

/// No run of anything takes longer than this.
const RUN_LIMIT: Duration = Duration::from_secs(600);
const POLL: Duration = Duration::from_millis(20);
/// Lines of a failed program's output that go into the error.
const TAIL_LINES: usize = 12;

/// Run a program and write down what it cost.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where to write it.
    to: PathBuf,
    /// A file with a path on each line: the program is run for each of them, one after the other,
    /// with the path in place of `{file}`.
    #[arg(long)]
    each: Option<PathBuf>,
    /// The program and its arguments.
    #[arg(trailing_var_arg = true, required = true, allow_hyphen_values = true)]
    command: Vec<OsString>,
}

/// What is written down.
#[derive(Debug, Serialize, Deserialize)]
struct Written {
    code: Option<i32>,
    wall_us: u64,
    cpu_us: u64,
    peak_kib: u64,
}

/// What one run cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cost {
    /// From its start to its end.
    pub(super) wall: Duration,
    /// Processor time of the program and of all that it started on this machine.
    pub(super) cpu: Duration,
    /// The most memory that one of its processes had.
    pub(super) peak_bytes: u64,
    /// Processor time on the other side: the hosts, or the Engine of this machine.
    pub(super) hosts_cpu: Option<Duration>,
    /// How much of `wall` came after the last container was started.
    pub(super) settling: Duration,
}

impl Cost {
    /// Wall time until the last container was started.
    pub(super) fn started(&self) -> Duration {
        self.wall.saturating_sub(self.settling)
    }
}

/// A program to be measured.
#[derive(Debug)]
pub(super) struct Program<'a> {
    /// What errors say was being done.
    pub(super) doing: &'a str,
    pub(super) program: &'a OsStr,
    pub(super) arguments: Vec<OsString>,
    /// Files that it is run for one after the other, listed in a file.
    pub(super) each: Option<&'a Path>,
    pub(super) variables: Vec<(&'static str, OsString)>,
    pub(super) folder: &'a Path,
    /// Exit codes that are no failure.
    pub(super) good: &'a [i32],
}

/// Where measuring is done.
#[derive(Debug)]
pub(super) struct Meter {
    /// The release build of this program.
    pub(super) own: PathBuf,
    /// A folder for what programs write.
    pub(super) folder: PathBuf,
    pub(super) stop: Stop,
}

/// `cargo xtask measure`.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let Some((program, rest)) = arguments.command.split_first() else {
        return Err("there is nothing to measure".to_owned());
    };
    let shown = program.to_string_lossy();
    let files = arguments.each.as_deref().map(disk::read).transpose()?;
    let files = files.as_ref().map_or_else(|| vec![""], |text| text.lines().collect());
    let mut code = None;
    let began = Instant::now();
    for file in files {
        let rest = rest.iter().map(|word| match word.to_str() {
            Some("{file}") => OsStr::new(file),
            _ => word,
        });
        let status = Command::new(program).args(rest).stdin(Stdio::null()).status();
        code = status.map_err(|why| format!("running {shown}: {why}"))?.code();
        if code != Some(0) {
            break;
        }
    }
    let wall = began.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|why| format!("asking what {shown} used: {why}"))?;
    let micros = |time: nix::sys::time::TimeVal| {
        u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or(0)
    };
    let written = Written {
        code,
        wall_us: u64::try_from(wall.as_micros()).unwrap_or(u64::MAX),
        cpu_us: micros(usage.user_time()) + micros(usage.system_time()),
        peak_kib: u64::try_from(usage.max_rss()).unwrap_or(0),
    };
    let text = serde_json::to_string(&written).map_err(|why| why.to_string())?;
    disk::write(&arguments.to, &text)?;
    Ok(ExitCode::SUCCESS)
}

impl Meter {
    /// Runs a program to its end: what it cost, and what it wrote to standard output.
    pub(super) fn measure(&self, program: &Program<'_>) -> Result<(Cost, String), String> {
        self.stop.check()?;
        let to = self.folder.join("cost.json");
        disk::remove_file(&to)?;
        let (stdout, stderr) = (self.folder.join("stdout"), self.folder.join("stderr"));
        let before = left_behind::cpu();
        let child = Command::new(&self.own)
            .arg("measure")
            .arg(&to)
            .args(
                program.each.map(|each| [OsStr::new("--each"), each.as_os_str()]).iter().flatten(),
            )
            .arg("--")
            .arg(program.program)
            .args(&program.arguments)
            .envs(program.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(program.folder)
            .stdin(Stdio::null())
            .stdout(disk::create(&stdout)?)
            .stderr(disk::create(&stderr)?)
            .process_group(0)
            .spawn()
            .map_err(|why| format!("{}: running {}: {why}", program.doing, self.own.display()))?;
        self.wait(child, program.doing)?;
        let after = left_behind::cpu();
        let said = disk::read(&stdout)?;
        let complaint = || {
            let all = format!("{said}\n{}", disk::read(&stderr).unwrap_or_default());
            format!("{}: it failed\n{}", program.doing, tail(&all))
        };
        let written: Written = serde_json::from_str(&disk::read(&to).map_err(|_| complaint())?)
            .map_err(|why| format!("{}: reading {}: {why}", program.doing, to.display()))?;
        if !written.code.is_some_and(|code| program.good.contains(&code)) {
            return Err(complaint());
        }
        let cost = Cost {
            wall: Duration::from_micros(written.wall_us),
            cpu: Duration::from_micros(written.cpu_us) + after.saturating_sub(before),
            peak_bytes: written.peak_kib * 1024,
            hosts_cpu: None,
            settling: Duration::ZERO,
        };
        Ok((cost, said))
    }

    fn wait(&self, mut child: Child, doing: &str) -> Result<(), String> {
        let began = Instant::now();
        let mut told = false;
        loop {
            let ended = child.try_wait().map_err(|why| format!("{doing}: waiting: {why}"))?;
            if ended.is_some() {
                return self.stop.check();
            }
            let is_late = began.elapsed() > RUN_LIMIT;
            if (is_late || self.stop.is_requested()) && !told {
                told = true;
                let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
                // It may have ended at this moment.
                let _ = killpg(group, Signal::SIGTERM);
            }
            if began.elapsed() > RUN_LIMIT * 2 {
                return Err(format!("{doing}: not done after {} s", RUN_LIMIT.as_secs()));
            }
            std::thread::sleep(POLL);
        }
    }
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines.get(from..).unwrap_or_default().iter().map(|line| format!("  | {line}\n")).collect()
}
