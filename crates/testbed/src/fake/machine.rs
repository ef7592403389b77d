//! One imagined machine: what its Engine and its disk would do with an operation.
//!
//! What becomes of the state when all goes well is `hob_plan::simulate_op` and nothing else, so
//! that stories test the very model that the laws of the planner are tested on. Added here is what
//! an Engine refuses, and what programs do as time goes by.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use hob_host::{HostErrorKind, StepRun};
use hob_model::{
    ContainerName, Digest, HostName, ImageId, ImageRef, NetworkName, StackName, StackPath,
    VolumeName, spec::ContainerSpec,
};
use hob_plan::{
    Expectation, Judgement, Op, Sighting, judge,
    observed::{
        Container, ContainerState, Engine, FileSeen, HostState, HostView, Network, Observed,
        Verdict,
    },
    ownership::ThingOwner,
    simulate_op,
};

use super::{
    behaviour::Behaviour,
    images::{Images, Product},
    life::{Life, Moment},
    luck::Luck,
    refusals::no_such_container,
};

/// Lines that are kept of a container's output.
const LOG_LINES_MAX: usize = 1_000;
/// Lines of output that go with a bad verdict.
const LAST_LINES: usize = 5;

/// A machine with an Engine and a disk.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub(super) name: HostName,
    /// What the Engine lists, and what Hob keeps; the files lie in `disk`.
    pub(super) state: HostState,
    pub(super) disk: BTreeMap<(StackName, StackPath), OnDisk>,
    pub(super) bodies: BTreeMap<ContainerName, Body>,
    pub(super) luck: Luck,
    /// What local images were built to do.
    pub(super) products: BTreeMap<ImageId, Product>,
    /// Volumes without a name that containers had, and that stay when these go.
    pub(super) anonymous: BTreeSet<VolumeName>,
    /// The world's time.
    now: Duration,
}

/// A file on a machine's disk.
#[derive(Clone, Debug)]
pub(super) struct OnDisk {
    pub(super) content: Arc<[u8]>,
    pub(super) mode: u32,
}

/// What the Engine's list does not tell of a container.
#[derive(Clone, Debug)]
pub(super) struct Body {
    pub(super) image: ImageRef,
    life: Life,
    stage: Stage,
    log: Vec<String>,
    /// Restarts that the log has told of.
    told: u32,
}

#[derive(Clone, Copy, Debug)]
enum Stage {
    Created,
    /// When a person or Hob started it.
    Started(Duration),
    Halted(ContainerState),
}

/// What is known of one wait for a container.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Wait {
    began: Option<Duration>,
    restarts_before: Option<u32>,
}

/// What one look came to.
pub(super) enum Look {
    Again(Duration),
    Good(Verdict),
}

pub(super) type Done = Result<(), HostErrorKind>;

impl Machine {
    pub(super) fn new(name: HostName) -> Self {
        let engine = Engine { version: "28.5.2".into(), api: (1, 51), arch: "amd64".into() };
        let own = |name: &str| {
            let network = Network { owner: ThingOwner::Foreign, spec: None };
            (NetworkName::from(name), network)
        };
        let networks = ["bridge", "host", "none"].into_iter().map(own).collect();
        Self {
            name,
            state: HostState { engine, networks, ..HostState::default() },
            disk: BTreeMap::new(),
            bodies: BTreeMap::new(),
            luck: Luck::default(),
            products: BTreeMap::new(),
            anonymous: BTreeSet::new(),
            now: Duration::ZERO,
        }
    }

    /// Lets the time be this.
    pub(super) fn at(&mut self, now: Duration) {
        self.now = now;
        self.refresh();
    }

