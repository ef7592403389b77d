//! Planted bugs: planners that are wrong in one way, and the law that says so. A law that catches
//! none of them proves nothing.

use std::{collections::BTreeMap, sync::Arc};

use hob_model::desired::{Condition, Desired};
use hob_plan::{
    Blocked, Change, Obstacle, Plan, Policy, Reason, Step,
    observed::{ContainerOwner, ContainerState, Health, HostState, HostView, Observed},
    ownership::ThingOwner,
    plan,
};

use crate::{
    choices::Choices,
    rules::{Planner, check},
    world,
};

/// The bug is found within this many worlds.
const WORLDS: u64 = 3_000;

fn caught(planner: Planner) -> String {
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    for _ in 0..WORLDS {
        let bytes: Vec<u8> = (0..700)
            .map(|_| {
                // xorshift64: any source of varied bytes will do.
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                (seed >> 32) as u8
            })
            .collect();
        let mut choices = Choices::new(&bytes);
        let (desired, world) = world::generate(&mut choices);
        if let Err(broken) = check(planner, &desired, &world, &mut choices) {
            return broken.law.to_owned();
        }
    }
    "nothing".to_owned()
}

/// Planning with the steps that `keep` lets through, renumbered.
fn without(plan: Plan, keep: impl Fn(&Change) -> bool) -> Plan {
    without_steps(plan, |step| keep(&step.change))
}

fn without_steps(plan: Plan, keep: impl Fn(&Step) -> bool) -> Plan {
    let mut number = BTreeMap::new();
    let mut steps = Vec::new();
    for mut step in plan.steps {
        if keep(&step) {
            let id = hob_plan::StepId(u32::try_from(steps.len()).unwrap());
            number.insert(step.id, id);
            step.id = id;
            step.after = step
                .after
                .iter()
                .filter_map(|(id, until)| Some((*number.get(id)?, *until)))
                .collect();
            steps.push(step);
        }
    }
    Plan { steps, ..plan }
}

fn with_states(observed: &Observed, edit: impl Fn(&mut HostState)) -> Observed {
    let mut observed = observed.clone();
    for view in observed.hosts.values_mut() {
        if let HostView::Seen(state) = view {
            edit(state);
        }
    }
    observed
}

#[test]
fn a_planner_that_takes_foreign_containers_for_its_own() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let observed = with_states(observed, |state| {
            for container in state.containers.values_mut() {
                if let ContainerOwner::Hob { identity, .. } = &mut container.owner {
                    identity.homelab = world::HOMELAB.into();
                }
            }
        });
        plan(desired, &observed, policy)
    }
    assert_eq!(caught(bug), "nothing foreign is touched");
}

#[test]
fn a_planner_that_takes_foreign_networks_and_volumes_for_its_own() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let own = || ThingOwner::Hob { homelab: world::HOMELAB.into(), stack: None };
        let observed = with_states(observed, |state| {
            state.networks.values_mut().for_each(|network| network.owner = own());
            state.volumes.values_mut().for_each(|volume| volume.owner = own());
        });
        plan(desired, &observed, policy)
    }
    assert_eq!(caught(bug), "nothing foreign is used");
}

#[test]
fn a_planner_that_replaces_only_one_user_of_an_image_that_is_fetched_again() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let is_fetched = |reason: &Reason| matches!(reason, Reason::ImageFetched { .. });
        without_steps(plan(desired, observed, policy), |step| !step.why.iter().any(is_fetched))
    }
    assert_eq!(caught(bug), "converges");
}

#[test]
fn a_planner_that_takes_an_unreachable_host_for_an_empty_one() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let mut observed = observed.clone();
        for view in observed.hosts.values_mut() {
            if matches!(view, HostView::Unreachable { .. }) {
                *view = HostView::Seen(Box::default());
            }
        }
        plan(desired, &observed, policy)
    }
    assert_eq!(caught(bug), "no step on an unreachable host");
}

#[test]
fn a_planner_that_never_compares_one_attribute() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let mut desired = desired.clone();
        for host in desired.hosts.values_mut() {
            for service in host.stacks.values_mut().flat_map(|stack| stack.services.values_mut()) {
                Arc::make_mut(&mut service.spec).hostname = None;
            }
        }
        plan(&desired, observed, policy)
    }
    assert_ne!(caught(bug), "nothing");
}

