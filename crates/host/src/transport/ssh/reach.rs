//! Whether a port answers, seen from the host: a channel of the SSH connection to it.

use std::{process::Stdio, time::Duration};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, BufReader},
    process::Command,
    time::{timeout, timeout_at},
};

use super::{super::HOLD, process, process_failure};
use crate::HostErrorKind;

/// What a verbose `ssh -W` says once the host accepted the connection: through a master the first
/// (mux.c), else the second (clientloop.c).
const OPENED: [&str; 2] = ["master session id", "open confirm"];

/// Runs `ssh -v -W`, which leads its standard input and output to the port.
pub(super) async fn answers(mut call: Command, within: Duration) -> Result<bool, HostErrorKind> {
    let late = tokio::time::Instant::now() + within;
    let mut child = call
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|why| process_failure("ssh", process::Failure::Start(why)))?;
    let (Some(stderr), Some(mut stdout)) = (child.stderr.take(), child.stdout.take()) else {
        return Ok(false);
    };
    let mut lines = BufReader::new(stderr.take(1 << 20)).lines();
    loop {
        match timeout_at(late, lines.next_line()).await {
            Ok(Ok(Some(line))) if OPENED.iter().any(|text| line.contains(text)) => break,
            Ok(Ok(Some(_))) => {}
            Ok(Ok(None) | Err(_)) | Err(_) => return Ok(false),
        }
    }
    // The rest of the talk is read on, or a full pipe would hold ssh up.
    let drain = async { while let Ok(Some(_)) = lines.next_line().await {} };
    let mut byte = [0; 1];
    let held = timeout(HOLD, async {
        tokio::select! {
            read = stdout.read(&mut byte) => read.is_ok_and(|bytes| bytes > 0),
            () = async { drain.await; std::future::pending::<()>().await } => false,
        }
    });
    Ok(held.await.unwrap_or(true))
}
