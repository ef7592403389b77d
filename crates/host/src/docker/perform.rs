//! Operations: what each is called, and who does it.

use hob_plan::Op;

use super::{DockerHost, wait};
use crate::{HostErrorKind, StepRun};

impl DockerHost {
    pub(super) async fn act(&self, op: &Op, run: &mut StepRun<'_>) -> Result<(), HostErrorKind> {
        match op {
            Op::Pull { image, platform } => {
                self.pull(image, platform.as_deref(), run.progress).await
            }
            Op::Build(new) => self.build(new, run.progress).await,
            Op::CreateNetwork(new) => self.create_network(new).await,
            Op::RemoveNetwork(name) => self.remove_network(name).await,
            Op::CreateVolume(new) => self.create_volume(new).await,
            Op::OwnFiles { homelab, stack, paths } => self.own_files(homelab, stack, paths).await,
            Op::WriteFiles { stack, files } => self.write_files(stack, files).await,
            Op::RemoveFiles { stack, paths } => self.remove_files(stack, paths).await,
            Op::CreateContainer { name, identity, spec, inherit } => {
                self.create_container(name, identity, spec, inherit).await
            }
            Op::Rename { from, to } => self.rename(from, to).await,
            Op::Start(name) => self.start(name).await,
            Op::Stop(name) => self.stop(name).await,
            Op::RemoveContainer(name) => self.remove(name).await,
            Op::PutBack { name, was, start } => self.put_back(name, was, *start).await,
            Op::RunHooks { name, turn, spec } => {
                self.run_hooks(name, *turn, turn.hooks(spec), run).await
            }
            Op::Await { name, expect } => self.wait_for(name, expect, run).await,
            Op::Record { homelab, stack, name, spec } => {
                self.record(homelab, stack, name, spec, wait::reached(run, name)?).await
            }
            Op::Forget { stack, name } => self.forget(stack, name).await,
            Op::Reached(_) => Ok(()),
        }
    }
}

/// What an error says that Hob was doing.
pub(super) fn doing(op: &Op) -> String {
    match op {
        Op::Pull { image, .. } => format!("pulling {image}"),
        Op::Build(new) => format!("building {}", new.spec.image),
        Op::CreateNetwork(new) => format!("creating network {}", new.name),
        Op::RemoveNetwork(name) => format!("removing network {name}"),
        Op::CreateVolume(new) => format!("creating volume {}", new.name),
        Op::OwnFiles { stack, .. } => format!("noting the files of stack {stack}"),
        Op::WriteFiles { stack, .. } => format!("writing the files of stack {stack}"),
        Op::RemoveFiles { stack, .. } => format!("removing files of stack {stack}"),
        Op::CreateContainer { name, .. } => format!("creating container {name}"),
        Op::Rename { from, to } => format!("renaming container {from} to {to}"),
        Op::Start(name) => format!("starting container {name}"),
        Op::Stop(name) => format!("stopping container {name}"),
        Op::RemoveContainer(name) => format!("removing container {name}"),
        Op::PutBack { was, .. } => format!("putting back container {was}"),
        Op::RunHooks { name, turn, .. } => format!("running {turn} in container {name}"),
        Op::Await { name, .. } => format!("waiting for container {name}"),
        Op::Record { name, .. } => format!("keeping the record of container {name}"),
        Op::Forget { name, .. } => format!("removing the record of container {name}"),
        Op::Reached(_) => "telling how far it is".to_owned(),
    }
}
