//! Whether a container that gives way is asked to run the commands that come before its stop.

use super::service::View;
use crate::observed::ContainerOwner;

/// The attribute, as it is written down in records.
const PRE_STOP: &str = "pre_stop";

impl View<'_> {
    /// Whether the predecessor, if there is one, was made with the same commands as its successor.
    /// The record of it bears the name that it was put aside from.
    pub(super) fn shares_pre_stop(&self) -> bool {
        let spec = &self.service.spec;
        let state = &self.plan.state;
        if spec.pre_stop.is_empty() {
            return false;
        }
        let (Some((current, container)), Some(key)) = (self.current(), &state.key) else {
            return false;
        };
        let (_, name) = current.role();
        let old = state.containers.get(&name.old()).filter(|_| self.keeps_predecessor(&name));
        let ContainerOwner::Hob { spec: made, .. } = &old.unwrap_or(container).owner else {
            return false;
        };
        self.applied(&name).filter(|record| record.spec == *made).is_some_and(|record| {
            let now = spec.sealed(&|value| key.seal(value));
            record.sealed.0.get(PRE_STOP) == now.0.get(PRE_STOP)
        })
    }
}
