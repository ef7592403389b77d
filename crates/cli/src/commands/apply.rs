use std::path::{Path, PathBuf};

use hob_engine::{ApplyOptions, Report};
use hob_plan::{Plan, PlanDocument, document::FORMAT};
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
    style,
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

pub(crate) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let ui = &context.ui;
    let kept = args.plan.as_deref().map(|path| read(path, args, context)).transpose()?;
    let Sound { homelab, desired, .. } = Repository::open(context)?;
    let selection = match &kept {
        Some(kept) => kept.selection.selection(),
        None => args.select.selection(&homelab, &desired)?,
    };
    let planned = Planned::now(&desired, selection, context).await?;
    if let Some(kept) = &kept {
        refuse_if_moved(kept, &planned.document)?;
    }
    let plan = &planned.plan;
    if !ui.json {
        ui.data(&render::plan::text(plan))?;
    }
    if plan.steps.is_empty() {
        return nothing_to_do(&planned, context);
    }
    if !args.yes && !agreed(plan, context).await? {
        ui.talk("Nothing was changed.\n");
        return Ok(Exit::Good);
    }
    let report = carry_out(&planned, context).await;
    finish(&planned, &report, context)
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

fn refuse_if_moved(kept: &PlanDocument, now: &PlanDocument) -> Result<(), CommandError> {
    let moved = kept.moved(now);
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

async fn agreed(plan: &Plan, context: &Context) -> Result<bool, CommandError> {
    let ui = &context.ui;
    if !ui.terminal.stdin || !ui.terminal.stderr {
        return Err(CommandError::refused("there is nobody to ask whether to go on")
            .hint("look at the plan with hob plan, then: hob apply --yes"));
    }
    if ui.json {
        // The plan was not shown on stdout, which is kept for the report.
        ui.talk(&render::plan::text(plan));
    }
    let changes = style::count(plan.steps.len(), "change");
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
        context.ui.data(&render::report::text(plan, report))?;
    }
    let all_done = report.is_success() && plan.blocked.is_empty();
    Ok(if all_done { Exit::Good } else { Exit::Error })
}

fn print_json(planned: &Planned, report: &Report, context: &Context) -> Result<(), CommandError> {
    let document = serde_json::to_value(&planned.document)?;
    context.ui.json(&render::report::json(&planned.plan, document, report))
}
