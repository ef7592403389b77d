//! The pure twin of performing: what an operation makes of a host, if all goes well.

use std::collections::BTreeSet;

use hob_model::{
    ContainerName, HostName, ImageId, ImageRef,
    spec::{ContainerSpec, Mount, NetworkMode},
};

use crate::{
    change::{Expectation, NewBuild, Step},
    observed::{
        Applied, Container, ContainerOwner, ContainerState, FileSeen, Health, HostKey, HostState,
        HostView, Network, Observed, Verdict, Volume,
    },
    op::Op,
    ownership::ThingOwner,
};

/// Does a step on an imagined world, all operations of it.
pub fn simulate(observed: &mut Observed, step: &Step) {
    for op in step.ops() {
        simulate_op(observed, &step.host, &op);
    }
}

/// Does one operation on an imagined world. On a host that was not seen nothing happens.
pub fn simulate_op(observed: &mut Observed, host: &HostName, op: &Op) {
    if let Some(HostView::Seen(state)) = observed.hosts.get_mut(host) {
        state.simulate(op);
    }
}

impl HostState {
    pub(crate) fn simulate(&mut self, op: &Op) {
        match op {
            Op::Pull { image, .. } => {
                let id = self.image_in_use(image);
                self.images.entry(image.familiar()).or_insert(id);
            }
            Op::Build(build) => self.simulate_build(build),
            Op::CreateNetwork(new) => {
                let owner = ThingOwner::Hob {
                    homelab: new.homelab.clone(),
                    stack: new.project.as_ref().map(|(stack, _)| stack.clone()),
                };
                let spec = Some(new.network.spec.digest());
                self.networks.entry(new.name.clone()).or_insert(Network { owner, spec });
            }
            Op::RemoveNetwork(name) => {
                self.networks.remove(name);
            }
            Op::CreateVolume(new) => {
                let owner = ThingOwner::Hob {
                    homelab: new.homelab.clone(),
                    stack: Some(new.stack.clone()),
                };
                let spec = Some(new.volume.spec.digest());
                self.volumes.entry(new.name.clone()).or_insert(Volume { owner, spec });
            }
            Op::OwnFiles { homelab, stack, paths } => {
                self.homelab.get_or_insert_with(|| homelab.clone());
                self.stacks.entry(stack.clone()).or_default().owned.extend(paths.iter().cloned());
            }
            Op::WriteFiles { stack, files } => {
                let folder = self.stacks.entry(stack.clone()).or_default();
                folder.files.extend(files.iter().map(|(path, file)| {
                    let seen = FileSeen::File { digest: file.digest.clone(), mode: file.mode };
                    (path.clone(), seen)
                }));
            }
            Op::RemoveFiles { stack, paths } => {
                if let Some(folder) = self.stacks.get_mut(stack) {
                    folder.files.retain(|path, _| !paths.contains(path));
                    folder.owned.retain(|path| !paths.contains(path));
                }
                self.stacks.retain(|_, folder| *folder != Default::default());
            }
            Op::Record { homelab, stack, name, spec } => {
                self.homelab.get_or_insert_with(|| homelab.clone());
                self.record(stack, name, spec);
            }
            Op::Forget { stack, name } => {
                if let Some(folder) = self.stacks.get_mut(stack) {
                    folder.applied.remove(name);
                }
                self.stacks.retain(|_, folder| *folder != Default::default());
            }
            Op::Await { name, expect } => self.settle(name, expect),
            Op::RunHooks { .. } | Op::Reached(_) => {}
            Op::CreateContainer { .. }
            | Op::Rename { .. }
            | Op::Start(_)
            | Op::Stop(_)
            | Op::RemoveContainer(_)
            | Op::PutBack { .. } => self.simulate_container(op),
        }
    }

    fn simulate_build(&mut self, build: &NewBuild) {
        if self.is_built(&build.spec) {
            return;
        }
        let digest = build.spec.digest();
        let id = hob_model::Digest::of(format!("built {digest}").as_bytes());
        let id = ImageId::new(format!("sha256:{id}"));
        self.builds.insert(id.clone(), digest);
        for name in std::iter::once(&build.spec.image).chain(&build.spec.tags) {
            self.images.insert(name.familiar(), id.clone());
        }
    }

