use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use hob_compose::{Files, LoadOptions, Loaded, dotenv, files, finding, render, tree::Node};
use hob_model::{HostName, REPOSITORY_ROOT, StackName};

use crate::{
    context::Context,
    disk::DiskFiles,
    error::CommandError,
    exit::Exit,
    render::{findings::Findings, yaml::yaml},
    repository::{Repository, Sound},
    select::unknown,
};

/// Print a stack as it is understood: layers merged, variables replaced, defaults filled in
///
/// Without a stack it works on Compose files like `docker compose config`, and takes its flags.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Which stack of the homelab
    stack: Option<String>,
    /// On which host, if several run it
    #[arg(long, value_name = "HOST", requires = "stack")]
    host: Option<String>,
    /// In which form to print it
    #[arg(long, value_enum, default_value = "yaml")]
    format: Format,
    /// Print the names of the services only
    #[arg(long, conflicts_with_all = ["images", "volumes", "networks"])]
    services: bool,
    /// Print the images only
    #[arg(long, conflicts_with_all = ["volumes", "networks"])]
    images: bool,
    /// Print the names of the volumes only
    #[arg(long, conflicts_with = "networks")]
    volumes: bool,
    /// Print the names of the networks only
    #[arg(long)]
    networks: bool,
    /// Print nothing; only say whether something is wrong
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    project: ProjectArgs,
}

/// Compose files outside of a homelab.
#[derive(clap::Args, Debug)]
#[command(next_help_heading = "Compose files outside of a homelab")]
struct ProjectArgs {
    /// A Compose file; later ones are merged over earlier ones
    #[arg(long, short, value_name = "FILE", conflicts_with = "stack")]
    file: Vec<PathBuf>,
    /// The name of the project
    #[arg(long, short, value_name = "NAME", conflicts_with = "stack")]
    project_name: Option<String>,
    /// A profile that is active
    #[arg(long, value_name = "NAME", conflicts_with = "stack")]
    profile: Vec<String>,
    /// A file with variables
    #[arg(long, value_name = "FILE", conflicts_with = "stack")]
    env_file: Vec<PathBuf>,
    /// The folder that relative paths are seen from
    #[arg(long, value_name = "DIR", conflicts_with = "stack")]
    project_directory: Option<PathBuf>,
    /// Leave `${VARIABLES}` as they are
    #[arg(long, conflicts_with = "stack")]
    no_interpolate: bool,
    /// Add nothing that is only implied
    #[arg(long, conflicts_with = "stack")]
    no_normalize: bool,
    /// Leave relative paths as they are
    #[arg(long, conflicts_with = "stack")]
    no_path_resolution: bool,
    /// Do not check what the parts say about each other
    #[arg(long, conflicts_with = "stack")]
    no_consistency: bool,
    /// Do not read the env_files of services
    #[arg(long, conflicts_with = "stack")]
    no_env_resolution: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Yaml,
    Json,
}

/// The names that Compose files have if nobody says otherwise, the first that is there counts.
const FILE_NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, CommandError> {
    let loaded = match &args.stack {
        Some(stack) => of_stack(stack, args.host.as_deref(), context)?,
        None => of_files(&args.project, context)?,
    };
    if args.quiet {
        return Ok(Exit::Good);
    }
    let Some(tree) = &loaded.tree else {
        return Err(CommandError::internal("a project without errors has no tree"));
    };
    if let Some(list) = listed(args, tree) {
        if context.ui.json {
            context.ui.json(&list)?;
        } else {
            context.ui.data(&list.iter().map(|name| format!("{name}\n")).collect::<String>())?;
        }
        return Ok(Exit::Good);
    }
    if args.format == Format::Json || context.ui.json {
        context.ui.data(&format!("{}\n", render::to_json(tree)))?;
    } else {
        context.ui.data(&yaml(&serde_json::to_value(render::shown(tree))?))?;
    }
    Ok(Exit::Good)
}

/// Names from the tree, which is there without interpolation too.
fn listed(args: &Args, tree: &Node) -> Option<BTreeSet<String>> {
    let section = |name: &str| tree.get(name).and_then(Node::as_mapping);
    let names = |name: &str| {
        let entries = section(name).into_iter().flat_map(|section| &section.entries);
        entries.map(|entry| entry.key.name.clone()).collect()
    };
    if args.services {
        Some(names("services"))
    } else if args.images {
        let services = section("services").into_iter().flat_map(|section| &section.entries);
        let images = services.filter_map(|service| service.value.get("image")?.as_str());
        Some(images.map(str::to_owned).collect())
    } else if args.volumes {
        Some(names("volumes"))
    } else if args.networks {
        Some(names("networks"))
    } else {
        None
    }
}

