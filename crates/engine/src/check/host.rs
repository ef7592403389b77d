//! The machine itself: system, rights, clock, memory, and whether it is what `hob.yaml` says.

use hob_model::{GpuVendor, Machine};

use super::{Check, Fitness, Kind, space::bytes};
use crate::progress::count;

/// A clock this far off makes log lines and health times of several hosts hard to compare.
const CLOCK_WARN_MS: u64 = 2_000;
/// A clock this far off breaks certificates and one-time codes.
const CLOCK_FAIL_MS: u64 = 60_000;

impl Fitness<'_> {
    pub(super) fn host(&self) -> Vec<Check> {
        let facts = self.facts;
        let mut checks =
            vec![self.pass(Kind::Reachable, "reachable", format!("{}, {}", facts.os, facts.arch))];
        checks.extend(self.machine());
        checks.extend(self.engine());
        let says = format!("user {} may use Docker", facts.user);
        checks.push(self.pass(Kind::Rights, "rights", says));
        checks.push(self.root_folder());
        checks.push(self.clock());
        checks.extend(self.disks());
        checks.extend(self.memory());
        checks
    }

    fn root_folder(&self) -> Check {
        let root = &self.host.root;
        let what = "root folder";
        if let Err(why) = &self.facts.root_folder {
            let user = &self.facts.user;
            let says = format!("{root} cannot be written: {why}");
            return self.fail(Kind::RootFolder, what, says).hint(format!(
                "on the host, as root: install -d -o {user} -m 0750 {root}; or set another root \
                 for this host in hob.yaml"
            ));
        }
        if self.facts.is_root_open {
            let says = format!("{root} is open to other users of the host");
            let hint = format!("on the host: chmod 0750 {root}");
            return self.warn(Kind::RootFolder, what, says).hint(hint);
        }
        self.pass(Kind::RootFolder, what, format!("{root} can be written"))
    }

    fn clock(&self) -> Check {
        let ahead = self.facts.clock_ahead_ms;
        let off = ahead.unsigned_abs();
        if off < CLOCK_WARN_MS {
            return self.pass(Kind::Clock, "clock", "agrees with this machine's");
        }
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        let says = format!("{} s {way} this machine's", off / 1000);
        let check = match off < CLOCK_FAIL_MS {
            true => self.warn(Kind::Clock, "clock", says),
            false => self.fail(Kind::Clock, "clock", says),
        };
        check.hint("switch time synchronisation on, as root: timedatectl set-ntp true")
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
        let limits = count(limits.len(), "service");
        let says =
            format!("limits of {limits} add up to {}, the host has {}", bytes(sum), bytes(has));
        Some(if sum > has {
            self.warn(Kind::Memory, "memory", says)
                .hint("under load the kernel will kill one of them: lower limits or move a stack")
        } else {
            self.pass(Kind::Memory, "memory", says)
        })
    }

    /// What `hob.yaml` says about the machine and is not so.
    fn machine(&self) -> Vec<Check> {
        let Some(Machine { memory, gpus, arch, .. }) = self.wanted.desired.machines.get(self.name)
        else {
            return Vec::new();
        };
        let facts = self.facts;
        let mut wrong = Vec::new();
        if let Some(arch) = arch
            && arch.value.as_str().split('/').next() != Some(facts.arch.as_str())
        {
            wrong.push(format!("hob.yaml says {}, it is {}", arch.value, facts.arch));
        }
        if let Some(memory) = memory
            // Firmware and kernel keep some for themselves.
            && facts.memory_bytes > 0
            && facts.memory_bytes < memory.value - memory.value / 8
        {
            let (says, is) = (bytes(memory.value), bytes(facts.memory_bytes));
            wrong.push(format!("hob.yaml says {says} of memory, it has {is}"));
        }
        for vendor in [GpuVendor::Nvidia, GpuVendor::Amd, GpuVendor::Intel] {
            let said: Vec<_> = gpus.iter().filter(|gpu| gpu.vendor == vendor).collect();
            let seen: Vec<_> = facts.gpus.found.iter().filter(|gpu| gpu.vendor == vendor).collect();
            if said.len() > seen.len() {
                let gpus = count(said.len(), &format!("GPU of {vendor}"));
                wrong.push(format!("hob.yaml says {gpus}, its driver tells of {}", seen.len()));
                continue;
            }
            let most = seen.iter().filter_map(|gpu| gpu.memory_bytes).max();
            let says = said.iter().filter_map(|gpu| gpu.vram_bytes).max();
            if let (Some(says), Some(most)) = (says, most)
                && most < says - says / 8
            {
                let (says, most) = (bytes(says), bytes(most));
                wrong.push(format!("hob.yaml says a GPU with {says}, the largest has {most}"));
            }
        }
        let told =
            |says| self.warn(Kind::Machine, "machine", says).hint("correct the host in hob.yaml");
        wrong.into_iter().map(told).collect()
    }
}
