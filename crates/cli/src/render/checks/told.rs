//! What is not in order, the worst first. What is the same on several hosts is told once.

use hob_engine::{Answer, Check};
use hob_model::HostName;

use super::{hint, mark, name};
use crate::style::{HEADING, paint};

/// Hosts that are named; of the others the number is given.
const NAMED_MAX: usize = 3;

/// Everything that is no pass.
pub(crate) fn told(checks: &[Check]) -> String {
    let mut hosts: Vec<&HostName> = checks.iter().map(|check| &check.host).collect();
    hosts.dedup();
    let mut groups: Vec<(&Check, Vec<&HostName>)> = Vec::new();
    for check in checks.iter().filter(|check| check.answer != Answer::Pass) {
        match groups.iter_mut().find(|(first, _)| is_same(first, check)) {
            Some((_, on)) => on.push(&check.host),
            None => groups.push((check, vec![&check.host])),
        }
    }
    groups.sort_by_key(|(check, _)| std::cmp::Reverse(check.answer));
    let mut out = String::new();
    for (check, on) in groups {
        let (mark, name) = (mark(check.answer), paint(HEADING, name(check)));
        let on = paint(HEADING, names(&on, hosts.len()));
        out += &format!("{mark} {name} on {on}: {}\n{}", check.message, hint(check, 2));
    }
    out
}

/// Whether two checks say the same of two hosts.
fn is_same(one: &Check, other: &Check) -> bool {
    let Check { host: _, stack, kind, what, answer, message, hint } = one;
    *stack == other.stack
        && *kind == other.kind
        && *what == other.what
        && *answer == other.answer
        && *message == other.message
        && *hint == other.hint
}

fn names(on: &[&HostName], all: usize) -> String {
    if on.len() == all && all > NAMED_MAX {
        return format!("all {all} hosts");
    }
    let named: Vec<&str> = on.iter().take(NAMED_MAX).map(|host| host.as_str()).collect();
    match on.len().saturating_sub(NAMED_MAX) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}
