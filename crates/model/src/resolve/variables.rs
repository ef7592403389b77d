//! Variables of a stack, and those that nobody set.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Files, Finding, dotenv, files::parent};

use super::sources::Sources;
use crate::{
    homelab::{HOMELAB_FILE, Homelab, Host, Vars},
    names::{HostName, StackName},
    repository::Repository,
};

/// Everything that `${...}` in the Compose files of a stack can refer to: `.env` files, then the
/// variables of groups, host and stack, each over the ones before it.
pub(super) fn environment(
    homelab: &Homelab,
    repository: &Repository<'_>,
    host: &Host,
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

/// Variables that nobody set. A shared stack misses the same one on several hosts: that is one
/// finding, which names them.
#[derive(Default)]
pub(super) struct Undefined {
    missing: Vec<Missing>,
}

struct Missing {
    finding: Finding,
    hosts: BTreeSet<HostName>,
    stack: StackName,
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
        let known =
            self.missing.iter_mut().find(|known| known.stack == *stack && known.finding == finding);
        if let Some(known) = known {
            known.hosts.insert(host.clone());
            return;
        }
        let env_file = match sources.env_files.last() {
            Some(path) => path.clone(),
            None => {
                let first = sources.layers.first().map(|layer| layer.path.as_str());
                format!("{}/.env", parent(first.unwrap_or_default()))
            }
        };
        self.missing.push(Missing {
            finding,
            hosts: BTreeSet::from([host.clone()]),
            stack: stack.clone(),
            env_file,
        });
    }

    pub(super) fn into_findings(self, repository: &Repository<'_>) -> Vec<Finding> {
        let hint = |missing: &Missing| {
            let file = repository.relative(&missing.env_file).unwrap_or(&missing.env_file);
            let hosts: Vec<&str> = missing.hosts.iter().map(HostName::as_str).collect();
            let vars = match hosts.as_slice() {
                [host] => format!("hosts.{host}.vars"),
                _ => format!("groups.all.vars (it is missing on {})", hosts.join(", ")),
            };
            format!(
                "set it in {file} or under {vars} of {HOMELAB_FILE}, or write $$ if a dollar sign \
                 is meant"
            )
        };
        self.missing
            .into_iter()
            .map(|missing| {
                let hint = hint(&missing);
                missing.finding.hint(hint)
            })
            .collect()
    }
}