    /// Does an operation, or refuses it as an Engine and a disk would.
    pub(super) fn perform(&mut self, op: &Op, images: &Images, run: &mut StepRun<'_>) -> Done {
        match op {
            Op::Pull { image, .. } => return self.pull(image, images),
            Op::Build(new) => return self.build(op, new, images),
            Op::Await { .. } => return Ok(()),
            Op::CreateContainer { name, identity, spec, .. } => {
                self.may_create(name, &identity.stack, spec)?;
            }
            Op::Rename { from, to } => {
                self.ours(from)?;
                if !self.state.containers.contains_key(from) {
                    return if self.state.containers.contains_key(to) {
                        Ok(())
                    } else {
                        Err(no_such_container(from))
                    };
                }
                self.name_is_free(to)?;
            }
            Op::Start(name) => self.may_start(name)?,
            Op::Stop(name) | Op::RemoveContainer(name) => self.ours(name)?,
            Op::PutBack { name, was, .. } => {
                self.ours(&name.successor())?;
                self.ours(&name.old())?;
                self.ours(name)?;
                self.ours(was)?;
            }
            Op::WriteFiles { stack, files } => {
                self.has_space()?;
                for (path, file) in files {
                    let content = Arc::clone(file.content.expose());
                    let on_disk = OnDisk { content, mode: file.mode };
                    self.disk.insert((stack.clone(), path.clone()), on_disk);
                }
            }
            Op::RemoveFiles { stack, paths } => {
                self.disk.retain(|(owner, path), _| owner != stack || !paths.contains(path));
            }
            Op::RunHooks { name, turn, spec } => {
                self.run_hooks(name, *turn, spec, &mut run.warnings)?
            }
            Op::RemoveNetwork(name) => {
                let in_use = |container: &Container| {
                    matches!(container.state, ContainerState::Running { .. })
                        && container.networks.contains(name)
                };
                if self.state.containers.values().any(in_use) {
                    let why = format!("network {name} has active endpoints");
                    return Err(HostErrorKind::Engine(why));
                }
            }
            Op::CreateNetwork(_)
            | Op::CreateVolume(_)
            | Op::OwnFiles { .. }
            | Op::Record { .. }
            | Op::Forget { .. }
            | Op::Reached(_) => {}
        }
        let verdict = match op {
            Op::Record { name, .. } => run.verdict(name),
            _ => None,
        };
        self.go_through_with(op, verdict);
        Ok(())
    }

    /// Does what a person tells the Engine to do, whosever container it is.
    pub(super) fn perform_for_anybody(&mut self, op: &Op, images: &Images) -> Done {
        match op {
            Op::Pull { image, .. } => return self.pull(image, images),
            Op::Start(name) => self.may_start(name)?,
            _ => {}
        }
        self.go_through_with(op, None);
        Ok(())
    }

    /// The pure twin does it, and the bodies follow.
    pub(super) fn go_through_with(&mut self, op: &Op, verdict: Option<Verdict>) {
        let had_old = match op {
            Op::PutBack { name, .. } => self.state.containers.contains_key(&name.old()),
            _ => false,
        };
        self.simulate(op);
        match op {
            Op::CreateContainer { name, spec, .. } => self.embody(name, spec),
            Op::Rename { from, to } => self.rename_body(from, to),
            Op::Start(name) => self.begin(name),
            Op::Stop(name) => self.halt(name),
            Op::PutBack { name, was, start } => {
                if had_old {
                    self.rename_body(&name.old(), was);
                }
                if *start {
                    self.begin(was);
                }
            }
            Op::Record { stack, name, .. } => {
                let folder = self.state.stacks.get_mut(stack);
                let applied = folder.and_then(|folder| folder.applied.get_mut(name));
                if let (Some(applied), Some(verdict)) = (applied, verdict) {
                    applied.verdict = verdict;
                }
            }
            _ => {}
        }
        let containers = &self.state.containers;
        let volumes = containers.values().flat_map(|one| one.anonymous_volumes.values());
        self.anonymous.extend(volumes.cloned());
        self.bodies.retain(|name, _| containers.contains_key(name));
        self.refresh();
    }