#[test]
fn a_planner_that_does_not_undo_leftovers() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        without(plan(desired, observed, policy), |change| !matches!(change, Change::Restore { .. }))
    }
    // Names are taken by what should have been undone, or it stays for good.
    assert_ne!(caught(bug), "nothing");
}

#[test]
fn a_planner_that_leaves_what_is_no_longer_declared() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        without(plan(desired, observed, policy), |change| !matches!(change, Change::Remove { .. }))
    }
    // It holds a name or a port that another one is to have, or it stays for good.
    assert_ne!(caught(bug), "nothing");
}

#[test]
fn a_planner_that_believes_every_container_runs() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let observed = with_states(observed, |state| {
            for container in state.containers.values_mut() {
                container.state = ContainerState::Running { health: Health::Healthy };
            }
        });
        plan(desired, &observed, policy)
    }
    assert_ne!(caught(bug), "nothing");
}

#[test]
fn a_planner_that_does_not_resolve_circles() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let mut plan = plan(desired, observed, policy);
        let circles = plan.steps.iter().filter(|it| matches!(it.change, Change::Exchange { .. }));
        plan.blocked.extend(circles.map(|step| Blocked {
            host: step.host.clone(),
            stack: step.stack.clone(),
            service: None,
            why: Obstacle::Circle,
        }));
        without(plan, |change| !matches!(change, Change::Exchange { .. }))
    }
    assert_eq!(caught(bug), "blocked only for a reason");
}

#[test]
fn a_planner_that_exchanges_one_by_one() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let mut plan = plan(desired, observed, policy);
        for step in &mut plan.steps {
            if let Change::Exchange { members } = &mut step.change {
                members.truncate(1);
            }
        }
        plan
    }
    assert_eq!(caught(bug), "the Engine refuses nothing");
}

#[test]
fn a_planner_that_builds_only_what_is_not_there() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        without_steps(plan(desired, observed, policy), |step| {
            !matches!(step.change, Change::Build(_)) || step.why == [Reason::Missing]
        })
    }
    assert_eq!(caught(bug), "the Engine refuses nothing");
}

#[test]
fn a_planner_that_forgets_files() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        without(plan(desired, observed, policy), |change| {
            !matches!(change, Change::WriteFiles { .. })
        })
    }
    // Mounts lead to nothing, or the files stay what they were.
    assert_ne!(caught(bug), "nothing");
}

#[test]
fn a_planner_that_forgets_the_order() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let mut plan = plan(desired, observed, policy);
        plan.steps.iter_mut().for_each(|step| step.after.clear());
        plan
    }
    assert_eq!(caught(bug), "the Engine refuses nothing");
}

#[test]
fn a_planner_that_takes_started_for_healthy() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let mut desired = desired.clone();
        for stack in desired.hosts.values_mut().flat_map(|host| host.stacks.values_mut()) {
            for service in stack.services.values_mut() {
                for dependency in service.depends_on.values_mut() {
                    if dependency.condition == Condition::Healthy {
                        dependency.condition = Condition::Started;
                    }
                }
            }
        }
        plan(&desired, observed, policy)
    }
    assert_eq!(caught(bug), "dependencies come first");
}

#[test]
fn a_planner_that_gives_up() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let mut plan = plan(desired, observed, policy);
        for (host, declared) in &desired.hosts {
            if declared.stacks.contains_key("web") && plan.basis.contains_key(host) {
                plan.steps.clear();
                plan.blocked.push(Blocked {
                    host: host.clone(),
                    stack: Some("web".into()),
                    service: None,
                    why: Obstacle::NoNetwork { name: "shared".into() },
                });
            }
        }
        plan
    }
    assert_ne!(caught(bug), "nothing");
}

#[test]
fn a_planner_that_looks_at_everything_whatever_was_asked() {
    fn bug(desired: &Desired, observed: &Observed, _: &Policy) -> Plan {
        plan(desired, observed, &Policy::default())
    }
    assert_eq!(caught(bug), "what is not selected stays");
}

#[test]
fn a_planner_that_holds_stacks_back_without_a_word() {
    fn bug(desired: &Desired, observed: &Observed, policy: &Policy) -> Plan {
        let mut plan = plan(desired, observed, policy);
        plan.blocked.retain(|blocked| !matches!(blocked.why, Obstacle::Needs { .. }));
        plan
    }
    assert_eq!(caught(bug), "nothing is forgotten");
}
