//! What Compose files come to, and where each value comes from.

mod homelab;
mod lists;
mod project;

use std::path::PathBuf;

use hob_compose::{LoadOptions, finding, load, render, tree::Node};

use crate::{
    context::Context, disk, error::CommandError, exit::Exit, render::findings::Findings,
    repository::Repository,
};
use lists::{List, ListArgs, Listed};
use project::{Project, ProjectArgs};

/// Print a stack as it is understood: layers merged, variables replaced, defaults filled in
///
/// Outside of a homelab, and with -f, it works on Compose files like `docker compose config`: it
/// takes its flags, reads its variables (COMPOSE_FILE and the like) and prints the same.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Which stack of the homelab, then which of its services; of Compose files, which services
    #[arg(value_name = "STACK|SERVICE")]
    names: Vec<String>,
    /// On which host, if several run the stack
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// In which form to print it
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<Format>,
    /// Print nothing; only say whether something is wrong
    #[arg(long, short)]
    quiet: bool,
    /// Write it into this file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    list: ListArgs,
    #[command(flatten)]
    project: ProjectArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Yaml,
    Json,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let is_files = args.host.is_none()
        && (args.project.is_said() || args.names.is_empty() || !Repository::is_here(context));
    if is_files {
        return of_files(args, context);
    }
    let [stack, services @ ..] = args.names.as_slice() else {
        return Err(CommandError::config("a host is named, but no stack")
            .hint("write hob config STACK --host HOST"));
    };
    of_stack(stack, services, args, context)
}

fn of_files(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let Project { mut options, files, findings, .. } =
        project::find(&args.project, &args.names, context)?;
    let wanted = args.list.wanted();
    match wanted {
        Some(List::Variables) => options.interpolate = false,
        Some(List::Profiles) => options.profiles = vec!["*".to_owned()],
        _ => {}
    }
    let loaded = load(&options, &files);
    let mut all = findings;
    all.extend(loaded.findings.iter().cloned());
    project::tolerate(&mut all);
    let has_errors = finding::has_errors(&all);
    let findings = Findings::new(all, &files, "/");
    if has_errors {
        return Err(CommandError::project(findings));
    }
    context.ui.talk(&findings.text(context.ui.width()));
    let Some(tree) = &loaded.tree else {
        return Err(CommandError::internal("a project without errors has no tree"));
    };
    print(args, tree, &options, wanted, context)
}

fn of_stack(
    stack: &str,
    services: &[String],
    args: &Args,
    context: &Context,
) -> Result<Exit, CommandError> {
    let homelab::Stack { loaded, findings, .. } =
        homelab::load(stack, args.host.as_deref(), context)?;
    if findings.errors() > 0 {
        return Err(CommandError::repository(findings));
    }
    context.ui.talk(&findings.text(context.ui.width()));
    let Some(tree) = &loaded.tree else {
        return Err(CommandError::internal("a stack without errors has no tree"));
    };
    let _ = services;
    print(args, tree, &LoadOptions::default(), args.list.wanted(), context)
}

/// Prints the whole, or the list that is wanted.
fn print(
    args: &Args,
    tree: &Node,
    options: &LoadOptions,
    wanted: Option<List>,
    context: &Context,
) -> Result<Exit, CommandError> {
    if args.quiet {
        return Ok(Exit::Good);
    }
    let is_json = args.format == Some(Format::Json) || context.ui.json;
    let text = match wanted {
        Some(wanted) => {
            let Listed { text, data } = listed(wanted, tree, options)?;
            if is_json { format!("{}\n", serde_json::to_string_pretty(&data)?) } else { text }
        }
        None => match (is_json, options.interpolate) {
            (true, true) => format!("{}\n", render::to_json(tree)),
            (true, false) => format!("{}\n", render::to_json_verbatim(tree)),
            (false, true) => render::to_yaml(tree),
            (false, false) => render::to_yaml_verbatim(tree),
        },
    };
    match &args.output {
        Some(path) => disk::write(&context.directory.join(path), &text)?,
        None => context.ui.data(&text)?,
    }
    Ok(Exit::Good)
}

fn listed(wanted: List, tree: &Node, options: &LoadOptions) -> Result<Listed, CommandError> {
    Ok(match wanted {
        List::Services => lists::section(tree, "services"),
        List::Section(name) => lists::section(tree, name),
        List::Images => lists::images(tree),
        List::Profiles => lists::profiles(tree),
        List::Environment => lists::environment(&options.environment, tree),
        List::Variables => lists::table_of_variables(tree),
        List::Hash(services) => lists::hashes(tree, &services)?,
    })
}
