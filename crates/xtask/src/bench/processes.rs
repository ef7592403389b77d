//! The processes of this machine, as the system tells of them.

#![allow(clippy::disallowed_methods, reason = "these files have no path that helps anybody")]

use std::{fs, path::PathBuf, time::Duration};

/// Ticks of a process's clock in a second, the same on every Linux that programs see.
const TICKS_PER_SECOND: u64 = 100;

/// What the system says of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) pid: u32,
    pub(super) name: String,
    pub(super) parent: u32,
    /// User, system, and both of the children that it waited for, in ticks.
    ticks: [u64; 4],
}

impl Stat {
    /// Its own processor time.
    pub(super) fn cpu(&self) -> Duration {
        let [user, system, _, _] = self.ticks;
        time(user + system)
    }

    /// Its processor time and that of the children that it waited for.
    pub(super) fn cpu_with_children(&self) -> Duration {
        time(self.ticks.iter().sum())
    }

    /// Reads `/proc/<pid>/stat`; the name stands in brackets and may hold anything.
    fn parse(text: &str) -> Option<Self> {
        let (pid, rest) = text.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let words: Vec<&str> = rest.split(' ').collect();
        let tick = |at: usize| words.get(at)?.parse().ok();
        Some(Self {
            pid: pid.parse().ok()?,
            name: name.to_owned(),
            parent: words.get(1)?.parse().ok()?,
            ticks: [tick(11)?, tick(12)?, tick(13)?, tick(14)?],
        })
    }
}

fn time(ticks: u64) -> Duration {
    Duration::from_micros(ticks * 1_000_000 / TICKS_PER_SECOND)
}

/// All processes of this machine.
pub(super) fn all() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok())
        .filter_map(|text| Stat::parse(&text))
        .collect()
}

/// Which namespace of processes a process lives in; containers have their own.
pub(super) fn namespace(pid: u32) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/ns/pid")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_process_may_hold_anything() {
        let text = "42 (a) b) (c) S 7 42 42 0 -1 4194560 9 0 0 0 11 12 13 14 20 0 1 0 5 6\n";
        let stat = Stat::parse(text);
        let expected =
            Stat { pid: 42, name: "a) b) (c".into(), parent: 7, ticks: [11, 12, 13, 14] };
        assert_eq!(stat, Some(expected));
        assert_eq!(Stat::parse("42 (a"), None);
    }
}
