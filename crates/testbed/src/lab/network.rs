//! The private network of a lab: a /24 that nothing else on this machine uses, and that leads
//! nowhere: whatever a homelab under test names, its hosts cannot reach.

use std::net::Ipv4Addr;
use std::path::Path;

use super::docker::{LABEL, docker, inspect};
use super::error::{LabError, Result};
use super::files;
use super::spec::first_subnet;

/// A bridge network with fixed addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) name: String,
    /// `10.213.x.0`
    base: Ipv4Addr,
}

impl Network {
    pub(crate) fn registry(&self) -> Ipv4Addr {
        self.address(2)
    }

    /// The address of the host with this index.
    pub(crate) fn host(&self, index: usize) -> Ipv4Addr {
        self.address(u8::try_from(10 + index).unwrap_or(u8::MAX))
    }

    fn address(&self, last: u8) -> Ipv4Addr {
        let [a, b, c, _] = self.base.octets();
        Ipv4Addr::new(a, b, c, last)
    }

    /// The network of the lab; made first if it is not there.
    pub(crate) async fn ensure(lab: &str) -> Result<Self> {
        let name = format!("hob-testbed-{lab}");
        let format = "{{range .IPAM.Config}}{{.Subnet}}{{end}}";
        if let Some(subnet) = inspect("network", &name, format).await? {
            let base = subnet.split('/').next().and_then(|base| base.parse().ok());
            let base = base.ok_or_else(|| {
                LabError::Asked(format!("network {name} is not one of the testbed: {subnet}"))
            })?;
            return Ok(Self { name, base });
        }
        let routes = files::text_if_any(Path::new("/proc/net/route"));
        let mut last = String::new();
        for turn in 0..=u8::MAX {
            let base = Ipv4Addr::new(10, 213, first_subnet(lab).wrapping_add(turn), 0);
            if clashes(&routes, base) {
                continue;
            }
            let label = format!("{LABEL}={lab}");
            let subnet = format!("{base}/24");
            let made = docker(format!("making network {name}"), ["network", "create"])
                .args([
                    "--driver",
                    "bridge",
                    "--internal",
                    "--label",
                    &label,
                    "--subnet",
                    &subnet,
                    &name,
                ])
                .output()
                .await?;
            if made.ok() {
                return Ok(Self { name, base });
            }
            last = made.stderr;
            if !last.contains("overlap") {
                break;
            }
        }
        Err(LabError::Asked(format!("cannot make network {name}: {}", last.trim())))
    }
}

/// Whether a route of this machine, other than the default one, touches `base`/24. The text is
/// that of `/proc/net/route`: addresses in hexadecimal, least significant byte first.
fn clashes(routes: &str, base: Ipv4Addr) -> bool {
    let number = |text: &str| u32::from_str_radix(text, 16).ok().map(u32::swap_bytes);
    routes.lines().skip(1).any(|line| {
        let mut words = line.split_whitespace();
        let (destination, mask) = (words.nth(1).and_then(number), words.nth(5).and_then(number));
        let (Some(destination), Some(mask)) = (destination, mask) else { return false };
        let common = mask & 0xffff_ff00;
        mask != 0 && destination & common == u32::from(base) & common
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_in_use_are_seen() {
        let routes = "Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT\n\
            eth0 00000000 010200C0 0003 0 0 0 00000000 0 0 0\n\
            wg0 0000D50A 00000000 0001 0 0 0 0000FFFF 0 0 0\n\
            eth0 000200C0 00000000 0001 0 0 0 00FFFFFF 0 0 0\n";
        assert!(clashes(routes, Ipv4Addr::new(10, 213, 7, 0)));
        assert!(clashes(routes, Ipv4Addr::new(192, 0, 2, 0)));
        assert!(!clashes(routes, Ipv4Addr::new(10, 214, 7, 0)));
    }
}
