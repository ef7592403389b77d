//! The operations that a step stands for. A step is what people read; an operation is the smallest
//! thing a host does, so a run that is killed ends between two of them. Performing and simulating
//! match over [`Op`]; which operations make up a change, and which undo it, is decided here once.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use hob_model::{
    ContainerName, ImageRef, NetworkName, StackName, StackPath, VolumeName,
    desired::StackFile,
    spec::{ContainerSpec, Hook},
};

mod exchange;

use crate::{
    change::{
        Change, Expectation, Leftover, Milestone, NewBuild, NewNetwork, NewVolume, Order, Step,
        Target,
    },
    ownership::Identity,
};

/// One thing a host does. Each is safe to repeat: what is already so is success.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Fetch an image.
    Pull {
        /// Which.
        image: ImageRef,
        /// `os/arch[/variant]`, if asked for.
        platform: Option<String>,
    },
    /// Build an image.
    Build(NewBuild),
    /// Make a network.
    CreateNetwork(NewNetwork),
    /// Remove a network.
    RemoveNetwork(NetworkName),
    /// Make a volume.
    CreateVolume(NewVolume),
    /// Note that these files are Hob's from now on; comes before they are written, so that a run
    /// killed in between finds its own files again.
    OwnFiles {
        /// The homelab that the folder belongs to from now on, if it belongs to none.
        homelab: String,
        /// Whose.
        stack: StackName,
        /// Which.
        paths: BTreeSet<StackPath>,
    },
    /// Write files, each by renaming a complete one into place.
    WriteFiles {
        /// Whose.
        stack: StackName,
        /// Which.
        files: BTreeMap<StackPath, StackFile>,
    },
    /// Remove files, the folders that this leaves empty, and the note that they are Hob's.
    RemoveFiles {
        /// Whose.
        stack: StackName,
        /// Which.
        paths: BTreeSet<StackPath>,
    },
    /// Make a container without starting it.
    CreateContainer {
        /// Its name for now.
        name: ContainerName,
        /// For what.
        identity: Identity,
        /// What it is to be.
        spec: Arc<ContainerSpec>,
        /// Volumes without a name that it takes over, by mount target.
        inherit: BTreeMap<String, VolumeName>,
    },
    /// Give a container another name.
    Rename {
        /// From.
        from: ContainerName,
        /// To.
        to: ContainerName,
    },
    /// Make a container run, whether it was created, stopped or paused.
    Start(ContainerName),
    /// Ask a container to end, and kill it when its grace is over.
    Stop(ContainerName),
    /// Kill and remove a container. Its volumes stay, with or without a name.
    RemoveContainer(ContainerName),
    /// Give a predecessor its place back: if one is kept, the current container is removed and the
    /// predecessor renamed; a successor that has not taken over is removed in any case.
    PutBack {
        /// The name whose predecessor is meant.
        name: ContainerName,
        /// The name that the predecessor had.
        was: ContainerName,
        /// Whether it is started as well, if it is there.
        start: bool,
    },
    /// Run the commands of a turn in a container, one after the other, until one fails. That is the
    /// failure of the step, but before a stop only a warning: what is broken has to be able to go.
    RunHooks {
        /// In which container. Before a stop, one that does not run, is paused or between two runs
        /// of a crash loop has nothing to run.
        name: ContainerName,
        /// Which commands.
        turn: Turn,
        /// The specification that has them.
        spec: Arc<ContainerSpec>,
    },
    /// Wait for the verdict; a bad one is the failure of the step.
    Await {
        /// Of which container.
        name: ContainerName,
        /// What is good.
        expect: Expectation,
    },
    /// Keep the verdict just reached and the specification it was reached for.
    Record {
        /// The homelab that the folder belongs to from now on, if it belongs to none.
        homelab: String,
        /// Whose.
        stack: StackName,
        /// For which container.
        name: ContainerName,
        /// Its specification.
        spec: Arc<ContainerSpec>,
    },
    /// Remove the record of a container.
    Forget {
        /// Whose.
        stack: StackName,
        /// Of which container.
        name: ContainerName,
    },
    /// Not an action: tells those who wait that the step has come this far.
    Reached(Milestone),
}

/// A turn of a container's life at which its service has commands run in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Once it was started.
    PostStart,
    /// Before it is stopped.
    PreStop,
}

impl Turn {
    /// The commands of this turn.
    pub fn hooks(self, spec: &ContainerSpec) -> &[Hook] {
        match self {
            Self::PostStart => &spec.post_start,
            Self::PreStop => &spec.pre_stop,
        }
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::PostStart => "post_start",
            Self::PreStop => "pre_stop",
        })
    }
}

