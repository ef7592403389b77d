//! A command as words, and running it for one file.

use std::{
    io::Read,
    os::unix::process::{CommandExt, ExitStatusExt},
    path::Path,
    process::{self, Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};

/// Output of one program that is kept; no project is larger.
const MOST_OUTPUT: u64 = 64 << 20;
/// How often a program is asked whether it has ended.
const POLL: Duration = Duration::from_millis(5);
/// What a Rust program that panics ends with.
const PANICKED: i32 = 101;

/// A program and its arguments, in which `{file}` and `{dir}` stand for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    words: Vec<String>,
}

/// What every run has to keep to.
#[derive(Debug)]
pub(super) struct Limits {
    pub(super) time: Duration,
    /// Variables besides PATH and HOME.
    pub(super) environment: Vec<(String, String)>,
}

/// What a program said of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// What it printed.
    Accepts(String),
    /// What it complained of.
    Refuses(String),
    /// It did neither: it panicked, was killed, took too long, could not be run.
    Fails(String),
}

impl Command {
    /// Reads a command as a user writes it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let words = words(text)?;
        if words.is_empty() {
            return Err("a command needs at least the name of a program".to_owned());
        }
        Ok(Self { words })
    }

    /// A program with arguments.
    pub(super) fn of(program: &Path, arguments: &[&str]) -> Self {
        let program = program.display().to_string();
        let arguments = arguments.iter().map(|argument| (*argument).to_owned());
        Self { words: std::iter::once(program).chain(arguments).collect() }
    }

    /// The same with more arguments.
    pub(super) fn and(mut self, more: &[String]) -> Self {
        self.words.extend_from_slice(more);
        self
    }

    fn words_for(&self, file: &Path) -> impl Iterator<Item = String> {
        let dir = file.parent().unwrap_or(file).display().to_string();
        let file = file.display().to_string();
        self.words.iter().map(move |word| word.replace("{file}", &file).replace("{dir}", &dir))
    }

    /// Runs it for a file.
    pub(super) fn run(&self, file: &Path, limits: &Limits) -> Answer {
        let mut words = self.words_for(file);
        let program = words.next().unwrap_or_default();
        let child = process::Command::new(&program)
            .args(words)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", "/home/me")
            .envs(limits.environment.iter().map(|(name, value)| (name, value)))
            .current_dir(file.parent().unwrap_or(file))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn();
        match child {
            Ok(child) => ended(child, limits.time),
            Err(why) => Answer::Fails(format!("running {program}: {why}")),
        }
    }
}

fn ended(mut child: Child, limit: Duration) -> Answer {
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (said, complained, status) = thread::scope(|scope| {
        let said = scope.spawn(|| all(stdout));
        let complained = scope.spawn(|| all(stderr));
        let status = wait(&mut child, limit);
        (said.join().unwrap_or_default(), complained.join().unwrap_or_default(), status)
    });
    let status = match status {
        Ok(Some(status)) => status,
        Ok(None) => return Answer::Fails(format!("not done after {} s", limit.as_secs())),
        Err(why) => return Answer::Fails(format!("waiting: {why}")),
    };
    match status.code() {
        Some(0) => Answer::Accepts(said),
        Some(PANICKED) => Answer::Fails(complained),
        Some(_) => Answer::Refuses(complained),
        None => Answer::Fails(format!("ended by signal {}", status.signal().unwrap_or_default())),
    }
}

/// `None` if it had to be killed.
fn wait(child: &mut Child, limit: Duration) -> std::io::Result<Option<process::ExitStatus>> {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if began.elapsed() > limit {
            let group = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
            // It may have ended at this moment.
            let _ = killpg(group, Signal::SIGKILL);
            child.wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

fn all(output: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    // What could be read is what it said.
    let _ = output.map(|output| output.take(MOST_OUTPUT).read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Splits at blanks; single or double quotes keep words together, and nothing else is special.
pub(super) fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if open == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    if quote.is_some() {
        return Err(format!("a quote is not closed in: {text}"));
    }
    words.extend(word);
    Ok(words)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        assert_eq!(words(text).unwrap(), expected, "{text}");
    }

    #[test]
    fn words_are_split_without_a_shell() {
        check("", &[]);
        check("  a  b\tc ", &["a", "b", "c"]);
        check("a 'b c' \"d 'e'\" f''g ''", &["a", "b c", "d 'e'", "fg", ""]);
        check("a;b $HOME `x` *", &["a;b", "$HOME", "`x`", "*"]);
        assert!(words("a 'b").is_err() && Command::parse(" ").is_err());
    }

    #[test]
    fn words_may_stand_for_the_file() {
        let command = Command::parse("x --in={dir} '{file}'").unwrap();
        let words: Vec<String> = command.words_for(Path::new("/a b/c.yaml")).collect();
        assert_eq!(words, ["x", "--in=/a b", "/a b/c.yaml"]);
    }

    #[test]
    fn every_end_of_a_program_is_an_answer() {
        let run = |text: &str, limit_ms| {
            let limits = Limits { time: Duration::from_millis(limit_ms), environment: Vec::new() };
            Command::parse(text).unwrap().run(Path::new("/tmp/x"), &limits)
        };
        assert_eq!(run("echo {file}", 60_000), Answer::Accepts("/tmp/x\n".to_owned()));
        let refused = run("sh -c 'echo no >&2; exit 15'", 60_000);
        assert_eq!(refused, Answer::Refuses("no\n".to_owned()));
        let late = run("sleep 600", 30);
        assert_eq!(late, Answer::Fails("not done after 0 s".to_owned()));
        let killed = run("sh -c 'kill -9 $$'", 60_000);
        assert_eq!(killed, Answer::Fails("ended by signal 9".to_owned()));
        assert_eq!(run("sh -c 'echo oh >&2; exit 101'", 60_000), Answer::Fails("oh\n".to_owned()));
        assert!(matches!(run("/no/such/program", 60_000), Answer::Fails(_)));
    }
}
