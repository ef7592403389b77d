//! What Compose files come to, and where each value comes from.

mod explain;
mod homelab;
mod lists;
mod mask;
mod project;

use std::path::PathBuf;

use hob_compose::{Explained, LoadOptions, finding, load, render, tree::Node};

use crate::{
    context::Context, disk, error::CommandError, exit::Exit, render::findings::Findings,
    repository::Repository,
};
use explain::{Sources, Told};
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
    /// Tell where values come from: files and lines, variables, extends, layers
    ///
    /// The path of a value such as services.web.image; * stands for any name or item, and a path
    /// to more than one value means all of them.
    #[arg(long, value_name = "PATH")]
    explain: Option<String>,
    /// Show what files of variables say, which is hidden for a stack of the homelab
    #[arg(long)]
    reveal: bool,
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
        && (args.project.said().is_some()
            || args.names.is_empty()
            || !Repository::is_here(context));
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
    let Project { mut options, files, findings, env_files } =
        project::find(&args.project, &args.names, context)?;
    let wanted = args.list.wanted();
    match wanted {
        Some(List::Variables) => options.interpolate = false,
        Some(List::Profiles) => options.profiles = vec!["*".to_owned()],
        // Docker Compose prints the hash with the names of env files, not with what they say.
        Some(List::Hash(_)) => options.resolve_env = false,
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
    if let Some(path) = &args.explain {
        let explained = loaded.explain(path, &options.environment, &files);
        let variables = project::setters(&env_files, &files, context);
        let sources = Sources { variables, ..Sources::default() };
        return explain(explained, path, |explained| {
            tell(&Told { explained, sources: &sources, files: &files, root: "/" }, args, context)
        });
    }
    print(args, tree, &options, wanted, context)
}

/// The values at the path that is asked about.
fn explain(
    explained: Vec<Explained>,
    path: &str,
    told: impl FnOnce(&[Explained]) -> Result<Exit, CommandError>,
) -> Result<Exit, CommandError> {
    if explained.is_empty() {
        return Err(CommandError::config(format!("there is no value at {path}")).hint(
            "a path looks like services.web.ports[0].target; * stands for any name or item",
        ));
    }
    told(&explained)
}

fn of_stack(
    stack: &str,
    services: &[String],
    args: &Args,
    context: &Context,
) -> Result<Exit, CommandError> {
    let mut stack = homelab::load(stack, args.host.as_deref(), context)?;
    if args.reveal {
        context.ui.reveal();
    }
    if stack.findings.errors() > 0 {
        return Err(CommandError::repository(stack.findings));
    }
    context.ui.talk(&stack.findings.text(context.ui.width()));
    let wanted = args.list.wanted();
    let is_of_variables = matches!(wanted, Some(List::Variables));
    if is_of_variables {
        stack.loaded.tree.clone_from(&stack.written);
    }
    stack.keep(services)?;
    if let Some(path) = &args.explain {
        let mut explained = stack.explain(path);
        if !args.reveal {
            for one in &mut explained {
                one.value = mask::hidden(one, &stack.origin).unwrap_or_else(|| one.value.clone());
            }
        }
        let (sources, root) = (stack.sources(), stack.root.as_str());
        return explain(explained, path, |explained| {
            tell(&Told { explained, sources: &sources, files: &stack.files, root }, args, context)
        });
    }
    let is_hash = matches!(wanted, Some(List::Hash(_)));
    let all =
        if args.reveal || is_hash || is_of_variables { Vec::new() } else { stack.explain("") };
    let Some(tree) = &mut stack.loaded.tree else {
        return Err(CommandError::internal("a stack without errors has no tree"));
    };
    mask::hide(tree, &all, &stack.origin);
    let mut environment = stack.origin.environment.clone();
    if !args.reveal {
        mask::hide_variables(&mut environment, &stack.origin);
    }
    let options = LoadOptions { environment, ..LoadOptions::default() };
    print(args, tree, &options, wanted, context)
}

fn tell(told: &Told<'_>, args: &Args, context: &Context) -> Result<Exit, CommandError> {
    if args.format == Some(Format::Json) || context.ui.json {
        context.ui.json(&told.json())?;
    } else {
        context.ui.data(&told.text(context.ui.width()))?;
    }
    Ok(Exit::Good)
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
        List::Services => lists::section(tree, "services", options.interpolate),
        List::Section(name) => lists::section(tree, name, options.interpolate),
        List::Images => lists::images(tree),
        List::Profiles => lists::profiles(tree),
        List::Environment => lists::environment(&options.environment, tree),
        List::Variables => lists::table_of_variables(tree),
        List::Hash(services) => lists::hashes(tree, &services)?,
    })
}
