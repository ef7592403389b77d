//! Questions that are answered from inside a container.

use std::{collections::VecDeque, time::Duration};

use bollard::{
    exec::{StartExecOptions, StartExecResults},
    models::ExecConfig,
};
use futures_util::StreamExt;
use hob_model::ContainerName;
use tokio::time::timeout;

use super::{DockerHost, failure};
use crate::{HostErrorKind, Inside, folder};

/// Bytes of output that are kept: enough for its last line.
const OUTPUT_BYTES_MAX: usize = 2_000;

impl DockerHost {
    /// Runs a program in a container as the container's own user.
    pub(super) async fn run_inside(
        &self,
        name: &ContainerName,
        command: &[&str],
        within: Duration,
    ) -> Result<Inside, HostErrorKind> {
        let ran = timeout(within, self.ask_inside(name, command)).await;
        ran.map_err(|_| HostErrorKind::TimedOut(within.as_secs()))?
    }

    async fn ask_inside(
        &self,
        name: &ContainerName,
        command: &[&str],
    ) -> Result<Inside, HostErrorKind> {
        let config = ExecConfig {
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            cmd: Some(command.iter().map(|word| (*word).to_owned()).collect()),
            ..ExecConfig::default()
        };
        self.exec(name, config).await
    }

    /// Runs a command in a container to its end; the caller bounds the time. It is not repeated
    /// when the way breaks: it may have run.
    pub(super) async fn exec(
        &self,
        name: &ContainerName,
        config: ExecConfig,
    ) -> Result<Inside, HostErrorKind> {
        let made = self
            .engine
            .ask(|docker| {
                let config = config.clone();
                async move { docker.create_exec(name.as_str(), config).await }
            })
            .await?;
        let docker = self.engine.docker();
        let started = docker.start_exec(&made.id, None::<StartExecOptions>).await;
        let mut output = VecDeque::new();
        if let StartExecResults::Attached { output: mut stream, .. } =
            started.map_err(failure::kind)?
        {
            while let Some(chunk) = stream.next().await {
                output.extend(chunk.map_err(failure::kind)?.into_bytes());
                let surplus = output.len().saturating_sub(OUTPUT_BYTES_MAX);
                output.drain(..surplus);
            }
        }
        let id = made.id.as_str();
        let found = self.engine.ask(|docker| async move { docker.inspect_exec(id).await }).await?;
        let output = String::from_utf8_lossy(output.make_contiguous()).into_owned();
        Ok(Inside { code: found.exit_code.unwrap_or(-1), last_line: folder::last_line(&output) })
    }
}
