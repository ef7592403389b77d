//! What apply asks, and what it reports as data: the whole command line on an imagined host.

use std::{
    ffi::OsString,
    io::{BufReader, Cursor},
    sync::Arc,
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
        let (stdout, stderr) = (Output::default(), Output::default());
        let session: Arc<dyn Hosts> = Arc::new(self.world.session());
        let (_handle, stop) = stop_signal();
        let world = World {
            hosts: Box::new(move |_| Ok(Arc::clone(&session))),
            stdout: Box::new(stdout.clone()),
            stderr: Box::new(stderr.clone()),
            stdin: Box::new(BufReader::new(Cursor::new(answer))),
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

const PLAN: &str = "\
nas
  + nginx:1.27   pull: needed by app
  + web_default  create network: not there yet
  + web/app      create: not there yet
Plan: 1 to pull, 1 to create, 1 other on 1 host.
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
