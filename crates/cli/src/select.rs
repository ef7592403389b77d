//! The options that narrow a command down to parts of the homelab, the same for every command.

use std::collections::BTreeSet;

use clap::Args;
use hob_model::{
    HostName, Selection, StackName,
    desired::Desired,
    homelab::{GROUP_OF_ALL, Homelab, did_you_mean},
};

use crate::error::CommandError;

/// What the command is about; everything, unless narrowed. Each option may be given several times,
/// or with several names between commas.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Selection")]
pub(crate) struct SelectArgs {
    /// Only this host
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    host: Vec<String>,
    /// Only the hosts of this group
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    group: Vec<String>,
    /// Only this stack
    #[arg(long, value_name = "STACK", value_delimiter = ',')]
    stack: Vec<String>,
    /// Only stacks with this tag
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    tag: Vec<String>,
    /// Not this host
    #[arg(long, value_name = "HOST", value_delimiter = ',')]
    skip_host: Vec<String>,
    /// Not the hosts of this group
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    skip_group: Vec<String>,
    /// Not this stack
    #[arg(long, value_name = "STACK", value_delimiter = ',')]
    skip_stack: Vec<String>,
    /// Not stacks with this tag
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    skip_tag: Vec<String>,
}

impl SelectArgs {
    /// Whether nothing is narrowed.
    pub(crate) fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    /// What is meant, in a homelab. A name that it does not have is an error, and so is a
    /// selection in which nothing is left.
    pub(crate) fn selection(
        &self,
        homelab: &Homelab,
        desired: &Desired,
    ) -> Result<Selection, CommandError> {
        let names = Names::of(homelab, desired);
        let mut hosts = names.hosts(&self.host)?;
        hosts.extend(group_hosts(homelab, &names, &self.group)?);
        let mut skip_hosts = names.hosts(&self.skip_host)?;
        skip_hosts.extend(group_hosts(homelab, &names, &self.skip_group)?);
        let selection = Selection {
            hosts,
            stacks: names.stacks(&self.stack)?,
            tags: known("tag", &self.tag, &names.tags)?,
            skip_hosts,
            skip_stacks: names.stacks(&self.skip_stack)?,
            skip_tags: known("tag", &self.skip_tag, &names.tags)?,
        };
        self.check_not_empty(homelab, desired, &selection)?;
        Ok(selection)
    }

    fn check_not_empty(
        &self,
        homelab: &Homelab,
        desired: &Desired,
        selection: &Selection,
    ) -> Result<(), CommandError> {
        let has_host = desired.hosts.keys().any(|host| selection.has_host(host));
        let has_stack = selection.stacks(desired).next().is_some();
        if self.is_everything() || (has_host && (has_stack || selection.is_whole_hosts())) {
            return Ok(());
        }
        if let Some((name, host)) = homelab.unmanaged().find(|(name, _)| selection.has_host(name))
            && !has_host
        {
            let kind = host.machine.kind;
            return Err(CommandError::config(format!("{name} is not managed yet"))
                .hint(format!("it is a {kind} host: Hob does not connect to it")));
        }
        let error = CommandError::config("the options select nothing");
        let of_stacks: Vec<String> = desired
            .hosts
            .iter()
            .flat_map(|(host, of_host)| of_host.stacks.keys().map(move |stack| (host, stack)))
            .filter(|(_, stack)| selection.stacks.contains(*stack))
            .map(|(host, stack)| format!("stack {stack} is on {host}"))
            .collect();
        Err(if of_stacks.is_empty() {
            error.hint("hob status without options shows what there is")
        } else {
            error.hint(of_stacks.join(", "))
        })
    }
}

/// Every name that can be selected.
struct Names {
    hosts: BTreeSet<String>,
    groups: BTreeSet<String>,
    stacks: BTreeSet<String>,
    tags: BTreeSet<String>,
}

impl Names {
    fn of(homelab: &Homelab, desired: &Desired) -> Self {
        let stacks = || desired.hosts.values().flat_map(|host| &host.stacks);
        let mut groups: BTreeSet<String> = homelab.groups.keys().cloned().collect();
        groups.insert(GROUP_OF_ALL.to_owned());
        Self {
            hosts: homelab.hosts.keys().map(ToString::to_string).collect(),
            groups,
            stacks: stacks().map(|(name, _)| name.to_string()).collect(),
            tags: stacks().flat_map(|(_, stack)| stack.tags.clone()).collect(),
        }
    }

    fn hosts(&self, named: &[String]) -> Result<BTreeSet<HostName>, CommandError> {
        Ok(known("host", named, &self.hosts)?.into_iter().map(HostName::new).collect())
    }

    fn stacks(&self, named: &[String]) -> Result<BTreeSet<StackName>, CommandError> {
        Ok(known("stack", named, &self.stacks)?.into_iter().map(StackName::new).collect())
    }
}

fn group_hosts(
    homelab: &Homelab,
    names: &Names,
    named: &[String],
) -> Result<BTreeSet<HostName>, CommandError> {
    let mut hosts = BTreeSet::new();
    for group in known("group", named, &names.groups)? {
        let before = hosts.len();
        hosts.extend(homelab.hosts_of(&group).cloned());
        // No host would mean every host.
        if hosts.len() == before && homelab.hosts_of(&group).next().is_none() {
            return Err(CommandError::config(format!("no host is in group {group}")));
        }
    }
    Ok(hosts)
}

fn known(
    kind: &str,
    named: &[String],
    names: &BTreeSet<String>,
) -> Result<BTreeSet<String>, CommandError> {
    for name in named {
        if !names.contains(name) {
            return Err(unknown(kind, name, names.iter().map(String::as_str)));
        }
    }
    Ok(named.iter().cloned().collect())
}

/// Names that are listed in full under an error.
const NAMES_SHOWN: usize = 12;

/// There is no such thing; perhaps another was meant.
pub(crate) fn unknown<'a>(
    kind: &str,
    name: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> CommandError {
    let error = CommandError::config(format!("there is no {kind} {name}"));
    if let Some(near) = did_you_mean(name, names.clone()) {
        return error.hint(format!("did you mean {near}?"));
    }
    let mut shown: Vec<&str> = names.clone().take(NAMES_SHOWN).collect();
    if shown.is_empty() {
        return error.hint(format!("this homelab has no {kind}s"));
    }
    if names.count() > NAMES_SHOWN {
        shown.push("...");
    }
    error.hint(format!("there are: {}", shown.join(", ")))
}
