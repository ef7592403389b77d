//! The Docker Engine: its version, and whether it knows what stacks say.

use std::collections::BTreeSet;

use hob_host::ApiLevel;
use hob_model::spec::Gate;

use super::{Check, Fitness, Kind};

impl Fitness<'_> {
    pub(super) fn engine(&self) -> Vec<Check> {
        let facts = self.facts;
        let (low, high) = (facts.engine_api_min, facts.engine_api);
        let version = &facts.engine_version;
        let says = format!("Docker {version}, API {}.{} to {}.{}", low.0, low.1, high.0, high.1);
        let engine = |answer: fn(&Self, Kind, &'static str, String) -> Check, says: String| {
            answer(self, Kind::Engine, "engine", says)
        };
        if high < ApiLevel::OLDEST.api {
            let newer = format!("install Docker Engine {} or newer", ApiLevel::OLDEST.engine);
            return vec![engine(Self::fail, format!("{says}: too old")).hint(newer)];
        }
        if low > ApiLevel::NEWEST_MINIMUM.api {
            let says = format!("{says}: newer than this Hob can speak");
            return vec![engine(Self::fail, says).hint("install a newer Hob")];
        }
        let mut checks = vec![engine(Self::pass, says)];
        checks.extend(self.attributes());
        checks
    }

    /// Attributes that this Engine would silently ignore.
    fn attributes(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for (stack_name, stack) in self.stacks() {
            let mut lacks: BTreeSet<(&str, Gate)> = BTreeSet::new();
            for (service, wanted) in &stack.services {
                lacks.extend(wanted.spec.gates().into_iter().map(|gate| (service.as_str(), gate)));
            }
            for network in stack.networks.values() {
                let key = network.key.as_str();
                lacks.extend(network.spec.gates().into_iter().map(|gate| (key, gate)));
            }
            for (user, gate) in lacks {
                if self.facts.engine_api >= gate.api {
                    continue;
                }
                let Gate { engine, attribute, .. } = gate;
                let version = &self.facts.engine_version;
                let says = format!(
                    "{user} says {attribute}, which Docker {version} ignores: it came with {engine}"
                );
                let hint = format!("upgrade Docker on the host to {engine}, or take it out");
                let check = self.fail(Kind::Attributes, "attributes", says);
                checks.push(check.of(stack_name).hint(hint));
            }
        }
        checks
    }
}
