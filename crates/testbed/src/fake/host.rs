//! The door to an imagined machine.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use futures_util::{StreamExt, stream, stream::BoxStream};
use hob_host::{
    Ask, Facts, FactsAsk, Host, HostError, HostErrorKind, HostLock, Hosts, Inside, LockAsk,
    LockHolder, LogLine, LogOptions, OpProgress, StepRun,
};
use hob_model::{ContainerName, HostName, desired::DesiredHost};
use hob_plan::{Expectation, Op, observed::HostState};
use tokio::{sync::watch, time::Instant};

use super::{
    FakeWorld,
    facts::{facts, inside},
    luck::Mishap,
    machine::{Look, Machine, Wait},
};

/// When the imagined containers wrote their first line: 2026-01-01, in nanoseconds since 1970.
const LOG_EPOCH_NS: i128 = 1_767_225_600_000_000_000;

/// One run of a program in a [`FakeWorld`].
#[derive(Clone, Debug)]
pub struct FakeSession {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    world: FakeWorld,
    /// Operations begun.
    begun: AtomicU64,
    fate: Fate,
    killed: watch::Sender<bool>,
    interrupts: watch::Sender<u32>,
}

/// What happens to a run, by the number of operations that it has begun on all hosts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// It is killed before it begins its next operation after this many.
    pub killed_after: Option<u64>,
    /// Ctrl-C is pressed when it begins its next operation after each of these numbers.
    pub interrupted_after: Vec<u64>,
}

/// Looks at one container during one wait.
const LOOKS_MAX: u32 = 100_000;
/// Turns that others get between Ctrl-C and the operation during which it was pressed.
const TURNS: u32 = 20;

impl FakeSession {
    pub(super) fn new(world: FakeWorld, fate: Fate) -> Self {
        let (killed, interrupts) = (watch::Sender::new(false), watch::Sender::new(0));
        let begun = AtomicU64::new(0);
        Self { inner: Arc::new(Inner { world, begun, fate, killed, interrupts }) }
    }

    /// How often Ctrl-C was pressed, and when it is pressed again.
    pub fn interrupts(&self) -> watch::Receiver<u32> {
        self.inner.interrupts.subscribe()
    }

    /// Presses Ctrl-C.
    pub fn interrupt(&self) {
        self.inner.interrupts.send_modify(|times| *times += 1);
    }

    /// Ends the session: from now on nothing that it does comes to an end.
    pub fn kill(&self) {
        self.inner.killed.send_replace(true);
    }

    /// Comes to an end when the session is killed.
    pub async fn killed(&self) {
        let mut killed = self.inner.killed.subscribe();
        // why: the sender lives as long as the session that is borrowed here.
        let _ = killed.wait_for(|killed| *killed).await;
    }

    /// How many operations were begun.
    pub fn operations(&self) -> u64 {
        self.inner.begun.load(Ordering::SeqCst)
    }

    /// Lets others have their turn; never returns in a session that was killed.
    async fn go_on(&self) {
        tokio::task::yield_now().await;
        if *self.inner.killed.borrow() {
            std::future::pending::<()>().await;
        }
    }

    /// Counts an operation, or ends the session before it.
    async fn begin_operation(&self) {
        self.go_on().await;
        let begun = self.operations();
        if self.inner.fate.killed_after == Some(begun) {
            self.kill();
            std::future::pending::<()>().await;
        }
        self.inner.begun.fetch_add(1, Ordering::SeqCst);
        if self.inner.fate.interrupted_after.contains(&begun) {
            self.interrupt();
            for _ in 0..TURNS {
                self.go_on().await;
            }
        }
    }
}

#[async_trait]
impl Hosts for FakeSession {
    async fn open(&self, name: &HostName, _: &DesiredHost) -> Result<Arc<dyn Host>, HostError> {
        self.go_on().await;
        let host = FakeHost { name: name.clone(), session: self.clone() };
        host.with("connecting", |_| Ok(()))?;
        Ok(Arc::new(host))
    }
}

/// An imagined machine, seen by one session.
#[derive(Clone, Debug)]
struct FakeHost {
    name: HostName,
    session: FakeSession,
}

