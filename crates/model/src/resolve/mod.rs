//! From what the repository says to what should be on every host.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Files, Finding, Loaded, finding, project::Project, tree::Node};

use crate::{
    desired::{Connect, Desired, DesiredHost, DesiredStack},
    homelab::{HOMELAB_FILE, Homelab, Host},
    lint::{self, StackKnown},
    names::{HostName, StackName},
    repository::Repository,
    sealed::{NoKeys, Opener},
};

mod build;
mod content;
mod cross;
mod examples;
mod exposed;
mod facets;
mod hidden;
mod inner_files;
mod mounts;
mod needs;
mod network;
mod origin;
mod ports;
mod resources;
mod runtime;
mod service;
mod shared;
mod sources;
mod stack;
mod unused;
mod variables;

use build::Contexts;
use content::Contents;
use cross::Facts;
use hidden::Hidden;
use sources::{HostSources, Sources};
use variables::Undefined;

pub use origin::{StackLayer, StackOrigin, VariableOrigin, stack_origin};

/// Resolves a homelab whose repository is `root` in `files`. The result is only fit for use if no
/// finding is an error.
pub fn resolve(homelab: &Homelab, files: &dyn Files, root: &str) -> (Desired, Vec<Finding>) {
    resolve_with(homelab, files, root, &NoKeys)
}

/// The same, with somebody who opens the sealed files that Compose files name.
pub fn resolve_with(
    homelab: &Homelab,
    files: &dyn Files,
    root: &str,
    opener: &dyn Opener,
) -> (Desired, Vec<Finding>) {
    let recorder = lint::Recorder::new(files);
    let repository = Repository::new(&recorder, root);
    let mut resolver = Resolver {
        homelab,
        repository: &repository,
        opener,
        contents: Contents::new(&repository),
        contexts: Contexts::new(&repository),
        undefined: Undefined::default(),
        known: Vec::new(),
        hidden: Hidden::default(),
        findings: Vec::new(),
    };
    let machines = homelab.hosts.iter().map(|(name, host)| (name.clone(), host.machine.clone()));
    let mut desired = Desired {
        homelab: homelab.name.clone(),
        hosts: BTreeMap::new(),
        machines: machines.collect(),
    };
    let mut facts = BTreeMap::new();
    for (name, host) in &homelab.hosts {
        let Some(connect) = host.connect.as_ref().filter(|_| host.machine.kind.is_managed()) else {
            continue;
        };
        let (resolved, host_facts) = resolver.host(name, host, connect.value.clone());
        desired.hosts.insert(name.clone(), resolved);
        facts.insert(name.clone(), host_facts);
    }
    let Resolver { undefined, known, hidden, mut findings, .. } = resolver;
    findings.extend(undefined.into_findings(&repository));
    unused::check(homelab, &repository, &mut findings);
    cross::check(homelab, &mut desired, facts, &mut findings);
    let known = lint::Known::new(homelab, &repository, &known, &recorder.paths(), root);
    let mut findings = lint::judge(&known, findings, lint::drafts(&known));
    hidden.hide(&repository, &mut findings);
    finding::sort(&mut findings, &[HOMELAB_FILE.to_owned()]);
    (desired, findings)
}

/// One stack as Compose sees it, with paths below `root`; `None` if the host has no such stack or
/// no file of it is there. The findings of the loader are in the result, those about `hob.yaml`
/// beside it.
pub fn stack_config(
    homelab: &Homelab,
    files: &dyn Files,
    root: &str,
    host: &HostName,
    stack: &StackName,
) -> (Option<Loaded>, Vec<Finding>) {
    let repository = Repository::in_place(files, root);
    let mut findings = Vec::new();
    let Some(declared) = homelab.hosts.get(host) else { return (None, findings) };
    let mut sources = sources::of_host(homelab, &repository, host, declared, &mut findings);
    let Some(sources) = sources.stacks.remove(stack) else { return (None, findings) };
    let environment = variables::environment(
        homelab,
        &repository,
        (host, declared),
        stack,
        &sources,
        &mut findings,
    );
    let mut loaded = stack::load(&repository, stack, &sources, environment.clone());
    loaded.findings =
        loaded.findings.into_iter().map(|finding| repository.finding(finding)).collect();
    let mut hidden = Hidden::default();
    let said = (&sources, &environment);
    hidden.add(homelab, &repository, (host, declared), stack, said, &loaded);
    hidden.hide(&repository, &mut loaded.findings);
    (Some(loaded), findings)
}

/// The same stack with every variable as it is written.
pub fn stack_as_written(
    homelab: &Homelab,
    files: &dyn Files,
    root: &str,
    host: &HostName,
    stack: &StackName,
) -> Option<Node> {
    let repository = Repository::in_place(files, root);
    let declared = homelab.hosts.get(host)?;
    let mut of_host = sources::of_host(homelab, &repository, host, declared, &mut Vec::new());
    let sources = of_host.stacks.remove(stack)?;
    stack::load_as_written(&repository, stack, &sources).tree
}

