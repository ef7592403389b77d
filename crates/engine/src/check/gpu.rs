//! GPUs: what services reserve, against what the host has and can hand out.

use hob_host::Gpu;
use hob_model::{GpuVendor, StackName, spec::ContainerSpec};

use super::{Check, Fitness, Kind, space::bytes};
use crate::progress::count;

/// What a service wants of the GPUs of its host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wants {
    /// Whether it needs the tools with which an Engine hands out NVIDIA GPUs.
    pub(crate) nvidia: bool,
    /// How many of them at least.
    nvidia_count: usize,
    /// Whether it is given devices for drawing, which drivers of AMD and Intel offer.
    pub(crate) drawing: bool,
}

impl Wants {
    pub(crate) fn of(spec: &ContainerSpec) -> Self {
        let is_gpu = |what: &String| what == "gpu";
        let requests =
            spec.device_requests.iter().filter(|request| match request.driver.as_deref() {
                None | Some("") => request.capabilities.iter().any(is_gpu),
                Some(driver) => driver == "nvidia",
            });
        // All of them (-1) is one at least; those called by number are as many as the highest.
        let counts = requests.map(|request| {
            let numbered = request.ids.iter().filter_map(|id| id.parse::<usize>().ok());
            let highest = numbered.max().map_or(0, |highest| highest.saturating_add(1));
            let wanted = usize::try_from(request.count.unwrap_or(0)).unwrap_or(0);
            wanted.max(highest).max(1)
        });
        let nvidia_count = counts.max().unwrap_or(0);
        let is_runtime = spec.runtime.as_deref() == Some("nvidia");
        let is_drawing = |path: &str| path.starts_with("/dev/dri");
        Self {
            nvidia: is_runtime || nvidia_count > 0,
            nvidia_count: nvidia_count.max(usize::from(is_runtime)),
            drawing: spec.devices.iter().any(|device| is_drawing(&device.source)),
        }
    }
}

impl Fitness<'_> {
    pub(super) fn gpus(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        let mut users = 0;
        for (stack_name, stack) in self.stacks() {
            let mut services = Vec::new();
            let mut most = 0;
            for (service, wanted) in &stack.services {
                let wants = Wants::of(&wanted.spec);
                if wants.nvidia {
                    services.push(service.as_str());
                    most = most.max(wants.nvidia_count);
                }
            }
            users += services.len();
            if !services.is_empty() {
                checks.extend(self.nvidia(stack_name, &services.join(", "), most));
            }
        }
        if checks.is_empty() && users > 0 {
            let found: Vec<String> = self.nvidia_found().map(gpu_text).collect();
            let says = format!("{} for {}", found.join("; "), count(users, "service"));
            checks.push(self.pass(Kind::Gpu, "gpu", says));
        }
        checks
    }

    fn nvidia_found(&self) -> impl Iterator<Item = &Gpu> {
        self.facts.gpus.found.iter().filter(|gpu| gpu.vendor == GpuVendor::Nvidia)
    }

    fn nvidia(&self, stack: &StackName, services: &str, most: usize) -> Option<Check> {
        let gpus = &self.facts.gpus;
        let fail = |says: String, hint: &str| {
            let says = format!("{services} asks for an NVIDIA GPU, {says}");
            Some(self.fail(Kind::Gpu, "gpu", says).of(stack).hint(hint))
        };
        if !self.facts.has_nvidia_tools {
            return fail(
                "and the host's tools are missing".to_owned(),
                "install nvidia-container-toolkit on the host, then: nvidia-ctk runtime configure \
                 --runtime=docker, and restart Docker",
            );
        }
        if let Some(trouble) = &gpus.trouble {
            return fail(
                format!("and nvidia-smi says: {trouble}"),
                "start the host anew if its driver was upgraded; else: dmesg | grep -i nvidia",
            );
        }
        let found = self.nvidia_found().count();
        if found == 0 && gpus.has_nvidia_card {
            return fail(
                "the card is there, and its driver is not".to_owned(),
                "install NVIDIA's driver on the host; nvidia-smi comes with it",
            );
        }
        if found == 0 {
            let says = format!("{services} asks for an NVIDIA GPU, and no nvidia-smi tells of one");
            let hint = "is the machine the right one? Where it is, nvidia-smi shows its GPUs";
            return Some(self.warn(Kind::Gpu, "gpu", says).of(stack).hint(hint));
        }
        (most > found).then(|| {
            let says = format!("{services} asks for {most} NVIDIA GPUs, the host has {found}");
            let hint = "lower the count or the number in device_ids";
            self.fail(Kind::Gpu, "gpu", says).of(stack).hint(hint)
        })
    }
}

/// `NVIDIA GeForce RTX 3060, 12 GiB, driver 535.183.01`.
fn gpu_text(gpu: &Gpu) -> String {
    let memory = gpu.memory_bytes.map(|memory| format!(", {}", bytes(memory)));
    let driver = Some(&gpu.driver).filter(|driver| !driver.is_empty());
    let driver = driver.map(|driver| format!(", driver {driver}"));
    format!("{}{}{}", gpu.name, memory.unwrap_or_default(), driver.unwrap_or_default())
}