impl FakeHost {
    /// Asks the machine, if it can be reached.
    fn with<T>(
        &self,
        doing: &str,
        ask: impl FnOnce(&mut Machine) -> Result<T, HostErrorKind>,
    ) -> Result<T, HostError> {
        let mut state = self.session.inner.world.lock();
        let machine = state.machine(&self.name);
        let answer = match machine.luck.trouble {
            Some(trouble) => Err(trouble.kind()),
            None => ask(machine),
        };
        answer.map_err(|kind| self.error(doing, kind))
    }

    fn error(&self, doing: &str, kind: HostErrorKind) -> HostError {
        HostError { host: self.name.clone(), doing: doing.to_owned(), kind }
    }

    async fn take_time(&self, op: &Op, run: &mut StepRun<'_>) -> Result<(), HostError> {
        tokio::time::sleep(cost(op)).await;
        self.session.go_on().await;
        if let Op::Await { name, expect } = op {
            return self.wait(name, expect, run).await;
        }
        let images = self.session.inner.world.lock().images.clone();
        self.with(&doing(op), |machine| machine.perform(op, &images, run))
    }
}

impl FakeHost {
    /// Looks at a container again and again until there is a verdict.
    async fn wait(
        &self,
        name: &ContainerName,
        expect: &Expectation,
        run: &mut StepRun<'_>,
    ) -> Result<(), HostError> {
        let doing = format!("waiting for container {name}");
        let mut wait = Wait::default();
        for _ in 0..LOOKS_MAX {
            match self.with(&doing, |machine| machine.look(name, expect, &mut wait))? {
                Look::Good(verdict) => {
                    run.reached(name, verdict);
                    return Ok(());
                }
                Look::Again(more) => tokio::time::sleep(more).await,
            }
            self.session.go_on().await;
        }
        Err(self.error(&doing, HostErrorKind::TimedOut(expect.budget.as_secs())))
    }
}

#[async_trait]
impl Host for FakeHost {
    fn name(&self) -> &HostName {
        &self.name
    }

    async fn observe(&self, ask: &Ask) -> Result<HostState, HostError> {
        self.session.go_on().await;
        self.with("looking at it", |machine| Ok(machine.seen(&ask.files)))
    }

