//! The whole pipeline, from files to project.

mod extends;
mod model;
mod name;
mod part;

use std::collections::BTreeMap;

use crate::bind::bind;
use crate::canonical::{canonical, forms};
use crate::consistency;
use crate::defaults::defaults;
use crate::env_file;
use crate::explain::{Explained, Variables, explain};
use crate::files::Files;
use crate::finding::{self, Finding, Place, has_errors};
use crate::limits::{self, Limits};
use crate::normalise::{normalise, pass_through};
use crate::path::Path;
use crate::paths::{self, Base};
use crate::profiles;
use crate::project::Project;
use crate::schema;
use crate::templated;
use crate::tree::{Mapping, Node};
use crate::unique::unique;
use crate::ways::add_ways;

use model::{Loader, Scope};
use name::project_name;

pub use part::Part;

/// What to load, and with what. Everything that could differ from one machine to the next is in
/// here: the same options and files always give the same result.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Absolute paths of the Compose files; each is merged over the ones before it.
    pub files: Vec<String>,
    /// Which services of a file take part, by the file's path; all of them if it is not in here.
    pub parts: BTreeMap<String, Part>,
    /// The absolute directory that relative paths in all of the files are seen from.
    pub working_dir: String,
    /// The project name; else that of the environment (`COMPOSE_PROJECT_NAME`), of the files
    /// (`name:`), or of the directory.
    pub project_name: Option<String>,
    /// The complete environment for interpolation; `.env` files are already in it, see
    /// [`crate::dotenv::parse`].
    pub environment: BTreeMap<String, String>,
    /// Active profiles; `*` activates all.
    pub profiles: Vec<String>,
    /// The services to keep, with what they depend on; all of them if empty.
    pub services: Vec<String>,
    /// Whether `${VARIABLES}` are replaced. Without it there is no typed project, and most checks
    /// are left out.
    pub interpolate: bool,
    /// Whether implied values are added: the default network, names, implied dependencies.
    pub normalize: bool,
    /// Whether relative paths are made absolute.
    pub resolve_paths: bool,
    /// Whether references between services, networks and so on are checked.
    pub check_consistency: bool,
    /// Whether the `env_file`s of services are read.
    pub resolve_env: bool,
    /// How much one file may ask for.
    pub limits: Limits,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            parts: BTreeMap::new(),
            working_dir: "/".to_string(),
            project_name: None,
            environment: BTreeMap::new(),
            profiles: Vec::new(),
            services: Vec::new(),
            interpolate: true,
            normalize: true,
            resolve_paths: true,
            check_consistency: true,
            resolve_env: true,
            limits: Limits::default(),
        }
    }
}

/// What came of loading.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The typed project, as complete as the input allows. Only fit for use if no finding is an
    /// error.
    pub project: Option<Project>,
    /// The canonical tree that the project was made from.
    pub tree: Option<Node>,
    /// Everything there is to say, by file and line.
    pub findings: Vec<Finding>,
    /// The files with variables that includes bring along, by the Compose files in which they
    /// count; the environment of the options is over them.
    pub env_files: BTreeMap<String, Vec<String>>,
}

impl Loaded {
    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        has_errors(&self.findings)
    }

    /// Where the values at a path come from, and all below it: where each is written, which
    /// variables are in it, through what it came, what it replaced. `*` stands for any key or
    /// item: `services.*.ports[*].published`. `environment` is that of the options. Nothing if
    /// there is nothing at the path.
    pub fn explain(
        &self,
        path: &str,
        environment: &BTreeMap<String, String>,
        files: &dyn Files,
    ) -> Vec<Explained> {
        let Some(tree) = &self.tree else { return Vec::new() };
        explain(tree, path, &Variables { environment, env_files: &self.env_files, files })
    }

    /// Where an attribute such as `services.web.ports[0]` is written.
    pub fn place_of(&self, path: &str) -> Option<Place> {
        self.tree.as_ref()?.place_of(path)
    }
}

/// Loads a project. All faults are collected; the pipeline goes on with what is usable.
pub fn load(options: &LoadOptions, files: &dyn Files) -> Loaded {
    let Read { model, name, scope, mut findings, env_files } = read(options, files);
    let Some(root) = model else {
        if findings.is_empty() {
            findings.push(empty_project(options));
        }
        finding::sort(&mut findings, &options.files);
        limits::cut(&mut findings);
        return Loaded { project: None, tree: None, findings, env_files };
    };
    let loaded = match options.interpolate {
        true => complete(root, name, options, &scope, files, findings),
        false => complete_uninterpolated(root, name, options, &scope, findings),
    };
    Loaded { env_files, ..loaded }
}

/// What the files say together, before it is checked.
struct Read {
    model: Option<Node>,
    name: String,
    scope: Scope,
    findings: Vec<Finding>,
    env_files: BTreeMap<String, Vec<String>>,
}

