//! A plan in words: the same for the terminal, the page and the report.

use std::fmt;

use hob_model::{ContainerName, ServiceName};

use crate::change::{
    Blocked, Change, Deviation, Leftover, Obstacle, Order, Plan, Reason, Risk, Step, TakenOver,
    Thing,
};

/// What kind of change a line is about, for a sign and a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Something comes into being.
    Add,
    /// Something is replaced or restarted.
    Change,
    /// Something that is there is set going or looked at.
    Start,
    /// Something goes.
    Remove,
}

impl Sign {
    /// The character that stands for it.
    pub fn char(self) -> char {
        match self {
            Self::Add => '+',
            Self::Change => '~',
            Self::Start => '>',
            Self::Remove => '-',
        }
    }
}

impl Change {
    /// What kind of change it is.
    pub fn sign(&self) -> Sign {
        match self {
            Self::Pull { .. }
            | Self::Build(_)
            | Self::CreateNetwork(_)
            | Self::CreateVolume(_)
            | Self::Create(_)
            | Self::WriteFiles { .. } => Sign::Add,
            Self::Replace { .. } | Self::Restart(_) | Self::Exchange { .. } => Sign::Change,
            Self::Start(_) | Self::Confirm { .. } | Self::Restore { .. } => Sign::Start,
            Self::Remove { .. } | Self::RemoveNetwork { .. } | Self::RemoveFiles { .. } => {
                Sign::Remove
            }
        }
    }

    /// What is done, as a verb in the infinitive, with its manner.
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Pull { .. } => "pull",
            Self::Build(build) if build.spec.registry_first => "pull or build",
            Self::Build(_) => "build",
            Self::CreateNetwork(_) => "create network",
            Self::RemoveNetwork { .. } => "remove network",
            Self::CreateVolume(_) => "create volume",
            Self::WriteFiles { .. } => "write",
            Self::RemoveFiles { .. } => "remove",
            Self::Create(_) => "create",
            Self::Replace { order: Order::StopFirst, .. } => "replace, stop first",
            Self::Replace { order: Order::StartFirst, .. } => "replace, start first",
            Self::Start(_) => "start",
            Self::Restart(_) => "restart",
            Self::Confirm { .. } => "confirm",
            Self::Restore { leftover: Leftover::New, .. } => "remove unfinished replacement",
            Self::Restore { leftover: Leftover::Old(_), .. } => "put predecessor back",
            Self::Restore { leftover: Leftover::Done, .. } => "remove predecessor",
            Self::Remove { .. } => "remove",
            Self::Exchange { .. } => "exchange, stop first",
        }
    }

    /// What was done, for reports.
    pub fn verb_done(&self) -> &'static str {
        match self {
            Self::Pull { .. } => "pulled",
            Self::Build(_) => "built",
            Self::CreateNetwork(_) => "created network",
            Self::RemoveNetwork { .. } => "removed network",
            Self::CreateVolume(_) => "created volume",
            Self::WriteFiles { .. } => "wrote",
            Self::RemoveFiles { .. } | Self::Remove { .. } => "removed",
            Self::Create(_) => "created",
            Self::Replace { .. } => "replaced",
            Self::Start(_) => "started",
            Self::Restart(_) => "restarted",
            Self::Confirm { .. } => "confirmed",
            Self::Restore { .. } => "restored",
            Self::Exchange { .. } => "exchanged",
        }
    }

    /// The service concerned, if the change is about a single declared one.
    pub fn service(&self) -> Option<&ServiceName> {
        self.target().map(|target| &target.identity.service)
    }

    /// The container concerned, if it is a single one, by the name that it has in the end.
    pub fn container(&self) -> Option<&ContainerName> {
        match self {
            Self::Restore { name, .. } | Self::Remove { name } => Some(name),
            change => change.target().map(|target| &target.name),
        }
    }
}