impl Step {
    /// The operations that make up the step, in order.
    pub fn ops(&self) -> Vec<Op> {
        let stack = || self.stack.clone().unwrap_or_else(|| StackName::from(""));
        match &self.change {
            Change::Pull { image, platform, users: _ } => {
                vec![Op::Pull { image: image.clone(), platform: platform.clone() }]
            }
            Change::Build(build) => vec![Op::Build(build.clone())],
            Change::CreateNetwork(network) => vec![Op::CreateNetwork(network.clone())],
            Change::RemoveNetwork { name } => vec![Op::RemoveNetwork(name.clone())],
            Change::CreateVolume(volume) => vec![Op::CreateVolume(volume.clone())],
            Change::WriteFiles { homelab, write, users } => {
                let paths = write.keys().cloned().collect();
                let mut ops =
                    vec![Op::OwnFiles { homelab: homelab.clone(), stack: stack(), paths }];
                ops.extend(
                    users.iter().map(|name| Op::Forget { stack: stack(), name: name.clone() }),
                );
                ops.push(Op::WriteFiles { stack: stack(), files: write.clone() });
                ops
            }
            Change::RemoveFiles { remove } => {
                vec![Op::RemoveFiles { stack: stack(), paths: remove.clone() }]
            }
            Change::Create(target) => create(target),
            Change::Replace { was, target, order, inherit, was_running: _ } => match order {
                Order::StopFirst => replace_stop_first(was, target, inherit),
                Order::StartFirst => replace_start_first(was, target, inherit),
            },
            Change::Start(target) => start(target, false),
            Change::Restart(target) => start(target, true),
            Change::Confirm { target, kept, start } => confirm(target, kept.is_some(), *start),
            Change::Restore { name, leftover } => restore(name, *leftover),
            Change::Remove { name } => vec![
                Op::Stop(name.clone()),
                Op::RemoveContainer(name.clone()),
                Op::Forget { stack: stack(), name: name.clone() },
            ],
            Change::Exchange { members } => exchange::ops(members),
        }
    }

    /// What puts things back when the step failed or was broken off after beginning its first
    /// `begun` operations (the last of them may have been done in part). Nothing once the verdict
    /// is recorded: from there on the next run finishes.
    pub fn undo(&self, begun: usize) -> Vec<Op> {
        let ops = self.ops();
        let finished = ops.get(..begun.saturating_sub(1)).unwrap_or(&ops);
        if finished.iter().any(|op| matches!(op, Op::Record { .. })) {
            return Vec::new();
        }
        match &self.change {
            Change::Replace { was, target, was_running, .. } => {
                let name = target.name.clone();
                // What another run had put aside gets the name that it was put aside for.
                let was = if *was == name.old() { name.clone() } else { was.clone() };
                vec![Op::PutBack { name, was, start: *was_running }]
            }
            Change::Confirm { target, kept: Some(kept), .. } => vec![Op::PutBack {
                name: target.name.clone(),
                was: target.name.clone(),
                start: kept.start,
            }],
            // It was not running before, and is not left looping.
            Change::Start(target) if finished.iter().any(|op| matches!(op, Op::Forget { .. })) => {
                vec![Op::Stop(target.name.clone())]
            }
            // It is left for its owner to look at, but not left looping.
            Change::Create(target)
                if finished.iter().any(|op| matches!(op, Op::CreateContainer { .. })) =>
            {
                vec![Op::Stop(target.name.clone())]
            }
            Change::Exchange { members } => {
                exchange::undo(members, ops.get(..begun).unwrap_or(&ops))
            }
            Change::Create(_)
            | Change::Pull { .. }
            | Change::Build(_)
            | Change::CreateNetwork(_)
            | Change::RemoveNetwork { .. }
            | Change::CreateVolume(_)
            | Change::WriteFiles { .. }
            | Change::RemoveFiles { .. }
            | Change::Start(_)
            | Change::Restart(_)
            | Change::Confirm { kept: None, .. }
            | Change::Restore { .. }
            | Change::Remove { .. } => Vec::new(),
        }
    }
}

/// What comes before a container is touched: the wait for those it depends on, and the records of
/// those that are restarted after it.
fn before(target: &Target) -> impl Iterator<Item = Op> + '_ {
    let waits = target.wait_for.iter();
    let waits = waits.map(|(name, expect)| Op::Await { name: name.clone(), expect: *expect });
    waits.chain(target.followers.iter().map(|name| forget(target, name)))
}

fn forget(target: &Target, name: &ContainerName) -> Op {
    Op::Forget { stack: target.identity.stack.clone(), name: name.clone() }
}

fn make(target: &Target, name: ContainerName, inherit: &BTreeMap<String, VolumeName>) -> Op {
    Op::CreateContainer {
        name,
        identity: target.identity.clone(),
        spec: Arc::clone(&target.spec),
        inherit: inherit.clone(),
    }
}

fn record(target: &Target) -> Op {
    Op::Record {
        homelab: target.identity.homelab.clone(),
        stack: target.identity.stack.clone(),
        name: target.name.clone(),
        spec: Arc::clone(&target.spec),
    }
}

/// The commands of a turn, if there are any.
fn hooks(target: &Target, name: &ContainerName, turn: Turn) -> Option<Op> {
    let spec = Arc::clone(&target.spec);
    (!turn.hooks(&spec).is_empty()).then(|| Op::RunHooks { name: name.clone(), turn, spec })
}

