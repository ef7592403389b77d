//! Compose files outside of a homelab, found and read as `docker compose` does.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use hob_compose::{FileError, Files, Finding, Kind, LoadOptions, Place, Severity, dotenv, files};

use crate::{context::Context, disk::DiskFiles, error::CommandError, repository::Repository};

/// Compose files outside of a homelab.
#[derive(clap::Args, Debug, Default)]
#[command(next_help_heading = "Compose files outside of a homelab")]
pub(super) struct ProjectArgs {
    /// A Compose file, - for standard input; later ones are merged over earlier ones
    #[arg(long, short, value_name = "FILE")]
    pub(super) file: Vec<PathBuf>,
    /// The name of the project
    #[arg(long, short, value_name = "NAME")]
    project_name: Option<String>,
    /// A profile that is active, * for all
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// A file with variables instead of .env
    #[arg(long, value_name = "FILE")]
    env_file: Vec<PathBuf>,
    /// The folder that relative paths are seen from
    #[arg(long, value_name = "DIR")]
    project_directory: Option<PathBuf>,
    /// Leave `${VARIABLES}` as they are
    #[arg(long)]
    pub(super) no_interpolate: bool,
    /// Add nothing that is only implied
    #[arg(long)]
    no_normalize: bool,
    /// Leave relative paths as they are
    #[arg(long)]
    no_path_resolution: bool,
    /// Do not check what the parts say about each other
    #[arg(long)]
    no_consistency: bool,
    /// Do not read the env_files of services
    #[arg(long)]
    no_env_resolution: bool,
}

impl ProjectArgs {
    /// The first flag that says that files are meant and not a stack.
    pub(super) fn said(&self) -> Option<&'static str> {
        let Self { file, project_name, profile, env_file, project_directory, .. } = self;
        let flags = [
            (!file.is_empty(), "-f"),
            (project_name.is_some(), "--project-name"),
            (!profile.is_empty(), "--profile"),
            (!env_file.is_empty(), "--env-file"),
            (project_directory.is_some(), "--project-directory"),
            (self.no_interpolate, "--no-interpolate"),
            (self.no_normalize, "--no-normalize"),
            (self.no_path_resolution, "--no-path-resolution"),
            (self.no_consistency, "--no-consistency"),
            (self.no_env_resolution, "--no-env-resolution"),
        ];
        flags.into_iter().find(|(is_said, _)| *is_said).map(|(_, flag)| flag)
    }
}

/// The variable that names Compose files.
const FILE_VARIABLE: &str = "COMPOSE_FILE";
/// The variable that says what stands between them.
const SEPARATOR_VARIABLE: &str = "COMPOSE_PATH_SEPARATOR";
/// The variable that names active profiles, separated by commas.
const PROFILES_VARIABLE: &str = "COMPOSE_PROFILES";
/// The variable that names files with variables, separated by commas.
const ENV_FILES_VARIABLE: &str = "COMPOSE_ENV_FILES";
/// The variable that keeps `.env` from being read.
const NO_ENV_FILE_VARIABLE: &str = "COMPOSE_DISABLE_ENV_FILE";

/// The names that Compose files have if nobody says otherwise, the first that is there counts.
const FILE_NAMES: [&str; 4] =
    ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
/// The names of a file that is merged over it; only one that was found by its name has one.
const OVERRIDE_NAMES: [&str; 4] = [
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
];

/// A project as it is to be loaded.
pub(super) struct Project {
    pub(super) options: LoadOptions,
    pub(super) files: ProjectFiles,
    /// Files with variables, each over the ones before it; the caller's own are over all of them.
    pub(super) env_files: Vec<String>,
    pub(super) findings: Vec<Finding>,
}

/// The disk, and what stands on standard input.
pub(super) struct ProjectFiles {
    disk: DiskFiles,
    input: Option<String>,
}

/// The name of standard input among files.
const INPUT: &str = "-";

impl Files for ProjectFiles {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        match &self.input {
            Some(_) if path == INPUT => Ok(Some(Kind::File { executable: false })),
            _ => self.disk.kind(path),
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        match &self.input {
            Some(text) if path == INPUT => Ok(text.clone().into_bytes()),
            _ => self.disk.read(path),
        }
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        self.disk.list(dir)
    }
}

