use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use hob_engine::{ApplyOptions, Locks, Report};
use hob_model::{HostName, desired::Desired};
use hob_plan::{Blocked, Plan, PlanDocument, document::FORMAT};
use serde_json::Value;

use super::plan::Planned;
use crate::{
    context::Context,
    disk,
    error::CommandError,
    exit::Exit,
    progress::progress,
    render,
    repository::{Repository, Sound},
    select::SelectArgs,
    style::{self, WARNING, paint},
};

/// Make the hosts what the repository says
///
/// Shows the plan and asks before it does anything. With a plan kept by `hob plan --out` it does
/// exactly that, or refuses if the world has moved since. Ctrl-C lets what is under way finish, or
/// puts it back; a second Ctrl-C stops at once, and the next run heals what is left half done.
///
/// Exits with 0 if everything was done, if there was nothing to do, or if the answer was no; else
/// with 1.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// A plan that was kept
    #[arg(value_name = "PLAN.json")]
    plan: Option<PathBuf>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    select: SelectArgs,
}

/// How often the plan is shown anew because the hosts have changed meanwhile.
const ROUNDS_MAX: usize = 4;

/// What others read who want to act on a host meanwhile.
const PURPOSE: &str = "hob apply";

pub(crate) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let ui = &context.ui;
    let kept = args.plan.as_deref().map(|path| read(path, args, context)).transpose()?;
    let Sound { homelab, desired, .. } = Repository::open(context)?;
    let selection = match &kept {
        Some(kept) => kept.selection.selection(),
        None => args.select.selection(&homelab, &desired)?,
    };
    let mut planned = Planned::now(&desired, selection, context).await?;
    if let Some(kept) = &kept {
        refuse_if_moved(kept.moved(&planned.document))?;
    }
    show(&planned, context)?;
    let mut locks = Locks::default();
    let mut is_agreed = args.yes;
    for _ in 0..ROUNDS_MAX {
        if planned.plan.steps.is_empty() {
            return nothing_to_do(&planned, context);
        }
        if !is_agreed && !agreed(&planned, context).await? {
            ui.talk("Nothing was changed.\n");
            return Ok(Exit::Good);
        }
        let has_moved;
        (planned, has_moved) =
            lock_and_look(planned, kept.is_some(), &desired, &mut locks, context).await?;
        is_agreed = args.yes || !has_moved;
        // A new plan may be about more hosts than the old one.
        if is_agreed && locks.cover(&hosts(&planned.plan)) && !planned.plan.steps.is_empty() {
            let report = carry_out(&planned, context).await;
            return finish(&planned, &report, context);
        }
    }
    Err(CommandError::refused("the hosts change faster than a plan for them can be made")
        .hint("find out who else is at work there, and try again"))
}

/// Takes the locks of the hosts that the plan is about, and makes sure that it still fits: people
/// think before they answer, and others may have been at work until a moment ago. Hosts that
/// another run is at work on are left out, unless the plan is one that was kept.
async fn lock_and_look(
    planned: Planned,
    is_kept: bool,
    desired: &Desired,
    locks: &mut Locks,
    context: &Context,
) -> Result<(Planned, bool), CommandError> {
    let wanted = hosts(&planned.plan);
    let taking = locks.take(&wanted, &planned.sight.open, PURPOSE);
    let mut refused = context.unless_stopped(taking).await?;
    if is_kept && let Some((host, error)) = refused.pop_first() {
        let says = format!("the plan cannot be carried out as a whole: {host} is not free");
        let mut refusal = CommandError::refused(says).caused_by(&error.kind);
        refusal.hints.extend(CommandError::of_host(error, desired).hints);
        return Err(refusal);
    }
    let was_blocked = planned.plan.blocked.clone();
    let looking = planned.again(desired, refused);
    let (fresh, moved) = context.unless_stopped(looking).await?;
    if is_kept {
        refuse_if_moved(moved)?;
        return Ok((fresh, false));
    }
    if moved.is_empty() {
        tell_blocked(&fresh, &was_blocked, context);
    } else {
        tell_moved(&moved, context);
        show(&fresh, context)?;
    }
    Ok((fresh, !moved.is_empty()))
}

/// The hosts that have steps.
fn hosts(plan: &Plan) -> BTreeSet<HostName> {
    plan.steps.iter().map(|step| step.host.clone()).collect()
}