/// A container is started, and its commands for that are run.
fn begin(target: &Target, name: &ContainerName) -> impl Iterator<Item = Op> {
    let hooks = hooks(target, name, Turn::PostStart);
    std::iter::once(Op::Start(name.clone())).chain(hooks)
}

/// A container is stopped, after its commands for that were run.
fn end(target: &Target, name: &ContainerName) -> impl Iterator<Item = Op> {
    hooks(target, name, Turn::PreStop).into_iter().chain([Op::Stop(name.clone())])
}

/// The same with a predecessor, which may have had other commands: those are known as digests only,
/// and the new ones are not meant for it.
fn end_predecessor(target: &Target, name: &ContainerName) -> Vec<Op> {
    if target.shares_pre_stop { end(target, name).collect() } else { vec![Op::Stop(name.clone())] }
}

fn create(target: &Target) -> Vec<Op> {
    let name = &target.name;
    let mut ops: Vec<Op> = before(target).collect();
    ops.push(make(target, name.clone(), &BTreeMap::new()));
    ops.extend(begin(target, name));
    ops.extend([
        Op::Reached(Milestone::Started),
        Op::Await { name: name.clone(), expect: target.expect },
        record(target),
    ]);
    ops
}

fn replace_stop_first(
    was: &ContainerName,
    target: &Target,
    inherit: &BTreeMap<String, VolumeName>,
) -> Vec<Op> {
    let name = &target.name;
    let mut ops: Vec<Op> = before(target).collect();
    ops.push(make(target, name.successor(), inherit));
    ops.extend(end_predecessor(target, was));
    ops.extend(put_aside(was, name));
    ops.push(Op::Rename { from: name.successor(), to: name.clone() });
    ops.extend(begin(target, name));
    ops.extend([
        Op::Reached(Milestone::Started),
        Op::Await { name: name.clone(), expect: target.expect },
        record(target),
        Op::RemoveContainer(name.old()),
    ]);
    ops.extend(forget_renamed(was, target));
    ops
}

fn replace_start_first(
    was: &ContainerName,
    target: &Target,
    inherit: &BTreeMap<String, VolumeName>,
) -> Vec<Op> {
    let name = &target.name;
    let mut ops: Vec<Op> = before(target).collect();
    ops.push(make(target, name.successor(), inherit));
    ops.extend(begin(target, &name.successor()));
    ops.extend([
        Op::Reached(Milestone::Started),
        Op::Await { name: name.successor(), expect: target.expect },
        Op::Rename { from: was.clone(), to: name.old() },
        Op::Rename { from: name.successor(), to: name.clone() },
    ]);
    ops.extend(end_predecessor(target, &name.old()));
    ops.extend([record(target), Op::RemoveContainer(name.old())]);
    ops.extend(forget_renamed(was, target));
    ops
}

/// The predecessor of `name` makes room for it, unless an earlier run has put it aside already.
fn put_aside(was: &ContainerName, name: &ContainerName) -> Option<Op> {
    (*was != name.old()).then(|| Op::Rename { from: was.clone(), to: name.old() })
}

/// A service whose container changed its name leaves a record under the old name.
fn forget_renamed(was: &ContainerName, target: &Target) -> Option<Op> {
    (*was != target.name).then(|| forget(target, was))
}

fn start(target: &Target, stop_before: bool) -> Vec<Op> {
    let name = &target.name;
    let mut ops: Vec<Op> = before(target).collect();
    // A bad verdict leaves no record, so that the next plan does not take it for in order.
    ops.push(forget(target, name));
    ops.extend(stop_before.then(|| end(target, name)).into_iter().flatten());
    ops.extend(begin(target, name));
    ops.extend([
        Op::Reached(Milestone::Started),
        Op::Await { name: name.clone(), expect: target.expect },
        record(target),
    ]);
    ops
}

fn confirm(target: &Target, kept: bool, start: bool) -> Vec<Op> {
    let name = &target.name;
    let mut ops: Vec<Op> = before(target).collect();
    ops.extend(start.then(|| Op::Start(name.clone())));
    // The interrupted run may not have come so far.
    ops.extend(hooks(target, name, Turn::PostStart));
    ops.extend([
        Op::Reached(Milestone::Started),
        Op::Await { name: name.clone(), expect: target.expect },
    ]);
    if kept {
        // After a start-first replacement the predecessor may still run.
        ops.extend(end_predecessor(target, &name.old()));
    }
    ops.push(record(target));
    ops.extend(kept.then(|| Op::RemoveContainer(name.old())));
    ops
}

fn restore(name: &ContainerName, leftover: Leftover) -> Vec<Op> {
    match leftover {
        Leftover::New => vec![Op::RemoveContainer(name.successor())],
        Leftover::Old(kept) => {
            vec![Op::PutBack { name: name.clone(), was: name.clone(), start: kept.start }]
        }
        Leftover::Done => vec![Op::RemoveContainer(name.old())],
    }
}
