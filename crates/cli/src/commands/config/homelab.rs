//! A stack of the homelab, with its layers and variables.

use std::collections::BTreeSet;

use hob_compose::{Explained, Loaded, Place, Set, Way, tree::Node};
use hob_model::{HostName, StackName, StackOrigin};

use super::explain::Sources;
use crate::{
    context::Context,
    disk::DiskFiles,
    error::CommandError,
    render::findings::Findings,
    repository::{Repository, Sound},
    select::unknown,
};

/// A stack as it was loaded.
pub(super) struct Stack {
    pub(super) loaded: Loaded,
    /// Its tree with `${VARIABLES}` as they are written.
    pub(super) written: Option<Node>,
    pub(super) files: DiskFiles,
    /// Where the repository lies; paths in the stack begin with it.
    pub(super) root: String,
    pub(super) findings: Findings,
    pub(super) origin: StackOrigin,
}

impl Stack {
    /// Where the values at a path come from, with files named as the repository has them.
    pub(super) fn explain(&self, path: &str) -> Vec<Explained> {
        let mut explained = self.loaded.explain(path, &self.origin.environment, &self.files);
        for Explained { way, replaced, .. } in &mut explained {
            self.name_files(way);
            replaced.iter_mut().for_each(|way| self.name_files(way));
        }
        explained
    }

    fn name_files(&self, way: &mut Way) {
        self.name_file(&mut way.written);
        for used in &mut way.variables {
            self.name_file(&mut used.place);
            if let Set::EnvFile(place) = &mut used.set {
                self.name_file(place);
            }
        }
        way.through.iter_mut().for_each(|station| self.name_file(&mut station.place));
    }

    fn name_file(&self, place: &mut Place) {
        place.file = self.relative(&place.file);
    }

    /// A file as the repository names it.
    fn relative(&self, file: &str) -> String {
        let below = file.strip_prefix(&self.root).and_then(|rest| rest.strip_prefix('/'));
        below.unwrap_or(file).to_owned()
    }

    /// Who set the variables, and which layers the files are.
    pub(super) fn sources(&self) -> Sources {
        let StackOrigin { layers, variables, .. } = &self.origin;
        let layers = layers.iter().map(|layer| (self.relative(&layer.file), layer.pattern.clone()));
        let variables = variables.iter().map(|(name, origin)| {
            let mut place = origin.place.clone();
            self.name_file(&mut place);
            (name.clone(), (origin.by.clone(), Some(place)))
        });
        Sources { variables: variables.collect(), layers: layers.collect() }
    }

    /// Leaves only the services that are named, and what they depend on.
    pub(super) fn keep(&mut self, named: &[String]) -> Result<(), CommandError> {
        let services = self.loaded.tree.as_mut().and_then(|tree| tree.get_mut("services"));
        let Some(services) = services.and_then(Node::as_mapping_mut).filter(|_| !named.is_empty())
        else {
            return Ok(());
        };
        let mut kept = BTreeSet::new();
        let mut next = named.to_vec();
        while let Some(name) = next.pop() {
            let Some(service) = services.get(&name) else {
                let names = services.entries.iter().map(|entry| entry.key.name.as_str());
                return Err(unknown("service", &name, names));
            };
            if kept.insert(name) {
                let needs = service.get("depends_on").map(Node::entries).unwrap_or_default();
                let needs = needs.iter().map(|entry| entry.key.name.clone());
                next.extend(needs.filter(|name| services.contains(name)));
            }
        }
        services.entries.retain(|entry| kept.contains(&entry.key.name));
        Ok(())
    }
}

/// Loads a stack as it is on a host. Paths are those of the repository on this machine.
pub(super) fn load(
    stack: &str,
    host: Option<&str>,
    context: &Context,
) -> Result<Stack, CommandError> {
    let folder = Repository::folder(context)?;
    let Sound { homelab, desired, .. } = Repository::open(context)?;
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
    let (files, root) = DiskFiles::in_place(&folder)?;
    let (loaded, mut findings) =
        hob_model::stack_config(&homelab, &files, &root, &host, &stack_name);
    let written = hob_model::stack_as_written(&homelab, &files, &root, &host, &stack_name);
    let origin = hob_model::stack_origin(&homelab, &files, &root, &host, &stack_name);
    let (Some(loaded), Some(origin)) = (loaded, origin) else {
        let names: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
        return Err(CommandError::config(format!("host {host} does not run stack {stack}"))
            .hint(format!("it is on {}", names.join(", "))));
    };
    findings.extend(loaded.findings.iter().cloned());
    let findings = Findings::new(findings, &files, &root);
    Ok(Stack { loaded, written, files, root, findings, origin })
}
