//! Who depends on a service, the other way round than it is declared.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::{
    ServiceName,
    desired::{Condition, DesiredStack},
};

/// The services of a stack by what others want of them.
#[derive(Default)]
pub(super) struct Dependents<'a> {
    completed: BTreeSet<&'a ServiceName>,
    running: BTreeSet<&'a ServiceName>,
    followers: BTreeMap<&'a ServiceName, Vec<&'a ServiceName>>,
    holders: BTreeMap<&'a ServiceName, Vec<&'a ServiceName>>,
}

impl<'a> Dependents<'a> {
    pub(super) fn of(stack: &'a DesiredStack) -> Self {
        let mut dependents = Self::default();
        for (name, service) in &stack.services {
            for (needed, dependency) in &service.depends_on {
                match dependency.condition {
                    Condition::Completed => dependents.completed.insert(needed),
                    Condition::Started | Condition::Healthy => dependents.running.insert(needed),
                };
                if dependency.restart {
                    dependents.followers.entry(needed).or_default().push(name);
                }
            }
            for provider in service.spec.providers() {
                dependents.holders.entry(provider).or_default().push(name);
            }
        }
        dependents
    }

    /// Whether somebody waits for the service to complete.
    pub(super) fn want_completed(&self, service: &ServiceName) -> bool {
        self.completed.contains(service)
    }

    /// Whether somebody needs the service while it runs.
    pub(super) fn want_running(&self, service: &ServiceName) -> bool {
        self.running.contains(service)
    }

    /// Services whose containers hold on to the container of this one: they share a namespace or
    /// volumes with it.
    pub(super) fn holders(&self, service: &ServiceName) -> &[&'a ServiceName] {
        self.holders.get(service).map_or(&[], Vec::as_slice)
    }

    /// Services that are restarted with this one.
    pub(super) fn followers(&self, service: &ServiceName) -> &[&'a ServiceName] {
        self.followers.get(service).map_or(&[], Vec::as_slice)
    }
}
