//! The command line as a whole.

use std::path::PathBuf;

use anstyle::{AnsiColor, Style};
use clap::{Parser, builder::Styles};

use crate::{commands::Command, ui::Color};

/// Colours of the help, as Rust's own tools have them.
const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default())
    .valid(AnsiColor::Green.on_default())
    .invalid(AnsiColor::Yellow.on_default())
    .error(AnsiColor::Red.on_default().bold())
    .context(Style::new().dimmed());

/// Keeps a homelab: checks, plans, deploys and verifies Docker Compose stacks on all its hosts
///
/// A homelab is a Git repository with a `hob.yaml` that says what runs where. `hob check` says
/// whether all is well, `hob plan` what would be changed and why, `hob apply` does it.
#[derive(Parser, Debug)]
#[command(
    name = "hob",
    version,
    styles = STYLES,
    subcommand_required = true,
    arg_required_else_help = true,
    max_term_width = 100,
    after_help = "Exit codes: 0 nothing to do, or done; 2 there are changes to be made; 1 error.\n\
                  Environment: HOB_SSH_CONFIG, HOB_AGE_KEY_FILE, NO_COLOR, DOCKER_HOST (for \
                  `connect: local`)."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Everywhere")]
pub(crate) struct Global {
    /// Work in this folder
    #[arg(short = 'C', long, value_name = "DIR", global = true)]
    pub(crate) directory: Option<PathBuf>,
    /// Reach hosts by this SSH configuration instead of your own (or by HOB_SSH_CONFIG)
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ssh_config: Option<PathBuf>,
    /// Open secrets with the age keys in this file (or by HOB_AGE_KEY_FILE)
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) identity: Option<PathBuf>,
    /// Print data as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// When to use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value = "auto", global = true)]
    pub(crate) color: Color,
    /// No progress bars, but a line for each step
    #[arg(long, global = true)]
    pub(crate) no_progress: bool,
}
