use hob_engine::Wanted;
use serde_json::json;

use crate::{
    context::Context,
    error::CommandError,
    exit::Exit,
    render::{checks, unmanaged},
    repository::Repository,
    select::SelectArgs,
    style::{ERROR, SUCCESS, count, paint},
};

/// Check the repository, then whether every host is fit for what it is to run
///
/// Nothing is changed anywhere. Exits with 0 if no check failed, else with 1.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Check the repository only, without asking any host
    #[arg(long)]
    offline: bool,
    /// Have every host ask the registries for the images that it lacks; they count that like pulls
    #[arg(long, conflicts_with = "offline")]
    online: bool,
    /// Show every check in a line of its own, not only those with something to report
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    select: SelectArgs,
}

pub(crate) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let ui = &context.ui;
    let Repository { homelab, desired, findings, .. } = Repository::read_without_values(context)?;
    let (Some(homelab), 0) = (homelab, findings.errors()) else {
        return Err(CommandError::repository(findings));
    };
    let selection = args.select.selection(&homelab, &desired)?;
    let stacks = selection.stacks(&desired).count();
    let services: usize =
        selection.stacks(&desired).map(|(_, _, stack)| stack.services.len()).sum();
    let hosts = desired.hosts.keys().filter(|host| selection.has_host(host)).count();
    if !ui.json {
        ui.talk(&findings.brief(ui.width()));
        ui.data(&format!(
            "{} repository: {}, {}, {}, {}\n",
            paint(SUCCESS, "✓"),
            count(hosts, "host"),
            count(stacks, "stack"),
            count(services, "service"),
            findings.summary()
        ))?;
        ui.data(&unmanaged::text(&homelab, &selection))?;
    }
    let mut answers = Vec::new();
    if !args.offline {
        let sight = context.observe(&desired, &selection).await?;
        let wanted = Wanted {
            homelab: &homelab,
            desired: &desired,
            selection: &selection,
            is_online: args.online,
        };
        answers = context.unless_stopped(hob_engine::check(wanted, &sight)).await?;
    }
    let has_failed = checks::has_failed(&answers);
    if ui.json {
        ui.json(&json!({
            "homelab": desired.homelab,
            "findings": findings.json(),
            "checks": answers,
            "not_managed": unmanaged::data(&homelab, &selection),
            "ok": !has_failed,
        }))?;
    } else if !args.offline {
        ui.page(&match args.all {
            true => checks::each(&answers),
            false => checks::grid(&answers, ui.width()),
        })?;
    }
    if has_failed {
        if !ui.json {
            ui.talk(&format!("{} some hosts are not fit\n", paint(ERROR, "error:")));
        }
        return Ok(Exit::Error);
    }
    Ok(Exit::Good)
}