/// Only the first half of [`load`]: the tree that all files make together, each value as it was
/// written, not yet checked and not in canonical form.
pub fn merged(options: &LoadOptions, files: &dyn Files) -> (Option<Node>, Vec<Finding>) {
    let Read { model, mut findings, .. } = read(options, files);
    finding::sort(&mut findings, &options.files);
    limits::cut(&mut findings);
    (model, findings)
}

fn read(options: &LoadOptions, files: &dyn Files) -> Read {
    let mut loader = Loader {
        files,
        findings: Vec::new(),
        limits: options.limits,
        interpolate: options.interpolate,
        known: BTreeMap::new(),
        others: BTreeMap::new(),
        included: 0,
        brought: 0,
        env_files: BTreeMap::new(),
    };
    let mut documents: Vec<(String, Vec<Node>)> =
        options.files.iter().map(|file| (file.clone(), loader.documents(file, None))).collect();
    for (file, documents) in &mut documents {
        if let Some(part) = options.parts.get(file) {
            documents.iter_mut().for_each(|document| part.cut(document));
        }
    }
    let name = project_name(options, &documents, &mut loader.findings);
    let mut environment = options.environment.clone();
    environment.insert("COMPOSE_PROJECT_NAME".to_string(), name.clone());
    let scope = Scope { directory: options.working_dir.clone(), environment, chain: Vec::new() };
    let model = loader.model(documents, &scope);
    // What is there is not the whole.
    let model = model.filter(|_| loader.brought <= loader.limits.brought);
    let Loader { findings, env_files, .. } = loader;
    Read { model, name, scope, findings, env_files }
}

fn empty_project(options: &LoadOptions) -> Finding {
    let files = options.files.join(", ");
    Finding::error("empty-project", format!("there is nothing in {files}"))
        .hint("write services: with at least one service")
}

/// From the merged tree to the project.
fn complete(
    mut root: Node,
    name: String,
    options: &LoadOptions,
    scope: &Scope,
    files: &dyn Files,
    mut findings: Vec<Finding>,
) -> Loaded {
    schema::check(&root, &mut findings);
    say_name(&mut root, &name, &mut findings);
    canonical(&mut root, &mut findings);
    unique(&mut root, &Path::ROOT);
    defaults(&mut root);
    consistency::check_resources(&root, &mut findings);
    let base = Base { directory: &options.working_dir, environment: &scope.environment };
    if options.resolve_paths {
        paths::resolve(&mut root, &base, &mut findings);
    }
    pass_through(&mut root, &scope.environment);
    if options.normalize {
        normalise(&mut root, &name);
    }
    let mut disabled =
        profiles::select(&mut root, &options.profiles, &options.services, &mut findings);
    if options.check_consistency {
        consistency::check(&root, &disabled, &mut findings);
    }
    profiles::cut(&mut root, &options.services, &mut disabled);
    env_file::read_label_files(&mut root, &base, files, &mut findings);
    if options.resolve_env {
        env_file::read_env_files(&mut root, &base, files, &mut findings);
    }
    let project = bind(&root, &options.working_dir, disabled, &scope.environment);
    if options.resolve_env {
        env_file::forget(&mut root);
    }
    finding::sort(&mut findings, &options.files);
    templated::once_a_file(&mut findings);
    limits::cut(&mut findings);
    add_ways(&root, &options.files, &mut findings);
    Loaded { project: Some(project), tree: Some(root), findings, env_files: BTreeMap::new() }
}

/// With variables in it a project is neither checked nor bound: only its forms can be completed.
fn complete_uninterpolated(
    mut root: Node,
    name: String,
    options: &LoadOptions,
    scope: &Scope,
    mut findings: Vec<Finding>,
) -> Loaded {
    schema::check(&root, &mut findings);
    say_name(&mut root, &name, &mut findings);
    // What a variable stands for may well be right.
    let mut unsure = Vec::new();
    forms(&mut root, &mut unsure);
    unique(&mut root, &Path::ROOT);
    defaults(&mut root);
    if options.resolve_paths {
        let base = Base { directory: &options.working_dir, environment: &scope.environment };
        paths::resolve(&mut root, &base, &mut unsure);
    }
    if options.normalize {
        normalise(&mut root, &name);
    }
    // A variable may be part of a profile, so no service is left out.
    finding::sort(&mut findings, &options.files);
    limits::cut(&mut findings);
    Loaded { project: None, tree: Some(root), findings, env_files: BTreeMap::new() }
}

/// The name that counts, at the place of the one that is written, if one is.
fn say_name(root: &mut Node, name: &str, findings: &mut Vec<Finding>) {
    let span = root.get("name").map_or(&root.span, |written| &written.span).clone();
    if let Some(mapping) = root.as_mapping_mut() {
        obsolete_version(mapping, findings);
        mapping.set("name", Node::string(name, &span));
    }
}

fn obsolete_version(mapping: &mut Mapping, findings: &mut Vec<Finding>) {
    if let Some(version) = mapping.remove("version") {
        findings.push(
            Finding::warning("obsolete-version", "version means nothing any more")
                .at(version.key.span.place())
                .on("version")
                .hint("remove the line"),
        );
    }
}