    fn simulate_container(&mut self, op: &Op) {
        match op {
            Op::CreateContainer { name, identity, spec, inherit } => {
                let mut anonymous = inherit.clone();
                for (target, mount) in &spec.mounts {
                    if *mount == Mount::Anonymous {
                        let fresh = format!("fresh-{name}-{target}");
                        anonymous.entry(target.clone()).or_insert(fresh.as_str().into());
                    }
                }
                let container = Container {
                    owner: ContainerOwner::Hob { identity: identity.clone(), spec: spec.digest() },
                    image: self.image_in_use(&spec.image),
                    state: ContainerState::Created,
                    networks: attached(spec),
                    ports: held_ports(spec),
                    anonymous_volumes: anonymous,
                };
                self.containers.entry(name.clone()).or_insert(container);
            }
            Op::Rename { from, to } => self.rename(from, to),
            Op::Start(name) => {
                if let Some(container) = self.containers.get_mut(name) {
                    container.state = ContainerState::Running { health: Health::Starting };
                }
            }
            Op::Stop(name) => {
                if let Some(container) = self.containers.get_mut(name)
                    && !matches!(
                        container.state,
                        ContainerState::Created | ContainerState::Exited { .. }
                    )
                {
                    container.state = ContainerState::Exited { code: 143 };
                }
            }
            Op::RemoveContainer(name) => {
                self.containers.remove(name);
            }
            Op::PutBack { name, was, start } => {
                self.containers.remove(&name.successor());
                if self.containers.contains_key(&name.old()) {
                    self.containers.remove(name);
                    self.rename(&name.old(), was);
                }
                if *start {
                    self.simulate(&Op::Start(was.clone()));
                    if let Some(container) = self.containers.get_mut(was) {
                        container.state = ContainerState::Running { health: Health::Starting };
                    }
                }
            }
            _ => {}
        }
    }

    fn rename(&mut self, from: &ContainerName, to: &ContainerName) {
        if let Some(container) = self.containers.remove(from) {
            self.containers.insert(to.clone(), container);
        }
    }

    /// The image that the name stands for; if the host does not know it, one made up from it.
    fn image_in_use(&self, image: &ImageRef) -> ImageId {
        match self.image(image) {
            Some(id) => id.clone(),
            None => {
                let name = image.familiar();
                ImageId::new(format!("sha256:{}", hob_model::Digest::of(name.as_str().as_bytes())))
            }
        }
    }

    /// What becomes of a started container when all goes well: what must complete completes, the
    /// rest runs.
    fn settle(&mut self, name: &ContainerName, expect: &Expectation) {
        if let Some(container) = self.containers.get_mut(name)
            && matches!(
                container.state,
                ContainerState::Running { .. } | ContainerState::Restarting
            )
        {
            container.state = if expect.must_complete {
                ContainerState::Exited { code: 0 }
            } else {
                ContainerState::Running { health: Health::Healthy }
            };
        }
    }

    fn record(&mut self, stack: &hob_model::StackName, name: &ContainerName, spec: &ContainerSpec) {
        let key = self.key.get_or_insert_with(|| HostKey::new(b"simulated".to_vec())).clone();
        let verdict = match self.containers.get(name).map(|container| container.state) {
            Some(ContainerState::Exited { .. }) => Verdict::Completed,
            _ if spec.health.as_ref().is_some_and(|check| !check.is_disabled()) => Verdict::Healthy,
            _ => Verdict::Running,
        };
        let applied =
            Applied { spec: spec.digest(), sealed: spec.sealed(&|value| key.seal(value)), verdict };
        self.stacks.entry(stack.clone()).or_default().applied.insert(name.clone(), applied);
    }
}

/// Networks that a container made from `spec` is attached to.
pub(crate) fn attached(spec: &ContainerSpec) -> BTreeSet<hob_model::NetworkName> {
    match &spec.network {
        NetworkMode::Attached(endpoints) => endpoints.keys().cloned().collect(),
        NetworkMode::Host | NetworkMode::None | NetworkMode::Container(_) => BTreeSet::new(),
    }
}

/// Fixed ports of the host that a container made from `spec` holds while it runs.
pub(crate) fn held_ports(spec: &ContainerSpec) -> BTreeSet<(String, u16, String)> {
    spec.ports
        .iter()
        .filter_map(|port| {
            let number = port.published.as_ref()?.parse().ok()?;
            let address = match port.address.as_deref() {
                None | Some("0.0.0.0" | "::") => "",
                Some(address) => address,
            };
            Some((address.to_owned(), number, port.protocol.clone()))
        })
        .collect()
}