impl Step {
    /// What the step is about: `stack/service`, an image, a network...
    pub fn subject(&self) -> String {
        let stack = self.stack.as_ref().map_or("", |stack| stack.as_str());
        match &self.change {
            Change::Pull { image, .. } => image.to_string(),
            Change::Build(build) => build.spec.image.to_string(),
            Change::CreateNetwork(network) => network.name.to_string(),
            Change::RemoveNetwork { name } => name.to_string(),
            Change::CreateVolume(volume) => volume.name.to_string(),
            Change::WriteFiles { write, .. } => format!("{stack}: {}", files(write.len())),
            Change::RemoveFiles { remove } => format!("{stack}: {}", files(remove.len())),
            Change::Restore { name, .. } | Change::Remove { name } => format!("{stack}/{name}"),
            Change::Exchange { members } => {
                let targets = members.iter().filter_map(|member| member.change.target());
                let services = targets
                    .map(|target| format!("{}/{}", target.identity.stack, target.identity.service));
                services.collect::<Vec<_>>().join(", ")
            }
            change => match change.service() {
                Some(service) => format!("{stack}/{service}"),
                None => stack.to_owned(),
            },
        }
    }

    /// Why, in one line.
    pub fn why_text(&self) -> String {
        const SHOWN: usize = 6;
        let mut texts: Vec<String> = self.why.iter().take(SHOWN).map(Reason::to_string).collect();
        if self.why.len() > SHOWN {
            texts.push(format!("{} more", self.why.len() - SHOWN));
        }
        texts.join(", ")
    }
}

fn files(count: usize) -> String {
    if count == 1 { "1 file".into() } else { format!("{count} files") }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing => f.write_str("not there yet"),
            Self::NotRunning { state } => write!(f, "not running: {state}"),
            Self::NoLongerDeclared => f.write_str("no longer declared"),
            Self::Image { was, now } => write!(f, "image {was} -> {now}"),
            Self::ImageContent { was, now } => {
                write!(f, "image moved: {} -> {}", short(was.as_str()), short(now.as_str()))
            }
            Self::ImageFetched { image } => write!(f, "image {image} is fetched again"),
            Self::Build { what } => f.write_str(what),
            Self::OtherBuild => f.write_str("the image there was built from something else"),
            Self::Env { key } => write!(f, "env {key}"),
            Self::Label { key } => write!(f, "label {key}"),
            Self::File { path } => write!(f, "file {path}"),
            Self::Mount { target } => write!(f, "mount {target}"),
            Self::Network { name } => write!(f, "network {name}"),
            Self::Attribute { name, from: _, to: _ } => f.write_str(name),
            Self::Unexplained => {
                f.write_str("made by another definition, of which no record is left")
            }
            Self::Interrupted => f.write_str("left half done by an interrupted run"),
            Self::Unverified => f.write_str("not verified since it was last started"),
            Self::Follows(step) => write!(f, "follows step {step}"),
            Self::Exchanged => f.write_str("names or ports go round between them"),
            Self::NeededBy { service } => write!(f, "needed by {service}"),
        }
    }
}

fn short(id: &str) -> &str {
    let id = id.strip_prefix("sha256:").unwrap_or(id);
    id.get(..12).unwrap_or(id)
}

impl fmt::Display for Risk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no risk",
            Self::Restart => "restart",
            Self::Downtime => "downtime",
            Self::LosesData => "loses data",
        })
    }
}

