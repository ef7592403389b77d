//! A plan as a JSON document: what `hob plan --json` prints and `hob apply FILE` reads back. Apart
//! from the plan's own types, so that these may change and the document does not; and without any
//! value that may be a secret.

use std::collections::{BTreeMap, BTreeSet};

use hob_model::Selection;
use serde::{Deserialize, Serialize};

mod reason;

pub use reason::{ObstacleDocument, ReasonDocument};

use crate::{
    change::{Change, Member, Milestone, Order, Plan, Risk, Step, Target},
    wording::Summary,
};

/// Version of the document's form.
pub const FORMAT: u32 = 2;

/// A plan, written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanDocument {
    /// Version of the form: [`FORMAT`].
    pub format: u32,
    /// Name of the homelab.
    pub homelab: String,
    /// What the plan is about.
    pub selection: SelectionDocument,
    /// Counts.
    pub summary: Summary,
    /// Digest of what should be, by host.
    pub basis: BTreeMap<String, String>,
    /// The steps.
    pub steps: Vec<StepDocument>,
    /// What cannot be done.
    pub blocked: Vec<BlockedDocument>,
    /// What is not as it was left.
    pub drift: Vec<DriftDocument>,
    /// What stacks use although Docker Compose made it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken_over: Vec<TakenOverDocument>,
}

/// What a plan is about; empty lists do not narrow.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SelectionDocument {
    hosts: BTreeSet<String>,
    stacks: BTreeSet<String>,
    tags: BTreeSet<String>,
    skip_hosts: BTreeSet<String>,
    skip_stacks: BTreeSet<String>,
    skip_tags: BTreeSet<String>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepDocument {
    /// Position, from 0.
    pub id: u32,
    /// Where.
    pub host: String,
    /// For which stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// What.
    #[serde(flatten)]
    pub action: ActionDocument,
    /// Why, in words.
    pub why: Vec<String>,
    /// Why, for machines: the same, one by one.
    pub reasons: Vec<ReasonDocument>,
    /// What comes before, and how far it must have come.
    pub after: BTreeMap<u32, String>,
    /// What it may cost: `none`, `restart`, `downtime` or `loses-data`.
    pub risk: String,
}

/// What a step does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are those of `Change`, which says what they mean")]
pub enum ActionDocument {
    Pull {
        image: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        platform: Option<String>,
        /// Services that wait for it, as `stack/service`.
        users: Vec<String>,
    },
    Build {
        image: String,
    },
    CreateNetwork {
        network: String,
    },
    RemoveNetwork {
        network: String,
    },
    CreateVolume {
        volume: String,
    },
    WriteFiles {
        files: Vec<String>,
        /// Containers that use one of them and are restarted.
        users: Vec<String>,
    },
    RemoveFiles {
        files: Vec<String>,
    },
    Create(ContainerDocument),
    Replace {
        was: String,
        /// Whether `was` runs or should, and so is started if it is put back.
        was_running: bool,
        order: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        inherit: BTreeMap<String, String>,
        #[serde(flatten)]
        container: ContainerDocument,
    },
    Start(ContainerDocument),
    Restart(ContainerDocument),
    Confirm {
        /// Whether it has to be started first.
        start: bool,
        /// Whether its predecessor is still there: removed after a good verdict, put back after a
        /// bad one.
        has_predecessor: bool,
        #[serde(flatten)]
        container: ContainerDocument,
    },
    Restore {
        container: String,
        how: String,
    },
    Remove {
        container: String,
    },
    Exchange {
        members: Vec<MemberDocument>,
    },
}

/// The container that a step is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContainerDocument {
    /// Its name.
    pub container: String,
    /// Its service.
    pub service: String,
    /// Its image.
    pub image: String,
    /// `os/arch[/variant]`, if asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<String>,
    /// Containers that must be in order first and are not now.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wait_for: Vec<String>,
    /// Containers that are restarted because this one is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub followers: Vec<String>,
}

/// One of the containers that a step changes together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberDocument {
    /// Its stack.
    pub stack: String,
    /// What is done about it.
    #[serde(flatten)]
    pub action: ActionDocument,
    /// Why, in words.
    pub why: Vec<String>,
    /// Why, for machines: the same, one by one.
    pub reasons: Vec<ReasonDocument>,
}

/// What cannot be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedDocument {
    /// Where.
    pub host: String,
    /// For which stack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// For which service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// Why not, in words.
    pub why: String,
    /// Why not, for machines.
    pub obstacle: ObstacleDocument,
    /// What to try.
    pub hint: String,
}

/// A network or volume that Docker Compose made, and a stack of the same project uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TakenOverDocument {
    /// Where.
    pub host: String,
    /// By which stack.
    pub stack: String,
    /// `network NAME` or `volume NAME`.
    pub what: String,
}

/// What is not as it was left.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriftDocument {
    /// Where.
    pub host: String,
    /// In which stack.
    pub stack: String,
    /// What.
    pub what: String,
}

