//! One file per command. The doc comment of its arguments is its help.

mod apply;
mod check;
mod completions;
mod config;
mod init;
mod logs;
mod plan;
mod schema;
mod secret;
mod status;
mod verify;
mod version;

use clap::Subcommand;

use crate::{context::Context, error::CommandError, exit::Exit};

/// What to do.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Init(init::Args),
    Check(check::Args),
    Plan(plan::Args),
    #[command(visible_alias = "up")]
    Apply(apply::Args),
    Verify(verify::Args),
    Status(status::Args),
    Logs(logs::Args),
    Config(Box<config::Args>),
    Secret(secret::Args),
    Schema(schema::Args),
    Version(version::Args),
    Completions(completions::Args),
}

impl Command {
    /// Runs the command.
    pub(crate) async fn run(self, context: &Context) -> Result<Exit, CommandError> {
        match self {
            Self::Init(args) => init::run(&args, context),
            Self::Check(args) => check::run(&args, context).await,
            Self::Plan(args) => plan::run(&args, context).await,
            Self::Apply(args) => apply::run(&args, context).await,
            Self::Verify(args) => verify::run(&args, context).await,
            Self::Status(args) => status::run(&args, context).await,
            Self::Logs(args) => logs::run(&args, context).await,
            Self::Config(args) => config::run(&args, context),
            Self::Secret(args) => secret::run(&args, context).await,
            Self::Schema(args) => schema::run(&args, context),
            Self::Version(args) => version::run(&args, context),
            Self::Completions(args) => completions::run(&args, context),
        }
    }
}
