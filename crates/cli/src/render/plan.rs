//! A plan on the terminal. What a step is and why is in the planner's words; how they stand on the
//! page is decided here.

use std::collections::BTreeMap;

use hob_engine::{Condition, Sight};
use hob_host::HostErrorKind;
use hob_model::{HostName, Selection, StackName, desired::Desired};
use hob_plan::{Blocked, Change, Deviation, Obstacle, Plan, Sign, Step, by_host};

use crate::style::{ERROR, HEADING, HINT, QUIET, SUCCESS, WARNING, count, paint};

/// What is said beside a plan of what it cannot do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asides {
    /// By host: what to try where it could not be seen.
    hints: BTreeMap<HostName, String>,
    /// By host: who else is at work on it.
    busy: BTreeMap<HostName, String>,
    /// By host: the stacks that are declared for it.
    stacks: BTreeMap<HostName, Vec<StackName>>,
    /// By host and stack: the services that are not as declared.
    services: BTreeMap<(HostName, StackName), Vec<String>>,
}

impl Asides {
    /// Looks up whatever concerns the plan's obstacles.
    pub(crate) fn of(plan: &Plan, desired: &Desired, selection: &Selection, sight: &Sight) -> Self {
        let mut asides = Self::default();
        if plan.blocked.is_empty() {
            return asides;
        }
        for (host, error) in &sight.errors {
            let hint = desired.hosts.get(host).and_then(|it| hob_engine::hint(&error.kind, it));
            asides.hints.extend(hint.map(|hint| (host.clone(), hint)));
            if matches!(error.kind, HostErrorKind::Locked { .. }) {
                asides.busy.insert(host.clone(), error.kind.to_string());
            }
        }
        for (host, stack, _) in selection.stacks(desired) {
            asides.stacks.entry(host.clone()).or_default().push(stack.clone());
        }
        for row in hob_engine::status(desired, selection, &sight.observed) {
            if !matches!(row.condition, Condition::InOrder | Condition::NotDeclared) {
                let services = asides.services.entry((row.host, row.stack)).or_default();
                services.push(row.service.to_string());
            }
        }
        asides
    }

    /// What waits until an obstacle is out of the way.
    fn held_back(&self, blocked: &Blocked) -> String {
        match &blocked.stack {
            Some(stack) => {
                let key = (blocked.host.clone(), stack.clone());
                let services = self.services.get(&key).map_or(&[][..], Vec::as_slice);
                let names: Vec<String> =
                    services.iter().map(|service| format!("{stack}/{service}")).collect();
                listed(&names)
            }
            None => {
                let stacks = self.stacks.get(&blocked.host).map_or(&[][..], Vec::as_slice);
                listed(&stacks.iter().map(ToString::to_string).collect::<Vec<_>>())
            }
        }
    }
}

/// The plan: a section for each host, a line for each step, then what has drifted and what is
/// blocked, and a summary.
pub(crate) fn text(plan: &Plan, asides: &Asides) -> String {
    let mut out = String::new();
    for (host, steps) in by_host(plan) {
        out += &format!("{}\n", paint(HEADING, host));
        let width = widest(steps.iter().map(|step| step.subject()));
        for step in steps {
            out += &format!("  {}\n", line(step, width));
        }
    }
    out + &rest(plan, asides)
}

/// The same, with what each step does operation by operation and what it waits for.
pub(crate) fn detailed(plan: &Plan, asides: &Asides) -> String {
    let mut out = String::new();
    let digits = plan.steps.len().saturating_sub(1).to_string().len();
    for (host, steps) in by_host(plan) {
        out += &format!("{}\n", paint(HEADING, host));
        for step in steps {
            let id = paint(QUIET, format!("{:>digits$}", step.id.to_string()));
            out += &format!("  {id} {}\n", line(step, 0));
            let indent = " ".repeat(digits + 5);
            let mut tell = |text: String| out += &format!("{indent}{text}\n");
            tell(format!("risk: {}", step.risk));
            if !step.after.is_empty() {
                let after: Vec<String> = step.after.keys().map(ToString::to_string).collect();
                tell(format!("after: {}", after.join(", ")));
            }
            for op in step.ops() {
                if !matches!(op, hob_plan::Op::Reached(_)) {
                    tell(paint(QUIET, hob_engine::doing(&op)));
                }
            }
        }
    }
    out + &rest(plan, asides)
}

