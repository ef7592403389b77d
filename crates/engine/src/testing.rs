//! Plans, hosts and homelabs for tests, written in one line.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::stream::BoxStream;
use hob_host::{
    Ask, Facts, FactsAsk, Host, HostError, HostErrorKind, HostLock, Inside, LockAsk, LogLine,
    LogOptions, StepRun,
};
use hob_model::{
    ContainerName, Homelab, HostName, MemoryFiles, REPOSITORY_ROOT, Severity,
    desired::Desired,
    spec::{ContainerSpec, RestartPolicy},
};
use hob_plan::{
    Change, Expectation, Milestone, Op, Order, Plan, Policy, Reason, Risk, Step, StepId, Target,
    observed::{HostState, HostView, Observed, Verdict},
    ownership::Identity,
};
use tokio::time::{Instant, sleep};

use crate::check::Check;

/// A plan from text such as `a; ~b after a:started; c@pi4 after a b`: each step makes the container
/// of its name, or replaces it where the name begins with `~`; the stack has the same name.
pub(crate) fn plan_of(text: &str) -> Plan {
    let mut plan = Plan::default();
    for (at, line) in text.split(';').map(str::trim).enumerate() {
        let (head, after) = line.split_once(" after ").unwrap_or((line, ""));
        let (name, host) = head.split_once('@').unwrap_or((head, "pi"));
        let after = after.split_whitespace().map(|one| match one.split_once(':') {
            Some((step, _)) => (step_id(&plan, step), Milestone::Started),
            None => (step_id(&plan, one), Milestone::Done),
        });
        let after = after.collect();
        let change = match name.strip_prefix('~') {
            None => Change::Create(target(name)),
            Some(name) => Change::Replace {
                was: name.into(),
                target: target(name),
                was_running: true,
                order: Order::StopFirst,
                inherit: BTreeMap::new(),
            },
        };
        plan.steps.push(Step {
            id: StepId(u32::try_from(at).unwrap()),
            host: host.into(),
            stack: Some(name.trim_start_matches('~').into()),
            change,
            why: vec![Reason::Missing],
            after,
            risk: Risk::None,
        });
    }
    plan
}

pub(crate) fn step_id(plan: &Plan, name: &str) -> StepId {
    let found = plan.steps.iter().find(|step| step.stack == Some(name.into()));
    found.unwrap_or_else(|| panic!("no step {name}")).id
}

fn target(name: &str) -> Target {
    Target {
        name: name.into(),
        identity: Identity {
            homelab: "lab".into(),
            stack: name.into(),
            project: name.into(),
            service: name.into(),
        },
        spec: Arc::new(spec("busybox")),
        expect: Expectation {
            may_complete: false,
            must_complete: false,
            must_be_healthy: false,
            settle: Duration::from_secs(5),
            budget: Duration::from_secs(60),
        },
        wait_for: Vec::new(),
        followers: Vec::new(),
        shares_pre_stop: false,
    }
}

/// A container of an image, with nothing else said about it.
pub(crate) fn spec(image: &str) -> ContainerSpec {
    ContainerSpec { restart: RestartPolicy::Always, ..ContainerSpec::new(image) }
}

/// A host that does as its script says and writes down what it did, and when.
pub(crate) struct ScriptedHost {
    name: HostName,
    /// What happens at operations other than success at once, by [`words`].
    script: BTreeMap<String, Behaviour>,
    log: Mutex<Vec<String>>,
    start: Instant,
    at_once: Mutex<(usize, usize)>,
}

#[derive(Clone, Copy)]
enum Behaviour {
    Fails,
    Takes(Duration),
}

impl ScriptedHost {
    /// `script` is a list such as `start b fails; await a takes 5`, in seconds.
    pub(crate) fn new(name: &str, script: &str) -> Arc<Self> {
        let parse = |line: &str| {
            let line = line.trim();
            if let Some(what) = line.strip_suffix(" fails") {
                return (what.to_owned(), Behaviour::Fails);
            }
            let (what, secs) = line.split_once(" takes ").unwrap();
            (what.to_owned(), Behaviour::Takes(Duration::from_secs(secs.parse().unwrap())))
        };
        Arc::new(Self {
            name: name.into(),
            script: script.split(';').filter(|line| !line.trim().is_empty()).map(parse).collect(),
            log: Mutex::default(),
            start: Instant::now(),
            at_once: Mutex::default(),
        })
    }

    /// What it did: `seconds operation container`, in the order in which things ended.
    pub(crate) fn log(&self) -> String {
        self.log.lock().unwrap().join("\n")
    }

    /// Most operations under way at the same time, waits apart.
    pub(crate) fn most_at_once(&self) -> usize {
        self.at_once.lock().unwrap().1
    }

    fn note(&self, text: &str) {
        let secs = self.start.elapsed().as_secs();
        self.log.lock().unwrap().push(format!("{secs} {text}"));
    }
}