    async fn lock(&self, ask: &LockAsk<'_>) -> Result<HostLock, HostError> {
        let doing = "taking the lock";
        let late = Instant::now() + ask.wait;
        let mut told = None;
        loop {
            self.session.go_on().await;
            self.with(doing, |_| Ok(()))?;
            let killed = self.session.inner.killed.subscribe();
            let locks = &self.session.inner.world.locks;
            let holder = match locks.take(&self.name, holder(ask.purpose), killed) {
                Ok(guard) => return Ok(HostLock::new(guard)),
                Err(holder) => holder,
            };
            if Instant::now() >= late {
                let holder = Box::new(holder);
                return Err(self.error(doing, HostErrorKind::Locked { holder }));
            }
            if told.as_ref() != Some(&holder) {
                (ask.waiting)(&holder);
                told = Some(holder);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }

    async fn perform(&self, op: &Op, run: &mut StepRun<'_>) -> Result<(), HostError> {
        if let Op::Reached(_) = op {
            return Ok(());
        }
        self.session.begin_operation().await;
        let doing = doing(op);
        let mishap = self.with(&doing, |machine| Ok(machine.luck.next()))?;
        match op {
            Op::Pull { .. } => {
                (run.progress)(OpProgress::Pulling { done_bytes: 1, total_bytes: 2 })
            }
            Op::Build(build) => {
                let line = format!("building {}", build.spec.image);
                (run.progress)(OpProgress::Building { line });
            }
            Op::Await { .. } => (run.progress)(OpProgress::Waiting { state: "running".into() }),
            _ => {}
        }
        match mishap {
            None => self.take_time(op, run).await,
            Some(Mishap::Fails) => {
                Err(self.error(&doing, HostErrorKind::Engine("bad luck".into())))
            }
            Some(Mishap::Hangs) => std::future::pending().await,
            Some(Mishap::Breaks) => {
                self.take_time(op, run).await?;
                let why = "the connection broke".to_owned();
                Err(self.error(&doing, HostErrorKind::Unreachable(why)))
            }
        }
    }

    async fn facts(&self, ask: &FactsAsk) -> Result<Facts, HostError> {
        self.session.go_on().await;
        let images = self.session.inner.world.lock().images.clone();
        self.with("asking for facts", |machine| Ok(facts(machine, &images, ask)))
    }

    async fn inside(
        &self,
        container: &ContainerName,
        command: &[&str],
        _: Duration,
    ) -> Result<Inside, HostError> {
        self.session.go_on().await;
        let doing = format!("asking in container {container}");
        self.with(&doing, |machine| Ok(inside(machine, command)))
    }

    async fn logs(
        &self,
        container: &ContainerName,
        options: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, HostError>>, HostError> {
        self.session.go_on().await;
        let doing = format!("reading the log of {container}");
        let (lines, breaks) = self.with(&doing, |machine| {
            let missing = || HostErrorKind::Engine(format!("No such container: {container}"));
            Ok((machine.log(container).ok_or_else(missing)?.to_vec(), machine.luck.logs_break))
        })?;
        let wanted = options.tail.map_or(lines.len(), |tail| tail as usize);
        let skipped = lines.len().saturating_sub(wanted);
        let line = |(number, text): (usize, String)| {
            let time_ns = LOG_EPOCH_NS + (number as i128) * 1_000_000;
            Ok(LogLine { time_ns, is_stderr: false, text })
        };
        let lines: Vec<_> = lines.into_iter().enumerate().skip(skipped).map(line).collect();
        let lost = || HostErrorKind::Unreachable("the connection broke".to_owned());
        let end = breaks.then(|| Err(self.error(&doing, lost())));
        Ok(stream::iter(lines.into_iter().chain(end)).boxed())
    }

    async fn answers(&self, _: &str, port: u16, _: Duration) -> Result<bool, HostError> {
        self.session.go_on().await;
        self.with(&format!("asking on port {port}"), |machine| Ok(machine.answers(port)))
    }
}

/// Every imagined run is the same person's.
fn holder(purpose: &str) -> LockHolder {
    LockHolder {
        who: "ida@laptop".to_owned(),
        process: "4711".to_owned(),
        since: "2026-01-01 00:00:00 UTC".to_owned(),
        purpose: purpose.to_owned(),
    }
}

/// About what it takes on a small machine.
fn cost(op: &Op) -> Duration {
    let millis = match op {
        Op::Pull { .. } => 2_000,
        Op::Build(_) => 5_000,
        Op::CreateContainer { .. } => 100,
        Op::Start(_) | Op::Stop(_) | Op::RunHooks { .. } => 300,
        Op::PutBack { .. } => 500,
        Op::CreateNetwork(_) | Op::RemoveNetwork(_) | Op::RemoveContainer(_) => 100,
        Op::CreateVolume(_) | Op::Rename { .. } => 20,
        Op::OwnFiles { .. } | Op::WriteFiles { .. } | Op::RemoveFiles { .. } => 20,
        Op::Record { .. } | Op::Forget { .. } => 20,
        Op::Await { .. } | Op::Reached(_) => 0,
    };
    Duration::from_millis(millis)
}

/// What the real host says that it was doing.
fn doing(op: &Op) -> String {
    match op {
        Op::Pull { image, .. } => format!("pulling {image}"),
        Op::Build(build) => format!("building {}", build.spec.image),
        Op::CreateNetwork(network) => format!("creating network {}", network.name),
        Op::RemoveNetwork(name) => format!("removing network {name}"),
        Op::CreateVolume(volume) => format!("creating volume {}", volume.name),
        Op::OwnFiles { stack, .. } => format!("noting files of stack {stack}"),
        Op::WriteFiles { stack, .. } => format!("writing files of stack {stack}"),
        Op::RemoveFiles { stack, .. } => format!("removing files of stack {stack}"),
        Op::CreateContainer { name, .. } => format!("creating container {name}"),
        Op::Rename { from, to } => format!("renaming container {from} to {to}"),
        Op::Start(name) => format!("starting container {name}"),
        Op::Stop(name) => format!("stopping container {name}"),
        Op::RemoveContainer(name) => format!("removing container {name}"),
        Op::PutBack { was, .. } => format!("putting back container {was}"),
        Op::RunHooks { name, turn, .. } => format!("running {turn} in container {name}"),
        Op::Await { name, .. } => format!("waiting for container {name}"),
        Op::Record { name, .. } => format!("recording the verdict of container {name}"),
        Op::Forget { name, .. } => format!("removing the record of container {name}"),
        Op::Reached(_) => "going on".to_owned(),
    }
}
