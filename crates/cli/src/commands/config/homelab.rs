//! A stack of the homelab, with its layers and variables.

use std::collections::BTreeSet;

use hob_compose::Loaded;
use hob_model::{HostName, StackName};

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
    pub(super) files: DiskFiles,
    /// Where the repository lies; paths in the stack begin with it.
    pub(super) root: String,
    pub(super) findings: Findings,
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
    let Some(loaded) = loaded else {
        let names: Vec<&str> = hosts.iter().map(|host| host.as_str()).collect();
        return Err(CommandError::config(format!("host {host} does not run stack {stack}"))
            .hint(format!("it is on {}", names.join(", "))));
    };
    findings.extend(loaded.findings.iter().cloned());
    let findings = Findings::new(findings, &files, &root);
    Ok(Stack { loaded, files, root, findings })
}
