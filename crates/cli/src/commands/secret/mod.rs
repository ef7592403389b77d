//! `hob secret`: files of secrets, made, looked at and changed.

mod edit;
mod files;
mod import;
mod init;
mod list;
mod rotate;
mod typed;
mod values;

use clap::Subcommand;

use crate::{context::Context, error::CommandError, exit::Exit};

/// Keep secrets sealed in the repository: SOPS files, opened with age keys
///
/// The files are those of `secrets: { files: [...] }` in hob.yaml; --file names another one. Their
/// values are variables for Compose files. Keys are looked for in --identity, HOB_AGE_KEY_FILE,
/// SOPS_AGE_KEY_FILE, SOPS_AGE_KEY, ~/.config/hob/age.txt, ~/.config/sops/age/keys.txt; the first
/// that is there counts.
#[derive(clap::Args, Debug)]
#[command(arg_required_else_help = true, subcommand_required = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    Init(init::Args),
    List(list::Args),
    Get(values::GetArgs),
    Set(values::SetArgs),
    Edit(edit::Args),
    Remove(values::RemoveArgs),
    Rotate(rotate::Args),
    Import(import::Args),
}

pub(crate) async fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    match &args.what {
        What::Init(args) => init::run(args, context),
        What::List(args) => list::run(args, context),
        What::Get(args) => values::get(args, context),
        What::Set(args) => values::set(args, context).await,
        What::Edit(args) => edit::run(args, context).await,
        What::Remove(args) => values::remove(args, context),
        What::Rotate(args) => rotate::run(args, context),
        What::Import(args) => import::run(args, context).await,
    }
}
