//! Which files make up the stacks of a host.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Files, Finding, Kind, Part, Place, files};

use super::stack;
use crate::{
    homelab::{Homelab, Host, Placed, did_you_mean},
    layers::Pattern,
    names::{HostName, StackName},
    repository::Repository,
};

/// The stacks of a host, by name.
pub(super) struct HostSources {
    pub(super) stacks: BTreeMap<StackName, Sources>,
}

/// What one stack is made of. There is at least one layer.
#[derive(Clone, Debug)]
pub(super) struct Sources {
    /// Its Compose files, lowest priority first.
    pub(super) layers: Vec<Layer>,
    /// Its files with variables, lowest priority first; they exist.
    pub(super) env_files: Vec<String>,
    /// Where such files are looked for: those, and those that are not there.
    pub(super) env_places: Vec<String>,
    /// A project name that `hob.yaml` gives.
    pub(super) project: Option<String>,
    /// What makes the host run it.
    pub(super) place: Place,
}

/// One Compose file of a stack.
#[derive(Clone, Debug)]
pub(super) struct Layer {
    /// Where it is, absolute as the loader sees it.
    pub(super) path: String,
    /// Which of its services count, if not all.
    pub(super) part: Option<Part>,
    /// Its position among the layer patterns.
    pub(super) order: usize,
    /// Whether `hob.yaml` names it for the stack, and no pattern leads to it.
    pub(super) is_spelled: bool,
}

impl Sources {
    /// A finding about a service of the host's own file that overrides nothing, with the likely
    /// reason.
    pub(super) fn explain(&self, finding: Finding, host: &HostName) -> Finding {
        let is_rest = |layer: &Layer| matches!(layer.part, Some(Part::Except(_)));
        if finding.code != "no-image" || !self.layers.iter().all(is_rest) {
            return finding;
        }
        finding.hint(format!(
            "no stack of {host} has a service of this name to override: correct the name, or add \
             an image"
        ))
    }
}

/// Finds the files of every stack of a host.
pub(super) fn of_host(
    homelab: &Homelab,
    repository: &Repository<'_>,
    name: &HostName,
    host: &Host,
    findings: &mut Vec<Finding>,
) -> HostSources {
    let mut finder = Finder { homelab, repository, name, findings };
    let own = finder.own_layers();
    let mut stacks = BTreeMap::new();
    for (stack, place) in homelab.stacks_of(host) {
        let layers = finder.layers(&stack);
        let is_own = stack.as_str() == name.as_str() && !own.is_empty();
        if layers.is_empty() && !is_own {
            finder.say_not_found(&stack, place);
            continue;
        }
        stacks.insert(stack, (layers, place));
    }
    finder.share_out(&own, &mut stacks);
    let stacks = stacks
        .into_iter()
        .filter(|(_, (layers, _))| !layers.is_empty())
        .map(|(stack, (layers, place))| {
            let sources = finder.sources(&stack, layers, &own, place);
            (stack, sources)
        })
        .collect();
    HostSources { stacks }
}

struct Finder<'a, 'r> {
    homelab: &'a Homelab,
    repository: &'a Repository<'r>,
    name: &'a HostName,
    findings: &'a mut Vec<Finding>,
}

impl Finder<'_, '_> {
    /// The host's own files: what the patterns without `{stack}` lead to.
    fn own_layers(&mut self) -> Vec<Layer> {
        let homelab = self.homelab;
        let patterns = homelab.layers.iter().enumerate();
        patterns
            .map(|(order, layer)| (order, &layer.files))
            .filter(|(_, pattern)| !pattern.value.is_of_stack())
            .filter_map(|(order, pattern)| {
                let path = self.find_one(pattern, self.name.as_str())?;
                Some(Layer { path, part: None, order, is_spelled: false })
            })
            .collect()
    }

    /// The files of a stack: those that `hob.yaml` spells out, or what the layers lead to.
    fn layers(&mut self, stack: &StackName) -> Vec<Layer> {
        let homelab = self.homelab;
        if let Some(spelled) = homelab.stacks.get(stack)
            && !spelled.files.is_empty()
        {
            return self
                .spelled(stack, &spelled.files)
                .into_iter()
                .map(|path| Layer { path, part: None, order: 0, is_spelled: true })
                .collect();
        }
        let patterns = homelab.layers.iter().enumerate();
        patterns
            .map(|(order, layer)| (order, &layer.files))
            .filter(|(_, pattern)| pattern.value.is_of_stack())
            .filter_map(|(order, pattern)| {
                let path = self.find_one(pattern, stack.as_str())?;
                Some(Layer { path, part: None, order, is_spelled: false })
            })
            .collect()
    }

