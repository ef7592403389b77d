//! Services that have ended well: which of them are done, and which were stopped.

use hob_model::{
    ServiceName,
    desired::{DesiredService, DesiredStack},
    spec::RestartPolicy,
};

use super::dependents::Dependents;
use crate::observed::Verdict;

/// Whether a service whose container ended with exit code 0 is in order, so that nothing is done
/// about it but to look at it: `verdict` is what it was found to be when it was deployed.
pub fn may_stay_ended(stack: &DesiredStack, name: &ServiceName, verdict: Option<Verdict>) -> bool {
    let Some(service) = stack.services.get(name) else { return false };
    let dependents = Dependents::of(stack);
    let may_complete = service.spec.restart == RestartPolicy::No || dependents.want_completed(name);
    let was_running = matches!(verdict, Some(Verdict::Healthy | Verdict::Running));
    may_complete && (!was_running || looks_like_a_job(&dependents, name, service))
}

/// Of a service without restart policy, which may end: nothing shows that it should go on. No tool
/// can tell a job that ended from a server that was stopped, so what has a port, a health check or
/// somebody that needs it running counts as a server.
pub(super) fn looks_like_a_job(
    dependents: &Dependents<'_>,
    name: &ServiceName,
    service: &DesiredService,
) -> bool {
    let spec = &service.spec;
    spec.ports.is_empty() && spec.health.is_none() && !dependents.want_running(name)
}
