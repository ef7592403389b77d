//! Where the files and variables of a stack come from.

use std::collections::BTreeMap;

use hob_compose::{Files, Place, dotenv};

use super::{sources, variables};
use crate::{
    homelab::{Homelab, Vars},
    names::{HostName, StackName},
    repository::Repository,
};

/// What a stack on a host is made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackOrigin {
    /// Its Compose files, lowest priority first.
    pub layers: Vec<StackLayer>,
    /// Everything that `${...}` in them can refer to.
    pub environment: BTreeMap<String, String>,
    /// Who set the variables, by name.
    pub variables: BTreeMap<String, VariableOrigin>,
}

/// One Compose file of a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackLayer {
    /// Its absolute path.
    pub file: String,
    /// The pattern of `hob.yaml` that leads to it.
    pub pattern: String,
}

/// Who set a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VariableOrigin {
    /// In words, such as `vars of host nas`.
    pub by: String,
    /// Where it is written.
    pub place: Place,
    /// Whether that is a file of variables. They are where passwords are kept, so what comes from
    /// one may be a secret; `hob.yaml` holds none.
    pub is_from_file: bool,
    /// Whether it is kept sealed in the repository.
    pub is_sealed: bool,
}

/// Where the files and variables of a stack come from, with paths below `root`; `None` if the
/// host has no such stack.
pub fn stack_origin(
    homelab: &Homelab,
    files: &dyn Files,
    root: &str,
    host: &HostName,
    stack: &StackName,
) -> Option<StackOrigin> {
    let repository = Repository::in_place(files, root);
    // What is wrong is said where the stack is loaded.
    let mut findings = Vec::new();
    let declared = homelab.hosts.get(host)?;
    let mut of_host = sources::of_host(homelab, &repository, host, declared, &mut findings);
    let sources = of_host.stacks.remove(stack)?;
    let environment = variables::environment(
        homelab,
        &repository,
        (host, declared),
        stack,
        &sources,
        &mut findings,
    );
    let mut origins = BTreeMap::new();
    for path in &sources.env_files {
        let Ok(bytes) = repository.read(path) else { continue };
        for (name, line) in dotenv::lines(&String::from_utf8_lossy(&bytes)) {
            let place = Place { file: path.clone(), line, column: 1, len: 1 };
            let by = "a file of variables".to_owned();
            let origin = VariableOrigin { by, place, is_from_file: true, is_sealed: false };
            origins.insert(name, origin);
        }
    }
    let mut add = |by: String, vars: &Vars| {
        for (name, var) in vars {
            let place = var.place.clone();
            let origin =
                VariableOrigin { by: by.clone(), place, is_from_file: false, is_sealed: false };
            origins.insert(name.clone(), origin);
        }
    };
    for (name, group) in homelab.groups_of(declared) {
        add(format!("vars of group {name}"), &group.vars);
    }
    add(format!("vars of host {host}"), &declared.vars);
    let said = homelab.stacks.get(stack);
    if let Some(said) = said {
        add(format!("vars of stack {stack}"), &said.vars);
    }
    for (name, sealed) in homelab.sealed_for(host) {
        let by = match sealed.value {
            Some(_) => "a file of secrets",
            None => "a file of secrets that was not opened",
        };
        let origin = VariableOrigin {
            by: by.to_owned(),
            place: sealed.place.clone(),
            is_from_file: true,
            is_sealed: sealed.is_secret,
        };
        origins.insert(name.clone(), origin);
    }
    let layers = sources.layers.into_iter().map(|layer| {
        let pattern = homelab.layers.get(layer.order).filter(|_| !layer.is_spelled);
        let pattern = pattern
            .map_or_else(|| format!("stacks.{stack}.files"), |layer| layer.files.value.to_string());
        StackLayer { file: layer.path, pattern }
    });
    Some(StackOrigin { layers: layers.collect(), environment, variables: origins })
}