    fn simulate(&mut self, op: &Op) {
        let state = std::mem::take(&mut self.state);
        let view = HostView::Seen(Box::new(state));
        let mut world = Observed { hosts: BTreeMap::from([(self.name.clone(), view)]) };
        simulate_op(&mut world, &self.name, op);
        if let Some(HostView::Seen(state)) = world.hosts.remove(&self.name) {
            self.state = *state;
        }
    }

    /// What an observer sees: of the files only what Hob owns or was asked for.
    pub(super) fn seen(&self, asked: &BTreeMap<StackName, BTreeSet<StackPath>>) -> HostState {
        let mut state = self.state.clone();
        for folder in state.stacks.values_mut() {
            folder.files.clear();
        }
        for ((stack, path), file) in &self.disk {
            let owned = state.stacks.get(stack).is_some_and(|folder| folder.owned.contains(path));
            if owned || asked.get(stack).is_some_and(|paths| paths.contains(path)) {
                let digest = Digest::of(&file.content);
                let seen = FileSeen::File { digest, mode: file.mode };
                state.stacks.entry(stack.clone()).or_default().files.insert(path.clone(), seen);
            }
        }
        state
    }

    pub(super) fn pull(&mut self, image: &ImageRef, images: &Images) -> Done {
        self.has_space()?;
        let product = images.get(image);
        if product.missing {
            let why = "the registry does not know it".to_owned();
            return Err(HostErrorKind::NoImage { image: image.to_string(), why });
        }
        let id = product.id(image);
        self.products.insert(id.clone(), product);
        self.state.images.insert(image.clone(), id);
        Ok(())
    }

    /// Looks at a container that is waited for.
    pub(super) fn look(
        &self,
        name: &ContainerName,
        expect: &Expectation,
        wait: &mut Wait,
    ) -> Result<Look, HostErrorKind> {
        let container = name.to_string();
        let Some(body) = self.bodies.get(name) else {
            let failure = hob_plan::Failure::Gone;
            return Err(HostErrorKind::BadVerdict {
                container,
                failure,
                last_lines: Box::default(),
            });
        };
        let Moment { state, restarts, running_for } = body.moment(self.now);
        let began = *wait.began.get_or_insert(self.now);
        let restarts_before = *wait.restarts_before.get_or_insert(restarts);
        let waited = self.now.saturating_sub(began);
        let running_for = running_for.min(waited);
        let sighting = Sighting { state, restarts, restarts_before, waited, running_for };
        match judge(expect, &sighting) {
            Judgement::Wait(more) => Ok(Look::Again(more.max(Duration::from_millis(1)))),
            Judgement::Good(verdict) => Ok(Look::Good(verdict)),
            Judgement::Bad(failure) => {
                let last_lines = self.last_lines(name);
                Err(HostErrorKind::BadVerdict { container, failure, last_lines: last_lines.into() })
            }
        }
    }

    pub(super) fn log(&self, name: &ContainerName) -> Option<&[String]> {
        self.bodies.get(name).map(|body| body.log.as_slice())
    }

    /// Whether something that runs holds the port and answers on it.
    pub(super) fn answers(&self, port: u16) -> bool {
        self.state.containers.iter().any(|(name, container)| {
            container.ports.iter().any(|(_, held, protocol)| *held == port && protocol == "tcp")
                && self.bodies.get(name).is_some_and(|body| body.answers(self.now))
        })
    }

    /// Writes a line into the log of a container.
    pub(super) fn note(&mut self, name: &ContainerName, line: &str) {
        if let Some(body) = self.bodies.get_mut(name) {
            body.log.push(line.to_owned());
        }
    }

    fn last_lines(&self, name: &ContainerName) -> Vec<String> {
        let log = self.log(name).unwrap_or_default();
        log.iter().skip(log.len().saturating_sub(LAST_LINES)).cloned().collect()
    }