/// Finds the files and the variables of a project.
pub(super) fn find(
    args: &ProjectArgs,
    services: &[String],
    context: &Context,
) -> Result<Project, CommandError> {
    let mut finder = Finder {
        args,
        context,
        here: text(&context.directory)?,
        disk: DiskFiles::everything(),
        environment: context.variables.clone(),
        env_files: Vec::new(),
        findings: Vec::new(),
    };
    let here = finder.here.clone();
    finder.environment.entry("PWD".to_owned()).or_insert(here);
    let named = finder.named_files()?;
    let before = finder.working_dir(&named)?;
    finder.read_env_files(&before)?;
    let files = match named {
        named if !named.is_empty() => named,
        _ => finder.files_of_environment().map_or_else(|| finder.default_files(&before), Ok)?,
    };
    let working_dir = finder.working_dir(&files)?;
    if working_dir != before {
        finder.read_env_files(&working_dir)?;
    }
    let profiles = match args.profile.as_slice() {
        [] => finder.list_in(PROFILES_VARIABLE, ","),
        named => named.to_vec(),
    };
    let input = match files.iter().any(|file| file == INPUT) {
        true => Some(context.ui.input()?),
        false => None,
    };
    let Finder { disk, environment, env_files, findings, .. } = finder;
    let options = LoadOptions {
        files,
        working_dir,
        project_name: args.project_name.clone(),
        environment,
        profiles,
        services: services.to_vec(),
        interpolate: !args.no_interpolate,
        normalize: !args.no_normalize,
        resolve_paths: !args.no_path_resolution,
        check_consistency: !args.no_consistency,
        resolve_env: !args.no_env_resolution,
        ..LoadOptions::default()
    };
    Ok(Project { options, files: ProjectFiles { disk, input }, env_files, findings })
}

/// Who set the variables that files set and the caller's environment does not.
pub(super) fn setters(
    env_files: &[String],
    files: &dyn Files,
    context: &Context,
) -> BTreeMap<String, (String, Option<Place>)> {
    let mut setters = BTreeMap::new();
    for path in env_files {
        let Ok(bytes) = files.read(path) else { continue };
        for (name, line) in dotenv::lines(&String::from_utf8_lossy(&bytes)) {
            let place = Place { file: path.clone(), line, column: 1, len: 1 };
            setters.insert(name, ("a file of variables".to_owned(), Some(place)));
        }
    }
    setters.retain(|name, _| !context.variables.contains_key(name));
    setters
}

/// Attributes that Hob does not act on are no fault of files that it only shows.
pub(super) fn tolerate(findings: &mut Vec<Finding>) {
    findings.retain(|finding| finding.code != "unsupported-attribute");
    let inert =
        |finding: &Finding| finding.severity == Severity::Note && finding.code == "inert-attribute";
    findings.retain(|finding| !inert(finding));
}

struct Finder<'a> {
    args: &'a ProjectArgs,
    context: &'a Context,
    /// The folder that the command works in.
    here: String,
    disk: DiskFiles,
    environment: BTreeMap<String, String>,
    env_files: Vec<String>,
    findings: Vec<Finding>,
}

