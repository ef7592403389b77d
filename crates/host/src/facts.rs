//! What the checks want to know: the output of [`crate::folder::Script::Facts`], read. Pure.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, Ipv6Addr},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{Disk, Facts, HostErrorKind, Presence, docker::Version};

/// A port that something listens on: address (empty for all), number, protocol.
type Listening = (String, u16, String);

/// Reads the answer. `asked` is when the question went out and when the answer was there, by our
/// clock; the host looked at its own somewhere between.
pub(crate) fn parse(
    output: &[u8],
    version: &Version,
    asked: (SystemTime, SystemTime),
) -> Result<Facts, HostErrorKind> {
    let text = String::from_utf8_lossy(output);
    let mut facts = Facts {
        os: String::new(),
        arch: version.engine.arch.clone(),
        engine_version: version.engine.version.clone(),
        engine_api: version.engine.api,
        engine_api_min: version.api_min,
        user: String::new(),
        root_folder: Ok(()),
        clock_ahead_ms: 0,
        memory_bytes: 0,
        disks: BTreeMap::new(),
        paths: BTreeMap::new(),
        has_nvidia_tools: false,
        listening: None,
    };
    let strange = |line: &str| HostErrorKind::Other(format!("the host's facts are odd: {line}"));
    let mut path = String::new();
    let mut protocol = String::new();
    for line in text.lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        match key {
            "time" => {
                let nanos: i128 = value.parse().map_err(|_| strange(line))?;
                facts.clock_ahead_ms = ahead_ms(nanos, asked);
            }
            "os" => facts.os = value.to_owned(),
            "user" => facts.user = value.to_owned(),
            "memory" => {
                facts.memory_bytes = value.parse::<u64>().unwrap_or(0).saturating_mul(1024);
            }
            "root" if value == "ok" => facts.root_folder = Ok(()),
            "root" => facts.root_folder = Err(value.to_owned()),
            "path" => value.clone_into(&mut path),
            "df" => {
                // The heading of `df` comes first; the last line counts.
                let disk = parse_disk(value).ok_or_else(|| value.to_owned());
                facts.disks.insert(path.clone(), disk);
            }
            "look" => {
                let (what, path) = value.split_once(' ').ok_or_else(|| strange(line))?;
                let presence = parse_presence(what).ok_or_else(|| strange(line))?;
                facts.paths.insert(path.to_owned(), presence);
            }
            "gpu" => facts.has_nvidia_tools |= value == "nvidia",
            "net" => {
                value.clone_into(&mut protocol);
                facts.listening.get_or_insert_default();
            }
            _ if key.is_empty() || key.ends_with(':') => {
                let port = parse_listening(line, &protocol);
                facts.listening.get_or_insert_default().extend(port);
            }
            _ => return Err(strange(line)),
        }
    }
    Ok(facts)
}

fn parse_presence(word: &str) -> Option<Presence> {
    Some(match word {
        "folder" => Presence::Folder,
        "device" => Presence::Device,
        "other" => Presence::Other,
        "missing" => Presence::Missing,
        "missing-above" => Presence::MissingAbove,
        "hidden" => Presence::Hidden,
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

/// A line of `/proc/net/tcp` and its like: `0: 0100007F:0035 00000000:0000 0A ...`.
fn parse_listening(line: &str, protocol: &str) -> Option<Listening> {
    let local = line.split_whitespace().nth(1)?;
    let (address, port) = local.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let address = parse_address(address)?;
    Some((address, port, protocol.trim_end_matches('6').to_owned()))
}

/// An address as the kernel prints it: words of 32 bits in the order of the machine, which is
/// little endian wherever Docker runs homelabs. Empty for "all".
fn parse_address(hex: &str) -> Option<String> {
    let word = |at: usize| Some(u32::from_str_radix(hex.get(at..at + 8)?, 16).ok()?.swap_bytes());
    match hex.len() {
        8 => {
            let address = Ipv4Addr::from_bits(word(0)?);
            Some(if address.is_unspecified() { String::new() } else { address.to_string() })
        }
        32 => {
            let bits = [0, 8, 16, 24]
                .iter()
                .try_fold(0_u128, |bits, at| Some((bits << 32) | u128::from(word(*at)?)))?;
            let address = Ipv6Addr::from_bits(bits);
            Some(match address.to_ipv4_mapped() {
                Some(address) if !address.is_unspecified() => address.to_string(),
                Some(_) => String::new(),
                None if address.is_unspecified() => String::new(),
                None => address.to_string(),
            })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use std::{collections::BTreeSet, time::Duration};

    use hob_plan::observed::Engine;

    use super::*;

    fn check(output: &str) -> Result<Facts, HostErrorKind> {
        let engine = Engine { version: "28.5.2".into(), api: (1, 51), arch: "arm64".into() };
        let version = Version { engine, api_min: (1, 24) };
        let at = |secs| UNIX_EPOCH + Duration::from_secs(secs);
        parse(output.as_bytes(), &version, (at(100), at(102)))
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
}
