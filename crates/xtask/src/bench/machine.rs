//! What was measured on: figures mean little without it.

use std::path::Path;

use super::program::run;
use crate::disk;

/// The machine in one line.
pub(super) fn describe() -> String {
    let cpuinfo = disk::read(Path::new("/proc/cpuinfo")).unwrap_or_default();
    let field = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let model = field("model name").unwrap_or_else(|| "an unnamed processor".to_owned());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let meminfo = disk::read(Path::new("/proc/meminfo")).unwrap_or_default();
    let kib = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kib = kib.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    let gib = kib.unwrap_or_default() as f64 / f64::from(1 << 20);
    let kernel = disk::read(Path::new("/proc/sys/kernel/osrelease")).unwrap_or_default();
    let engine = ["version", "--format", "{{.Server.Version}}"];
    let engine = run("asking the Engine", "docker", engine).unwrap_or_default();
    format!(
        "{model}, {cores} cores, {gib:.0} GiB; Linux {}; Docker Engine {}",
        kernel.trim(),
        engine.trim()
    )
}

/// How busy the machine is with other things: the load of the last minute.
pub(super) fn load() -> String {
    let text = disk::read(Path::new("/proc/loadavg")).unwrap_or_default();
    text.split(' ').next().unwrap_or("?").to_owned()
}

/// Today, as `2026-11-20`.
pub(super) fn today() -> String {
    let said = run("asking for the date", "date", ["--utc", "+%Y-%m-%d"]);
    said.map(|text| text.trim().to_owned()).unwrap_or_default()
}
