//! Checks, host by host.

mod grid;
mod told;

use hob_engine::{Answer, Check, Kind};

pub(crate) use self::{grid::grid, told::told};
use crate::style::{self, ERROR, HEADING, HINT, QUIET, SUCCESS, WARNING, paint};

/// Every check, a line each, host by host, then a summary.
pub(crate) fn each(checks: &[Check]) -> String {
    by_host(checks, |of_host| lines(of_host, widest(of_host)))
}

/// A line for each stack without anything to report, and what is to report of the others.
pub(crate) fn per_stack(checks: &[Check]) -> String {
    by_host(checks, stacks)
}

fn by_host(checks: &[Check], of_host: impl Fn(&[Check]) -> String) -> String {
    let mut out = String::new();
    for checks in checks.chunk_by(|one, next| one.host == next.host) {
        if let Some(first) = checks.first() {
            out += &format!("{}\n", paint(HEADING, &first.host));
        }
        out += &of_host(checks);
    }
    out + &summary(checks)
}

/// Whether a check has nothing to report of a deployment: what is never asked yet is no news.
fn is_quiet(check: &Check) -> bool {
    check.answer == Answer::Pass || (check.answer == Answer::Skipped && check.kind == Kind::Route)
}

fn stacks(of_host: &[Check]) -> String {
    let mut out = String::new();
    let report = |checks: &[Check]| -> Vec<Check> {
        checks.iter().filter(|check| !is_quiet(check)).cloned().collect()
    };
    let widest = widest(&report(of_host));
    for of_stack in of_host.chunk_by(|one, next| one.stack == next.stack) {
        let stack = of_stack.first().and_then(|check| check.stack.as_ref());
        let (Some(stack), true) = (stack, of_stack.iter().all(is_quiet)) else {
            out += &lines(&report(of_stack), widest);
            continue;
        };
        let passed = of_stack.iter().filter(|check| check.answer == Answer::Pass).count();
        let says = format!("{stack}: in order ({})", style::count(passed, "check"));
        out += &format!("  {} {says}\n", mark(Answer::Pass));
    }
    out
}

fn name(check: &Check) -> String {
    match &check.stack {
        Some(stack) => format!("{stack}/{}", check.what),
        None => check.what.clone(),
    }
}

/// Columns of the longest name.
fn widest(checks: &[Check]) -> usize {
    checks.iter().map(|check| name(check).chars().count()).max().unwrap_or(0)
}

fn lines(checks: &[Check], widest: usize) -> String {
    let mut out = String::new();
    for check in checks {
        out += &format!("  {} {:widest$}  {}\n", mark(check.answer), name(check), check.message);
        out += &hint(check, 6);
    }
    out
}

/// What to try, if there is something to mend.
fn hint(check: &Check, indent: usize) -> String {
    match (&check.hint, check.answer) {
        (Some(hint), Answer::Warn | Answer::Fail) => {
            format!("{:indent$}{} {hint}\n", "", paint(HINT, "hint:"))
        }
        _ => String::new(),
    }
}

fn mark(answer: Answer) -> String {
    match answer {
        Answer::Pass => paint(SUCCESS, "✓"),
        Answer::Skipped => paint(QUIET, "-"),
        Answer::Warn => paint(WARNING, "!"),
        Answer::Fail => paint(ERROR, "✗"),
    }
}

/// How many of each answer.
pub(crate) fn summary(checks: &[Check]) -> String {
    let of = |answer| checks.iter().filter(|check| check.answer == answer).count();
    let mut parts = vec![format!("{} passed", of(Answer::Pass))];
    let skipped = of(Answer::Skipped);
    if skipped > 0 {
        parts.push(format!("{skipped} skipped"));
    }
    let warnings = of(Answer::Warn);
    if warnings > 0 {
        parts.push(style::count(warnings, "warning"));
    }
    parts.push(format!("{} failed", of(Answer::Fail)));
    format!("{}: {}.\n", style::count(checks.len(), "check"), parts.join(", "))
}

/// Whether any check failed.
pub(crate) fn has_failed(checks: &[Check]) -> bool {
    checks.iter().any(|check| check.answer == Answer::Fail)
}
