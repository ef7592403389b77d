//! What apply asks, and what it reports as data: the whole command line on an imagined host.

use std::{
    ffi::OsString,
    io::{self, BufReader, Cursor, Read, Write},
    sync::{Arc, Mutex},
};

use hob_cli::{Environment, Terminal, World};
use hob_engine::stop_signal;
use hob_host::Hosts;
use hob_testbed::{fake::FakeWorld, story::Output};

use crate::hermetic::Place;

const HOME: &str = "\
--- hob.yaml
homelab: home
hosts:
  nas: { connect: ssh://nas.example, stacks: [web] }
--- stacks/web/compose.yaml
services:
  app: { image: 'nginx:1.27', restart: always }
";

/// A homelab with one imagined host.
struct Home {
    place: Place,
    world: FakeWorld,
}

impl Home {
    fn new() -> Self {
        Self { place: Place::with(HOME), world: FakeWorld::new() }
    }

    /// Runs `hob` at a terminal where somebody types `answer`.
    async fn at_terminal(&self, arguments: &str, answer: &'static str) -> String {
        self.run(arguments, Terminal { stdin: true, stderr: true, ..Terminal::default() }, answer)
            .await
    }

    async fn run(&self, arguments: &str, terminal: Terminal, answer: &'static str) -> String {
        self.run_with(arguments, terminal, Cursor::new(answer), Output::default()).await
    }

    async fn run_with(
        &self,
        arguments: &str,
        terminal: Terminal,
        stdin: impl Read + Send + 'static,
        stdout: impl Write + Clone + Text + Send + 'static,
    ) -> String {
        let stderr = Output::default();
        let session: Arc<dyn Hosts> = Arc::new(self.world.session());
        let (_handle, stop) = stop_signal();
        let world = World {
            hosts: Box::new(move |_| Ok(Arc::clone(&session))),
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            stdin: Box::new(BufReader::new(stdin)),
            terminal,
            environment: Environment { no_color: true, ..Environment::default() },
            current_dir: self.place.repository(),
            stop,
        };
        let arguments = format!("hob --no-progress {arguments}");
        let exit = hob_cli::run(arguments.split(' ').map(OsString::from), world).await;
        format!("{}{}= {}\n", stdout.text(), stderr.text(), exit.code())
    }
}

/// What was written.
trait Text {
    fn text(&self) -> String;
}

impl Text for Output {
    fn text(&self) -> String {
        Output::text(self)
    }
}

/// Something that happens in the world.
type Event = Box<dyn FnOnce() + Send>;

/// Somebody who answers, and while they think something else happens.
struct Thinking(Vec<(Event, &'static str)>);

impl Read for Thinking {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Ok(0);
        }
        let (event, answer) = self.0.remove(0);
        event();
        room[..answer.len()].copy_from_slice(answer.as_bytes());
        Ok(answer.len())
    }
}

/// A stream behind whose first text something happens.
#[derive(Clone)]
struct Eventful {
    inner: Output,
    event: Arc<Mutex<Option<Event>>>,
}

impl Write for Eventful {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(event) = self.event.lock().unwrap().take() {
            event();
        }
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Text for Eventful {
    fn text(&self) -> String {
        self.inner.text()
    }
}

const PLAN: &str = "\
nas
  + nginx:1.27   pull: needed by app
  + web_default  create network: not there yet
  + web/app      create: not there yet
Plan: 1 to pull, 1 to create, 1 network on 1 host.
";

#[tokio::test(start_paused = true)]
async fn anything_but_yes_changes_nothing() {
    let home = Home::new();
    for answer in ["n\n", "\n", "", "maybe\n"] {
        assert_eq!(
            home.at_terminal("apply", answer).await,
            format!("{PLAN}Apply 3 changes? [y/N] Nothing was changed.\n= 0\n")
        );
    }
    assert_eq!(home.world.show_containers(), "");
    let said = home.at_terminal("apply", "y\n").await;
    assert!(said.ends_with("= 0\n"), "{said}");
    assert!(home.world.show_containers().contains("web-app-1"));
    assert_eq!(home.at_terminal("up", "").await, "Plan: nothing to do.\n= 0\n");
}

#[tokio::test(start_paused = true)]
async fn without_a_terminal_it_does_not_ask_but_refuse() {
    let home = Home::new();
    assert_eq!(
        home.run("apply", Terminal::default(), "y\n").await,
        format!(
            "{PLAN}refused: there is nobody to ask whether to go on\n\
             hint: look at the plan with hob plan, then: hob apply --yes\n= 1\n"
        )
    );
    assert_eq!(home.world.show_containers(), "");
}

#[tokio::test(start_paused = true)]
async fn the_report_is_data_too() {
    let home = Home::new();
    let said = home.run("apply --yes --json", Terminal::default(), "").await;
    let steps = said.split("\n  \"steps\": ").nth(1).unwrap();
    insta::assert_snapshot!(steps);
}

/// Somebody pulls the image by hand.
fn pull(world: &FakeWorld) -> Event {
    let world = world.clone();
    Box::new(move || world.docker_pull(&"nas".into(), "nginx:1.27").unwrap())
}

const FRESH_PLAN: &str = "\
nas
  + web_default  create network: not there yet
  + web/app      create: not there yet
Plan: 1 to create, 1 network on 1 host.
";

const MOVED: &str = "\
warning: the world has moved since the plan was made
  nas has changed (no longer: pull nginx:1.27: needed by app)
";

#[tokio::test(start_paused = true)]
async fn what_has_moved_while_somebody_thought_is_shown_and_asked_again() {
    let home = Home::new();
    let terminal = Terminal { stdin: true, stderr: true, ..Terminal::default() };
    let nothing: Event = Box::new(|| ());
    let answers = Thinking(vec![(pull(&home.world), "y\n"), (nothing, "n\n")]);
    let said = home.run_with("apply", terminal, answers, Output::default()).await;
    assert_eq!(
        said,
        format!(
            "{PLAN}{FRESH_PLAN}Apply 3 changes? [y/N] {MOVED}Apply 2 changes? [y/N] \
             Nothing was changed.\n= 0\n"
        )
    );
    assert_eq!(home.world.show_containers(), "");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_want_to_be_asked_gets_the_fresh_plan() {
    let home = Home::new();
    let event = Arc::new(Mutex::new(Some(pull(&home.world))));
    let stdout = Eventful { inner: Output::default(), event };
    let said = home.run_with("apply --yes", Terminal::default(), io::empty(), stdout).await;
    assert!(said.starts_with(&format!("{PLAN}{FRESH_PLAN}")), "{said}");
    assert!(said.contains(MOVED) && said.ends_with("= 0\n"), "{said}");
    assert!(home.world.show_containers().contains("web-app-1"));
}

#[tokio::test(start_paused = true)]
async fn a_kept_plan_is_refused_when_the_world_moves_at_the_last_moment() {
    let home = Home::new();
    let kept = home.run("plan --out plan.json", Terminal::default(), "").await;
    assert!(kept.ends_with("= 2\n"), "{kept}");
    let event = Arc::new(Mutex::new(Some(pull(&home.world))));
    let stdout = Eventful { inner: Output::default(), event };
    let arguments = "apply --yes plan.json";
    let said = home.run_with(arguments, Terminal::default(), io::empty(), stdout).await;
    assert!(said.contains("refused: the plan is stale"), "{said}");
    assert!(said.ends_with("= 1\n"), "{said}");
    assert_eq!(home.world.show_containers(), "");
}
