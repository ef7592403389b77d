//! What came of an apply, in words and as data.

use std::collections::BTreeMap;

use hob_engine::{Outcome, Report, Undone};
use hob_host::HostErrorKind;
use hob_model::HostName;
use hob_plan::{Plan, Step};
use serde_json::{Value, json};

use crate::{
    error::last_lines,
    style::{self, ERROR, HEADING, HINT, SUCCESS, WARNING, paint, seconds},
};

/// The report: what went wrong and what became of it, then what was not done, then counts.
pub(crate) fn text(plan: &Plan, report: &Report) -> String {
    let mut out = String::new();
    for (step, ended) in plan.steps.iter().zip(&report.steps) {
        if !ended.warnings.is_empty() {
            out += &format!("{} {}: {}\n", paint(WARNING, "warning"), step.host, name(step));
            out.extend(ended.warnings.iter().map(|warning| format!("  {warning}\n")));
        }
        out += &match &ended.outcome {
            Outcome::Done | Outcome::Skipped { .. } | Outcome::NotBegun => continue,
            Outcome::Failed { error, undone } => {
                let doing = match error.kind {
                    // It says itself that the container was waited for.
                    HostErrorKind::BadVerdict { .. } | HostErrorKind::BuildFailed { .. } => {
                        String::new()
                    }
                    _ => format!("{}: ", error.doing),
                };
                let mut told = format!(
                    "{} {}: {}\n  {doing}{}\n",
                    paint(ERROR, "failed"),
                    step.host,
                    name(step),
                    error.kind
                );
                for line in last_lines(&error.kind) {
                    told += &format!("    | {line}\n");
                }
                told += &undone_text(step, undone);
                if let Some(hint) = error.kind.hint() {
                    told += &format!("  {} {hint}\n", paint(HINT, "hint:"));
                }
                told
            }
            Outcome::BrokenOff { undone } => format!(
                "{} {}: {}\n{}",
                paint(WARNING, "broken off"),
                step.host,
                name(step),
                undone_text(step, undone)
            ),
        };
    }
    out += &not_done(plan, report);
    out + &summary(plan, report)
}

fn undone_text(step: &Step, undone: &Undone) -> String {
    match undone {
        Undone::Nothing => String::new(),
        Undone::PutBack => "  what was there before is back in its place\n".to_owned(),
        Undone::LeftStopped => match step.change.container() {
            Some(name) => {
                format!("  it was stopped and left for you to look at: docker logs {name}\n")
            }
            None => "  it was stopped and left for you to look at\n".to_owned(),
        },
        Undone::Failed { error } => format!(
            "  putting things back failed as well: {}: {}\n  the next run tries again\n",
            error.doing, error.kind
        ),
        Undone::LeftAsIs => "  left as it was at that moment; the next run heals it\n".to_owned(),
    }
}

/// The steps that were skipped, by the step that they waited for, and those that were not begun.
fn not_done(plan: &Plan, report: &Report) -> String {
    let mut skipped: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    let mut not_begun = Vec::new();
    for (step, ended) in plan.steps.iter().zip(&report.steps) {
        match ended.outcome {
            Outcome::Skipped { because } => {
                skipped.entry(because.0).or_default().push(place_and_name(step));
            }
            Outcome::NotBegun => not_begun.push(place_and_name(step)),
            _ => {}
        }
    }
    let mut out = String::new();
    for (because, steps) in skipped {
        let cause = plan.steps.get(because as usize).map(place_and_name).unwrap_or_default();
        out += &format!("{} because of {cause}:\n", paint(WARNING, "skipped"));
        out.extend(steps.iter().map(|step| format!("  {step}\n")));
    }
    if !not_begun.is_empty() {
        out += &format!("{}:\n", paint(WARNING, "not begun"));
        out.extend(not_begun.iter().map(|step| format!("  {step}\n")));
    }
    out
}

fn name(step: &Step) -> String {
    format!("{} {}", step.change.verb(), step.subject())
}

fn place_and_name(step: &Step) -> String {
    format!("{}: {}", step.host, name(step))
}

#[derive(Default)]
struct Counts {
    done: usize,
    failed: usize,
    broken_off: usize,
    skipped: usize,
    not_begun: usize,
}

