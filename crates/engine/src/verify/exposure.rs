//! Ports that are open on a host, against `policy.publish`: also those of containers that somebody
//! else made.

use hob_host::Facts;
use hob_model::HostName;
use hob_plan::observed::{ContainerOwner, ContainerState, HostState};

use crate::check::{Answer, Check, Kind, Publish, Wanted};

pub(super) fn judge(
    wanted: Wanted<'_>,
    host: &HostName,
    state: &HostState,
    facts: Option<&Result<Facts, String>>,
) -> Vec<Check> {
    let publish = Publish::of(&wanted.homelab.policy);
    if !publish.is_said() {
        return Vec::new();
    }
    let interfaces = facts.and_then(|facts| facts.as_ref().ok()?.interfaces.as_ref());
    let mut checks = Vec::new();
    let (mut good, mut unknown) = (0, 0);
    for (name, container) in &state.containers {
        let runs = matches!(
            container.state,
            ContainerState::Running { .. } | ContainerState::Restarting | ContainerState::Paused
        );
        let own = match &container.owner {
            ContainerOwner::Hob { identity, .. } if identity.homelab == wanted.desired.homelab => {
                Some(&identity.stack)
            }
            _ => None,
        };
        let is_left_out = own.is_some_and(|own| {
            let stacks = wanted.desired.hosts.get(host).map(|host| &host.stacks);
            let stack = stacks.and_then(|stacks| stacks.get(own));
            stack.is_some_and(|stack| !wanted.selection.has_stack(own, &stack.tags))
        });
        if !runs || is_left_out {
            continue;
        }
        for (address, port, protocol) in &container.ports {
            match publish.allows(address, interfaces) {
                Some(true) => good += 1,
                None => unknown += 1,
                Some(false) => {
                    let at = if address.is_empty() { "every address" } else { address };
                    let says = format!(
                        "container {name} is open on {at}; the policy allows {}",
                        publish.text()
                    );
                    let what = format!("open port {port}/{protocol}");
                    let check = |answer| Check::new(host, Kind::Exposure, &what, answer, says);
                    checks.push(match own {
                        Some(stack) => check(Answer::Fail).of(stack).hint(
                            "publish it on an allowed address in its Compose file, then hob apply",
                        ),
                        None => check(Answer::Warn).hint(format!(
                            "it is not Hob's: docker inspect {name} says whose it is"
                        )),
                    });
                }
            }
        }
    }
    if unknown > 0 {
        let says = format!("{unknown} not judged: the host does not tell of its interfaces");
        checks.push(Check::new(host, Kind::Exposure, "open ports", Answer::Skipped, says));
    }
    if checks.is_empty() && good > 0 {
        let says = format!("{good} open, all where the policy allows");
        checks.push(Check::new(host, Kind::Exposure, "open ports", Answer::Pass, says));
    }
    checks
}