fn of_stack(stack: &str, host: Option<&str>, context: &Context) -> Result<Loaded, CommandError> {
    let Sound { files, homelab, desired } = Repository::open(context)?;
    let stack_name = StackName::from(stack);
    let hosts: Vec<&HostName> = desired
        .hosts
        .iter()
        .filter(|(_, of_host)| of_host.stacks.contains_key(&stack_name))
        .map(|(name, _)| name)
        .collect();
    let host = match host {
        Some(name) => HostName::from(name),
        None => match hosts.as_slice() {
            [] => {
                let stacks: BTreeSet<&str> = desired
                    .hosts
                    .values()
                    .flat_map(|of_host| of_host.stacks.keys().map(StackName::as_str))
                    .collect();
                return Err(unknown("stack", stack, stacks.iter().copied()));
            }
            [host] => (*host).clone(),
            [..] => {
                let names: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
                return Err(CommandError::config(format!("several hosts run stack {stack}"))
                    .hint(format!("say which with --host: {}", names.join(", "))));
            }
        },
    };
    if !desired.hosts.contains_key(&host) {
        let names = desired.hosts.keys().map(HostName::as_str);
        return Err(unknown("host", host.as_str(), names));
    }
    let (loaded, findings) =
        hob_model::stack_config(&homelab, &files, REPOSITORY_ROOT, &host, &stack_name);
    let Some(loaded) = loaded else {
        let names: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
        return Err(CommandError::config(format!("host {host} does not run stack {stack}"))
            .hint(format!("it is on {}", names.join(", "))));
    };
    sound(loaded, findings, &files, REPOSITORY_ROOT, context)
}

fn of_files(args: &ProjectArgs, context: &Context) -> Result<Loaded, CommandError> {
    let disk = DiskFiles::everything();
    let base = text(&context.directory)?;
    let compose_files = if args.file.is_empty() {
        vec![default_file(&disk, &base)?]
    } else {
        let named = args.file.iter().map(|file| Ok(files::join(&base, &text(file)?)));
        named.collect::<Result<Vec<_>, CommandError>>()?
    };
    let working_dir = match &args.project_directory {
        Some(dir) => files::join(&base, &text(dir)?),
        None => compose_files.first().map_or(base.clone(), |file| files::parent(file)),
    };
    let mut findings = Vec::new();
    let environment = environment(args, &disk, &base, &working_dir, &mut findings)?;
    let loaded = hob_compose::load(
        &LoadOptions {
            files: compose_files,
            working_dir,
            project_name: args.project_name.clone(),
            environment,
            profiles: args.profile.clone(),
            interpolate: !args.no_interpolate,
            normalize: !args.no_normalize,
            resolve_paths: !args.no_path_resolution,
            check_consistency: !args.no_consistency,
            resolve_env: !args.no_env_resolution,
            ..LoadOptions::default()
        },
        &disk,
    );
    sound(loaded, findings, &disk, "/", context)
}

fn default_file(disk: &DiskFiles, base: &str) -> Result<String, CommandError> {
    for name in FILE_NAMES {
        let path = files::join(base, name);
        if matches!(disk.kind(&path), Ok(Some(_))) {
            return Ok(path);
        }
    }
    Err(CommandError::config(format!("there is no {} in {base}", FILE_NAMES[0]))
        .hint("name a stack of the homelab, or a Compose file with -f"))
}

/// The variables of the files that are named, or of `.env` beside the project.
fn environment(
    args: &ProjectArgs,
    disk: &DiskFiles,
    base: &str,
    working_dir: &str,
    findings: &mut Vec<hob_compose::Finding>,
) -> Result<BTreeMap<String, String>, CommandError> {
    let mut paths = Vec::new();
    for file in &args.env_file {
        paths.push(files::join(base, &text(file)?));
    }
    if paths.is_empty() {
        let beside = files::join(working_dir, ".env");
        if matches!(disk.kind(&beside), Ok(Some(hob_compose::Kind::File { .. }))) {
            paths.push(beside);
        }
    }
    let mut environment = BTreeMap::new();
    for path in paths {
        let bytes = disk.read(&path).map_err(|error| {
            CommandError::config(format!("reading {path}")).caused_by(error.reason)
        })?;
        let content = String::from_utf8_lossy(&bytes);
        let (values, more) = dotenv::parse(&content, &path, &environment);
        environment.extend(values);
        findings.extend(more);
    }
    Ok(environment)
}

fn text(path: &Path) -> Result<String, CommandError> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| CommandError::config(format!("{} is not UTF-8", path.display())))
}

/// The project, if nothing in it is an error. Warnings are shown.
fn sound(
    loaded: Loaded,
    mut findings: Vec<hob_compose::Finding>,
    files: &dyn Files,
    root: &str,
    context: &Context,
) -> Result<Loaded, CommandError> {
    findings.extend(loaded.findings.iter().cloned());
    let has_errors = finding::has_errors(&findings);
    let findings = Findings::new(findings, files, root);
    if has_errors {
        return Err(CommandError::repository(findings));
    }
    context.ui.talk(&findings.text(context.ui.width()));
    Ok(loaded)
}
