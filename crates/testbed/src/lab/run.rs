//! Running other programs: argument vectors, bounded time, what they said when they fail.

use std::ffi::{OsStr, OsString};
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::Command;

use super::error::{LabError, Result};

/// Lines of a failed program's output that go into the error.
const TAIL_LINES: usize = 15;
/// Of each of a program's two outputs. The largest that is of use is busybox, with 2 MB.
const OUTPUT_BYTES_MAX: u64 = 32 << 20;

/// What a program said, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output, as it came.
    pub bytes: Vec<u8>,
    /// Standard output as text.
    pub stdout: String,
    /// Standard error as text.
    pub stderr: String,
}

impl Output {
    /// Whether it ended with 0.
    #[must_use]
    pub fn ok(&self) -> bool {
        self.code == 0
    }
}

/// One call of a program.
#[derive(Debug)]
pub(crate) struct Run {
    doing: String,
    program: OsString,
    arguments: Vec<OsString>,
    variables: Vec<(OsString, OsString)>,
    input: Option<Vec<u8>>,
    limit: Duration,
}

impl Run {
    /// `doing` goes into every error: "starting host1".
    pub(crate) fn new(doing: impl Into<String>, program: impl AsRef<OsStr>) -> Self {
        Self {
            doing: doing.into(),
            program: program.as_ref().to_owned(),
            arguments: Vec::new(),
            variables: Vec::new(),
            input: None,
            limit: Duration::from_secs(120),
        }
    }

    pub(crate) fn arg(mut self, argument: impl AsRef<OsStr>) -> Self {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, more: impl IntoIterator<Item = S>) -> Self {
        self.arguments.extend(more.into_iter().map(|argument| argument.as_ref().to_owned()));
        self
    }

    pub(crate) fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.variables.push((name.as_ref().to_owned(), value.as_ref().to_owned()));
        self
    }

    pub(crate) fn input(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Some(bytes.into());
        self
    }

    pub(crate) fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs it; a code other than 0 is an error.
    pub(crate) async fn must(self) -> Result<Output> {
        let doing = self.doing.clone();
        let program = self.shown();
        let output = self.output().await?;
        if output.ok() {
            return Ok(output);
        }
        let said = format!("{}\n{}", output.stdout, output.stderr);
        Err(LabError::Failed { doing, program, code: output.code, tail: tail(&said) })
    }

    /// Runs it and hands back whatever code it ended with.
    pub(crate) async fn output(self) -> Result<Output> {
        let Self { doing, program, arguments, variables, input, limit } = self;
        let name = program.to_string_lossy().into_owned();
        let start = |source| LabError::Start { doing: doing.clone(), program: name, source };
        let mut command = Command::new(&program);
        command.args(arguments).envs(variables).kill_on_drop(true);
        command.stdin(if input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let work = async {
            let mut child = command.spawn()?;
            let (stdin, stdout, stderr) =
                (child.stdin.take(), child.stdout.take(), child.stderr.take());
            let feed = async move {
                if let (Some(mut pipe), Some(bytes)) = (stdin, input) {
                    // A program that does not read to the end says why by its exit code.
                    let _ = pipe.write_all(&bytes).await;
                }
            };
            // Pipes close when their reader has enough, which ends a program that has no end.
            let (stdout, stderr, ()) = tokio::join!(read(stdout), read(stderr), feed);
            Ok((child.wait().await?, stdout?, stderr?))
        };
        match tokio::time::timeout(limit, work).await {
            Err(_) => Err(LabError::TimedOut { doing, limit, hint: String::new() }),
            Ok(Err(source)) => Err(start(source)),
            Ok(Ok((status, stdout, stderr))) => Ok(Output {
                code: status.code().unwrap_or(-1),
                stdout: String::from_utf8_lossy(&stdout).into_owned(),
                stderr: String::from_utf8_lossy(&stderr).into_owned(),
                bytes: stdout,
            }),
        }
    }

    fn shown(&self) -> String {
        let mut words = vec![self.program.to_string_lossy()];
        words.extend(self.arguments.iter().take(3).map(|word| word.to_string_lossy()));
        words.join(" ")
    }
}

async fn read(pipe: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        pipe.take(OUTPUT_BYTES_MAX).read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}

fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    lines.get(from..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    #[tokio::test]
    async fn what_a_program_says_comes_back() {
        let output = Run::new("echoing", "cat").input("hello").must().await.unwrap();
        assert_eq!((output.code, output.stdout.as_str()), (0, "hello"));
    }

    #[tokio::test]
    async fn failures_say_what_was_being_done() {
        let run = Run::new("looking", "ls").arg("/no/such/file");
        let error = run.must().await.unwrap_err().to_string();
        assert!(error.starts_with("looking: ls /no/such/file ended with 2"), "{error}");
        let error = Run::new("looking", "no-such-program").must().await.unwrap_err();
        assert_eq!(error.to_string(), "looking: cannot run no-such-program");
    }

    #[tokio::test]
    async fn a_program_that_never_ends_is_not_kept_in_memory() {
        let output = Run::new("reading", "yes").output().await.unwrap();
        assert_eq!((output.code, output.bytes.len() as u64), (-1, OUTPUT_BYTES_MAX));
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_left() {
        let run = Run::new("waiting", "sleep").arg("60").limit(Duration::from_millis(50));
        assert!(matches!(run.must().await, Err(LabError::TimedOut { .. })));
    }
}
