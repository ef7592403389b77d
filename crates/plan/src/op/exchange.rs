//! Several containers changed in one go: no order of single replacements would do, since each takes
//! what another one has to give up first.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::ContainerName;

use super::{Op, Turn, before, end, end_predecessor, forget, hooks, make, put_aside, record};
use crate::change::{Change, Member, Milestone, Target};

/// What is done: everything is made ready, all old containers stop and are kept under other names,
/// the new ones get theirs and start, and only when all verdicts are in are they recorded.
pub(super) fn ops(members: &[Member]) -> Vec<Op> {
    let inside: BTreeMap<&ContainerName, &Target> =
        members.iter().filter_map(target).map(|target| (&target.name, target)).collect();
    let mut ops = make_ready(members, &inside);
    for member in members.iter().rev() {
        match &member.change {
            Change::Replace { was, target, .. } => {
                ops.extend(end_predecessor(target, was));
                ops.extend(put_aside(was, &target.name));
            }
            Change::Restart(target) => ops.extend(end(target, &target.name)),
            _ => {}
        }
    }
    for target in made(members) {
        ops.push(Op::Rename { from: target.name.successor(), to: target.name.clone() });
    }
    ops.extend(start_and_wait(members, &inside));
    ops.extend(members.iter().filter_map(target).map(record));
    for member in members {
        match &member.change {
            Change::Replace { was, target, .. } => {
                ops.push(Op::RemoveContainer(target.name.old()));
                ops.extend((!inside.contains_key(was)).then(|| forget(target, was)));
            }
            Change::Confirm { target, kept: Some(_), .. } => {
                ops.push(Op::RemoveContainer(target.name.old()));
            }
            _ => {}
        }
    }
    ops
}

/// What puts everything back after `begun`, the last of which may not have been done: what was
/// started is stopped and all names go back, from the last one to the first, then the old ones run
/// again, and the new ones are removed.
pub(super) fn undo(members: &[Member], begun: &[Op]) -> Vec<Op> {
    let mut back: Vec<Op> = begun
        .iter()
        .rev()
        .filter_map(|op| match op {
            Op::Start(name) => Some(Op::Stop(name.clone())),
            Op::Rename { from, to } => Some(Op::Rename { from: to.clone(), to: from.clone() }),
            _ => None,
        })
        .collect();
    for member in members {
        match &member.change {
            Change::Replace { was, was_running: true, .. } => back.push(Op::Start(was.clone())),
            Change::Restart(target) if begun.contains(&Op::Stop(target.name.clone())) => {
                back.push(Op::Start(target.name.clone()));
            }
            Change::Confirm { target, kept: Some(kept), .. } => {
                let name = target.name.clone();
                back.push(Op::PutBack { was: name.clone(), name, start: kept.start });
            }
            _ => {}
        }
    }
    back.extend(begun.iter().filter_map(|op| match op {
        Op::CreateContainer { name, .. } => Some(Op::RemoveContainer(name.clone())),
        _ => None,
    }));
    back
}

fn target(member: &Member) -> Option<&Target> {
    member.change.target()
}

/// The members that get a new container.
fn made(members: &[Member]) -> impl Iterator<Item = &Target> {
    members.iter().filter_map(|member| match &member.change {
        Change::Create(target) | Change::Replace { target, .. } => Some(target),
        _ => None,
    })
}

/// What comes before anything stops: waiting for others, forgetting records, making containers.
fn make_ready(members: &[Member], inside: &BTreeMap<&ContainerName, &Target>) -> Vec<Op> {
    let is_outside = |op: &Op| !matches!(op, Op::Await { name, .. } if inside.contains_key(name));
    let mut ops: Vec<Op> =
        members.iter().filter_map(target).flat_map(before).filter(is_outside).collect();
    for member in members {
        match &member.change {
            Change::Start(target) | Change::Restart(target) => {
                ops.push(forget(target, &target.name));
            }
            Change::Create(target) => {
                ops.push(make(target, target.name.successor(), &BTreeMap::new()));
            }
            Change::Replace { target, inherit, .. } => {
                ops.push(make(target, target.name.successor(), inherit));
            }
            _ => {}
        }
    }
    ops
}

fn start_and_wait(members: &[Member], inside: &BTreeMap<&ContainerName, &Target>) -> Vec<Op> {
    let mut ops = Vec::new();
    let mut awaited = BTreeSet::new();
    let wait = |target: &Target| Op::Await { name: target.name.clone(), expect: target.expect };
    for member in members {
        let Some(target) = target(member) else { continue };
        let needed = member.awaits.iter().filter_map(|name| inside.get(name).copied());
        ops.extend(needed.filter(|needed| awaited.insert(&needed.name)).map(wait));
        if !matches!(member.change, Change::Confirm { start: false, .. }) {
            ops.push(Op::Start(target.name.clone()));
        }
        ops.extend(hooks(target, &target.name, Turn::PostStart));
    }
    ops.push(Op::Reached(Milestone::Started));
    let rest = members.iter().filter_map(target);
    ops.extend(rest.filter(|target| awaited.insert(&target.name)).map(wait));
    for member in members {
        if let Change::Confirm { target, kept: Some(_), .. } = &member.change {
            // After a start-first replacement the predecessor may still run.
            ops.extend(end_predecessor(target, &target.name.old()));
        }
    }
    ops
}