impl Blocked {
    /// What is blocked: `host`, `host: stack` or `host: stack/service`.
    pub fn subject(&self) -> String {
        match (&self.stack, &self.service) {
            (Some(stack), Some(service)) => format!("{}: {stack}/{service}", self.host),
            (Some(stack), None) => format!("{}: {stack}", self.host),
            _ => self.host.to_string(),
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable { why } => write!(f, "not seen: {why}"),
            Self::ForeignContainer { name, project: Some(project) } => {
                write!(f, "container {name} is there already, and belongs to project {project}")
            }
            Self::ForeignContainer { name, project: None } => {
                write!(f, "container {name} is there already, and Hob did not make it")
            }
            Self::ForeignFile { path } => {
                write!(f, "{path} is there already in the stack's folder, and Hob did not write it")
            }
            Self::UnusableFile { path } => {
                write!(f, "{path} in the stack's folder cannot be read any more")
            }
            Self::NoNetwork { name } => write!(f, "external network {name} is not there"),
            Self::NoVolume { name } => write!(f, "external volume {name} is not there"),
            Self::NetworkDiffers { name } => {
                write!(f, "network {name} exists with another definition")
            }
            Self::VolumeDiffers { name } => {
                write!(f, "volume {name} exists with another definition")
            }
            Self::NameInUse { name, by } => {
                write!(f, "container {name} stands for {by}, which keeps that name")
            }
            Self::ForeignThing { thing, project: Some(project) } => {
                write!(f, "{thing} is there already, and belongs to project {project}")
            }
            Self::ForeignThing { thing, project: None } => {
                write!(f, "{thing} is there already, and Hob did not make it")
            }
            Self::OtherHomelab { what, homelab } => {
                write!(f, "{what} belongs to homelab {homelab}")
            }
            Self::FolderOfOther { homelab } => {
                write!(f, "Hob's folder on the host belongs to homelab {homelab}")
            }
            Self::Circle => f.write_str("it would have to wait for itself, by way of other steps"),
            Self::PortTaken { port, by } => write!(f, "port {port} is held by container {by}"),
            Self::OtherPlatform { image, wanted, host } => {
                write!(f, "image {image} is to be built for {wanted}, and the host is {host}")
            }
            Self::EngineTooOld { attribute, version, needed } => {
                write!(f, "{attribute} needs Docker Engine {needed}, and the host has {version}")
            }
            Self::NoImage { image } => {
                write!(f, "image {image} is not on the host and may not be pulled")
            }
            Self::NoHealthCheck { service } => {
                write!(f, "it waits for {service} to be healthy, which has no health check")
            }
            Self::Needs { what } => write!(f, "needs {what}, which cannot be brought in order"),
        }
    }
}

impl Obstacle {
    /// What to try.
    pub fn hint(&self) -> String {
        match self {
            Self::Unreachable { .. } => "`hob check` says what is wrong with the host".into(),
            Self::ForeignContainer { name, .. } => format!(
                "remove or rename it (`docker rm -f {name}` on the host), or give the service \
                 another container_name"
            ),
            Self::ForeignFile { path } => {
                format!("move {path} away on the host, or mount another path")
            }
            Self::UnusableFile { path } => format!(
                "a container probably changed its owner or replaced it; remove {path} on the host \
                 and Hob writes it again"
            ),
            Self::NoNetwork { name } => format!(
                "declare it under `networks:` in hob.yaml and Hob makes it, or `docker network \
                 create {name}` on the host"
            ),
            Self::NoVolume { name } => {
                format!("`docker volume create {name}` on the host, or drop `external`")
            }
            Self::NetworkDiffers { name } => format!(
                "an existing network cannot be changed: stop what uses it, `docker network rm \
                 {name}` on the host, and apply again"
            ),
            Self::VolumeDiffers { name } => format!(
                "Hob never replaces a volume: keep the old definition, or give the new volume \
                 another name and move the data from {name}"
            ),
            Self::NameInUse { .. } => "give one of the two another container_name".into(),
            Self::ForeignThing { thing: Thing::Network(_), .. } => {
                "call it `external: true` to use it as it is, or give it another name".into()
            }
            Self::ForeignThing { thing: Thing::Volume(_), .. } => {
                "call it `external: true` to use it and its data, or give it another name".into()
            }
            Self::OtherHomelab { .. } => {
                "give it another name here, or call it external to share it".into()
            }
            Self::FolderOfOther { .. } => {
                "give this homelab a folder of its own: `root:` of the host in hob.yaml".into()
            }
            Self::Circle => {
                "look at `needs` and `depends_on`: stacks on several hosts wait for each \
                             other here"
                    .into()
            }
            Self::PortTaken { by, .. } => {
                format!("stop container {by}, or publish another port")
            }
            Self::OtherPlatform { .. } => {
                "leave platform and build.platforms out, or build the image elsewhere, push it to \
                 a registry and name it with image:"
                    .into()
            }
            Self::EngineTooOld { attribute, .. } => {
                format!("update the Engine, or do without {attribute}")
            }
            Self::NoImage { .. } => "load it on the host, or change pull_policy".into(),
            Self::NoHealthCheck { service } => {
                format!("give {service} a `healthcheck`, or wait for `condition: service_started`")
            }
            Self::Needs { .. } => "see what blocks that".into(),
        }
    }
}

impl fmt::Display for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(name) => write!(f, "network {name}"),
            Self::Volume(name) => write!(f, "volume {name}"),
        }
    }
}

