//! `console` blocks are typed, line by line, in the homelab of the page, on imagined hosts.
//!
//! A page is one story. Its homelab is `homelabs/pi-gitops`, or what a comment says:
//! `<!-- homelab: FOLDER -->`, or `empty`. What happens between two commands stands in a comment
//! too, in the words of a story: `<!-- meanwhile`, lines, `-->`.
//!
//! What a command says has to be what stands below it, if anything does; `...` stands for any
//! lines, and at the end of one for the rest of it. A command that fails is followed by `$ echo $?` and its exit code.

use std::{
    collections::BTreeMap,
    io::{self, BufRead, Cursor, Read, Write},
    rc::Rc,
};

use futures_util::{FutureExt, future::LocalBoxFuture};
use hob_cli::{Environment, Terminal};
use hob_testbed::story::{
    self, Command, FakeStoryWorld, Hob, HobCall, Output, Story, StoryError, normal,
};

use super::{Page, files, pages, read};
use crate::stories::run_with;

const USUAL_HOMELAB: &str = "homelabs/pi-gitops";
/// What has to be known about its images: one is for a service that runs once.
const USUAL_IMAGES: &str = "--- story\nimage busybox:1.37.0 exits 0\n";

/// A command of a page and what the page says about it.
struct Typed<'a> {
    line: usize,
    command: &'a str,
    output: Vec<&'a str>,
    code: Option<&'a str>,
}

/// Somebody sits before it, reads everything in the order in which it comes, and says yes.
struct AtATerminal;

impl Hob for AtATerminal {
    fn run(&self, mut call: HobCall) -> LocalBoxFuture<'_, i32> {
        call.stderr = call.stdout.clone();
        let stdin = Yes { typed: Cursor::new("y\n"), echo: call.stdout.clone() };
        let terminal = Terminal { stdin: true, stderr: true, stdout: true, width: Some(100) };
        let environment = Environment { is_dumb_terminal: true, ..Environment::default() };
        run_with(call, Box::new(stdin), terminal, environment).boxed_local()
    }
}

/// What is typed is seen.
struct Yes {
    typed: Cursor<&'static str>,
    echo: Output,
}

impl Read for Yes {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.typed.read(buffer)
    }
}

impl BufRead for Yes {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let typed = self.typed.fill_buf()?;
        self.echo.write_all(typed)?;
        Ok(typed)
    }

    fn consume(&mut self, bytes: usize) {
        self.typed.consume(bytes);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_documentation_types_says_what_it_shows() {
    let mut commands = 0;
    let mut faults = Vec::new();
    for page in pages().iter().filter(|page| is_typed(&page.path)) {
        let typed = typed(page, &mut faults);
        if typed.is_empty() {
            continue;
        }
        commands += typed.len();
        let told = async {
            let story = story(page)?;
            let mut world = FakeStoryWorld::new(Rc::new(AtATerminal));
            let record = story::run(&story, &mut world).await?;
            Ok::<_, StoryError>(compare(page, &story, &typed, &record))
        };
        match told.await {
            Ok(found) => faults.extend(found),
            Err(why) => faults.push(format!("{}: {why}", page.path)),
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
    assert!(commands > 30, "only {commands} commands were found");
}

fn is_typed(path: &str) -> bool {
    path == "README.md"
        || path.starts_with("docs/")
        || (path.starts_with("homelabs/") && path.ends_with("/README.md"))
}

/// What a page types, with what it shows.
fn typed<'a>(page: &'a Page, faults: &mut Vec<String>) -> Vec<Typed<'a>> {
    let mut all: Vec<Typed<'a>> = Vec::new();
    for block in page.blocks().into_iter().filter(|block| block.language == "console") {
        let mut is_code = false;
        for (line, text) in block.lines {
            if let Some(command) = text.strip_prefix("$ ").filter(|text| text.starts_with("hob ")) {
                all.push(Typed { line, command, output: Vec::new(), code: None });
                is_code = false;
            } else if text == "$ echo $?" {
                is_code = true;
            } else if let (Some(last), false) = (all.last_mut(), text.starts_with("$ ")) {
                match is_code {
                    true => last.code = Some(text),
                    false => last.output.push(text),
                }
            } else {
                faults.push(format!("{}:{line}: only hob can be called here", page.path));
            }
        }
    }
    all
}

/// The page as a story, in which lines keep their numbers.
fn story(page: &Page) -> Result<Story, StoryError> {
    let mut language = None;
    let mut is_meanwhile = false;
    let mut script = String::from("--- story\n");
    for line in page.text.lines() {
        match line {
            "<!-- meanwhile" => is_meanwhile = true,
            "-->" => is_meanwhile = false,
            _ if is_meanwhile => script += line,
            _ => match (line.strip_prefix("```"), language) {
                (Some(_), Some(_)) => language = None,
                (Some(opened), None) => language = Some(opened),
                (None, Some("console")) if line.starts_with("$ hob ") => script += &line[2..],
                (None, _) => {}
            },
        }
        script.push('\n');
    }
    let one_less = |line: usize| line.saturating_sub(1);
    let mut story = Story::parse(&script).map_err(|why| match why {
        StoryError::Script { line, why } => StoryError::Script { line: one_less(line), why },
        other => other,
    })?;
    story.script.iter_mut().for_each(|line| line.number = one_less(line.number));
    story.files = homelab(page);
    let images = Story::parse(USUAL_IMAGES)?;
    story.script.splice(..0, images.script);
    Ok(story)
}

fn homelab(page: &Page) -> BTreeMap<String, String> {
    let named = page.text.lines().find_map(|line| line.strip_prefix("<!-- homelab: "));
    let folder = match named.and_then(|line| line.strip_suffix(" -->")) {
        Some("empty") => return BTreeMap::new(),
        Some(folder) => folder,
        None => USUAL_HOMELAB,
    };
    let paths = files(folder).into_iter();
    let name = |path: &str| path.strip_prefix(folder).unwrap_or(path).trim_matches('/').to_owned();
    paths.map(|path| (name(&path), read(&path))).collect()
}

/// What a command said, and how it ended.
#[derive(Default)]
struct Said<'a> {
    lines: Vec<&'a str>,
    end: &'a str,
}

