//! Which hosts and stacks a command is about.

use std::collections::BTreeSet;

use crate::{
    desired::{Desired, DesiredStack},
    names::{HostName, StackName},
};

/// The parts of a homelab that a command is about; empty lists do not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Only these hosts. Groups are written out as their hosts when the command line is read.
    pub hosts: BTreeSet<HostName>,
    /// Only these stacks.
    pub stacks: BTreeSet<StackName>,
    /// Only stacks with one of these tags.
    pub tags: BTreeSet<String>,
    /// Not these hosts.
    pub skip_hosts: BTreeSet<HostName>,
    /// Not these stacks.
    pub skip_stacks: BTreeSet<StackName>,
    /// Not stacks with one of these tags.
    pub skip_tags: BTreeSet<String>,
}

impl Selection {
    /// Whether a host is meant at all.
    pub fn has_host(&self, host: &HostName) -> bool {
        (self.hosts.is_empty() || self.hosts.contains(host)) && !self.skip_hosts.contains(host)
    }

    /// Whether a stack of a selected host is meant. A stack that is not in the repository any more
    /// has no tags.
    pub fn has_stack(&self, stack: &StackName, tags: &BTreeSet<String>) -> bool {
        (self.stacks.is_empty() || self.stacks.contains(stack))
            && (self.tags.is_empty() || !self.tags.is_disjoint(tags))
            && !self.skip_stacks.contains(stack)
            && self.skip_tags.is_disjoint(tags)
    }

    /// Whether whole hosts are meant, so that what stacks share is meant too.
    pub fn is_whole_hosts(&self) -> bool {
        self.stacks.is_empty()
            && self.tags.is_empty()
            && self.skip_stacks.is_empty()
            && self.skip_tags.is_empty()
    }

    /// The selected hosts and stacks that are declared.
    pub fn stacks<'a>(
        &'a self,
        desired: &'a Desired,
    ) -> impl Iterator<Item = (&'a HostName, &'a StackName, &'a DesiredStack)> {
        desired.hosts.iter().filter(|(name, _)| self.has_host(name)).flat_map(
            move |(host_name, host)| {
                host.stacks
                    .iter()
                    .filter(|(name, stack)| self.has_stack(name, &stack.tags))
                    .map(move |(name, stack)| (host_name, name, stack))
            },
        )
    }
}
