//! Storage that `hob.yaml` declares: there, mounted, and answering.

use hob_host::{Facts, Presence};
use hob_model::{HostName, desired::DesiredHost};

use crate::check::{Answer, Check, Kind, mount_hint, unmounted};

pub(super) fn judge(
    name: &HostName,
    host: &DesiredHost,
    facts: Option<&Result<Facts, String>>,
) -> Vec<Check> {
    let one = |path: &str| -> Check {
        let what = format!("storage {path}");
        let check = |answer, says: String| Check::new(name, Kind::Storage, &what, answer, says);
        let facts = match facts {
            Some(Ok(facts)) => facts,
            Some(Err(why)) => return check(Answer::Skipped, why.clone()),
            None => return check(Answer::Skipped, "it was not asked".to_owned()),
        };
        if let Some(point) = unmounted(facts, path) {
            let says = format!("{point} is in /etc/fstab, and not mounted");
            return check(Answer::Fail, says).hint(mount_hint(point));
        }
        match facts.paths.get(path) {
            Some(Presence::Missing | Presence::MissingAbove) => {
                check(Answer::Fail, "it is not there".to_owned()).hint(mount_hint(path))
            }
            Some(Presence::Hanging) => check(Answer::Fail, "its server does not answer".to_owned())
                .hint("is that server up? Until it is, whoever looks there waits"),
            Some(Presence::Device | Presence::Other) => {
                check(Answer::Fail, "it is no folder".to_owned())
            }
            Some(Presence::Hidden) => {
                check(Answer::Skipped, "the deploy user may not look there".to_owned())
            }
            Some(Presence::Folder | Presence::Empty) => {
                let is_mount = facts.mounts.contains(path);
                let says = if is_mount { "mounted" } else { "there, on a larger disk" };
                check(Answer::Pass, says.to_owned())
            }
            None => check(Answer::Skipped, "the host does not tell".to_owned()),
        }
    };
    host.storage.iter().map(|kept| one(&kept.path)).collect()
}
