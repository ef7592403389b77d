//! Every story of `crates/testbed/stories`, told on imagined hosts with the whole command line in
//! this process. `UPDATE_STORIES=1` records them anew, `STORY=name` tells one alone.

use std::{
    env,
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    rc::Rc,
    sync::Arc,
};

use futures_util::{FutureExt, future::LocalBoxFuture};
use hob_cli::{Environment, Terminal, World};
use hob_engine::stop_signal;
use hob_testbed::story::{self, FakeStoryWorld, Hob, HobCall, UPDATE_VARIABLE};
use tokio::sync::watch;

/// The command line in this process.
struct InProcess;

impl Hob for InProcess {
    fn run(&self, call: HobCall) -> LocalBoxFuture<'_, i32> {
        run(call).boxed_local()
    }
}

async fn run(call: HobCall) -> i32 {
    run_with(call, Box::new(io::empty()), Terminal::default(), Environment::default()).await
}

/// Runs the command line of a call, with somebody or nobody before it.
pub(crate) async fn run_with(
    call: HobCall,
    stdin: Box<dyn io::BufRead + Send>,
    terminal: Terminal,
    environment: Environment,
) -> i32 {
    let HobCall { arguments, directory, hosts, stdout, stderr, interrupts } = call;
    let (handle, stop) = stop_signal();
    let presses = tokio::spawn(press(interrupts, move || handle.press()));
    let world = World {
        hosts: Box::new(move |_| Ok(Arc::clone(&hosts))),
        stdout: Box::new(stdout),
        stderr: Box::new(stderr),
        stdin,
        terminal,
        environment,
        current_dir: directory,
        stop,
    };
    let program = [OsString::from("hob")];
    let arguments = program.into_iter().chain(arguments.into_iter().map(OsString::from));
    let exit = hob_cli::run(arguments, world).await;
    presses.abort();
    exit.code().into()
}

async fn press(mut interrupts: watch::Receiver<u32>, press: impl Fn()) {
    while interrupts.changed().await.is_ok() {
        press();
    }
}

fn stories() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testbed/stories")
}

#[tokio::test(start_paused = true)]
async fn stories_come_out_as_recorded() {
    let update = env::var_os(UPDATE_VARIABLE).is_some_and(|value| !value.is_empty());
    let only = env::var("STORY").ok();
    let mut told = 0;
    let mut faults = Vec::new();
    for path in story::stories_in(&stories()).unwrap() {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if only.as_ref().is_some_and(|only| *only != name) {
            continue;
        }
        told += 1;
        let mut world = FakeStoryWorld::new(Rc::new(InProcess));
        if let Err(why) = story::check(&path, &mut world, update).await {
            faults.push(format!("{name}: {why}"));
        }
    }
    assert!(told > 0, "there is no such story");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
