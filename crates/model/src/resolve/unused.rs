//! Compose files of the repository that no host runs.

use std::collections::BTreeSet;

use hob_compose::{Finding, Place};

use crate::{
    homelab::{HOMELAB_FILE, Homelab, did_you_mean},
    layers::Pattern,
    names::HostName,
    repository::Repository,
};

/// How many files are named one by one.
const FINDINGS_MAX: usize = 50;

/// A file for one host that nothing names is probably forgotten in `hob.yaml`; a shared one may be
/// waiting for its host.
pub(super) fn check(homelab: &Homelab, repository: &Repository<'_>, findings: &mut Vec<Finding>) {
    let mut unused = Vec::new();
    for pattern in homelab.layers.iter().map(|layer| &layer.files) {
        if pattern.value.is_of_host() {
            unused.extend(of_no_host(homelab, repository, &pattern.value));
        }
        if !pattern.value.is_of_stack() {
            continue;
        }
        if pattern.value.is_of_host() {
            for (host, declared) in &homelab.hosts {
                let own = own_files(homelab, repository, host);
                let stacks = homelab.stacks_of(declared);
                let names: BTreeSet<&str> = stacks.keys().map(|stack| stack.as_str()).collect();
                let pattern = pattern.value.fill_host(host.as_str());
                let found = pattern.find(repository, repository.base()).unwrap_or_default();
                for file in found.into_iter().filter(|file| !own.contains(&file.path)) {
                    let stack = file.stack.unwrap_or_default();
                    if !names.contains(stack.as_str()) && !is_spelled(homelab, &stack) {
                        unused.push(of_host(repository, host, &stack, &file.path, &names));
                    }
                }
            }
            continue;
        }
        let named: BTreeSet<String> = homelab
            .hosts
            .values()
            .flat_map(|host| homelab.stacks_of(host).into_keys())
            .map(|stack| stack.as_str().to_owned())
            .collect();
        let found = pattern.value.find(repository, repository.base()).unwrap_or_default();
        for file in found {
            let stack = file.stack.unwrap_or_default();
            if !named.contains(&stack) && !is_spelled(homelab, &stack) {
                unused.push(shared(repository, &stack, &file.path));
            }
        }
    }
    findings.extend(unused.into_iter().take(FINDINGS_MAX));
}

/// Files that a pattern finds for hosts that `hob.yaml` does not have.
fn of_no_host(homelab: &Homelab, repository: &Repository<'_>, pattern: &Pattern) -> Vec<Finding> {
    let find = |pattern: &Pattern| {
        let found = pattern.find(repository, repository.base()).unwrap_or_default();
        found.into_iter().map(|found| found.path).collect::<Vec<_>>()
    };
    let declared: BTreeSet<String> =
        homelab.hosts.keys().flat_map(|host| find(&pattern.fill_host(host.as_str()))).collect();
    find(&pattern.any_host())
        .into_iter()
        .filter(|path| !declared.contains(path))
        .map(|path| {
            let message = "the file belongs to no host";
            Finding::note("host-not-declared", message)
                .at(start_of(repository, &path))
                .hint(format!("{pattern} leads here; add the host to {HOMELAB_FILE}, or remove it"))
        })
        .collect()
}

/// The host's own files. A pattern with `{stack}` may lead to them too.
fn own_files(homelab: &Homelab, repository: &Repository<'_>, host: &HostName) -> BTreeSet<String> {
    let patterns = homelab.layers.iter().map(|layer| &layer.files.value);
    let own = patterns.filter(|pattern| !pattern.is_of_stack());
    let find = |pattern: &Pattern| {
        pattern.fill_host(host.as_str()).find(repository, repository.base()).unwrap_or_default()
    };
    own.flat_map(find).map(|found| found.path).collect()
}

/// A stack whose files are spelled out does not use what the layers find.
fn is_spelled(homelab: &Homelab, stack: &str) -> bool {
    homelab.stacks.get(stack).is_some_and(|spelled| !spelled.files.is_empty())
}

fn of_host(
    repository: &Repository<'_>,
    host: &HostName,
    stack: &str,
    path: &str,
    names: &BTreeSet<&str>,
) -> Finding {
    let hint = match did_you_mean(stack, names.iter().copied()) {
        Some(near) => format!("{HOMELAB_FILE} names {near}: is that the one?"),
        None => format!("add {stack} to hosts.{host}.stacks in {HOMELAB_FILE}"),
    };
    Finding::warning("stack-not-used", format!("{host} does not run the stack {stack}"))
        .at(start_of(repository, path))
        .hint(hint)
}

fn shared(repository: &Repository<'_>, stack: &str, path: &str) -> Finding {
    Finding::note("stack-not-used", format!("no host runs the stack {stack}"))
        .at(start_of(repository, path))
        .hint(format!("add {stack} to the stacks of a host or group in {HOMELAB_FILE}"))
}

fn start_of(repository: &Repository<'_>, path: &str) -> Place {
    let file = repository.relative(path).unwrap_or(path).to_owned();
    Place { file, line: 1, column: 1, len: 1 }
}
