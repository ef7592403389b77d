//! The machine itself: system, Engine, rights, clock, space, memory.

use hob_host::{ApiLevel, Disk};

use super::{Answer, Check, Fitness};
use crate::progress::count;

/// A clock this far off makes log lines and health times of several hosts hard to compare.
const CLOCK_WARN_MS: u64 = 2_000;
/// A clock this far off breaks certificates and one-time codes.
const CLOCK_FAIL_MS: u64 = 60_000;

/// Below this, Hob's own folder and the records in it are in danger.
const ROOT_FREE_WARN: u64 = 256 * MIB;

const MIB: u64 = 1 << 20;

impl Fitness<'_> {
    pub(super) fn host(&self) -> Vec<Check> {
        let facts = self.facts;
        let mut checks = vec![
            self.check("reachable", Answer::Pass, format!("{}, {}", facts.os, facts.arch)),
            self.engine(),
            self.check("rights", Answer::Pass, format!("user {} may use Docker", facts.user)),
            self.root_folder(),
            self.clock(),
        ];
        checks.extend(self.platforms());
        checks.extend(self.disks());
        checks.extend(self.memory());
        checks
    }

    fn engine(&self) -> Check {
        let facts = self.facts;
        let (low, high) = (facts.engine_api_min, facts.engine_api);
        let says = format!(
            "Docker {}, API {}.{} to {}.{}",
            facts.engine_version, low.0, low.1, high.0, high.1
        );
        if high < ApiLevel::OLDEST.api {
            return self
                .check("engine", Answer::Fail, format!("{says}: too old"))
                .hint(format!("install Docker Engine {} or newer", ApiLevel::OLDEST.engine));
        }
        if low > ApiLevel::NEWEST_MINIMUM.api {
            return self
                .check("engine", Answer::Fail, format!("{says}: newer than this Hob can speak"))
                .hint("install a newer Hob");
        }
        self.check("engine", Answer::Pass, says)
    }

    fn root_folder(&self) -> Check {
        let root = &self.host.root;
        match &self.facts.root_folder {
            Ok(()) => self.check("root folder", Answer::Pass, format!("{root} can be written")),
            Err(why) => {
                let user = &self.facts.user;
                self.check("root folder", Answer::Fail, format!("{root} cannot be written: {why}"))
                    .hint(format!(
                        "on the host, as root: install -d -o {user} -m 0700 {root}; or set \
                         another root for this host in hob.yaml"
                    ))
            }
        }
    }

    fn clock(&self) -> Check {
        let ahead = self.facts.clock_ahead_ms;
        let off = ahead.unsigned_abs();
        if off < CLOCK_WARN_MS {
            return self.check("clock", Answer::Pass, "agrees with this machine's");
        }
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        let answer = if off < CLOCK_FAIL_MS { Answer::Warn } else { Answer::Fail };
        self.check("clock", answer, format!("{} s {way} this machine's", off / 1000))
            .hint("switch time synchronisation on: timedatectl set-ntp true")
    }

    /// Services that ask for another processor than the host has.
    fn platforms(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for (stack_name, stack) in self.stacks() {
            for (service, wanted) in &stack.services {
                let Some(platform) = &wanted.spec.platform else { continue };
                let arch = platform.split('/').nth(1).unwrap_or(platform);
                if arch != self.facts.arch {
                    let says =
                        format!("{service} asks for {platform}, the host is {}", self.facts.arch);
                    checks.push(
                        self.check("platform", Answer::Warn, says)
                            .of(stack_name)
                            .hint("it starts only if the host can emulate that processor"),
                    );
                }
            }
        }
        checks
    }

    fn disks(&self) -> Vec<Check> {
        let root = &self.host.root;
        let mut checks: Vec<Check> = self
            .host
            .storage
            .iter()
            .map(|kept| self.disk(&kept.path, kept.min_free_bytes))
            .collect();
        if !self.host.storage.iter().any(|kept| kept.path == *root) {
            checks.push(self.disk(root, Some(ROOT_FREE_WARN)));
        }
        checks
    }

    fn disk(&self, path: &str, min_free: Option<u64>) -> Check {
        let what = format!("space {path}");
        let Disk { free_bytes, total_bytes } = match self.facts.disks.get(path) {
            Some(Ok(disk)) => *disk,
            Some(Err(why)) => {
                return self
                    .check(what, Answer::Fail, format!("cannot be measured: {why}"))
                    .hint(format!("is {path} mounted?"));
            }
            None => return self.check(what, Answer::Skipped, "the host does not tell"),
        };
        let says = format!("{} of {} free", bytes(free_bytes), bytes(total_bytes));
        match min_free {
            Some(least) if free_bytes < least => self
                .check(what, Answer::Warn, format!("{says}, less than {}", bytes(least)))
                .hint("remove what is not needed there, such as old images: docker image prune"),
            _ => self.check(what, Answer::Pass, says),
        }
    }

    fn memory(&self) -> Option<Check> {
        let has = self.facts.memory_bytes;
        let limits: Vec<u64> = self
            .stacks()
            .flat_map(|(_, stack)| stack.services.values())
            .filter_map(|service| service.spec.limits.memory_bytes)
            .collect();
        if limits.is_empty() || has == 0 {
            return None;
        }
        let sum = limits.iter().fold(0_u64, |sum, limit| sum.saturating_add(*limit));
        let says = format!(
            "limits of {} add up to {}, the host has {}",
            count(limits.len(), "service"),
            bytes(sum),
            bytes(has)
        );
        Some(if sum > has {
            self.check("memory", Answer::Warn, says)
                .hint("under load the kernel will kill one of them: lower limits or move a stack")
        } else {
            self.check("memory", Answer::Pass, says)
        })
    }
}

/// `512 B`, `1.5 KiB`, `20 GiB`.
fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if number < 1024 {
        return format!("{number} B");
    }
    let mut tenths = u128::from(number) * 10;
    let mut unit = "B";
    for next in UNITS {
        if tenths < 10 * 1024 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    if tenths < 100 && !tenths.is_multiple_of(10) {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    } else {
        format!("{} {unit}", tenths / 10)
    }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_short() {
        let cases = [
            (0, "0 B"),
            (1023, "1023 B"),
            (1536, "1.5 KiB"),
            (512 << 20, "512 MiB"),
            (10 << 30, "10 GiB"),
            (u64::MAX, "16383 PiB"),
        ];
        for (number, expected) in cases {
            assert_eq!(bytes(number), expected);
        }
    }
}
