//! The planner, a recipe in stated order:
//!
//! 1. every selected host that was not seen is blocked;
//! 2. on every other host, what an interrupted run left half done is undone first (`heal`);
//! 3. networks that stacks share are made (`host`);
//! 4. for every selected stack (`stack`): obstacles are looked for, and if there are any the stack
//!    is left alone; else images are pulled, networks, volumes and files are brought up to date,
//!    and each service's container is created, replaced, started or left alone (`service`);
//! 5. what Hob made and nobody declares any more is removed (`undeclared`);
//! 6. stacks wait for the stacks that they need (`needs`).

mod differences;
mod draft;
mod heal;
mod host;
mod needs;
mod service;
mod stack;
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
    needs::link(desired, observed, &mut draft, stacks);
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

/// A digest of what should be on a host, as far as it is selected.
fn basis(context: &Context<'_>, state: &HostState) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    for (name, stack) in &context.host.stacks {
        if !context.is_selected(name) {
            continue;
        }
        // why (all `let _`): writing to a String cannot fail.
        let _ = writeln!(text, "stack {name} {}", stack.project);
        for (service, declared) in &stack.services {
            let spec = declared.spec.digest();
            let _ = writeln!(text, "service {service} {} {}", declared.container, spec.as_str());
        }
        for (path, file) in &stack.files {
            let _ = writeln!(text, "file {path} {} {:o}", file.digest, file.mode);
        }
        for (network, declared) in &stack.networks {
            let _ = writeln!(text, "network {network} {}", declared.spec.digest().as_str());
        }
        for (volume, declared) in &stack.volumes {
            let _ = writeln!(text, "volume {volume} {}", declared.spec.digest().as_str());
        }
    }
    match &state.key {
        Some(key) => key.seal(&text),
        None => hob_model::Digest::of(text.as_bytes()).to_string(),
    }
}
