//! Variables of a stack, and those that nobody set.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Files, Finding, dotenv};

use super::{
    examples,
    sources::{Sources, is_file},
};
use crate::{
    homelab::{HOMELAB_FILE, Homelab, Host, Vars},
    names::{HostName, StackName},
    repository::Repository,
    sealed::{SealedValue, UNOPENED},
};

/// How many further places of one variable a finding shows.
const RELATED_MAX: usize = 9;

/// Everything that `${...}` in the Compose files of a stack can refer to: `.env` files, then the
/// variables of groups, host and stack, then what is sealed, each over the ones before it.
pub(super) fn environment(
    homelab: &Homelab,
    repository: &Repository<'_>,
    (host_name, host): (&HostName, &Host),
    stack: &StackName,
    sources: &Sources,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, String> {
    let mut vars = BTreeMap::new();
    let mut add = |more: &Vars| {
        let values = more.iter().map(|(name, var)| (name.clone(), var.value.expose().clone()));
        vars.extend(values);
    };
    homelab.groups_of(host).for_each(|(_, group)| add(&group.vars));
    add(&host.vars);
    if let Some(said) = homelab.stacks.get(stack) {
        add(&said.vars);
    }
    for (name, SealedValue { value, .. }) in homelab.sealed_for(host_name) {
        let text = value.as_ref().map_or(UNOPENED, |value| value.expose().as_str());
        vars.insert(name.clone(), text.to_owned());
    }
    let mut environment = BTreeMap::new();
    for path in &sources.env_files {
        let text = match repository.read(path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => {
                findings.push(Finding::error("unreadable-file", error.to_string()));
                continue;
            }
        };
        let mut outside: BTreeMap<String, String> = environment.clone();
        outside.extend(vars.clone());
        let (values, found) = dotenv::parse(&text, path, &outside);
        findings.extend(found.into_iter().map(|finding| repository.finding(finding)));
        environment.extend(values);
    }
    environment.extend(vars);
    environment
}

/// Whether a finding of the loader says that a variable is not set.
pub(super) fn is_undefined(finding: &Finding) -> bool {
    matches!(finding.code, "undefined-variable" | "required-variable")
}

/// Variables that nobody set. One that is missing on several hosts, in several stacks or at
/// several places of one is one finding.
#[derive(Default)]
pub(super) struct Undefined {
    missing: BTreeMap<(&'static str, String), Missing>,
}

struct Missing {
    findings: Vec<Finding>,
    hosts: BTreeSet<HostName>,
    stacks: BTreeSet<StackName>,
    /// Files that would set it wherever it is missing, lowest priority first.
    env_files: Vec<String>,
}

impl Undefined {
    pub(super) fn add(
        &mut self,
        mut finding: Finding,
        host: &HostName,
        stack: &StackName,
        sources: &Sources,
    ) {
        finding.hint = None;
        let places = &sources.env_places;
        let missing =
            self.missing.entry((finding.code, finding.message.clone())).or_insert_with(|| {
                Missing {
                    findings: Vec::new(),
                    hosts: BTreeSet::new(),
                    stacks: BTreeSet::new(),
                    env_files: places.clone(),
                }
            });
        missing.hosts.insert(host.clone());
        missing.stacks.insert(stack.clone());
        missing.env_files.retain(|path| places.contains(path));
        if !missing.findings.contains(&finding) {
            missing.findings.push(finding);
        }
    }

    pub(super) fn into_findings(self, repository: &Repository<'_>) -> Vec<Finding> {
        self.missing.into_values().filter_map(|missing| missing.into_finding(repository)).collect()
    }
}

impl Missing {
    fn into_finding(self, repository: &Repository<'_>) -> Option<Finding> {
        let Self { findings, hosts, stacks: _, env_files } = self;
        let first = findings.first()?;
        let example = env_files.iter().rev().find_map(|path| {
            let example = examples::of(repository, path)?;
            examples::sets(repository, &example, variable(first)?).then_some((example, path))
        });
        let vars = vars(&hosts);
        let mut there = env_files.iter().rev().filter(|path| is_file(repository, path));
        let hint = match (example, there.next().or(env_files.first())) {
            (Some((example, path)), _) if !is_file(repository, path) => {
                let copy = examples::copy(repository, &example, path);
                format!("{copy}, or set it under {vars}")
            }
            (Some((example, path)), _) => {
                let shown = |path| repository.relative(path).unwrap_or(path).to_owned();
                let (path, example) = (shown(path), shown(&example));
                format!("set it in {path}, as in {example}, or under {vars}")
            }
            (None, Some(path)) => {
                let path = repository.relative(path).unwrap_or(path);
                format!("set it in {path} or under {vars}")
            }
            (None, None) => format!("set it under {vars}"),
        };
        let mut findings = findings.into_iter();
        let first = findings.next()?.hint(format!("{hint}, or write $$ if a dollar sign is meant"));
        let places = findings.filter_map(|finding| finding.place).take(RELATED_MAX);
        Some(places.fold(first, |finding, place| finding.related(place, "and here")))
    }
}

/// Where `hob.yaml` would set a variable for hosts.
fn vars(hosts: &BTreeSet<HostName>) -> String {
    let hosts: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
    match hosts.as_slice() {
        [host] => format!("hosts.{host}.vars in {HOMELAB_FILE}"),
        _ => format!("groups.all.vars in {HOMELAB_FILE} (it is missing on {})", hosts.join(", ")),
    }
}

/// The variable that the loader's finding is about; its message begins with it.
fn variable(finding: &Finding) -> Option<&str> {
    finding.message.strip_prefix("the variable ")?.split_whitespace().next()
}
