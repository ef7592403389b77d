//! The teller of stories, tried with a command line that does very little.

use std::{io::Write as _, rc::Rc, time::Duration};

use futures_util::{FutureExt, future::LocalBoxFuture};
use hob_host::StepRun;
use hob_model::desired::{Connect, DesiredHost};
use hob_plan::Op;

use super::{Act, Command, FakeStoryWorld, Happening, Hob, HobCall, Show, Story, run};
use crate::fake::Mishap;

/// `hob say WORDS` says them, `hob read FILE` shows a file, `hob pull IMAGE...` pulls on one host.
struct Parrot;

impl Hob for Parrot {
    fn run(&self, call: HobCall) -> LocalBoxFuture<'_, i32> {
        answer(call).boxed_local()
    }
}

async fn answer(mut call: HobCall) -> i32 {
    let words: Vec<&str> = call.arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["say", words @ ..] => {
            writeln!(call.stdout, "{}", words.join(" ")).unwrap();
            writeln!(call.stderr, "in {}", call.directory.display()).unwrap();
            0
        }
        ["read", path] => {
            let text = super::files::read(&call.directory.join(path)).unwrap();
            write!(call.stdout, "{text}").unwrap();
            0
        }
        ["pull", images @ ..] => pull(&call, images).await,
        ["plan"] => 0,
        other => panic!("{other:?}"),
    }
}

async fn pull(call: &HobCall, images: &[&str]) -> i32 {
    let nowhere = DesiredHost {
        connect: Connect::Local { socket: None },
        root: "/opt/hob".into(),
        networks: Default::default(),
        stacks: Default::default(),
        storage: Vec::new(),
    };
    let host = call.hosts.open(&"nas".into(), &nowhere).await.unwrap();
    let mut run = StepRun::new(&|_| {});
    for image in images {
        let op = Op::Pull { image: (*image).into(), platform: None };
        if let Err(why) = host.perform(&op, &mut run).await {
            writeln!(call.stderr.clone(), "{why}").unwrap();
            return 1;
        }
    }
    2
}

/// The record of a story, or why there is none.
async fn check(story: &str, expected: &str) {
    let mut world = FakeStoryWorld::new(Rc::new(Parrot));
    let record = match Story::parse(story) {
        Ok(story) => run(&story, &mut world).await.unwrap_or_else(|why| format!("{why}\n")),
        Err(why) => format!("{why}\n"),
    };
    assert_eq!(record, expected);
}

#[tokio::test(start_paused = true)]
async fn a_record_holds_prose_commands_and_what_was_said() {
    check(
        "# It speaks.\n--- story\nhob say 'good  morning' all\n# It reads.\nwrite a/b\n    text\n\
         hob read a/b\nedit a/b: text -> word\nhob read a/b\n",
        "# It speaks.\n> hob say 'good  morning' all\n  good  morning all\n! in REPOSITORY\n\
         exit 0\n# It reads.\n> write a/b\n    text\n> hob read a/b\n  text\nexit 0\n\
         > edit a/b: text -> word\n> hob read a/b\n  word\nexit 0\n",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn things_happen_to_hosts() {
    check(
        "--- x\n--- story\nimage b:1 missing\nhob pull a:1 b:1\ndocker nas run c a:1\n\
         show containers\nhost nas unreachable\nhost nas back\nhost nas hangs at 2\n\
         killed after 1: hob pull a:1 a:2\n",
        "> image b:1 missing\n> hob pull a:1 b:1\n\
         ! nas: pulling b:1: there is no image b:1: the registry does not know it\nexit 1\n\
         > docker nas run c a:1\n> show containers\n  nas  c  a:1  running  (not Hob's)\n\
         > host nas unreachable\n> host nas back\n> host nas hangs at 2\n\
         > killed after 1: hob pull a:1 a:2\nkilled\n",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_call_is_killed_after_every_number_of_operations() {
    check(
        "--- story\nkilled anywhere: hob pull a:1 a:2 a:3\n",
        "> killed anywhere: hob pull a:1 a:2 a:3\nkilled 3 times, and healed every time\n",
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_line_without_a_meaning_is_named() {
    check("--- story\n\nsing\n", "line 3: nobody knows what \"sing\" means\n").await;
    check("--- story\nhob 'x\n", "line 2: a quote is not closed\n").await;
    check("hello\n", "line 1: the last section is no story\n").await;
    check("--- story\ndocker nas stop x\n", "line 2: nas has no container x\n").await;
    check("--- story\nwrite ../x\n", "line 2: \"../x\" is no path in the repository\n").await;
    check("--- story\nhost nas sad\n", "line 2: a host cannot be \"sad\"\n").await;
}

#[test]
fn lines_read_as_sentences() {
    let check = |line: &str, expected: Act| {
        let story = Story::parse(&format!("--- story\n{line}\n")).unwrap();
        assert_eq!(story.script[0].command, Command::Act(expected));
    };
    let on = |what| Act::On { host: "nas".into(), what };
    check("host nas disk full", on(Happening::Disk { full: true }));
    check("host nas port 80 busy", on(Happening::Port { port: 80, busy: true }));
    let mishap = Happening::Mishap { operation: 3, mishap: Mishap::Breaks };
    check("host nas breaks at 3", on(mishap));
    check("wait 2m", Act::Wait(Duration::from_secs(120)));
    check("show files nas", Act::Show(Show::Files("nas".into())));
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let behaviour = Some(vec![own("STANDIN_EXIT", "3"), own("STANDIN_EXIT_MS", "1500")]);
    check("image a:1 exits 3 after 1500ms", Act::Image { name: "a:1".into(), behaviour });
    check("image a:1 missing", Act::Image { name: "a:1".into(), behaviour: None });
}
