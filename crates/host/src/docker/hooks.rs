//! Commands that are run in a container at turns of its life.

use std::{fmt, time::Duration};

use bollard::models::{ContainerState, ExecConfig};
use hob_model::{ContainerName, spec::Hook};
use hob_plan::Turn;
use tokio::time::timeout;

use super::{DockerHost, containers::Ours, redact::Hidden};
use crate::{HostErrorKind, Inside, StepRun};

/// How long one hook may take.
const HOOK: Duration = Duration::from_secs(300);

impl DockerHost {
    /// Runs hooks one after the other, until one fails. Before a stop that is no more than a
    /// warning, or a container that has to go because it is broken could never go.
    pub(super) async fn run_hooks(
        &self,
        name: &ContainerName,
        turn: Turn,
        hooks: &[Hook],
        run: &mut StepRun<'_>,
    ) -> Result<(), HostErrorKind> {
        let Some(Ours { found, .. }) = self.ours(name).await? else {
            return match turn {
                Turn::PreStop => Ok(()),
                Turn::PostStart => {
                    Err(HostErrorKind::Other(format!("there is no container {name}")))
                }
            };
        };
        if turn == Turn::PreStop && !found.state.as_ref().is_some_and(runs_commands) {
            return Ok(());
        }
        for (at, hook) in hooks.iter().enumerate() {
            let number = at + 1;
            let ran = timeout(HOOK, self.run_hook(name, hook)).await;
            let kind = match ran.unwrap_or(Err(HostErrorKind::TimedOut(HOOK.as_secs()))) {
                Ok(Ended { code: 0, .. }) => continue,
                Ok(ended) => HostErrorKind::Other(format!("command {number} of {turn} {ended}")),
                Err(kind) => kind,
            };
            let kind = Hidden::of_hook(&found, hook).clean_kind(kind);
            match (turn, kind) {
                (Turn::PostStart, kind) => return Err(kind),
                (Turn::PreStop, HostErrorKind::Other(why)) => run.warnings.push(why),
                (Turn::PreStop, kind) => {
                    run.warnings.push(format!("command {number} of {turn} failed: {kind}"));
                }
            }
            break;
        }
        Ok(())
    }

    async fn run_hook(&self, name: &ContainerName, hook: &Hook) -> Result<Ended, HostErrorKind> {
        let Inside { code, last_line } = self.exec(name, config(hook)).await?;
        Ok(Ended { code, last_line })
    }
}

/// How a command ended.
struct Ended {
    code: i64,
    last_line: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, last_line } = self;
        write!(f, "ended with code {code}")?;
        if last_line.is_empty() { Ok(()) } else { write!(f, ": {last_line}") }
    }
}

/// Whether a container has somebody to run a command: to the Engine, one that is frozen or between
/// two runs of a crash loop is running as well.
fn runs_commands(state: &ContainerState) -> bool {
    state.running == Some(true) && state.paused != Some(true) && state.restarting != Some(true)
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
