//! Checks, host by host.

use hob_engine::{Answer, Check};

use crate::style::{self, ERROR, HEADING, HINT, QUIET, SUCCESS, WARNING, paint};

/// How much is shown of what is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Passing {
    /// A line for each.
    Each,
    /// A line for each stack without anything to report, and what is to report of the others.
    PerStack,
}

/// The checks of each host, a line each, then a summary.
pub(crate) fn text(checks: &[Check], passing: Passing) -> String {
    let mut out = String::new();
    for of_host in checks.chunk_by(|one, next| one.host == next.host) {
        if let Some(first) = of_host.first() {
            out += &format!("{}\n", paint(HEADING, &first.host));
        }
        match passing {
            Passing::Each => out += &lines(of_host, widest(of_host)),
            Passing::PerStack => out += &stacks(of_host),
        }
    }
    out + &summary(checks)
}

fn stacks(of_host: &[Check]) -> String {
    let mut out = String::new();
    let told: Vec<Check> =
        of_host.iter().filter(|check| check.answer != Answer::Pass).cloned().collect();
    let widest = widest(&told);
    for of_stack in of_host.chunk_by(|one, next| one.stack == next.stack) {
        let (Some(stack), true) = (
            of_stack.first().and_then(|check| check.stack.as_ref()),
            of_stack.iter().all(|check| check.answer == Answer::Pass),
        ) else {
            let told: Vec<Check> =
                of_stack.iter().filter(|check| check.answer != Answer::Pass).cloned().collect();
            out += &lines(&told, widest);
            continue;
        };
        let says = format!("{stack}: in order ({})", style::count(of_stack.len(), "check"));
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
        let wants_hint = matches!(check.answer, Answer::Warn | Answer::Fail);
        if let (Some(hint), true) = (&check.hint, wants_hint) {
            out += &format!("      {} {hint}\n", paint(HINT, "hint:"));
        }
    }
    out
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
