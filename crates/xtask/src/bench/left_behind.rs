//! Processes that measured programs left behind: they come to this process, are counted while they
//! live, and are ended by it.

use std::time::{Duration, Instant};

use nix::{
    sys::{
        prctl,
        signal::{Signal, kill},
        wait::{WaitPidFlag, waitpid},
    },
    unistd::Pid,
};

use super::processes;

const END_LIMIT: Duration = Duration::from_secs(5);

/// From now on what is left behind comes here.
pub(super) fn adopt() -> Result<(), String> {
    prctl::set_child_subreaper(true).map_err(|why| format!("becoming a reaper: {why}"))
}

/// Processor time that they have used so far.
pub(super) fn cpu() -> Duration {
    let own = std::process::id();
    let mine = processes::all().into_iter().filter(|stat| stat.parent == own);
    mine.map(|stat| stat.cpu()).sum()
}

/// Ends them.
pub(super) fn end() {
    let own = std::process::id();
    for stat in processes::all().into_iter().filter(|stat| stat.parent == own) {
        let pid = Pid::from_raw(i32::try_from(stat.pid).unwrap_or(i32::MAX));
        // It may have ended by itself.
        let _ = kill(pid, Signal::SIGTERM);
        let began = Instant::now();
        while began.elapsed() < END_LIMIT {
            match waitpid(pid, Some(WaitPidFlag::WNOHANG)) {
                Ok(status) if status.pid().is_none() => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                _ => break,
            }
        }
    }
}

/// Processor time of the Engine of this machine: its daemon and containerd, and what these waited
/// for. `None` where they cannot be seen.
pub(super) fn engine_cpu() -> Option<Duration> {
    let own = processes::namespace(std::process::id())?;
    let engine = |stat: &processes::Stat| matches!(&*stat.name, "dockerd" | "containerd");
    let ours = processes::all().into_iter().filter(|stat| {
        engine(stat) && processes::namespace(stat.pid).is_some_and(|theirs| theirs == own)
    });
    let all: Vec<Duration> = ours.map(|stat| stat.cpu_with_children()).collect();
    (!all.is_empty()).then(|| all.into_iter().sum())
}