/// `+ web/app  create: not there yet`. Only the sign and the subject bear the colour; the reasons
/// are for reading.
fn line(step: &Step, width: usize) -> String {
    let style = match step.change.sign() {
        Sign::Add => SUCCESS,
        Sign::Change => WARNING,
        Sign::Start => HINT,
        Sign::Remove => ERROR,
    };
    let subject = step.subject();
    let padding = " ".repeat(width.saturating_sub(subject.chars().count()));
    let painted = paint(style, format!("{} {subject}", step.change.sign().char()));
    format!("{painted}{padding}  {}: {}", step.change.verb(), step.why_text())
}

/// Columns of the longest text; one that is far longer than others stands out.
fn widest(texts: impl Iterator<Item = String>) -> usize {
    const WIDEST: usize = 44;
    texts.map(|text| text.chars().count()).max().unwrap_or(0).min(WIDEST)
}

fn rest(plan: &Plan, asides: &Asides) -> String {
    let mut out = drift(plan);
    for blocked in &plan.blocked {
        out += &obstacle(blocked, asides);
    }
    out + &paint(HEADING, format!("Plan: {}.", summary(plan))) + "\n"
}

/// What cannot be done, what waits for it, and what to try.
pub(crate) fn obstacle(blocked: &Blocked, asides: &Asides) -> String {
    let subject = paint(ERROR, format!("! {}:", blocked.subject()));
    let hint = match &blocked.why {
        Obstacle::Unreachable { .. } => asides.hints.get(&blocked.host).cloned(),
        _ => None,
    };
    let hint = hint.unwrap_or_else(|| blocked.why.hint());
    let busy = match &blocked.why {
        Obstacle::Unreachable { .. } => asides.busy.get(&blocked.host).cloned(),
        _ => None,
    };
    let mut out = format!("{subject} {}\n", busy.unwrap_or_else(|| blocked.why.to_string()));
    let held_back = asides.held_back(blocked);
    if !held_back.is_empty() {
        out += &format!("    held back: {held_back}\n");
    }
    out + &format!("    {} {hint}\n", paint(HINT, "hint:"))
}

/// What is not as it was left: a line for each stack and kind.
fn drift(plan: &Plan) -> String {
    let mut grouped: BTreeMap<(&HostName, &StackName, &str), Vec<String>> = BTreeMap::new();
    for drift in &plan.drift {
        let (kind, name) = match &drift.what {
            Deviation::Unhealthy { container, .. } => ("unhealthy", container.to_string()),
            Deviation::Stopped { container } => ("stopped", container.to_string()),
            Deviation::FileChanged { path } => ("changed", path.to_string()),
        };
        let names = grouped.entry((&drift.host, &drift.stack, kind)).or_default();
        // Several services may use one file.
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let says = |kind: &str, number: usize| match (kind, number) {
        ("unhealthy", 1) => "fails its health check",
        ("unhealthy", _) => "fail their health checks",
        ("stopped", _) => "stopped running",
        (_, 1) => "was changed on the host",
        _ => "were changed on the host",
    };
    grouped
        .iter()
        .map(|((host, stack, kind), names)| {
            let subject = paint(WARNING, format!("* {host}: {stack}:"));
            format!("{subject} {} {}\n", listed(names), says(kind, names.len()))
        })
        .collect()
}

/// Names that are spelled out in a list.
const NAMED_MAX: usize = 8;

fn listed(names: &[String]) -> String {
    let shown = names.iter().take(NAMED_MAX).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMED_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `2 to pull, 1 to create, 1 network on 1 host; 1 blocked`.
pub(crate) fn summary(plan: &Plan) -> String {
    let counts = plan.summary();
    let (mut networks, mut volumes, mut files) = (0, 0, 0);
    for step in &plan.steps {
        match step.change {
            Change::CreateNetwork(_) | Change::RemoveNetwork { .. } => networks += 1,
            Change::CreateVolume(_) => volumes += 1,
            Change::WriteFiles { .. } | Change::RemoveFiles { .. } => files += 1,
            _ => {}
        }
    }
    let mut parts = Vec::new();
    for (number, verb) in [
        (counts.pull, "pull"),
        (counts.build, "build"),
        (counts.create, "create"),
        (counts.replace, "replace"),
        (counts.start, "start"),
        (counts.remove, "remove"),
    ] {
        parts.extend((number > 0).then(|| format!("{number} to {verb}")));
    }
    for (number, what) in [(networks, "network"), (volumes, "volume")] {
        parts.extend((number > 0).then(|| count(number, what)));
    }
    parts.extend((files > 0).then(|| format!("files of {}", count(files, "stack"))));
    let mut says = match parts.is_empty() {
        true => "nothing to do".to_owned(),
        false => format!("{} on {}", parts.join(", "), count(counts.hosts, "host")),
    };
    if counts.blocked > 0 {
        says += &format!("; {} blocked", counts.blocked);
    }
    says
}