impl Counts {
    fn of<'a>(outcomes: impl Iterator<Item = &'a Outcome>) -> Self {
        let mut counts = Self::default();
        for outcome in outcomes {
            *match outcome {
                Outcome::Done => &mut counts.done,
                Outcome::Failed { .. } => &mut counts.failed,
                Outcome::BrokenOff { .. } => &mut counts.broken_off,
                Outcome::Skipped { .. } => &mut counts.skipped,
                Outcome::NotBegun => &mut counts.not_begun,
            } += 1;
        }
        counts
    }

    fn text(&self) -> String {
        let Self { done, failed, broken_off, skipped, not_begun } = self;
        let mut parts = vec![format!("{done} done")];
        for (number, what) in [
            (failed, "failed"),
            (broken_off, "broken off"),
            (skipped, "skipped"),
            (not_begun, "not begun"),
        ] {
            if *number > 0 {
                parts.push(format!("{number} {what}"));
            }
        }
        parts.join(", ")
    }
}

fn summary(plan: &Plan, report: &Report) -> String {
    let mut by_host: BTreeMap<&HostName, Vec<&Outcome>> = BTreeMap::new();
    for (step, ended) in plan.steps.iter().zip(&report.steps) {
        by_host.entry(&step.host).or_default().push(&ended.outcome);
    }
    let widest = by_host.keys().map(|host| host.as_str().chars().count()).max().unwrap_or(0);
    let mut out = String::new();
    for (host, outcomes) in &by_host {
        let counts = Counts::of(outcomes.iter().copied());
        let is_good = counts.done == outcomes.len();
        let mark = if is_good { paint(SUCCESS, "✓") } else { paint(ERROR, "✗") };
        out += &format!("{mark} {host:widest$}  {}\n", counts.text());
    }
    let blocked = plan.blocked.len();
    if blocked > 0 {
        out += &format!("{} {} blocked, see the plan\n", paint(WARNING, "!"), blocked);
    }
    let heading = if report.is_success() {
        "Done"
    } else if report.stopped {
        "Stopped"
    } else {
        "Not everything was done"
    };
    let times = match report.started_after {
        Some(started) => {
            format!("last container started after {}, ", seconds(started))
        }
        None => String::new(),
    };
    let steps = style::count(report.steps.len(), "step");
    out + &paint(
        HEADING,
        format!("{heading}: {} of {steps}; {times}{} in all.", report.done(), seconds(report.took)),
    ) + "\n"
}

/// The report as data. `plan` is the plan as a document, whose steps have the same order.
pub(crate) fn json(plan: &Plan, document: Value, report: &Report) -> Value {
    let steps: Vec<Value> = report
        .steps
        .iter()
        .zip(&plan.steps)
        .map(|(ended, step)| {
            let mut value = json!({
                "id": step.id.0,
                "host": step.host,
                "stack": step.stack,
                "subject": step.subject(),
                "warnings": ended.warnings,
                "took_ms": millis(ended.took),
            });
            outcome_json(&ended.outcome, &mut value);
            value
        })
        .collect();
    let counts = Counts::of(report.steps.iter().map(|step| &step.outcome));
    json!({
        "plan": document,
        "steps": steps,
        "summary": {
            "done": counts.done,
            "failed": counts.failed,
            "broken_off": counts.broken_off,
            "skipped": counts.skipped,
            "not_begun": counts.not_begun,
            "blocked": plan.blocked.len(),
        },
        "stopped": report.stopped,
        "started_after_ms": report.started_after.map(millis),
        "took_ms": millis(report.took),
    })
}

fn outcome_json(outcome: &Outcome, value: &mut Value) {
    let undone_word = |undone: &Undone| match undone {
        Undone::Nothing => "nothing",
        Undone::PutBack => "put-back",
        Undone::LeftStopped => "left-stopped",
        Undone::Failed { .. } => "failed",
        Undone::LeftAsIs => "left-as-is",
    };
    value["outcome"] = json!(match outcome {
        Outcome::Done => "done",
        Outcome::Failed { .. } => "failed",
        Outcome::BrokenOff { .. } => "broken-off",
        Outcome::Skipped { .. } => "skipped",
        Outcome::NotBegun => "not-begun",
    });
    match outcome {
        Outcome::Failed { error, undone } => {
            value["error"] = json!({
                "doing": error.doing,
                "message": error.kind.to_string(),
                "last_lines": last_lines(&error.kind),
                "hint": error.kind.hint(),
            });
            value["undone"] = json!(undone_word(undone));
        }
        Outcome::BrokenOff { undone } => value["undone"] = json!(undone_word(undone)),
        Outcome::Skipped { because } => value["because"] = json!(because.0),
        Outcome::Done | Outcome::NotBegun => {}
    }
}

fn millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
