//! The output of [`crate::folder::Script::Facts`], read. Pure.

use std::time::{SystemTime, UNIX_EPOCH};

use super::network::{is_up, parse_listening};
use crate::{Disk, Facts, FirewallState, HostErrorKind, Interface, Presence};

/// Reads the answer into what is known already. `asked` is when the question went out and when the
/// answer was there, by our clock; the host looked at its own somewhere between.
pub(crate) fn parse(
    output: &[u8],
    known: Facts,
    asked: (SystemTime, SystemTime),
) -> Result<Facts, HostErrorKind> {
    let mut reader = Reader { facts: known, path: String::new(), protocol: String::new(), asked };
    for line in String::from_utf8_lossy(output).lines() {
        let read = reader.line(line);
        read.ok_or_else(|| HostErrorKind::Other(format!("the host's facts are odd: {line}")))?;
    }
    Ok(reader.facts)
}

struct Reader {
    facts: Facts,
    /// The path that the next lines measure.
    path: String,
    /// The protocol of the next lines.
    protocol: String,
    asked: (SystemTime, SystemTime),
}

impl Reader {
    /// `None` for a line that the script does not write.
    fn line(&mut self, line: &str) -> Option<()> {
        let facts = &mut self.facts;
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            "time" => facts.clock_ahead_ms = ahead_ms(value.parse().ok()?, self.asked),
            "os" => value.clone_into(&mut facts.os),
            "user" => value.clone_into(&mut facts.user),
            "memory" => {
                facts.memory_bytes = value.parse::<u64>().unwrap_or(0).saturating_mul(1024);
            }
            "root" if value == "ok" => facts.root_folder = Ok(()),
            "root" => facts.root_folder = Err(value.to_owned()),
            "others" => facts.is_root_open = !value.trim_matches('-').is_empty(),
            "path" => value.clone_into(&mut self.path),
            "df" => {
                // The heading of `df` comes first; the last line counts.
                let disk = parse_disk(value).ok_or_else(|| value.to_owned());
                facts.disks.insert(self.path.clone(), disk);
            }
            "look" => {
                let (what, path) = value.split_once(' ')?;
                facts.paths.insert(path.to_owned(), parse_presence(what)?);
            }
            "mount" => drop(facts.mounts.insert(value.to_owned())),
            "fstab" => drop(facts.to_mount.insert(value.to_owned())),
            "dead" => drop(facts.hanging.insert(value.to_owned())),
            "gpu" => facts.has_nvidia_tools |= value == "nvidia",
            "smi" => facts.gpus.smi(value),
            "smi-failed" => facts.gpus.trouble = Some(value.to_owned()),
            "drm" => facts.gpus.drawing(value),
            "card" => facts.gpus.card(value),
            "links" => drop(facts.interfaces.get_or_insert_default()),
            "link" => {
                let (name, flags) = value.split_once(' ')?;
                self.interface(name).is_up = is_up(flags);
            }
            "addr" => {
                let (name, address) = value.split_once(' ')?;
                let address = address.parse().ok()?;
                self.interface(name).addresses.insert(address);
            }
            "firewall" => {
                let (name, state) = value.split_once(' ')?;
                facts.firewalls.insert(name.to_owned(), parse_firewall(state)?);
            }
            "net" => {
                value.clone_into(&mut self.protocol);
                facts.listening.get_or_insert_default();
            }
            _ if key.is_empty() || key.ends_with(':') => {
                let port = parse_listening(line, &self.protocol);
                facts.listening.get_or_insert_default().extend(port);
            }
            _ => return None,
        }
        Some(())
    }

    fn interface(&mut self, name: &str) -> &mut Interface {
        self.facts.interfaces.get_or_insert_default().entry(name.to_owned()).or_default()
    }
}

fn parse_firewall(word: &str) -> Option<FirewallState> {
    Some(match word {
        "on" => FirewallState::On,
        "off" => FirewallState::Off,
        "hidden" => FirewallState::Hidden,
        _ => return None,
    })
}

