//! Commands that are run in a container at turns of its life.

use std::{collections::VecDeque, time::Duration};

use bollard::{
    exec::{StartExecOptions, StartExecResults},
    models::ExecConfig,
};
use futures_util::StreamExt;
use hob_model::{ContainerName, spec::Hook};
use hob_plan::Turn;
use tokio::time::timeout;

use super::{DockerHost, failure};
use crate::HostErrorKind;

/// How long one hook may take.
const HOOK: Duration = Duration::from_secs(300);
/// Bytes of output that are kept to explain a failure.
const OUTPUT_BYTES_MAX: usize = 2_000;

impl DockerHost {
    /// Runs hooks one after the other. Before a stop, a container that does not run has no hooks
    /// to run.
    pub(super) async fn run_hooks(
        &self,
        name: &ContainerName,
        turn: Turn,
        hooks: &[Hook],
    ) -> Result<(), HostErrorKind> {
        if turn == Turn::PreStop {
            let found = self.inspect(name).await?;
            let state = found.and_then(|found| found.state);
            if state.is_none_or(|state| state.running != Some(true)) {
                return Ok(());
            }
        }
        for (at, hook) in hooks.iter().enumerate() {
            let ran = timeout(HOOK, self.run_hook(name, hook)).await;
            let ended = ran.map_err(|_| HostErrorKind::TimedOut(HOOK.as_secs()))??;
            if ended.code != 0 {
                let Ended { code, last_line } = ended;
                return Err(HostErrorKind::Other(format!(
                    "command {} of {turn} ended with code {code}: {last_line}",
                    at + 1
                )));
            }
        }
        Ok(())
    }

    async fn run_hook(&self, name: &ContainerName, hook: &Hook) -> Result<Ended, HostErrorKind> {
        let config = config(hook);
        let made = self
            .engine
            .ask(|docker| {
                let config = config.clone();
                async move { docker.create_exec(name.as_str(), config).await }
            })
            .await?;
        let docker = self.engine.docker();
        // Not repeated when the way breaks: it may have run.
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
        Ok(Ended {
            code: found.exit_code.unwrap_or(-1),
            last_line: crate::folder::last_line(&output),
        })
    }
}

/// How a command ended.
struct Ended {
    code: i64,
    last_line: String,
}

/// The request that prepares a hook. (Pure.)
fn config(hook: &Hook) -> ExecConfig {
    let Hook { command, user, privileged, working_dir, env } = hook;
    let env: Vec<String> =
        env.iter().map(|(key, value)| format!("{key}={}", value.expose())).collect();
    ExecConfig {
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        cmd: Some(command.iter().map(|word| word.expose().clone()).collect()),
        env: (!env.is_empty()).then_some(env),
        privileged: Some(*privileged),
        user: user.clone(),
        working_dir: working_dir.clone(),
        ..ExecConfig::default()
    }
}
