use hob_engine::Wanted;
use serde_json::json;

use crate::{
    context::Context,
    error::CommandError,
    exit::Exit,
    render::checks,
    repository::{Repository, Sound},
    select::SelectArgs,
};

/// Verify what is deployed: healthy, on its networks, answering, open only where allowed
///
/// Nothing is changed anywhere. Exits with 0 if no check failed, else with 1.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Show every check, not only those with something to report
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    select: SelectArgs,
}

pub(crate) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let ui = &context.ui;
    let Sound { homelab, desired, .. } = Repository::open(context)?;
    let selection = args.select.selection(&homelab, &desired)?;
    let sight = context.observe(&desired, &selection).await?;
    let wanted =
        Wanted { homelab: &homelab, desired: &desired, selection: &selection, is_online: false };
    let answers = context.unless_stopped(hob_engine::verify(wanted, &sight)).await?;
    let has_failed = checks::has_failed(&answers);
    if ui.json {
        ui.json(&json!({
            "homelab": desired.homelab,
            "checks": answers,
            "ok": !has_failed,
        }))?;
    } else {
        ui.page(&match args.all {
            true => checks::each(&answers),
            false => checks::per_stack(&answers),
        })?;
    }
    Ok(if has_failed { Exit::Error } else { Exit::Good })
}