impl Finder<'_> {
    fn named_files(&self) -> Result<Vec<String>, CommandError> {
        self.args.file.iter().map(|file| Ok(self.absolute(&text(file)?))).collect()
    }

    fn absolute(&self, path: &str) -> String {
        if path == INPUT { path.to_owned() } else { files::join(&self.here, path) }
    }

    /// The folder of relative paths: the one that is named, or that of the first file.
    fn working_dir(&self, compose_files: &[String]) -> Result<String, CommandError> {
        if let Some(directory) = &self.args.project_directory {
            return Ok(files::join(&self.here, &text(directory)?));
        }
        let first = compose_files.iter().find(|file| *file != INPUT);
        Ok(first.map_or_else(|| self.here.clone(), |file| files::parent(file)))
    }

    /// A list in a variable, if it is set.
    fn list_in(&self, variable: &str, separator: &str) -> Vec<String> {
        let value = self.environment.get(variable).map(String::as_str).unwrap_or_default();
        let items = value.split(separator).map(str::trim).filter(|item| !item.is_empty());
        items.map(str::to_owned).collect()
    }

    fn files_of_environment(&self) -> Option<Vec<String>> {
        let separator = self.environment.get(SEPARATOR_VARIABLE).filter(|it| !it.is_empty());
        let separator = separator.map_or(":", String::as_str);
        let named = self.list_in(FILE_VARIABLE, separator);
        (!named.is_empty()).then(|| named.iter().map(|file| self.absolute(file)).collect())
    }

    /// The file with one of the usual names, here or in a folder above, and its override.
    fn default_files(&mut self, start: &str) -> Result<Vec<String>, CommandError> {
        let mut folder = start.to_owned();
        loop {
            let found = self.with_names(&folder, FILE_NAMES);
            if let Some(first) = found.first() {
                let mut chosen = vec![first.clone()];
                self.warn_of_others(&found);
                let overrides = self.with_names(&folder, OVERRIDE_NAMES);
                chosen.extend(overrides.first().cloned());
                self.warn_of_others(&overrides);
                return Ok(chosen);
            }
            let parent = files::parent(&folder);
            if parent == folder {
                return Err(self.no_default_files(start));
            }
            folder = parent;
        }
    }

    fn no_default_files(&self, start: &str) -> CommandError {
        let usual = FILE_NAMES[0];
        match self.args.said().filter(|_| Repository::is_here(self.context)) {
            Some(flag) => CommandError::config(format!(
                "{flag} is for Compose files, and there is no {usual} in {start} or above it"
            ))
            .hint(format!("name one with -f; without {flag}, hob config shows a stack")),
            None => CommandError::config(format!("there is no {usual} in {start} or above it"))
                .hint("name a stack of the homelab, or a Compose file with -f"),
        }
    }

    fn with_names(&self, folder: &str, names: [&str; 4]) -> Vec<String> {
        let paths = names.iter().map(|name| files::join(folder, name));
        paths.filter(|path| matches!(self.disk.kind(path), Ok(Some(Kind::File { .. })))).collect()
    }

    fn warn_of_others(&mut self, found: &[String]) {
        let [used, others @ ..] = found else { return };
        if !others.is_empty() {
            let message = format!("{used} is used, and not {}", others.join(", "));
            self.findings.push(
                Finding::warning("ambiguous-file", message)
                    .hint("keep one of them, or name a file with -f"),
            );
        }
    }

    /// The variables of the files that are named, or of `.env` in the folder. What the caller's
    /// environment says is not changed by them.
    fn read_env_files(&mut self, folder: &str) -> Result<(), CommandError> {
        let mut named = Vec::new();
        for file in &self.args.env_file {
            named.push(files::join(&self.here, &text(file)?));
        }
        if named.is_empty() {
            let listed = self.context.variables.get(ENV_FILES_VARIABLE);
            let listed = listed.map(String::as_str).unwrap_or_default().split(',');
            let listed = listed.filter(|file| !file.is_empty());
            named = listed.map(|file| files::join(&self.here, file)).collect();
        }
        if named.is_empty() {
            let off = self.context.variables.get(NO_ENV_FILE_VARIABLE);
            let is_off = off.is_some_and(|value| matches!(value.as_str(), "1" | "true"));
            let beside = files::join(folder, ".env");
            if !is_off && matches!(self.disk.kind(&beside), Ok(Some(Kind::File { .. }))) {
                named.push(beside);
            }
        }
        let mut more = BTreeMap::new();
        named.retain(|path| !self.env_files.contains(path));
        for path in named {
            let bytes = self.disk.read(&path).map_err(|error| {
                CommandError::config(format!("reading {path}")).caused_by(error.reason)
            })?;
            let mut known = more.clone();
            known.extend(self.environment.clone());
            let (values, found) = dotenv::parse(&String::from_utf8_lossy(&bytes), &path, &known);
            more.extend(values);
            self.findings.extend(found);
            self.env_files.push(path);
        }
        more.extend(std::mem::take(&mut self.environment));
        self.environment = more;
        Ok(())
    }
}

fn text(path: &Path) -> Result<String, CommandError> {
    path.to_str()
        .map(str::to_owned)
        .ok_or_else(|| CommandError::config(format!("{} is not UTF-8", path.display())))
}
