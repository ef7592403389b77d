//! This machine.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    io::AsyncReadExt,
    net::TcpStream,
    process::Command,
    time::{Instant, timeout, timeout_at},
};

use super::{HOLD, Held, ScriptOutput, process, process_failure};
use crate::{HostErrorKind, folder::Script};

/// The Engine of this machine.
pub(crate) struct Local {
    socket: PathBuf,
    shown: String,
}

impl Local {
    /// By the path of the Engine's socket.
    pub(crate) fn new(socket: PathBuf) -> Self {
        let shown = socket.display().to_string();
        Self { socket, shown }
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    pub(crate) fn engine_socket(&self) -> &str {
        &self.shown
    }

    pub(crate) async fn run(
        &self,
        script: Script,
        input: Vec<u8>,
    ) -> Result<ScriptOutput, HostErrorKind> {
        let output = process::run(call(script), input, script.output_bytes_max(), script.time())
            .await
            .map_err(|failure| process_failure("sh", failure))?;
        let process::Output { code, stdout, stderr } = output;
        Ok(ScriptOutput { code, stdout, stderr })
    }

    pub(crate) async fn hold(&self, script: Script, input: &[u8]) -> Result<Held, HostErrorKind> {
        let held = Held::start(call(script), input).await;
        held.map_err(|failure| process_failure("sh", failure))
    }

    pub(crate) async fn answers(&self, address: &str, port: u16, within: Duration) -> bool {
        let late = Instant::now() + within;
        let Ok(Ok(mut stream)) = timeout_at(late, TcpStream::connect((address, port))).await else {
            return false;
        };
        match timeout(HOLD, stream.read(&mut [0; 1])).await {
            // Open and silent, as most servers are until they are asked.
            Err(_) => true,
            Ok(read) => read.is_ok_and(|bytes| bytes > 0),
        }
    }
}

fn call(script: Script) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script.text()]);
    command
}
