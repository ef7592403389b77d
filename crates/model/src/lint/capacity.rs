//! What services ask of a host against what `hob.yaml` says that it has.

use hob_compose::{Place, project::Service};

use super::{Draft, Known, StackKnown};
use crate::{
    homelab::{Host, byte_amount},
    names::HostName,
};

/// What the services of a host ask for together.
#[derive(Default)]
struct Sum {
    limits: u64,
    reservations: u64,
    vram: u64,
}

pub(super) fn check(known: &Known<'_>, drafts: &mut Vec<Draft>) {
    let has_gpus = known.homelab.hosts.values().any(|host| !host.machine.gpus.is_empty());
    for (name, host) in &known.homelab.hosts {
        let mut sum = Sum::default();
        for stack in known.stacks.iter().filter(|stack| stack.host == *name) {
            for service in stack.project.services.values() {
                let asked = Asked { known, stack, service };
                drafts.extend(asked.memory(host, &mut sum));
                if has_gpus {
                    drafts.extend(asked.gpus(host));
                }
                drafts.extend(asked.vram(host, &mut sum));
            }
        }
        drafts.extend(
            of_host(name, host, &sum)
                .into_iter()
                .map(|draft| Draft { host: Some(name.clone()), ..draft }),
        );
    }
}

/// A service that asks for something.
struct Asked<'a> {
    known: &'a Known<'a>,
    stack: &'a StackKnown,
    service: &'a Service,
}

impl Asked<'_> {
    fn draft(&self, rule: &'static str, message: String, place: Place, path: &str) -> Draft {
        let path = format!("services.{}.{path}", self.service.name);
        Draft::new(rule, message)
            .with(|finding| finding.at(place).on(path))
            .about(self.stack, &self.service.name)
    }

    fn memory(&self, host: &Host, sum: &mut Sum) -> Option<Draft> {
        let limits = self.service.limits;
        sum.reservations = sum.reservations.saturating_add(limits.memory_reservation.unwrap_or(0));
        let limit = limits.memory?;
        sum.limits = sum.limits.saturating_add(limit);
        let memory = host.machine.memory.as_ref()?;
        if limit <= memory.value {
            return None;
        }
        let attribute = ["mem_limit", "deploy"]
            .into_iter()
            .find(|attribute| self.service.places.contains_key(*attribute))
            .unwrap_or("deploy");
        let message = format!(
            "{} may use {}, and {} has {}",
            self.service.name,
            size(limit),
            self.stack.host,
            size(memory.value)
        );
        let draft = self.draft(
            "memory-over-host",
            message,
            self.known.place(self.service, attribute),
            attribute,
        );
        Some(draft.with(|finding| finding.related(memory.place.clone(), "what the host has")))
    }

    fn gpus(&self, host: &Host) -> Option<Draft> {
        let is_gpu = |what: &String| matches!(what.as_str(), "gpu" | "nvidia" | "compute");
        let requests = &self.service.device_requests;
        let wanted = requests.iter().find(|request| request.capabilities.iter().any(is_gpu))?;
        let there = host.machine.gpus.len();
        let count = wanted.count.unwrap_or(i64::try_from(wanted.ids.len()).unwrap_or(1));
        let is_there = match usize::try_from(count) {
            Ok(count) => count <= there,
            Err(_) => there > 0,
        };
        if is_there {
            return None;
        }
        let attribute = if self.service.places.contains_key("gpus") { "gpus" } else { "deploy" };
        let asks = match count {
            1 => "a GPU".to_owned(),
            count if count > 1 => format!("{count} GPUs"),
            _ => "GPUs".to_owned(),
        };
        let has = match there {
            0 => "none".to_owned(),
            there => there.to_string(),
        };
        let message =
            format!("{} reserves {asks}, and {} has {has}", self.service.name, self.stack.host);
        let place = self.known.place(self.service, attribute);
        let draft = self.draft("gpu-not-there", message, place, attribute);
        let hint = format!("say what the host has, under hosts.{}.gpu", self.stack.host);
        Some(draft.with(|finding| finding.hint(hint)))
    }

    /// `x-hob: { gpu: { vram: 8GiB } }`: Compose has no word for it.
    fn vram(&self, host: &Host, sum: &mut Sum) -> Option<Draft> {
        let node = self.service.extensions.get("x-hob")?.get("gpu")?.get("vram")?;
        let place = self.known.repository.place(&node.place());
        let path = "x-hob.gpu.vram";
        let Some(wanted) = node.scalar_text().as_deref().and_then(byte_amount) else {
            let message = "this is no amount of memory".to_owned();
            let draft = self.draft("vram-over-host", message, place, path);
            return Some(draft.with(|finding| finding.hint("write it like 8GiB")));
        };
        sum.vram = sum.vram.saturating_add(wanted);
        let there = vram(host)?;
        if wanted <= there {
            return None;
        }
        let message = format!(
            "{} wants {} of GPU memory, and {} has {}",
            self.service.name,
            size(wanted),
            self.stack.host,
            size(there)
        );
        Some(self.draft("vram-over-host", message, place, path))
    }
}

fn of_host(name: &HostName, host: &Host, sum: &Sum) -> Vec<Draft> {
    let mut drafts = Vec::new();
    if let Some(memory) = &host.machine.memory {
        let at =
            |draft: Draft| draft.with(|it| it.at(memory.place.clone()).on(path(name, "memory")));
        if sum.reservations > memory.value {
            let message = format!(
                "what services of {name} reserve adds up to {} of {}",
                size(sum.reservations),
                size(memory.value)
            );
            drafts.push(at(Draft::new("memory-over-host", message)));
        }
        if sum.limits > memory.value {
            let message = format!(
                "the limits of services of {name} add up to {} of {}",
                size(sum.limits),
                size(memory.value)
            );
            let draft = at(Draft::new("memory-overcommitted", message));
            drafts.push(draft.with(|it| it.hint("they may not all use what they may at once")));
        }
    }
    if let (Some(there), Some(gpu)) = (vram(host), host.machine.gpus.first())
        && sum.vram > there
    {
        let message = format!(
            "services of {name} want {} of GPU memory, and there are {}",
            size(sum.vram),
            size(there)
        );
        let draft = Draft::new("vram-overcommitted", message)
            .with(|it| it.at(gpu.place.clone()).on(path(name, "gpu")));
        drafts.push(draft.with(|it| it.hint("they may not all use what they may at once")));
    }
    drafts
}

fn path(host: &HostName, key: &str) -> String {
    format!("hosts.{host}.{key}")
}

/// The memory of all GPUs of a host, if it is known of each.
fn vram(host: &Host) -> Option<u64> {
    let gpus = &host.machine.gpus;
    if gpus.is_empty() {
        return None;
    }
    gpus.iter().map(|gpu| gpu.vram_bytes).sum()
}

/// An amount as people write it, rounded to a tenth.
fn size(bytes: u64) -> String {
    let units = [("GiB", 1_u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let unit = units.into_iter().find(|(_, unit)| bytes >= *unit);
    let Some((name, unit)) = unit else { return format!("{bytes} bytes") };
    let tenths = bytes.saturating_mul(10).saturating_add(unit / 2) / unit;
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        rest => format!("{}.{rest} {name}", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_short() {
        for (bytes, expected) in [
            (512, "512 bytes"),
            (64 << 20, "64 MiB"),
            (1536 << 20, "1.5 GiB"),
            (32_000_000_000, "29.8 GiB"),
            (u64::MAX, "1717986918.3 GiB"),
        ] {
            assert_eq!(size(bytes), expected);
        }
    }
}
