use clap::CommandFactory;
use clap_complete::{Shell, generate};

use crate::{cli::Cli, context::Context, error::CommandError, exit::Exit};

/// Print a script that completes `hob` in a shell
///
/// For bash: hob completions bash > ~/.local/share/bash-completion/completions/hob
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// For which shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    generate(args.shell, &mut Cli::command(), "hob", &mut script);
    context.ui.data(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Good)
}
