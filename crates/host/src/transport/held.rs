//! A program that goes on for as long as Hob wants it to, such as the one that holds a lock.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines, Take},
    process::{Child, ChildStderr, ChildStdin, ChildStdout, Command},
    time::timeout,
};

use super::process::Failure;

/// All that such a program may say.
const STDOUT_BYTES_MAX: u64 = 256 * 1024;
/// More than this of an error output helps nobody.
const STDERR_BYTES_MAX: u64 = 16 * 1024;
/// For its end, once it has closed its output.
const END: Duration = Duration::from_secs(10);

/// A program under way. It is killed, and its input closed, when this is dropped.
pub(crate) struct Held {
    child: Child,
    stdin: ChildStdin,
    lines: Lines<BufReader<Take<ChildStdout>>>,
    stderr: ChildStderr,
}

impl Held {
    /// Starts it, with the beginning of its input: short, so that it fits into a pipe.
    pub(super) async fn start(mut command: Command, input: &[u8]) -> Result<Self, Failure> {
        let mut child = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(Failure::Start)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Failure::Start(std::io::ErrorKind::BrokenPipe.into()));
        };
        let lines = BufReader::new(stdout.take(STDOUT_BYTES_MAX)).lines();
        let mut held = Self { child, stdin, lines, stderr };
        // why: a program that ends without reading tells why by its exit code.
        let _ = timeout(END, held.stdin.write_all(input)).await;
        Ok(held)
    }

    /// The next line that it says; `None` at its end. Nothing is lost if the caller stops waiting.
    pub(crate) async fn line(&mut self) -> Option<String> {
        self.lines.next_line().await.ok().flatten()
    }

    /// Gives it a line; whether it could be given within this time.
    pub(crate) async fn beat(&mut self, within: Duration) -> bool {
        matches!(timeout(within, self.stdin.write_all(b"\n")).await, Ok(Ok(())))
    }

    /// Its exit code and what it complained about, after its last line.
    pub(crate) async fn end(mut self) -> (Option<i32>, String) {
        drop(self.stdin);
        let mut stderr = Vec::new();
        let complaints = (&mut self.stderr).take(STDERR_BYTES_MAX);
        let end = async {
            // why: what was read until an error is what there is; the exit code tells the rest.
            let _ = { complaints }.read_to_end(&mut stderr).await;
            self.child.wait().await.ok().and_then(|status| status.code())
        };
        let code = timeout(END, end).await.ok().flatten();
        (code, String::from_utf8_lossy(&stderr).into_owned())
    }
}
