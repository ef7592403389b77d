//! Loading one stack's Compose files.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Files, LoadOptions, Loaded, files, tree};

use super::sources::{Layer, Sources};
use crate::{names::StackName, repository::Repository};

/// The variable by which Compose itself names a project.
const PROJECT_VARIABLE: &str = "COMPOSE_PROJECT_NAME";

/// The variable by which Compose itself activates profiles, separated by commas.
const PROFILES_VARIABLE: &str = "COMPOSE_PROFILES";

/// Loads the layers of a stack with the environment given.
pub(super) fn load(
    repository: &Repository<'_>,
    stack: &StackName,
    sources: &Sources,
    environment: BTreeMap<String, String>,
) -> Loaded {
    hob_compose::load(&options(repository, stack, sources, environment), repository)
}

/// The same with variables left as they are written.
pub(super) fn load_as_written(
    repository: &Repository<'_>,
    stack: &StackName,
    sources: &Sources,
) -> Loaded {
    let options = options(repository, stack, sources, BTreeMap::new());
    hob_compose::load(&LoadOptions { interpolate: false, ..options }, repository)
}

fn options(
    repository: &Repository<'_>,
    stack: &StackName,
    sources: &Sources,
    environment: BTreeMap<String, String>,
) -> LoadOptions {
    let project_name = match &sources.project {
        Some(name) => Some(name.clone()),
        None if environment.contains_key(PROJECT_VARIABLE) => None,
        None if sources.layers.iter().any(|layer| says_name(repository, layer)) => None,
        None => Some(project_name(stack)),
    };
    let profiles = environment.get(PROFILES_VARIABLE).map(String::as_str).unwrap_or_default();
    let profiles = profiles.split(',').map(str::trim).filter(|profile| !profile.is_empty());
    LoadOptions {
        profiles: profiles.map(str::to_owned).collect(),
        files: sources.layers.iter().map(|layer| layer.path.clone()).collect(),
        working_dir: working_dir(&sources.layers),
        project_name,
        environment,
        parts: sources
            .layers
            .iter()
            .filter_map(|layer| Some((layer.path.clone(), layer.part.clone()?)))
            .collect(),
        ..LoadOptions::default()
    }
}

/// The names of the services that some layers describe, enabled or not.
pub(super) fn service_names(repository: &Repository<'_>, layers: &[Layer]) -> BTreeSet<String> {
    let options = LoadOptions {
        files: layers.iter().map(|layer| layer.path.clone()).collect(),
        working_dir: working_dir(layers),
        interpolate: false,
        ..LoadOptions::default()
    };
    let (merged, _) = hob_compose::merged(&options, repository);
    let services = merged.as_ref().and_then(|tree| tree.get("services"));
    let entries = services.map(tree::Node::entries).unwrap_or_default();
    entries.iter().map(|entry| entry.key.name.clone()).collect()
}

/// All layers see relative paths from the directory of the first: Compose's rule.
fn working_dir(layers: &[Layer]) -> String {
    layers.first().map_or_else(|| "/".to_owned(), |layer| files::parent(&layer.path))
}

/// Whether a file names the project. Most do not, and are told without being parsed twice.
fn says_name(repository: &Repository<'_>, layer: &Layer) -> bool {
    let Ok(bytes) = repository.read(&layer.path) else { return false };
    let text = String::from_utf8_lossy(&bytes);
    let may = |line: &str| line.starts_with(['n', '"', '\'', '{']);
    if !text.lines().any(may) {
        return false;
    }
    let (documents, _) = tree::parse(&text, &layer.path);
    documents.iter().any(|document| document.get("name").is_some())
}

/// A stack's name as a Compose project name.
fn project_name(stack: &StackName) -> String {
    let lower = stack.as_str().to_lowercase();
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    lower.chars().filter(allowed).collect()
}