fn words(op: &Op) -> String {
    match op {
        Op::CreateContainer { name, .. } => format!("create {name}"),
        Op::Start(name) => format!("start {name}"),
        Op::RunHooks { name, turn, .. } => format!("{turn} {name}"),
        Op::Stop(name) => format!("stop {name}"),
        Op::Await { name, .. } => format!("await {name}"),
        Op::Record { name, .. } => format!("record {name}"),
        Op::PutBack { name, .. } => format!("put-back {name}"),
        Op::Rename { to, .. } => format!("rename-to {to}"),
        Op::RemoveContainer(name) => format!("remove {name}"),
        other => format!("{other:?}"),
    }
}

#[async_trait]
impl Host for ScriptedHost {
    fn name(&self) -> &HostName {
        &self.name
    }

    async fn observe(&self, _: &Ask) -> Result<HostState, HostError> {
        Ok(HostState::default())
    }

    async fn lock(&self, _: &LockAsk<'_>) -> Result<HostLock, HostError> {
        Ok(HostLock::new(()))
    }

    async fn perform(&self, op: &Op, run: &mut StepRun<'_>) -> Result<(), HostError> {
        let what = words(op);
        let counts = !matches!(op, Op::Await { .. });
        if counts {
            let mut at_once = self.at_once.lock().unwrap();
            at_once.0 += 1;
            at_once.1 = at_once.1.max(at_once.0);
        }
        let behaviour = self.script.get(&what).copied();
        if let Some(Behaviour::Takes(time)) = behaviour {
            sleep(time).await;
        }
        if counts {
            self.at_once.lock().unwrap().0 -= 1;
        }
        if let Some(Behaviour::Fails) = behaviour {
            self.note(&format!("{what} FAILS"));
            return Err(HostError {
                host: self.name.clone(),
                doing: what,
                kind: HostErrorKind::Engine("no".into()),
            });
        }
        if let Op::Await { name, .. } = op {
            run.reached(name, Verdict::Running);
        }
        self.note(&what);
        Ok(())
    }

    async fn facts(&self, _: &FactsAsk) -> Result<Facts, HostError> {
        Err(HostError {
            host: self.name.clone(),
            doing: "asking for facts".into(),
            kind: HostErrorKind::Other("a scripted host has none".into()),
        })
    }

    async fn inside(
        &self,
        _: &ContainerName,
        _: &[&str],
        _: Duration,
    ) -> Result<Inside, HostError> {
        Ok(Inside { code: 127, last_line: String::new() })
    }

    async fn logs(
        &self,
        _: &ContainerName,
        _: &LogOptions,
    ) -> Result<BoxStream<'static, Result<LogLine, HostError>>, HostError> {
        Ok(Box::pin(futures_util::stream::empty()))
    }

    async fn answers(&self, _: &str, _: u16, _: Duration) -> Result<bool, HostError> {
        Ok(true)
    }
}

/// What should be, from the files of a repository: `hob.yaml` first, then others after lines
/// `--- path`. It must have no errors.
pub(crate) fn desired_of(repository: &str) -> Desired {
    homelab_of(repository).1
}

/// The same, with what `hob.yaml` says.
pub(crate) fn homelab_of(repository: &str) -> (Homelab, Desired) {
    let mut files = MemoryFiles::new();
    for (at, part) in repository.split("--- ").enumerate() {
        let (path, text) =
            if at == 0 { ("hob.yaml", part) } else { part.split_once('\n').unwrap() };
        files = files.with(&format!("{REPOSITORY_ROOT}/{path}"), text);
    }
    let (homelab, findings) = hob_model::load(&files, REPOSITORY_ROOT);
    let homelab = homelab.unwrap();
    let (desired, more) = hob_model::resolve(&homelab, &files, REPOSITORY_ROOT);
    for finding in findings.iter().chain(&more) {
        assert!(finding.severity != Severity::Error, "{}", finding.line());
    }
    (homelab, desired)
}

/// The world after everything was deployed and all went well.
pub(crate) fn deployed(desired: &Desired) -> Observed {
    let mut observed = bare(desired);
    let plan = hob_plan::plan(desired, &observed, &Policy::default());
    assert!(plan.blocked.is_empty(), "{:?}", plan.blocked);
    for step in &plan.steps {
        hob_plan::simulate(&mut observed, step);
    }
    observed
}

/// The world in which every host is empty.
pub(crate) fn bare(desired: &Desired) -> Observed {
    let empty = || HostView::Seen(Box::default());
    Observed { hosts: desired.hosts.keys().map(|name| (name.clone(), empty())).collect() }
}

/// A host that was seen.
pub(crate) fn seen<'a>(observed: &'a mut Observed, host: &str) -> &'a mut HostState {
    match observed.hosts.get_mut(host) {
        Some(HostView::Seen(state)) => state,
        _ => panic!("{host} was not seen"),
    }
}

/// Checks as text, a line each: `host stack/what: answer, message (hint)`.
pub(crate) fn lines(checks: &[Check]) -> String {
    let line = |check: &Check| {
        let stack = check.stack.as_ref().map(|stack| format!("{stack}/")).unwrap_or_default();
        let hint = check.hint.as_ref().map(|hint| format!(" ({hint})")).unwrap_or_default();
        let Check { host, what, answer, message, .. } = check;
        format!("{host} {stack}{what}: {answer:?}, {message}{hint}\n")
    };
    checks.iter().map(line).collect()
}
