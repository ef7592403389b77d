use serde_json::json;

use crate::{context::Context, error::CommandError, exit::Exit};

/// Print the version
#[derive(clap::Args, Debug)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, context: &Context) -> Result<Exit, CommandError> {
    let version = env!("CARGO_PKG_VERSION");
    if context.ui.json {
        context.ui.json(&json!({ "version": version }))?;
    } else {
        context.ui.data(&format!("hob {version}\n"))?;
    }
    Ok(Exit::Good)
}
