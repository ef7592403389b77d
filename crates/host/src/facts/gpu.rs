//! GPUs of a host.

use hob_model::GpuVendor;

/// GPUs, and what is wrong with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gpus {
    /// Those that a driver has taken.
    pub found: Vec<Gpu>,
    /// Why `nvidia-smi` tells nothing, if it is there.
    pub trouble: Option<String>,
    /// Whether there is a GPU by NVIDIA in the machine, whatever the driver knows of it.
    pub has_nvidia_card: bool,
}

/// A GPU that a driver has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gpu {
    /// Who made it.
    pub vendor: GpuVendor,
    /// Such as `NVIDIA GeForce RTX 3060`, or the name of its device.
    pub name: String,
    /// Version of the driver; empty if it does not tell.
    pub driver: String,
    /// Its own memory; `None` if it has none or does not tell.
    pub memory_bytes: Option<u64>,
}

/// The maker, by its number on the PCI bus, if containers are given its GPUs.
fn maker(number: &str) -> Option<GpuVendor> {
    Some(match number {
        "0x10de" => GpuVendor::Nvidia,
        "0x1002" => GpuVendor::Amd,
        "0x8086" => GpuVendor::Intel,
        _ => return None,
    })
}

impl Gpus {
    /// A line of `nvidia-smi`: name, driver, memory in MiB.
    pub(super) fn smi(&mut self, line: &str) {
        let mut words = line.split(',').map(str::trim);
        let (Some(name), Some(driver), Some(memory)) = (words.next(), words.next(), words.next())
        else {
            self.trouble = Some(line.to_owned());
            return;
        };
        // Those that share the memory of the machine say `[N/A]`.
        let memory_bytes = memory.parse::<u64>().ok().map(|mib| mib << 20);
        let (name, driver) = (name.to_owned(), driver.to_owned());
        self.found.push(Gpu { vendor: GpuVendor::Nvidia, name, driver, memory_bytes });
    }

    /// A device for drawing: name, maker, memory in bytes or nothing. What NVIDIA makes is told by
    /// its own tool.
    pub(super) fn drawing(&mut self, line: &str) {
        let mut words = line.split(' ');
        let (Some(name), Some(vendor)) = (words.next(), words.next().and_then(maker)) else {
            return;
        };
        if vendor == GpuVendor::Nvidia {
            return;
        }
        let memory_bytes = words.next().and_then(|bytes| bytes.parse().ok());
        let (name, driver) = (format!("/dev/dri/{name}"), String::new());
        self.found.push(Gpu { vendor, name, driver, memory_bytes });
    }

    /// A card on the bus.
    pub(super) fn card(&mut self, vendor: &str) {
        self.has_nvidia_card |= maker(vendor) == Some(GpuVendor::Nvidia);
    }
}
