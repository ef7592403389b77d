use hob_engine::{Condition, Row};
use hob_plan::observed::HostView;
use serde_json::json;

use crate::{
    context::Context,
    error::CommandError,
    exit::Exit,
    render::{table::table, unmanaged},
    repository::{Repository, Sound},
    select::SelectArgs,
    style::{self, ERROR, HEADING, QUIET, SUCCESS, WARNING, paint},
};

/// Show what runs where, and whether it is in order
///
/// Nothing is changed anywhere. Exits with 0 if every host answered, else with 1.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    #[command(flatten)]
    select: SelectArgs,
}

pub(crate) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let ui = &context.ui;
    let Sound { homelab, desired, .. } = Repository::open(context)?;
    let selection = args.select.selection(&homelab, &desired)?;
    let sight = context.observe(&desired, &selection).await?;
    let rows = hob_engine::status(&desired, &selection, &sight.observed);
    if ui.json {
        let not_managed = unmanaged::data(&homelab, &selection);
        ui.json(&json!({
            "homelab": desired.homelab, "containers": rows, "not_managed": not_managed,
        }))?;
    } else {
        ui.data(&text(&rows))?;
        ui.data(&unmanaged::text(&homelab, &selection))?;
        for (host, view) in &sight.observed.hosts {
            if let HostView::Unreachable { why } = view {
                let heading = paint(ERROR, "error:");
                ui.talk(&format!("{heading} {host} was not seen: {why}\n"));
                let error = sight.errors.get(host).zip(desired.hosts.get(host));
                let hint = error.and_then(|(error, host)| hob_engine::hint(&error.kind, host));
                if let Some(hint) = hint {
                    ui.talk(&format!("{} {hint}\n", paint(style::HINT, "hint:")));
                }
            }
        }
    }
    Ok(if sight.errors.is_empty() { Exit::Good } else { Exit::Error })
}

fn text(rows: &[Row]) -> String {
    let heading = ["HOST", "STACK", "SERVICE", "STATE", "HEALTH", "IMAGE", "CONDITION"];
    let mut lines = vec![heading.iter().map(|title| paint(HEADING, title)).collect()];
    lines.extend(rows.iter().map(|row| {
        let or_dash = |text: &str| if text.is_empty() { "-".to_owned() } else { text.to_owned() };
        vec![
            row.host.to_string(),
            row.stack.to_string(),
            row.service.to_string(),
            or_dash(&row.state),
            or_dash(&row.health),
            row.image.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string),
            condition(row),
        ]
    }));
    let in_order = rows.iter().filter(|row| row.condition == Condition::InOrder).count();
    let containers = style::count(rows.len(), "container");
    format!("{}{containers}, {in_order} in order.\n", table(&lines))
}

fn condition(row: &Row) -> String {
    let wrong = &row.wrong;
    match row.condition {
        Condition::InOrder => paint(SUCCESS, "in order"),
        Condition::Doubtful => paint(WARNING, wrong),
        Condition::Wrong => paint(ERROR, wrong),
        Condition::Missing => paint(ERROR, "missing"),
        // Why stands below the table, once for each host.
        Condition::Unknown => paint(QUIET, "not seen"),
        Condition::NotDeclared => paint(WARNING, wrong),
    }
}