impl PlanDocument {
    /// Writes a plan down.
    pub fn of(plan: &Plan, homelab: &str, selection: &Selection) -> Self {
        Self {
            format: FORMAT,
            homelab: homelab.to_owned(),
            selection: SelectionDocument::of(selection),
            summary: plan.summary(),
            basis: plan.basis.iter().map(|(k, v)| (k.to_string(), v.clone())).collect(),
            steps: plan.steps.iter().map(step).collect(),
            blocked: plan
                .blocked
                .iter()
                .map(|blocked| BlockedDocument {
                    host: blocked.host.to_string(),
                    stack: blocked.stack.as_ref().map(ToString::to_string),
                    service: blocked.service.as_ref().map(ToString::to_string),
                    why: blocked.why.to_string(),
                    obstacle: ObstacleDocument::of(&blocked.why),
                    hint: blocked.why.hint(),
                })
                .collect(),
            drift: plan
                .drift
                .iter()
                .map(|drift| DriftDocument {
                    host: drift.host.to_string(),
                    stack: drift.stack.to_string(),
                    what: drift.what.to_string(),
                })
                .collect(),
            taken_over: plan
                .taken_over
                .iter()
                .map(|it| TakenOverDocument {
                    host: it.host.to_string(),
                    stack: it.stack.to_string(),
                    what: it.thing.to_string(),
                })
                .collect(),
        }
    }

    /// In what the plan that would be made now differs from this one, host by host. Empty: it may
    /// be applied. Drift alone does not count, since nothing is done about it.
    pub fn moved(&self, now: &Self) -> Vec<String> {
        let mut moved = Vec::new();
        if self.homelab != now.homelab {
            moved.push(format!("it was made for homelab {}, not {}", self.homelab, now.homelab));
        }
        let hosts: BTreeSet<&String> = self
            .basis
            .keys()
            .chain(now.basis.keys())
            .chain(self.blocked.iter().chain(&now.blocked).map(|blocked| &blocked.host))
            .collect();
        for host in hosts {
            let (was, is) = (self.actions(host), now.actions(host));
            let dropped = was.difference(&is).map(|action| format!("no longer: {action}"));
            let added = is.difference(&was).map(|action| format!("now also: {action}"));
            let changes: Vec<String> = dropped.chain(added).collect();
            if !changes.is_empty() {
                moved.push(format!("{host} has changed ({})", changes.join("; ")));
            } else if self.basis.get(host) != now.basis.get(host) {
                moved.push(format!("what is declared for {host} has changed"));
            }
        }
        if moved.is_empty() && (&self.steps, &self.blocked) != (&now.steps, &now.blocked) {
            moved.push("the order of the steps has changed".to_owned());
        }
        moved
    }

    fn actions(&self, host: &str) -> BTreeSet<String> {
        let steps = self.steps.iter().filter(|step| step.host == host).map(|step| {
            let stack = step.stack.as_deref().unwrap_or("");
            format!(
                "{} {}: {}",
                step.action.name(),
                step.action.subject(stack),
                step.why.join(", ")
            )
        });
        let blocked = self.blocked.iter().filter(|blocked| blocked.host == host);
        steps.chain(blocked.map(|blocked| format!("blocked: {}", blocked.why))).collect()
    }
}

impl SelectionDocument {
    fn of(selection: &Selection) -> Self {
        fn texts<T: ToString>(set: &BTreeSet<T>) -> BTreeSet<String> {
            set.iter().map(ToString::to_string).collect()
        }
        let Selection { hosts, stacks, tags, skip_hosts, skip_stacks, skip_tags } = selection;
        Self {
            hosts: texts(hosts),
            stacks: texts(stacks),
            tags: tags.clone(),
            skip_hosts: texts(skip_hosts),
            skip_stacks: texts(skip_stacks),
            skip_tags: skip_tags.clone(),
        }
    }

    /// The selection as a command uses it.
    pub fn selection(&self) -> Selection {
        fn names<T: for<'a> From<&'a str> + Ord>(set: &BTreeSet<String>) -> BTreeSet<T> {
            set.iter().map(|name| T::from(name.as_str())).collect()
        }
        Selection {
            hosts: names(&self.hosts),
            stacks: names(&self.stacks),
            tags: self.tags.clone(),
            skip_hosts: names(&self.skip_hosts),
            skip_stacks: names(&self.skip_stacks),
            skip_tags: self.skip_tags.clone(),
        }
    }
}