impl fmt::Display for TakenOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, stack, thing } = self;
        write!(f, "{host}: {stack}: {thing} was made by Docker Compose and is used as it is")
    }
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unhealthy { container, .. } => {
                write!(f, "{container} fails its health check")
            }
            Self::Stopped { container } => write!(f, "{container} stopped running"),
            Self::FileChanged { path } => write!(f, "{path} was changed on the host"),
        }
    }
}

/// How many steps of which kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Summary {
    /// Images to fetch.
    pub pull: usize,
    /// Images to build.
    #[serde(default)]
    pub build: usize,
    /// Containers to make.
    pub create: usize,
    /// Containers to put in the place of others.
    pub replace: usize,
    /// Containers to start, restart or look at.
    pub start: usize,
    /// Containers to remove.
    pub remove: usize,
    /// Everything else: networks, volumes, files.
    pub other: usize,
    /// What should be done and cannot be.
    pub blocked: usize,
    /// Hosts with steps.
    pub hosts: usize,
}

impl Plan {
    /// Counts the steps.
    pub fn summary(&self) -> Summary {
        let mut sum = Summary { blocked: self.blocked.len(), ..Summary::default() };
        for step in &self.steps {
            *match step.change {
                Change::Pull { .. } => &mut sum.pull,
                Change::Build(_) => &mut sum.build,
                Change::Create(_) => &mut sum.create,
                Change::Replace { .. } | Change::Exchange { .. } => &mut sum.replace,
                Change::Start(_)
                | Change::Restart(_)
                | Change::Confirm { .. }
                | Change::Restore { .. } => &mut sum.start,
                Change::Remove { .. } => &mut sum.remove,
                Change::CreateNetwork(_)
                | Change::RemoveNetwork { .. }
                | Change::CreateVolume(_)
                | Change::WriteFiles { .. }
                | Change::RemoveFiles { .. } => &mut sum.other,
            } += 1;
        }
        let hosts: std::collections::BTreeSet<_> =
            self.steps.iter().map(|step| &step.host).collect();
        sum.hosts = hosts.len();
        sum
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = [
            (self.pull, "to pull"),
            (self.build, "to build"),
            (self.create, "to create"),
            (self.replace, "to replace"),
            (self.start, "to start"),
            (self.remove, "to remove"),
            (self.other, "other"),
        ]
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
        if parts.is_empty() {
            f.write_str("nothing to do")?;
        } else {
            let hosts =
                if self.hosts == 1 { "1 host".into() } else { format!("{} hosts", self.hosts) };
            write!(f, "{} on {hosts}", parts.join(", "))?;
        }
        if self.blocked > 0 {
            write!(f, "; {} blocked", self.blocked)?;
        }
        Ok(())
    }
}

/// The plan as text: a section for each host, a line for each step, then what is blocked and what
/// has drifted. Colourless; whoever wants colours goes by [`Sign`].
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    for (host, steps) in by_host(plan) {
        out += &format!("{host}\n");
        let subjects: Vec<String> = steps.iter().map(|step| step.subject()).collect();
        let width = subjects.iter().map(String::len).max().unwrap_or(0).min(44);
        for (step, subject) in steps.iter().zip(subjects) {
            let (sign, verb) = (step.change.sign().char(), step.change.verb());
            out += &format!("  {sign} {subject:width$}  {verb}: {}\n", step.why_text());
        }
    }
    for taken_over in &plan.taken_over {
        out += &format!("= {taken_over}\n");
    }
    for drift in &plan.drift {
        out += &format!("* {}: {}: {}\n", drift.host, drift.stack, drift.what);
    }
    for blocked in &plan.blocked {
        out += &format!("! {}: {}\n", blocked.subject(), blocked.why);
        out += &format!("    hint: {}\n", blocked.why.hint());
    }
    out += &format!("Plan: {}.\n", plan.summary());
    out
}

/// The steps of each host, hosts in the order of their names.
pub fn by_host(plan: &Plan) -> Vec<(&hob_model::HostName, Vec<&Step>)> {
    let mut hosts: std::collections::BTreeMap<_, Vec<&Step>> = std::collections::BTreeMap::new();
    for step in &plan.steps {
        hosts.entry(&step.host).or_default().push(step);
    }
    hosts.into_iter().collect()
}
