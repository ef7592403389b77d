//! A plan on the terminal: the words are the planner's, the colours ours.

use hob_plan::{Plan, by_host};

use crate::style::{self, HEADING, HINT, QUIET, SUCCESS, WARNING, paint};

/// The plan, coloured by the sign that each line begins with.
pub(crate) fn text(plan: &Plan) -> String {
    hob_plan::text(plan).lines().map(|line| coloured(line) + "\n").collect()
}

fn coloured(line: &str) -> String {
    let trimmed = line.trim_start();
    let indented = line.len() - trimmed.len();
    let style = match (indented, trimmed.get(..2)) {
        (2, Some("+ ")) => SUCCESS,
        (2, Some("~ ")) => WARNING,
        (2, Some("- ")) | (0, Some("! ")) => style::ERROR,
        (0, Some("* ")) => WARNING,
        (2, Some("> ")) | (4, Some(_)) => HINT,
        (0, Some(_)) => HEADING,
        _ => return line.to_owned(),
    };
    match line.split_once("  ") {
        // Only the sign and the subject bear the colour; the reasons are for reading.
        Some((_, _)) if indented == 2 => {
            let (subject, reasons) = split_after_subject(line);
            format!("{}{reasons}", paint(style, subject))
        }
        _ => paint(style, line),
    }
}

fn split_after_subject(line: &str) -> (&str, &str) {
    let at = line.get(4..).and_then(|rest| rest.find("  ")).map_or(line.len(), |at| at + 4);
    line.split_at(at)
}

/// The same, with what each step does operation by operation and what it waits for.
pub(crate) fn detailed(plan: &Plan) -> String {
    let mut out = String::new();
    for (host, steps) in by_host(plan) {
        out += &format!("{}\n", paint(HEADING, host));
        for step in steps {
            let sign = step.change.sign().char();
            out += &format!(
                "  {sign} {:>3} {}  {}: {}\n",
                step.id.to_string(),
                step.subject(),
                step.change.verb(),
                step.why_text()
            );
            out += &format!("        risk: {}\n", step.risk);
            if !step.after.is_empty() {
                let after: Vec<String> = step.after.keys().map(ToString::to_string).collect();
                out += &format!("        after: {}\n", after.join(", "));
            }
            for op in step.ops() {
                if !matches!(op, hob_plan::Op::Reached(_)) {
                    out += &format!("        {}\n", paint(QUIET, hob_engine::doing(&op)));
                }
            }
        }
    }
    let without_steps = Plan { steps: Vec::new(), ..plan.clone() };
    let rest = text(&without_steps);
    // The last line of the rest counts no steps; the summary of the whole plan takes its place.
    let kept = rest.lines().count().saturating_sub(1);
    out.extend(rest.lines().take(kept).map(|line| format!("{line}\n")));
    out + &paint(HEADING, format!("Plan: {}.", plan.summary())) + "\n"
}