    /// The one file that a layer pattern leads to, if there is one.
    fn find_one(&mut self, pattern: &Placed<Pattern>, stack: &str) -> Option<String> {
        let filled = pattern.value.fill(self.name.as_str(), stack);
        let mut found = match filled.find(self.repository, self.repository.base()) {
            Ok(found) => found.into_iter(),
            Err(error) => {
                self.findings.push(
                    Finding::error("unreadable-layer", error.to_string())
                        .at(pattern.place.clone())
                        .on("layers"),
                );
                return None;
            }
        };
        let first = found.next()?;
        if let Some(second) = found.next() {
            let shown = |path: &str| self.repository.relative(path).unwrap_or(path).to_owned();
            self.findings.push(
                Finding::error(
                    "ambiguous-layer",
                    format!("{} fits {} and {}", filled, shown(&first.path), shown(&second.path)),
                )
                .at(pattern.place.clone())
                .on("layers")
                .hint("rename one, or spell the stack's files out under stacks"),
            );
        }
        Some(first.path)
    }

    /// Files that `hob.yaml` names one by one, and which therefore must be there.
    fn spelled(&mut self, stack: &StackName, patterns: &[Placed<Pattern>]) -> Vec<String> {
        let mut paths = Vec::new();
        for pattern in patterns {
            let filled = pattern.value.fill(self.name.as_str(), stack.as_str());
            let found = filled.find(self.repository, self.repository.base());
            match found {
                Ok(found) if !found.is_empty() => {
                    paths.extend(found.into_iter().map(|found| found.path));
                }
                Ok(_) => self.findings.push(
                    Finding::error("missing-file", format!("there is no file {filled}"))
                        .at(pattern.place.clone())
                        .on(format!("stacks.{stack}"))
                        .hint("write the path relative to the repository"),
                ),
                Err(error) => self.findings.push(
                    Finding::error("unreadable-layer", error.to_string())
                        .at(pattern.place.clone())
                        .on(format!("stacks.{stack}")),
                ),
            }
        }
        paths
    }

    /// Lets the services of the host's own files override those of its stacks; the rest becomes a
    /// stack named after the host.
    fn share_out(&mut self, own: &[Layer], stacks: &mut BTreeMap<StackName, (Vec<Layer>, Place)>) {
        if own.is_empty() {
            return;
        }
        let own_names = stack::service_names(self.repository, own);
        let own_stack = StackName::new(self.name.as_str());
        let mut claimed = BTreeSet::new();
        for (stack, (layers, _)) in stacks.iter_mut() {
            if *stack == own_stack {
                continue;
            }
            let names = stack::service_names(self.repository, layers);
            let shared: BTreeSet<String> = names.intersection(&own_names).cloned().collect();
            if shared.is_empty() {
                continue;
            }
            claimed.extend(shared.iter().cloned());
            add(layers, own, &Part::Only(shared));
        }
        let rest_is_empty = own_names.iter().all(|name| claimed.contains(name));
        if let Some((layers, _)) = stacks.get_mut(&own_stack) {
            add(layers, own, &Part::Except(claimed));
        } else if !rest_is_empty {
            let file = own.first().map(|layer| layer.path.as_str()).unwrap_or_default();
            let file = self.repository.relative(file).unwrap_or(file).to_owned();
            let place = Place { file, line: 1, column: 1, len: 1 };
            let mut layers = Vec::new();
            add(&mut layers, own, &Part::Except(claimed));
            stacks.insert(own_stack, (layers, place));
        }
    }

    fn sources(
        &mut self,
        stack: &StackName,
        layers: Vec<Layer>,
        own: &[Layer],
        place: Place,
    ) -> Sources {
        let homelab = self.homelab;
        let spelled = homelab.stacks.get(stack);
        let env_places = match spelled {
            Some(spelled) if !spelled.env_files.is_empty() => {
                self.spelled(stack, &spelled.env_files)
            }
            _ => self.env_of_layers(stack, &layers, own),
        };
        let is_there = |path: &&String| is_file(self.repository, path);
        let env_files = env_places.iter().filter(is_there).cloned().collect();
        let project = spelled.and_then(|spelled| Some(spelled.project.as_ref()?.value.clone()));
        Sources { layers, env_files, env_places, project, place }
    }

