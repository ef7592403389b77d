//! The whole homelab in one table: a line for each host, a column for each kind of question.

use hob_engine::{Answer, Check, Kind};

use super::{mark, summary, told};
use crate::{
    render::table::spaced,
    style::{ERROR, HEADING, QUIET, WARNING, paint},
};

/// A terminal of this width has room for the system of each host too.
const WIDE: usize = 110;
/// The least that is shown of a system.
const SYSTEM_LEAST: usize = 12;

/// Blanks between columns, unless the terminal is too narrow for so many.
const GAP: usize = 2;

/// Columns in their order; those that nothing was asked for are left out.
const COLUMNS: [(&str, &[Kind]); 13] = [
    ("up", &[Kind::Reachable, Kind::Machine]),
    ("docker", &[Kind::Engine, Kind::Attributes]),
    ("rights", &[Kind::Rights, Kind::RootFolder]),
    ("clock", &[Kind::Clock]),
    ("disk", &[Kind::Space]),
    ("mem", &[Kind::Memory]),
    ("gpu", &[Kind::Gpu]),
    ("vpn", &[Kind::Address]),
    ("fw", &[Kind::Firewall]),
    ("ports", &[Kind::Port]),
    ("paths", &[Kind::Mount, Kind::Device]),
    ("nets", &[Kind::Network, Kind::Volume]),
    ("images", &[Kind::Platform, Kind::Image]),
];

/// The table, what is not in order, and a summary.
pub(crate) fn grid(checks: &[Check], width: usize) -> String {
    let used: Vec<_> = COLUMNS
        .iter()
        .filter(|(_, kinds)| checks.iter().any(|check| kinds.contains(&check.kind)))
        .collect();
    let mut heading = vec!["HOST"];
    heading.extend(used.iter().map(|(title, _)| *title));
    let hosts = checks.iter().map(|check| check.host.as_str().chars().count());
    let widest = hosts.max().unwrap_or(0).max("HOST".len());
    let titles: usize = heading.iter().skip(1).map(|title| title.len()).sum();
    let wide = widest + titles + GAP * used.len();
    let gap = if wide > width { 1 } else { GAP };
    let room = width.checked_sub(wide + GAP).filter(|room| width >= WIDE && *room >= SYSTEM_LEAST);
    if room.is_some() {
        heading.push("system");
    }
    let mut lines: Vec<Vec<String>> =
        vec![heading.iter().map(|title| paint(HEADING, title)).collect()];
    for of_host in checks.chunk_by(|one, next| one.host == next.host) {
        let Some(first) = of_host.first() else { continue };
        let mut line = vec![first.host.to_string()];
        line.extend(used.iter().map(|(_, kinds)| cell(of_host, kinds)));
        line.extend(room.map(|room| paint(QUIET, system(of_host, room))));
        lines.push(line);
    }
    let told = told(checks);
    let blank = if told.is_empty() { "" } else { "\n" };
    format!("\n{}{blank}{told}{blank}{}", spaced(&lines, gap), summary(checks))
}

/// The worst answer, and how many there are of it if more than one.
fn cell(of_host: &[Check], kinds: &[Kind]) -> String {
    let asked = || of_host.iter().filter(|check| kinds.contains(&check.kind));
    let Some(worst) = asked().map(|check| check.answer).max() else {
        return paint(QUIET, "·");
    };
    let count = asked().filter(|check| check.answer == worst).count();
    let style = match worst {
        Answer::Warn => WARNING,
        Answer::Fail => ERROR,
        Answer::Pass | Answer::Skipped => return mark(worst),
    };
    if count == 1 { mark(worst) } else { format!("{}{}", mark(worst), paint(style, count)) }
}

/// What the host says that it is, the processor first: it is what hosts differ in.
fn system(of_host: &[Check], room: usize) -> String {
    let is_system = |check: &&Check| check.kind == Kind::Reachable && check.answer == Answer::Pass;
    let text = of_host.iter().find(is_system).map_or("", |check| check.message.as_str());
    let text = match text.rsplit_once(", ") {
        Some((name, arch)) => format!("{arch} {name}"),
        None => String::new(),
    };
    if text.chars().count() <= room {
        return text;
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
