//! What people do to machines behind Hob's back, and what they see there.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use hob_model::{
    ContainerName, HostName, ImageRef, NetworkName, StackName, StackPath, VolumeName,
    spec::ContainerSpec,
};
use hob_plan::{
    Op,
    observed::{Container, ContainerOwner, ContainerState, Health, Network, Volume},
    ownership::ThingOwner,
};
use thiserror::Error;

use super::{
    FakeWorld,
    machine::{Machine, OnDisk},
};

/// An Engine refused what a person typed.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct ByHandError(String);

type Done = Result<(), ByHandError>;

impl FakeWorld {
    /// `docker run --detach`, with a port of the host that leads to the same one inside.
    pub fn docker_run(&self, host: &HostName, name: &str, image: &str, port: Option<u16>) -> Done {
        self.by_hand(host, &Op::Pull { image: image.into(), platform: None })?;
        let name = ContainerName::from(name);
        self.lock().machine(host).add_foreign(&name, &image.into(), port)?;
        self.by_hand(host, &Op::Start(name))
    }

    /// `docker stop`.
    pub fn docker_stop(&self, host: &HostName, name: &str) -> Done {
        self.on_container(host, name, Op::Stop)
    }

    /// `docker start`.
    pub fn docker_start(&self, host: &HostName, name: &str) -> Done {
        self.on_container(host, name, Op::Start)
    }

    /// `docker rm --force`.
    pub fn docker_rm(&self, host: &HostName, name: &str) -> Done {
        self.on_container(host, name, Op::RemoveContainer)
    }

    /// `docker pull`.
    pub fn docker_pull(&self, host: &HostName, image: &str) -> Done {
        self.by_hand(host, &Op::Pull { image: image.into(), platform: None })
    }

    /// `docker rmi --force` of an image that a container uses: only the name goes.
    pub fn docker_rmi(&self, host: &HostName, image: &str) {
        let image = ImageRef::from(image);
        let mut world = self.lock();
        let images = &mut world.machine(host).state.images;
        images.retain(|name, _| name.familiar() != image.familiar());
    }

    /// `docker network create`.
    pub fn docker_network(&self, host: &HostName, name: &str) {
        let network = Network { owner: ThingOwner::Foreign, spec: None };
        let name = NetworkName::from(name);
        self.lock().machine(host).state.networks.entry(name).or_insert(network);
    }

    /// `docker volume create`.
    pub fn docker_volume(&self, host: &HostName, name: &str) {
        let volume = Volume { owner: ThingOwner::Foreign, spec: None };
        let name = VolumeName::from(name);
        self.lock().machine(host).state.volumes.entry(name).or_insert(volume);
    }

    /// Puts a file into a stack's folder on a machine, or changes the one that is there.
    pub fn put_file(&self, host: &HostName, stack: &str, path: &str, content: &str) {
        let file = OnDisk { content: Arc::from(content.as_bytes()), mode: 0o644 };
        let key = (StackName::from(stack), StackPath::from(path));
        self.lock().machine(host).disk.insert(key, file);
    }

    /// One line for each container of every machine: where, what, of which image, in which state.
    pub fn show_containers(&self) -> String {
        let mut text = String::new();
        for machine in self.lock().machines() {
            let host = &machine.name;
            for (name, container) in &machine.state.containers {
                let image = machine.bodies.get(name).map_or("?", |body| body.image.as_str());
                let state = show_state(container.state);
                let owner = match &container.owner {
                    ContainerOwner::Hob { .. } => "",
                    ContainerOwner::Compose { .. } | ContainerOwner::Foreign => "  (not Hob's)",
                };
                // why: writing to a string cannot fail.
                let _ = writeln!(text, "{host}  {name}  {image}  {state}{owner}");
            }
        }
        text
    }

    /// Every file of every stack's folder on a machine, with its content indented.
    pub fn show_files(&self, host: &HostName) -> String {
        let mut text = String::new();
        let mut state = self.lock();
        for ((stack, path), file) in &state.machine(host).disk {
            let mode = if file.mode & 0o111 == 0 { "" } else { "  (executable)" };
            // why: writing to a string cannot fail.
            let _ = writeln!(text, "{stack}/{path}{mode}");
            for line in String::from_utf8_lossy(&file.content).lines() {
                let _ = writeln!(text, "    {line}");
            }
        }
        text
    }

    /// Names of the volumes on a machine, named or not, one a line.
    pub fn show_volumes(&self, host: &HostName) -> String {
        let mut state = self.lock();
        let machine = state.machine(host);
        let named = machine.state.volumes.keys();
        let all: BTreeSet<&VolumeName> = named.chain(&machine.anonymous).collect();
        all.into_iter().map(|name| format!("{name}\n")).collect()
    }

    /// Containers, files and volumes of every machine.
    pub fn show_everything(&self) -> String {
        let hosts: Vec<HostName> = self.lock().machines.keys().cloned().collect();
        let mut text = self.show_containers();
        for host in &hosts {
            text.push_str(&self.show_files(host));
            text.push_str(&self.show_volumes(host));
        }
        text
    }

    fn on_container(
        &self,
        host: &HostName,
        name: &str,
        op: impl FnOnce(ContainerName) -> Op,
    ) -> Done {
        let name = ContainerName::from(name);
        if !self.lock().machine(host).state.containers.contains_key(&name) {
            return Err(ByHandError(format!("{host} has no container {name}")));
        }
        self.by_hand(host, &op(name))
    }

    /// An Engine asks nobody whose container it is.
    fn by_hand(&self, host: &HostName, op: &Op) -> Done {
        let mut state = self.lock();
        let images = state.images.clone();
        let machine = state.machine(host);
        machine
            .perform_for_anybody(op, &images)
            .map_err(|why| ByHandError(format!("docker on {host}: {why}")))
    }
}

impl Machine {
    fn add_foreign(&mut self, name: &ContainerName, image: &ImageRef, port: Option<u16>) -> Done {
        if self.state.containers.contains_key(name) {
            return Err(ByHandError(format!("{} has a container {name} already", self.name)));
        }
        let Some(id) = self.state.images.get(image).cloned() else {
            return Err(ByHandError(format!("{} has no image {image}", self.name)));
        };
        let container = Container {
            owner: ContainerOwner::Foreign,
            image: id,
            state: ContainerState::Created,
            networks: BTreeSet::from(["bridge".into()]),
            ports: port.map(|port| (String::new(), port, "tcp".to_owned())).into_iter().collect(),
            anonymous_volumes: BTreeMap::new(),
        };
        self.state.containers.insert(name.clone(), container);
        self.embody(name, &plain_spec(image.as_str()));
        Ok(())
    }
}

/// A container of an image, with nothing else said about it.
pub(super) fn plain_spec(image: &str) -> ContainerSpec {
    ContainerSpec::new(image)
}

/// As `docker ps` has it, without times.
fn show_state(state: ContainerState) -> String {
    match state {
        ContainerState::Created => "created".into(),
        ContainerState::Running { health } => match health {
            Health::Unchecked => "running".into(),
            Health::Starting => "running (health: starting)".into(),
            Health::Healthy => "running (healthy)".into(),
            Health::Unhealthy => "running (unhealthy)".into(),
        },
        ContainerState::Restarting => "restarting".into(),
        ContainerState::Paused => "paused".into(),
        ContainerState::Exited { code } => format!("exited ({code})"),
        ContainerState::Dead => "dead".into(),
    }
}