fn parse_presence(word: &str) -> Option<Presence> {
    Some(match word {
        "folder" => Presence::Folder,
        "empty" => Presence::Empty,
        "device" => Presence::Device,
        "other" => Presence::Other,
        "missing" => Presence::Missing,
        "missing-above" => Presence::MissingAbove,
        "hidden" => Presence::Hidden,
        "hanging" => Presence::Hanging,
        _ => return None,
    })
}

fn ahead_ms(theirs_ns: i128, (before, after): (SystemTime, SystemTime)) -> i64 {
    let ours = |time: SystemTime| {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        i128::try_from(since.as_nanos()).unwrap_or(0)
    };
    let middle = i128::midpoint(ours(before), ours(after));
    i64::try_from((theirs_ns - middle) / 1_000_000).unwrap_or(i64::MAX)
}

/// A line of `df -Pk`: `/dev/sda1 1000 400 600 40% /`, in KiB.
fn parse_disk(line: &str) -> Option<Disk> {
    // The name of a file system may have blanks in it; the numbers stand before the percentage.
    let words: Vec<&str> = line.split_whitespace().collect();
    let percent = words.iter().position(|word| word.ends_with('%') || *word == "-")?;
    let number = |back: usize| words.get(percent.checked_sub(back)?)?.parse::<u64>().ok();
    let (total, free) = (number(3)?, number(1)?);
    Some(Disk { free_bytes: free.saturating_mul(1024), total_bytes: total.saturating_mul(1024) })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use std::{collections::BTreeSet, time::Duration};

    use hob_model::GpuVendor;

    use super::*;
    use crate::facts::{Gpu, network::Listening};

    fn check(output: &str) -> Result<Facts, HostErrorKind> {
        let at = |secs| UNIX_EPOCH + Duration::from_secs(secs);
        let known = Facts::of_engine("28.5.2", (1, 51), (1, 24), "arm64");
        parse(output.as_bytes(), known, (at(100), at(102)))
    }

    fn shown(listening: &BTreeSet<Listening>) -> Vec<String> {
        listening
            .iter()
            .map(|(address, port, protocol)| format!("{address}:{port}/{protocol}"))
            .collect()
    }

    #[test]
    fn an_answer_is_read() {
        let facts = check(
            "time 103500000000\n\
             os Debian GNU/Linux 12 (bookworm)\n\
             user deploy\n\
             memory 4096\n\
             root /opt is not writable\n\
             path /mnt/media\n\
             df Filesystem     1024-blocks      Used Available Capacity Mounted on\n\
             df nas:/my export    1000   400   600      40% /mnt/media\n\
             path /gone\n\
             df df: /gone: Stale file handle\n\
             look folder /srv/my media\n\
             look missing-above /mnt/nas/x\n\
             gpu nvidia\n\
             net tcp\n   \
             0: 0100007F:0035 00000000:0000 0A 00000000:00000000\n   \
             1: 00000000:1F90 00000000:0000 0A 00000000:00000000\n\
             net tcp6\n   \
             0: 00000000000000000000000001000000:0016 0000:0000 0A 00\n   \
             1: 00000000000000000000000000000000:0050 0000:0000 0A 00\n\
             net udp\n \
             123: 00000000:0044 00000000:0000 07 00000000:00000000\n",
        )
        .unwrap();
        assert_eq!(facts.clock_ahead_ms, 2500);
        assert_eq!(facts.memory_bytes, 4 << 20);
        assert_eq!(facts.root_folder, Err("/opt is not writable".to_owned()));
        let disk = Disk { free_bytes: 600 * 1024, total_bytes: 1000 * 1024 };
        assert_eq!(facts.disks.get("/mnt/media"), Some(&Ok(disk)));
        let stale = Err("df: /gone: Stale file handle".to_owned());
        assert_eq!(facts.disks.get("/gone"), Some(&stale));
        assert_eq!(facts.paths.get("/srv/my media"), Some(&Presence::Folder));
        assert_eq!(facts.paths.get("/mnt/nas/x"), Some(&Presence::MissingAbove));
        assert!(facts.has_nvidia_tools);
        let ports = shown(&facts.listening.unwrap());
        assert_eq!(ports, [":68/udp", ":80/tcp", ":8080/tcp", "127.0.0.1:53/tcp", "::1:22/tcp"]);
    }

    #[test]
    fn what_is_not_told_is_not_made_up() {
        let facts = check("time 101000000000\nos X\nuser u\nmemory \nroot ok\n").unwrap();
        assert_eq!((facts.clock_ahead_ms, facts.memory_bytes), (0, 0));
        assert_eq!(facts.listening, None);
        assert!(check("time soon\n").is_err());
        assert!(check("Welcome!\n").is_err());
    }

    #[test]
    fn file_systems_that_should_be_there_are_told() {
        let facts = check(
            "mount /\nmount /mnt/nas\nfstab /mnt/nas\nfstab /mnt/usb\ndead /mnt/nas\n\
             look empty /mnt/usb/films\nlook hanging /mnt/nas/films\nothers r-x\n",
        )
        .unwrap();
        let unmounted: Vec<_> = facts.to_mount.difference(&facts.mounts).collect();
        assert_eq!(unmounted, ["/mnt/usb"]);
        assert!(facts.hanging.contains("/mnt/nas"));
        assert_eq!(facts.paths.get("/mnt/usb/films"), Some(&Presence::Empty));
        assert_eq!(facts.paths.get("/mnt/nas/films"), Some(&Presence::Hanging));
        assert!(facts.is_root_open);
        assert!(!check("others ---\n").unwrap().is_root_open);
    }

    #[test]
    fn gpus_are_told_by_their_own_tools() {
        let facts = check(
            "card 0x10de\nsmi NVIDIA GeForce RTX 3060, 535.183.01, 12288\n\
             smi NVIDIA GB10, 580.1, [N/A]\n\
             drm renderD128 0x10de \ndrm renderD129 0x1002 8573157376\ndrm renderD130 0x1234 \n",
        )
        .unwrap();
        let shown: Vec<String> = facts.gpus.found.iter().map(shown_gpu).collect();
        assert_eq!(
            shown,
            [
                "Nvidia NVIDIA GeForce RTX 3060 535.183.01 Some(12884901888)",
                "Nvidia NVIDIA GB10 580.1 None",
                "Amd /dev/dri/renderD129  Some(8573157376)",
            ]
        );
        assert!(facts.gpus.has_nvidia_card && facts.gpus.trouble.is_none());
        let failed = check("smi-failed NVIDIA-SMI has failed\n").unwrap();
        assert_eq!(failed.gpus.trouble.as_deref(), Some("NVIDIA-SMI has failed"));
        assert!(failed.gpus.found.is_empty());
    }

    fn shown_gpu(gpu: &Gpu) -> String {
        let Gpu { vendor, name, driver, memory_bytes } = gpu;
        assert!(*vendor != GpuVendor::Intel);
        format!("{vendor:?} {name} {driver} {memory_bytes:?}")
    }

    #[test]
    fn interfaces_have_addresses_and_firewalls_a_state() {
        let facts = check(
            "links\nlink lo 0x9\nlink tailscale0 0x11091\nlink wg0 0x90\n\
             addr tailscale0 100.101.102.103\naddr lo ::1\n\
             firewall ufw on\nfirewall nftables hidden\n",
        )
        .unwrap();
        let interfaces = facts.interfaces.unwrap();
        let up = |name: &str| interfaces.get(name).is_some_and(|interface| interface.is_up);
        assert!(up("lo") && up("tailscale0") && !up("wg0"));
        let address = "100.101.102.103".parse().unwrap();
        assert!(interfaces.get("tailscale0").unwrap().addresses.contains(&address));
        assert_eq!(facts.firewalls.get("ufw"), Some(&FirewallState::On));
        assert_eq!(facts.firewalls.get("nftables"), Some(&FirewallState::Hidden));
        assert!(check("firewall ufw perhaps\n").is_err());
    }
}