fn compare(page: &Page, story: &Story, typed: &[Typed<'_>], record: &str) -> Vec<String> {
    let mut said: Vec<Said<'_>> = Vec::new();
    let mut is_hob = false;
    for line in record.lines() {
        if let Some(command) = line.strip_prefix("> ") {
            is_hob = command.starts_with("hob ");
            said.extend(is_hob.then(Said::default));
        } else if let (Some(last), true) = (said.last_mut(), is_hob) {
            match line.strip_prefix("exit ") {
                Some(code) => (last.end, is_hob) = (code, false),
                None => last.lines.push(line.strip_prefix("  ").unwrap_or(line)),
            }
        }
    }
    let calls = story.script.iter().filter(|line| matches!(line.command, Command::Hob(_)));
    // Calls in comments are not shown; they have to end well.
    let answers = calls.zip(&said).filter_map(|(call, said)| {
        match typed.iter().find(|typed| typed.line == call.number) {
            Some(typed) => fault(page, typed, said),
            None => {
                let hidden =
                    Typed { line: call.number, command: &call.text, output: vec![], code: None };
                fault(page, &hidden, said)
            }
        }
    });
    answers.collect()
}

fn fault(page: &Page, typed: &Typed<'_>, said: &Said<'_>) -> Option<String> {
    let without_end = |lines: &[&str]| {
        let count = lines.iter().rposition(|line| !line.is_empty()).map_or(0, |last| last + 1);
        lines[..count].iter().map(|line| plain(line)).collect::<Vec<_>>()
    };
    let shown = without_end(&typed.output);
    let is_as_shown = shown.is_empty() || fits(&shown, &without_end(&said.lines));
    let is_end_right = match typed.code {
        Some(code) => code == said.end,
        None => matches!(said.end, "0" | "2"),
    };
    (!is_as_shown || !is_end_right).then(|| {
        format!(
            "{}:{}: {}\n{}\n= {}",
            page.path,
            typed.line,
            typed.command,
            said.lines.join("\n"),
            said.end
        )
    })
}

/// A line without what is different every time.
fn plain(line: &str) -> String {
    normal(&format!("  {line}")).trim_end().to_owned()
}

/// Whether lines are as shown, where `...` stands for any number of them.
fn fits(shown: &[String], lines: &[String]) -> bool {
    match shown.split_first() {
        None => lines.is_empty(),
        Some((first, rest)) if first.trim() == "..." => {
            (0..=lines.len()).any(|skipped| fits(rest, &lines[skipped..]))
        }
        Some((first, rest)) => {
            let is_line = |line: &String| match first.strip_suffix(" ...") {
                Some(start) => line.starts_with(start),
                None => line == first,
            };
            lines.first().is_some_and(is_line) && fits(rest, &lines[1..])
        }
    }
}

#[test]
fn dots_stand_for_any_lines() {
    let check = |shown: &str, lines: &str, expected: bool| {
        let split = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(fits(&split(shown), &split(lines)), expected, "{shown}");
    };
    check("a/b", "a/b", true);
    check("a/b", "a/c", false);
    check("a", "a/b", false);
    check("a/...", "a/b/c", true);
    check("a/.../c", "a/c", true);
    check("a/.../d", "a/b/c", false);
    check(".../b/.../d", "a/b/c/d", true);
    check("a ...", "a b c", true);
    check("a ...", "a b/c", false);
}