    /// Where the files with variables of each layer would be, in the order of the layers: those
    /// that `hob.yaml` names for it, else the `.env` beside its file. The host's own file is a
    /// layer of all its stacks, so what lies beside it counts even for a stack that it changes
    /// nothing in.
    fn env_of_layers(&mut self, stack: &StackName, layers: &[Layer], own: &[Layer]) -> Vec<String> {
        let mut paths: Vec<String> = Vec::new();
        let homelab = self.homelab;
        let is_spelled = homelab.stacks.get(stack).is_some_and(|said| !said.files.is_empty());
        if is_spelled {
            paths.extend(layers.iter().map(beside));
        }
        for (order, layer) in homelab.layers.iter().enumerate() {
            if let Some(patterns) = &layer.env_files {
                paths.extend(patterns.iter().flat_map(|pattern| self.env_files(stack, pattern)));
                continue;
            }
            let files = layers.iter().filter(|_| !is_spelled).chain(own);
            paths.extend(files.filter(|file| file.order == order).map(beside));
        }
        let mut places: Vec<String> = Vec::new();
        for path in paths {
            if !places.contains(&path) {
                places.push(path);
            }
        }
        places
    }

    /// The files with variables that a layer's pattern leads to; one without wildcards need not be
    /// there.
    fn env_files(&mut self, stack: &StackName, pattern: &Placed<Pattern>) -> Vec<String> {
        let filled = pattern.value.fill(self.name.as_str(), stack.as_str());
        if !filled.as_str().contains('*') {
            return vec![self.repository.absolute(filled.as_str())];
        }
        match filled.find(self.repository, self.repository.base()) {
            Ok(found) => found.into_iter().map(|found| found.path).collect(),
            Err(error) => {
                self.findings.push(
                    Finding::error("unreadable-layer", error.to_string())
                        .at(pattern.place.clone())
                        .on("layers"),
                );
                Vec::new()
            }
        }
    }

    fn say_not_found(&mut self, stack: &StackName, place: Place) {
        let homelab = self.homelab;
        if homelab.stacks.get(stack).is_some_and(|spelled| !spelled.files.is_empty()) {
            return; // Each missing file has a finding of its own.
        }
        let patterns = homelab.layers.iter().map(|layer| &layer.files);
        let patterns = patterns.filter(|pattern| pattern.value.is_of_stack());
        let looked: Vec<String> = patterns
            .map(|pattern| pattern.value.fill(self.name.as_str(), stack.as_str()).to_string())
            .collect();
        let known = self.known_stacks();
        let hint = match did_you_mean(stack.as_str(), known.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}? Hob looked for {}", looked.join(" and ")),
            None if looked.is_empty() => "no layer has {stack} in it: add one".to_owned(),
            None => format!("Hob looked for {}", looked.join(" and ")),
        };
        self.findings.push(
            Finding::error(
                "stack-not-found",
                format!("there is no Compose file of the stack {stack} for {}", self.name),
            )
            .at(place)
            .hint(hint),
        );
    }

    fn known_stacks(&self) -> BTreeSet<String> {
        let base = self.repository.base();
        let patterns = self.homelab.layers.iter();
        patterns
            .filter_map(|layer| {
                layer.files.value.fill_host(self.name.as_str()).find(self.repository, base).ok()
            })
            .flatten()
            .filter_map(|found| found.stack)
            .collect()
    }
}

/// Puts the host's own files among the layers of a stack, at their place in the order.
fn add(layers: &mut Vec<Layer>, own: &[Layer], part: &Part) {
    let is_new = |layer: &&Layer| !layers.iter().any(|other| other.path == layer.path);
    let new: Vec<&Layer> = own.iter().filter(is_new).collect();
    for layer in new {
        layers.push(Layer { part: Some(part.clone()), ..layer.clone() });
    }
    layers.sort_by_key(|layer| layer.order);
}

/// The `.env` beside a Compose file.
fn beside(layer: &Layer) -> String {
    files::join(&files::parent(&layer.path), ".env")
}

/// Whether a file is there.
pub(super) fn is_file(repository: &Repository<'_>, path: &str) -> bool {
    matches!(repository.kind(path), Ok(Some(Kind::File { .. })))
}
