//! What the parts of `hob.yaml` say about each other.

use hob_compose::Finding;

use super::{
    GROUP_OF_ALL, Homelab, Placed,
    reader::{Reader, child, did_you_mean},
};
use crate::names::{HostName, StackName};

/// Gives hosts the stacks that name them.
pub(super) fn complete(reader: &mut Reader<'_>, homelab: &mut Homelab) {
    for (name, stack) in &homelab.stacks {
        for (index, named) in stack.hosts.iter().enumerate() {
            let Some(host) = homelab.hosts.get_mut(&named.value) else {
                let path = format!("stacks.{name}.hosts[{index}]");
                let is_group = named.value.as_str() == GROUP_OF_ALL
                    || homelab.groups.contains_key(named.value.as_str());
                let known = homelab.hosts.keys().map(HostName::as_str);
                let finding = unknown_host(named, &path, known);
                reader.findings.push(match is_group {
                    true => finding.hint(format!(
                        "it is a group: write groups: {{ {}: {{ stacks: [{name}] }} }}",
                        named.value
                    )),
                    false => finding,
                });
                continue;
            };
            if !host.stacks.iter().any(|stack| stack.value == *name) {
                let place = named.place.clone();
                host.stacks.push(Placed { value: name.clone(), place });
            }
        }
    }
}

fn unknown_host<'a>(
    named: &Placed<HostName>,
    path: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Finding {
    let finding = Finding::error("unknown-host", format!("there is no host {}", named.value))
        .at(named.place.clone())
        .on(path);
    match did_you_mean(named.value.as_str(), known) {
        Some(near) => finding.hint(format!("did you mean {near}?")),
        None => finding.hint(format!("add it: hosts: {{ {}: {{ connect: ... }} }}", named.value)),
    }
}

/// Says which names lead nowhere, and what nothing leads to.
pub(super) fn check(reader: &mut Reader<'_>, homelab: &Homelab) {
    for (host_name, host) in &homelab.hosts {
        for (index, group) in host.groups.iter().enumerate() {
            if group.value == GROUP_OF_ALL || homelab.groups.contains_key(&group.value) {
                continue;
            }
            let known = homelab.groups.keys().map(String::as_str);
            let hint = match did_you_mean(&group.value, known) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("add it: groups: {{ {}: {{ stacks: [] }} }}", group.value),
            };
            reader.findings.push(
                Finding::error("unknown-group", format!("there is no group {}", group.value))
                    .at(group.place.clone())
                    .on(format!("hosts.{host_name}.groups[{index}]"))
                    .hint(hint),
            );
        }
    }
    for (index, allow) in homelab.policy.allow.iter().enumerate() {
        let Some(host) = &allow.host else { continue };
        let named =
            Placed { value: HostName::from(host.value.as_str()), place: host.place.clone() };
        if !homelab.hosts.contains_key(&named.value) {
            let known = homelab.hosts.keys().map(HostName::as_str);
            let path = format!("policy.allow[{index}].host");
            reader.findings.push(unknown_host(&named, &path, known));
        }
    }
    for (name, group) in homelab.groups.iter().filter(|(name, _)| *name != GROUP_OF_ALL) {
        if homelab.hosts_of(name).next().is_none() {
            reader.findings.push(
                Finding::warning("group-not-used", format!("no host is in the group {name}"))
                    .at(group.place.clone())
                    .on(child("groups", name))
                    .hint(format!("give a host `groups: [{name}]`, or remove the group")),
            );
        }
    }
    for (name, stack) in &homelab.stacks {
        if !is_named(homelab, name) {
            let known = homelab.hosts.values().flat_map(|host| homelab.stacks_of(host).into_keys());
            let known: Vec<StackName> = known.collect();
            let hint = match did_you_mean(name.as_str(), known.iter().map(StackName::as_str)) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("give a host `stacks: [{name}]`, or remove it here"),
            };
            reader.findings.push(
                Finding::warning("stack-not-used", format!("no host runs the stack {name}"))
                    .at(stack.place.clone())
                    .on(child("stacks", name.as_str()))
                    .hint(hint),
            );
        }
    }
}

/// A stack may also be named by being a host's own.
fn is_named(homelab: &Homelab, stack: &StackName) -> bool {
    homelab.hosts.iter().any(|(name, host)| {
        name.as_str() == stack.as_str() || homelab.stacks_of(host).contains_key(stack)
    })
}
