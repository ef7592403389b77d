//! The whole pipeline, from files to project.

use std::collections::{BTreeMap, BTreeSet};

use crate::bind::bind;
use crate::canonical::canonical;
use crate::files::Files;
use crate::finding::{self, Finding, Place, has_errors};
use crate::interpolate::interpolate;
use crate::project::Project;
use crate::tree::{Limits, Node, parse_with};

/// What to load, and with what. Everything that could differ from one machine to the next is in
/// here: the same options and files always give the same result.
#[derive(Clone, Debug)]
pub struct LoadOptions {
    /// Absolute paths of the Compose files; each is merged over the ones before it.
    pub files: Vec<String>,
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
    /// Whether `${VARIABLES}` are replaced.
    pub interpolate: bool,
    /// Whether implied values are added: the default network, names, implied dependencies.
    pub normalize: bool,
    /// Whether relative paths are made absolute.
    pub resolve_paths: bool,
    /// Whether references between services, networks and so on are checked.
    pub check_consistency: bool,
    /// Whether `env_file` and `label_file` are read.
    pub resolve_env: bool,
    /// How much one file may ask for.
    pub limits: Limits,
}

impl Default for LoadOptions {
    fn default() -> Self {
        Self {
            files: Vec::new(),
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
}

impl Loaded {
    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        has_errors(&self.findings)
    }

    /// Where an attribute such as `services.web.ports[0]` is written.
    pub fn place_of(&self, path: &str) -> Option<Place> {
        self.tree.as_ref()?.place_of(path)
    }
}

/// Loads a project. All faults are collected; the pipeline goes on with what is usable.
pub fn load(options: &LoadOptions, files: &dyn Files) -> Loaded {
    let mut findings = Vec::new();
    let mut root: Option<Node> = None;
    for file in &options.files {
        let bytes = match files.read(file) {
            Ok(bytes) => bytes,
            Err(error) => {
                findings.push(Finding::error("unreadable-file", error.to_string()));
                continue;
            }
        };
        let text = String::from_utf8_lossy(&bytes);
        let (documents, more) = parse_with(&text, file, &options.limits);
        findings.extend(more);
        for mut document in documents {
            interpolate(&mut document, &options.environment, &mut findings);
            root = Some(document);
        }
    }
    let Some(mut root) = root else {
        return Loaded { project: None, tree: None, findings };
    };
    canonical(&mut root, &mut findings);
    let project = bind(&root, &options.working_dir, BTreeSet::new());
    finding::sort(&mut findings, &options.files);
    Loaded { project: Some(project), tree: Some(root), findings }
}
