//! Running an external program with everything about it bounded: time, output, errors.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

/// More than this of an error output helps nobody.
const STDERR_BYTES_MAX: u64 = 16 * 1024;

/// What a program did.
#[derive(Debug)]
pub(crate) struct Output {
    /// Its exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// Why there is no [`Output`].
#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not be started.
    Start(std::io::Error),
    /// It did not end in time, and was killed.
    Late(Duration),
    /// It wrote more than the limit.
    TooMuch(u64),
}

/// Runs a program to its end, with `stdin` as its input. It is killed when the time is over or
/// when the caller stops waiting.
pub(crate) async fn run(
    mut command: Command,
    stdin: Vec<u8>,
    stdout_bytes_max: u64,
    within: Duration,
) -> Result<Output, Failure> {
    let mut child = command
        // Ctrl-C is for Hob, which ends in order; the terminal would send it to all of its group.
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(Failure::Start)?;
    let input = child.stdin.take();
    let write = async move {
        if let Some(mut pipe) = input {
            // why: a program that ends without reading tells why by its exit code.
            let _ = pipe.write_all(&stdin).await;
            let _ = pipe.shutdown().await;
        }
    };
    let stdout = read(child.stdout.take(), stdout_bytes_max + 1);
    let stderr = read(child.stderr.take(), STDERR_BYTES_MAX);
    let all = async {
        let ((), stdout, stderr) = tokio::join!(write, stdout, stderr);
        (stdout, stderr, child.wait().await)
    };
    let (stdout, stderr, status) = timeout(within, all).await.map_err(|_| Failure::Late(within))?;
    if stdout.len() as u64 > stdout_bytes_max {
        return Err(Failure::TooMuch(stdout_bytes_max));
    }
    let code = status.map_err(Failure::Start)?.code();
    Ok(Output { code, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() })
}

/// Reads up to `limit` bytes and lets go of the rest, so that the writer is not held up.
async fn read(pipe: Option<impl AsyncRead + Unpin>, limit: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(pipe) = pipe {
        // why: what was read until an error is what there is; the exit code tells the rest.
        let _ = pipe.take(limit).read_to_end(&mut bytes).await;
    }
    bytes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn input_output_and_code_come_through() {
        let within = Duration::from_secs(10);
        let input = vec![b'x'; 300_000];
        let output = run(sh("cat; echo why >&2; exit 3"), input, 300_000, within).await.unwrap();
        assert_eq!((output.code, output.stdout.len()), (Some(3), 300_000));
        assert_eq!(output.stderr, "why\n");
    }

    #[tokio::test]
    async fn a_program_that_ignores_its_input_is_no_error() {
        let within = Duration::from_secs(10);
        let output = run(sh("exit 0"), vec![b'x'; 300_000], 10, within).await.unwrap();
        assert_eq!(output.code, Some(0));
    }

    #[tokio::test]
    async fn time_and_output_are_bounded() {
        let late = run(sh("sleep 60"), Vec::new(), 10, Duration::from_millis(100)).await;
        assert!(matches!(late, Err(Failure::Late(_))));
        let much = run(sh("head -c 100 /dev/zero"), Vec::new(), 10, Duration::from_secs(10)).await;
        assert!(matches!(much, Err(Failure::TooMuch(10))));
    }
}
