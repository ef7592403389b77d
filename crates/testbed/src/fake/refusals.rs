//! What an Engine and a disk refuse.

use hob_host::HostErrorKind;
use hob_model::{
    ContainerName, StackName,
    spec::{BindSource, ContainerSpec, Mount, NetworkMode},
};
use hob_plan::{
    Turn,
    observed::{Container, ContainerOwner, ContainerState},
};

use super::machine::{Done, Machine};

impl Machine {
    pub(super) fn may_create(
        &self,
        name: &ContainerName,
        stack: &StackName,
        spec: &ContainerSpec,
    ) -> Done {
        self.has_space()?;
        if let Some(there) = self.state.containers.get(name) {
            return match &there.owner {
                ContainerOwner::Hob { spec: made, .. } if *made == spec.digest() => Ok(()),
                _ => self.name_is_free(name),
            };
        }
        let is_known = self.state.images.contains_key(&spec.image);
        if !is_known && self.state.image(&spec.image).is_none() {
            return Err(HostErrorKind::Engine(format!("No such image: {}", spec.image)));
        }
        if let NetworkMode::Attached(endpoints) = &spec.network
            && let Some(name) =
                endpoints.keys().find(|name| !self.state.networks.contains_key(*name))
        {
            return Err(HostErrorKind::Engine(format!("network {name} not found")));
        }
        if let Some(path) = self.missing_source(stack, spec) {
            let why = format!("bind source path does not exist: {stack}/{path}");
            return Err(HostErrorKind::Engine(why));
        }
        Ok(())
    }

    pub(super) fn may_start(&self, name: &ContainerName) -> Done {
        let Some(container) = self.state.containers.get(name) else {
            return Err(no_such_container(name));
        };
        if matches!(container.state, ContainerState::Running { .. }) {
            return Ok(());
        }
        self.ports_are_free(name, container)
    }

    /// Commands go well, but for `false`.
    pub(super) fn run_hooks(
        &mut self,
        name: &ContainerName,
        turn: Turn,
        spec: &ContainerSpec,
        warnings: &mut Vec<String>,
    ) -> Done {
        let container = self.state.containers.get(name);
        let is_running = container
            .is_some_and(|container| matches!(container.state, ContainerState::Running { .. }));
        match (turn, is_running) {
            (Turn::PreStop, false) => return Ok(()),
            (Turn::PostStart, false) => {
                let why = format!("container {name} is not running");
                return Err(HostErrorKind::Engine(why));
            }
            (_, true) => {}
        }
        for (at, hook) in turn.hooks(spec).iter().enumerate() {
            let words: Vec<&str> = hook.command.iter().map(|word| word.expose().as_str()).collect();
            self.note(name, &format!("{turn}: {}", words.join(" ")));
            if words == ["false"] {
                let why = format!("command {} of {turn} ended with code 1", at + 1);
                return match turn {
                    Turn::PostStart => Err(HostErrorKind::Other(why)),
                    Turn::PreStop => {
                        warnings.push(why);
                        Ok(())
                    }
                };
            }
        }
        Ok(())
    }

    fn ports_are_free(&self, name: &ContainerName, container: &Container) -> Done {
        for (address, port, protocol) in &container.ports {
            let clash = |held: &(String, u16, String)| {
                let anywhere = address.is_empty() || held.0.is_empty();
                held.1 == *port && held.2 == *protocol && (anywhere || held.0 == *address)
            };
            let others = self.state.containers.iter().filter(|(other, _)| *other != name);
            let taken = others
                .filter(|(_, other)| matches!(other.state, ContainerState::Running { .. }))
                .any(|(_, other)| other.ports.iter().any(clash));
            if taken || self.luck.busy_ports.contains(port) {
                return Err(HostErrorKind::PortTaken { port: port.to_string() });
            }
        }
        Ok(())
    }

    pub(super) fn name_is_free(&self, name: &ContainerName) -> Done {
        if self.state.containers.contains_key(name) {
            let why = format!("Conflict. The container name \"/{name}\" is already in use");
            return Err(HostErrorKind::Engine(why));
        }
        Ok(())
    }

    /// What is not there is nobody's.
    pub(super) fn ours(&self, name: &ContainerName) -> Done {
        match self.state.containers.get(name).map(|container| &container.owner) {
            None | Some(ContainerOwner::Hob { .. }) => Ok(()),
            Some(_) => Err(HostErrorKind::NotOurs { name: name.to_string() }),
        }
    }

    pub(super) fn has_space(&self) -> Done {
        if self.luck.disk_full {
            return Err(HostErrorKind::DiskFull("no space left on device".into()));
        }
        Ok(())
    }

    /// A bind source below the stack's folder that has to be there and is not.
    fn missing_source<'a>(&self, stack: &StackName, spec: &'a ContainerSpec) -> Option<&'a str> {
        spec.mounts.values().find_map(|mount| match mount {
            Mount::Bind { source: BindSource::Stack(path), create: false, .. }
                if !path.is_empty() && !self.lies_on_disk(stack, path) =>
            {
                Some(path.as_str())
            }
            _ => None,
        })
    }

    fn lies_on_disk(&self, stack: &StackName, path: &str) -> bool {
        let folder = format!("{path}/");
        self.disk.keys().any(|(owner, file)| {
            owner == stack && (file.as_str() == path || file.as_str().starts_with(&folder))
        })
    }
}

pub(super) fn no_such_container(name: &ContainerName) -> HostErrorKind {
    HostErrorKind::Engine(format!("No such container: {name}"))
}
