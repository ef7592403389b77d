//! Free space of the paths that matter.

use hob_host::{Disk, Facts, Presence};

use super::{Check, Fitness, Kind};

const MIB: u64 = 1 << 20;
/// Below this, Hob's own folder and the records in it are in danger.
const ROOT_FREE_WARN: u64 = 256 * MIB;
/// Below this, the next image does not fit: large ones take that much while they are unpacked.
const ENGINE_FREE_WARN: u64 = 2048 * MIB;
/// Nothing can be written any more.
const FULL: u64 = MIB;

impl Fitness<'_> {
    pub(super) fn disks(&self) -> Vec<Check> {
        let mut wanted: Vec<(&str, Option<u64>)> =
            self.host.storage.iter().map(|kept| (&*kept.path, kept.min_free_bytes)).collect();
        let own = [
            (self.host.root.as_str(), Some(ROOT_FREE_WARN)),
            (self.facts.engine_root.as_str(), Some(ENGINE_FREE_WARN)),
        ];
        for (path, least) in own {
            if !path.is_empty() && wanted.iter().all(|(other, _)| *other != path) {
                wanted.push((path, least));
            }
        }
        wanted.into_iter().map(|(path, least)| self.disk(path, least)).collect()
    }

    fn disk(&self, path: &str, min_free: Option<u64>) -> Check {
        let what = format!("space {path}");
        if let Some(point) = unmounted(self.facts, path) {
            let says = format!("{point} is in /etc/fstab, and not mounted");
            return self.fail(Kind::Space, what, says).hint(mount_hint(point));
        }
        let is_gone =
            matches!(self.facts.paths.get(path), Some(Presence::Missing | Presence::MissingAbove));
        if is_gone && self.host.storage.iter().any(|kept| kept.path == path) {
            let says = match self.lost(path) {
                0 => "it is not there".to_owned(),
                1 => "it is not there, and a path that a service mounts lies on it".to_owned(),
                more => format!("it is not there, and {more} paths that services mount lie on it"),
            };
            let hint = format!("{}; or make the folder", mount_hint(path));
            return self.fail(Kind::Space, what, says).hint(hint);
        }
        let Disk { free_bytes, total_bytes } = match self.facts.disks.get(path) {
            Some(Ok(disk)) => *disk,
            Some(Err(why)) => {
                let says = format!("cannot be measured: {why}");
                return self.fail(Kind::Space, what, says).hint(format!("is {path} mounted?"));
            }
            None => return self.skip(Kind::Space, what, "the host does not tell"),
        };
        let says = format!("{} of {} free", bytes(free_bytes), bytes(total_bytes));
        let make_room = "remove what is not needed there, such as old images: docker image prune";
        if free_bytes < FULL {
            let says = format!("full: {says}");
            return self.fail(Kind::Space, what, says).hint(make_room);
        }
        match min_free {
            Some(least) if free_bytes < least => self
                .warn(Kind::Space, what, format!("{says}, less than {}", bytes(least)))
                .hint(make_room),
            _ => self.pass(Kind::Space, what, says),
        }
    }
}

/// The mount point at a path or above it that the host should have mounted and has not.
pub(crate) fn unmounted<'f>(facts: &'f Facts, path: &str) -> Option<&'f str> {
    let above = |point: &&String| is_at_or_below(path, point);
    let nearest = facts.to_mount.iter().filter(above).max_by_key(|point| point.len())?;
    (!facts.mounts.contains(nearest)).then_some(nearest)
}

pub(crate) fn mount_hint(point: &str) -> String {
    format!("on the host, as root: mount {point}")
}

/// Whether a path is a folder or lies in it.
pub(super) fn is_at_or_below(path: &str, folder: &str) -> bool {
    let folder = folder.trim_end_matches('/');
    path.strip_prefix(folder).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// `512 B`, `1.5 KiB`, `20 GiB`.
pub(super) fn bytes(number: u64) -> String {
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
    use super::{bytes, is_at_or_below};

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

    #[test]
    fn paths_lie_in_folders() {
        assert!(is_at_or_below("/mnt/nas/films", "/mnt/nas"));
        assert!(is_at_or_below("/mnt/nas", "/mnt/nas"));
        assert!(is_at_or_below("/mnt/nas", "/"));
        assert!(!is_at_or_below("/mnt/nas2", "/mnt/nas"));
    }
}