/// The plan as data, unless the report will be data.
fn show(planned: &Planned, context: &Context) -> Result<(), CommandError> {
    match context.ui.json {
        true => Ok(()),
        false => context.ui.page(&render::plan::text(&planned.plan, &planned.asides)),
    }
}

/// Tells which hosts were left out of the plan because another run is at work there.
fn tell_blocked(planned: &Planned, before: &[Blocked], context: &Context) {
    for blocked in planned.plan.blocked.iter().filter(|blocked| !before.contains(blocked)) {
        context.ui.talk(&render::plan::obstacle(blocked, &planned.asides));
    }
}

fn tell_moved(moved: &[String], context: &Context) {
    let heading = paint(WARNING, "warning:");
    context.ui.talk(&format!("{heading} the world has moved since the plan was made\n"));
    for difference in moved {
        context.ui.talk(&format!("  {difference}\n"));
    }
}

/// The kept plan. What it is about was decided when it was made.
fn read(path: &Path, args: &Args, context: &Context) -> Result<PlanDocument, CommandError> {
    if !args.select.is_everything() {
        return Err(CommandError::config("a kept plan says itself what it is about")
            .hint("leave the selection out, or make a new plan with it"));
    }
    let text = disk::read_text(&context.path(path))?;
    let unreadable = |why: String| {
        CommandError::config(format!("{} is no plan that this Hob can read", path.display()))
            .caused_by(why)
            .hint("make one with hob plan --out FILE")
    };
    let value: Value =
        serde_json::from_str(&text).map_err(|error| unreadable(error.to_string()))?;
    match value.get("format").and_then(Value::as_u64) {
        Some(format) if format == u64::from(FORMAT) => {}
        Some(format) => {
            return Err(unreadable(format!("its form is {format}, this Hob's is {FORMAT}")));
        }
        None => return Err(unreadable("it does not say that it is one".to_owned())),
    }
    serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))
}

fn refuse_if_moved(moved: Vec<String>) -> Result<(), CommandError> {
    if moved.is_empty() {
        return Ok(());
    }
    let mut error =
        CommandError::refused("the plan is stale: the world has moved since it was made")
            .hint("make a new one with hob plan --out FILE, and look at it");
    error.causes = moved;
    Err(error)
}

fn nothing_to_do(planned: &Planned, context: &Context) -> Result<Exit, CommandError> {
    if context.ui.json {
        print_json(planned, &Report::default(), context)?;
    }
    Ok(if planned.plan.blocked.is_empty() { Exit::Good } else { Exit::Error })
}

async fn agreed(planned: &Planned, context: &Context) -> Result<bool, CommandError> {
    let ui = &context.ui;
    if !ui.terminal.stdin || !ui.terminal.stderr {
        return Err(CommandError::refused("there is nobody to ask whether to go on")
            .hint("look at the plan with hob plan, then: hob apply --yes"));
    }
    if ui.json {
        // The plan was not shown on stdout, which is kept for the report.
        ui.talk(&render::plan::text(&planned.plan, &planned.asides));
    }
    let changes = style::count(planned.plan.steps.len(), "change");
    let answer = context.unless_stopped(ui.confirm(&format!("Apply {changes}?"))).await;
    if answer.is_err() {
        // The cursor still stands behind the question.
        ui.talk("\n");
    }
    answer
}

async fn carry_out(planned: &Planned, context: &Context) -> Report {
    let progress = progress(&planned.plan, &context.ui);
    hob_engine::apply(
        &planned.plan,
        &planned.sight.open,
        &ApplyOptions::default(),
        progress.as_ref(),
        context.stop.clone(),
    )
    .await
}

fn finish(planned: &Planned, report: &Report, context: &Context) -> Result<Exit, CommandError> {
    let plan = &planned.plan;
    if context.ui.json {
        print_json(planned, report, context)?;
    } else {
        context.ui.page(&render::report::text(plan, report))?;
    }
    let all_done = report.is_success() && plan.blocked.is_empty();
    Ok(if all_done { Exit::Good } else { Exit::Error })
}

fn print_json(planned: &Planned, report: &Report, context: &Context) -> Result<(), CommandError> {
    let document = serde_json::to_value(&planned.document)?;
    context.ui.json(&render::report::json(&planned.plan, document, report))
}