    /// Gives a new container its life.
    pub(super) fn embody(&mut self, name: &ContainerName, spec: &ContainerSpec) {
        let image = self.state.containers.get(name).map(|container| &container.image);
        let built = image.and_then(|id| self.products.get(id)).cloned().unwrap_or_default();
        let short = short_name(spec.image.as_str());
        let read = Behaviour::read(|variable| {
            let own = spec.env.get(variable).map(|value| value.expose().clone());
            let named = (variable == "STANDIN_NAME").then(|| short.to_owned());
            own.or_else(|| built.variables.get(variable).cloned()).or(named)
        });
        // The stand-in program ends with 2 when its variables make no sense.
        let behaviour = read.unwrap_or_else(|why| Behaviour {
            print: vec![format!("stand-in: {why}")],
            exit: Some(2),
            ..sane_behaviour()
        });
        let life = Life::of(spec, behaviour);
        let stage = Stage::Created;
        let image = spec.image.clone();
        let body = Body { image, life, stage, log: Vec::new(), told: 0 };
        self.bodies.entry(name.clone()).or_insert(body);
    }

    fn rename_body(&mut self, from: &ContainerName, to: &ContainerName) {
        if let Some(body) = self.bodies.remove(from) {
            self.bodies.insert(to.clone(), body);
        }
    }

    fn begin(&mut self, name: &ContainerName) {
        if let Some(body) = self.bodies.get_mut(name)
            && !matches!(body.moment(self.now).state, ContainerState::Running { .. })
        {
            body.begin(self.now);
        }
    }

    /// The stand-in program ends with 0 when it is asked to end, like a well-behaved server.
    fn halt(&mut self, name: &ContainerName) {
        if let (Some(body), Some(container)) =
            (self.bodies.get_mut(name), self.state.containers.get(name))
        {
            let was_running = matches!(body.stage, Stage::Started(_))
                && !matches!(body.moment(self.now).state, ContainerState::Exited { .. });
            let state = match container.state {
                ContainerState::Exited { .. } if was_running => ContainerState::Exited { code: 0 },
                state => state,
            };
            body.stage = Stage::Halted(state);
        }
    }

    fn refresh(&mut self) {
        for (name, body) in &mut self.bodies {
            let Moment { state, restarts, .. } = body.moment(self.now);
            body.tell(restarts);
            if let Some(container) = self.state.containers.get_mut(name) {
                container.state = state;
            }
        }
    }
}

impl Body {
    fn moment(&self, now: Duration) -> Moment {
        let still = |state| Moment { state, restarts: 0, running_for: Duration::ZERO };
        match self.stage {
            Stage::Created => still(ContainerState::Created),
            Stage::Started(since) => self.life.at(now.saturating_sub(since)),
            Stage::Halted(state) => still(state),
        }
    }

    fn answers(&self, now: Duration) -> bool {
        match self.stage {
            Stage::Started(since) => self.life.answers_at(now.saturating_sub(since)),
            Stage::Created | Stage::Halted(_) => false,
        }
    }

    fn begin(&mut self, now: Duration) {
        self.stage = Stage::Started(now);
        self.told = 0;
        self.greet();
    }

    /// What it wrote on restarts since it was last asked.
    fn tell(&mut self, restarts: u32) {
        while self.told < restarts {
            self.told += 1;
            self.greet();
        }
    }

    fn greet(&mut self) {
        self.log.extend(self.life.greeting());
        let surplus = self.log.len().saturating_sub(LOG_LINES_MAX);
        self.log.drain(..surplus);
    }
}

/// `immich-server` for `ghcr.io/immich-app/immich-server:release`.
fn short_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

/// How a stand-in behaves when nothing is said.
fn sane_behaviour() -> Behaviour {
    Behaviour {
        name: "stand-in".into(),
        ports: Vec::new(),
        health: super::behaviour::Health::Ok,
        start: Duration::ZERO,
        exit: None,
        exit_after: Duration::ZERO,
        print: Vec::new(),
        oneshot: Vec::new(),
    }
}