struct Resolver<'a> {
    homelab: &'a Homelab,
    repository: &'a Repository<'a>,
    opener: &'a dyn Opener,
    contents: Contents<'a>,
    contexts: Contexts<'a>,
    undefined: Undefined,
    /// What findings are not to say.
    hidden: Hidden,
    /// What rules are to see.
    known: Vec<StackKnown>,
    findings: Vec<Finding>,
}

impl Resolver<'_> {
    fn host(
        &mut self,
        name: &HostName,
        host: &Host,
        connect: Connect,
    ) -> (DesiredHost, BTreeMap<StackName, Facts>) {
        let HostSources { stacks: sources } =
            sources::of_host(self.homelab, self.repository, name, host, &mut self.findings);
        let mut stacks = BTreeMap::new();
        let mut facts = BTreeMap::new();
        for (stack_name, sources) in &sources {
            let (stack, stack_facts) = self.stack(name, host, stack_name, sources);
            facts.insert(stack_name.clone(), stack_facts);
            stacks.insert(stack_name.clone(), stack);
        }
        let place = |stack: &StackName| facts.get(stack).map(|facts| &facts.place);
        build::complete_across(&mut stacks, place, &mut self.findings);
        let desired = DesiredHost {
            connect,
            root: host.root.clone(),
            networks: BTreeMap::new(),
            stacks,
            storage: host.storage.clone(),
        };
        (desired, facts)
    }

    fn stack(
        &mut self,
        host_name: &HostName,
        host: &Host,
        name: &StackName,
        sources: &Sources,
    ) -> (DesiredStack, Facts) {
        let environment = variables::environment(
            self.homelab,
            self.repository,
            (host_name, host),
            name,
            sources,
            &mut self.findings,
        );
        let secrets: BTreeSet<String> = self
            .homelab
            .sealed_for(host_name)
            .filter(|(_, sealed)| sealed.is_secret)
            .map(|(name, _)| name.clone())
            .collect();
        let loaded = stack::load(self.repository, name, sources, environment.clone());
        let said = (sources, &environment);
        self.hidden.add(self.homelab, self.repository, (host_name, host), name, said, &loaded);
        if !secrets.is_empty() {
            let seen = exposed::check(self.repository, &loaded, &environment, &secrets);
            self.findings.extend(seen);
        }
        for finding in loaded.findings {
            let finding = self.repository.finding(finding);
            let mut finding = examples::name_in_hint(self.repository, finding);
            finding.place.get_or_insert_with(|| sources.place.clone());
            if variables::is_undefined(&finding) {
                self.undefined.add(finding, host_name, name, sources);
            } else {
                self.findings.push(sources.explain(finding, host_name));
            }
        }
        let (mut stack, mut facts) = match loaded.project {
            Some(project) => {
                let resolved = self.project(name, &project, sources, &secrets);
                let files = sources.layers.iter().map(|layer| layer.path.clone());
                let files = files.chain(sources.env_files.iter().cloned());
                let known = StackKnown::new(self.repository, host_name, name, files, project);
                self.known.push(known);
                resolved
            }
            None => (DesiredStack::default(), Facts::new(sources.place.clone())),
        };
        stack.tags.extend(self.homelab.tags_of(host, name).map(str::to_owned));
        let said = self.homelab.stacks.get(name);
        facts.needs.extend(said.iter().flat_map(|said| said.needs.clone()));
        (stack, facts)
    }

    fn project(
        &mut self,
        name: &StackName,
        project: &Project,
        sources: &Sources,
        secrets: &BTreeSet<String>,
    ) -> (DesiredStack, Facts) {
        let mut stack = DesiredStack { project: project.name.clone(), ..DesiredStack::default() };
        let mut facts = Facts::new(sources.place.clone());
        facets::of_stack(
            self.repository,
            name,
            project,
            &mut stack,
            &mut facts,
            &mut self.findings,
        );
        self.findings.extend(exposed::still_sealed(self.repository, project));
        let builds = build::of_project(&mut self.contexts, project, &mut self.findings);
        let mut used = resources::Used::default();
        let mut mounts = mounts::Mounts {
            repository: self.repository,
            project,
            contents: &mut self.contents,
            opener: self.opener,
            secrets,
            bundle: content::Bundle::default(),
            findings: &mut self.findings,
        };
        for service in project.services.values() {
            used.add(service);
            facets::of_service(self.repository, service, mounts.findings);
            let build = builds.get(&service.name);
            if let Some(desired) = service::resolve(&mut mounts, service, build, &mut facts) {
                stack.services.insert(service.name.as_str().into(), desired);
            }
        }
        stack.files = mounts.bundle.files;
        resources::networks(self.repository, project, &used, &mut stack);
        resources::volumes(self.repository, project, &used, &mut stack, &mut self.findings);
        keep_known_dependencies(&mut stack);
        (stack, facts)
    }
}

/// A dependency that may be missing, and is, is none.
fn keep_known_dependencies(stack: &mut DesiredStack) {
    let known: BTreeSet<_> = stack.services.keys().cloned().collect();
    for service in stack.services.values_mut() {
        service.depends_on.retain(|name, _| known.contains(name));
    }
}
