//! The planner, a recipe in stated order:
//!
//! 1. every selected host that was not seen is blocked;
//! 2. on every other host, what an interrupted run left half done is looked for (`heal`): the rest
//!    is planned for the host as it will be once that is undone;
//! 3. networks that stacks share are made (`host`);
//! 4. for every selected stack it is decided what is done about each service (`stack`, `service`);
//!    if there are obstacles, the stack is left alone;
//! 5. who uses an image that another stack has fetched again is replaced as well (`images`);
//! 6. the steps of each stack are written down (`emit`): leftovers are undone, images are pulled,
//!    networks, volumes and files are brought up to date, containers created, replaced or started,
//!    and what the stack does not declare any more is removed;
//! 7. what is left of stacks that nobody declares any more is removed (`undeclared`);
//! 8. who takes a name or a port waits for who gives it up (`handover`);
//! 9. stacks wait for the stacks that they need (`needs`);
//! 10. where names or ports go round, containers are changed in one go (`circles`).

mod builds;
mod circles;
mod dependents;
mod differences;
mod draft;
mod emit;
mod ending;
mod expectation;
mod files;
mod followers;
mod gates;
mod handover;
mod heal;
mod host;
mod images;
mod needs;
mod pre_stop;
mod service;
mod stack;
mod things;
mod undeclared;

use hob_model::{
    HostName,
    desired::{Desired, DesiredHost},
};

use crate::{
    change::{Blocked, Obstacle, Plan},
    observed::{HostState, HostView, Observed},
    policy::Policy,
};
use draft::Draft;
pub use ending::may_stay_ended;
use host::Digests;
use needs::Stacks;

/// Says what is to be done so that what was seen becomes what should be, in what order and why.
/// Total: what cannot be done is part of the answer.
pub fn plan(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
    let mut draft = Draft::default();
    let mut stacks = Stacks::default();
    for (name, host) in &desired.hosts {
        if !policy.selection.has_host(name) {
            continue;
        }
        match observed.hosts.get(name) {
            Some(HostView::Seen(state)) => {
                let context = Context { desired, name, host, policy };
                host::plan_host(&context, state, &mut draft, &mut stacks);
            }
            Some(HostView::Unreachable { why }) => {
                draft.blocked.push(unreachable(name, why.clone()));
            }
            None => draft.blocked.push(unreachable(name, "it was not asked".into())),
        }
    }
    needs::link(desired, observed, &mut draft, &stacks);
    circles::resolve(&mut draft);
    draft.finish()
}

fn unreachable(host: &HostName, why: String) -> Blocked {
    let why = Obstacle::Unreachable { why };
    Blocked { host: host.clone(), stack: None, service: None, why }
}

/// What stays the same while one host is planned.
#[derive(Clone, Copy)]
struct Context<'a> {
    desired: &'a Desired,
    name: &'a HostName,
    host: &'a DesiredHost,
    policy: &'a Policy,
}

impl Context<'_> {
    /// Whether the stack is to be planned, declared or not.
    fn is_selected(&self, stack: &hob_model::StackName) -> bool {
        let none = std::collections::BTreeSet::new();
        let tags = self.host.stacks.get(stack).map_or(&none, |declared| &declared.tags);
        self.policy.selection.has_stack(stack, tags)
    }
}

/// A digest of what should be on a host, as far as it is selected. It covers secrets only under the
/// host's key: without a key, nothing of Hob's is there yet and every step is a creation.
fn basis(context: &Context<'_>, state: &HostState, digests: &Digests<'_>) -> String {
    let seal = |value: &str| state.key.as_ref().map(|key| key.seal(value)).unwrap_or_default();
    let mut lines = Vec::new();
    for (name, spec) in &context.host.networks {
        lines.push(format!("network {name} {}", spec.digest().as_str()));
    }
    for (name, stack) in &context.host.stacks {
        let Some(digests) = digests.get(name) else { continue };
        lines.push(format!("stack {name} {}", stack.project));
        for (service, declared) in &stack.services {
            let spec = match digests.get(service).filter(|_| state.key.is_some()) {
                Some(digest) => seal(digest.as_str()),
                None => serde_json::Value::Object(declared.spec.sealed(&seal).0).to_string(),
            };
            lines.push(format!("service {service} {} {spec}", declared.container));
        }
        for (path, file) in &stack.files {
            lines.push(format!("file {path} {} {:o}", seal(file.digest.as_str()), file.mode));
        }
        for (network, declared) in &stack.networks {
            lines.push(format!("network {network} {}", declared.spec.digest().as_str()));
        }
        for (volume, declared) in &stack.volumes {
            lines.push(format!("volume {volume} {}", seal(declared.spec.digest().as_str())));
        }
    }
    hob_model::Digest::of(lines.join("\n").as_bytes()).to_string()
}