impl ActionDocument {
    fn name(&self) -> &'static str {
        match self {
            Self::Pull { .. } => "pull",
            Self::Build { .. } => "build",
            Self::CreateNetwork { .. } => "create network",
            Self::RemoveNetwork { .. } => "remove network",
            Self::CreateVolume { .. } => "create volume",
            Self::WriteFiles { .. } => "write",
            Self::RemoveFiles { .. } | Self::Remove { .. } => "remove",
            Self::Create(_) => "create",
            Self::Replace { .. } => "replace",
            Self::Start(_) => "start",
            Self::Restart(_) => "restart",
            Self::Confirm { .. } => "confirm",
            Self::Restore { .. } => "restore",
            Self::Exchange { .. } => "exchange",
        }
    }

    fn subject(&self, stack: &str) -> String {
        match self {
            Self::Pull { image, .. } | Self::Build { image } => image.clone(),
            Self::CreateNetwork { network } | Self::RemoveNetwork { network } => network.clone(),
            Self::CreateVolume { volume } => volume.clone(),
            Self::WriteFiles { files, .. } | Self::RemoveFiles { files } => files.join(", "),
            Self::Create(container)
            | Self::Start(container)
            | Self::Restart(container)
            | Self::Confirm { container, .. }
            | Self::Replace { container, .. } => format!("{stack}/{}", container.service),
            Self::Restore { container, .. } | Self::Remove { container } => container.clone(),
            Self::Exchange { members } => {
                let subjects = members.iter().map(|member| member.action.subject(&member.stack));
                subjects.collect::<Vec<_>>().join(", ")
            }
        }
    }
}

fn step(step: &Step) -> StepDocument {
    StepDocument {
        id: step.id.0,
        host: step.host.to_string(),
        stack: step.stack.as_ref().map(ToString::to_string),
        action: action(&step.change),
        why: step.why.iter().map(ToString::to_string).collect(),
        reasons: step.why.iter().map(ReasonDocument::of).collect(),
        after: step
            .after
            .iter()
            .map(|(id, until)| {
                let until = match until {
                    Milestone::Started => "started",
                    Milestone::Ended => "ended",
                    Milestone::Done => "done",
                };
                (id.0, until.to_owned())
            })
            .collect(),
        risk: match step.risk {
            Risk::None => "none",
            Risk::Restart => "restart",
            Risk::Downtime => "downtime",
            Risk::LosesData => "loses-data",
        }
        .to_owned(),
    }
}

fn container(target: &Target) -> ContainerDocument {
    let Target { name, identity, spec, expect: _, wait_for, followers, shares_pre_stop: _ } =
        target;
    ContainerDocument {
        container: name.to_string(),
        service: identity.service.to_string(),
        image: spec.image.to_string(),
        platform: spec.platform.clone(),
        wait_for: wait_for.iter().map(|(name, _)| name.to_string()).collect(),
        followers: followers.iter().map(ToString::to_string).collect(),
    }
}

fn action(change: &Change) -> ActionDocument {
    match change {
        Change::Pull { image, platform, users } => ActionDocument::Pull {
            image: image.to_string(),
            platform: platform.clone(),
            users: users.iter().map(|(stack, service)| format!("{stack}/{service}")).collect(),
        },
        Change::Build(build) => ActionDocument::Build { image: build.spec.image.to_string() },
        Change::CreateNetwork(new) => {
            ActionDocument::CreateNetwork { network: new.name.to_string() }
        }
        Change::RemoveNetwork { name } => {
            ActionDocument::RemoveNetwork { network: name.to_string() }
        }
        Change::CreateVolume(new) => ActionDocument::CreateVolume { volume: new.name.to_string() },
        Change::WriteFiles { homelab: _, write, users } => ActionDocument::WriteFiles {
            files: write.keys().map(ToString::to_string).collect(),
            users: users.iter().map(ToString::to_string).collect(),
        },
        Change::RemoveFiles { remove } => {
            ActionDocument::RemoveFiles { files: remove.iter().map(ToString::to_string).collect() }
        }
        Change::Create(target) => ActionDocument::Create(container(target)),
        Change::Replace { was, target, order, inherit, was_running } => ActionDocument::Replace {
            was: was.to_string(),
            was_running: *was_running,
            order: match order {
                Order::StopFirst => "stop-first".into(),
                Order::StartFirst => "start-first".into(),
            },
            inherit: inherit.iter().map(|(k, v)| (k.clone(), v.to_string())).collect(),
            container: container(target),
        },
        Change::Start(target) => ActionDocument::Start(container(target)),
        Change::Restart(target) => ActionDocument::Restart(container(target)),
        Change::Confirm { target, kept, start } => ActionDocument::Confirm {
            start: *start,
            has_predecessor: kept.is_some(),
            container: container(target),
        },
        Change::Restore { name, leftover: _ } => {
            ActionDocument::Restore { container: name.to_string(), how: change.verb().to_owned() }
        }
        Change::Remove { name } => ActionDocument::Remove { container: name.to_string() },
        Change::Exchange { members } => {
            ActionDocument::Exchange { members: members.iter().map(member).collect() }
        }
    }
}

fn member(member: &Member) -> MemberDocument {
    let stack = member.change.target().map(|target| target.identity.stack.to_string());
    MemberDocument {
        stack: stack.unwrap_or_default(),
        action: action(&member.change),
        why: member.why.iter().map(ToString::to_string).collect(),
        reasons: member.why.iter().map(ReasonDocument::of).collect(),
    }
}
