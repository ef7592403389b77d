//! Variables of a stack, and those that nobody set.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Files, Finding, dotenv, files::parent};

use super::sources::Sources;
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
    env_file: String,
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
        let missing =
            self.missing.entry((finding.code, finding.message.clone())).or_insert_with(|| {
                Missing {
                    findings: Vec::new(),
                    hosts: BTreeSet::new(),
                    stacks: BTreeSet::new(),
                    env_file: env_file(sources),
                }
            });
        missing.hosts.insert(host.clone());
        missing.stacks.insert(stack.clone());
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
        let Self { findings, hosts, stacks, env_file } = self;
        let hosts: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
        let vars = match hosts.as_slice() {
            [host] => format!("hosts.{host}.vars in {HOMELAB_FILE}"),
            _ => {
                format!("groups.all.vars in {HOMELAB_FILE} (it is missing on {})", hosts.join(", "))
            }
        };
        let env_file = repository.relative(&env_file).unwrap_or(&env_file);
        let where_ = if stacks.len() == 1 {
            format!("in {env_file} or under {vars}")
        } else {
            format!("under {vars}")
        };
        let mut findings = findings.into_iter();
        let first = findings
            .next()?
            .hint(format!("set it {where_}, or write $$ if a dollar sign is meant"));
        let places = findings.filter_map(|finding| finding.place).take(RELATED_MAX);
        Some(places.fold(first, |finding, place| finding.related(place, "and here")))
    }
}

/// The file that would set a variable of a stack: its nearest, or the one to create.
fn env_file(sources: &Sources) -> String {
    match sources.env_files.last() {
        Some(path) => path.clone(),
        None => {
            let first = sources.layers.first().map(|layer| layer.path.as_str());
            format!("{}/.env", parent(first.unwrap_or_default()))
        }
    }
}
