//! From the Engine's lists to what was observed. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use bollard::models::{
    ContainerState as InspectedState, ContainerStateStatusEnum, ContainerSummary,
    ContainerSummaryStateEnum, HealthStatusEnum, ImageSummary, MountPoint,
    Network as NetworkListed, PortSummary, Volume as VolumeListed,
};
use hob_model::{ContainerName, Digest, ImageId, ImageRef, NetworkName, VolumeName};
use hob_plan::{
    observed::{Container, ContainerOwner, ContainerState, Health, Network, Volume},
    ownership::{BUILD, Identity, ThingOwner, compose_owner},
};

/// A container as listed; `state` is `None` where the list does not say enough.
pub(crate) struct Listed {
    pub(crate) name: ContainerName,
    pub(crate) container: Container,
    pub(crate) is_clear: bool,
}

/// Reads one entry of the list of containers; `None` for one that is being removed and has lost its
/// name already.
pub(crate) fn container(summary: &ContainerSummary) -> Option<Listed> {
    let name = summary
        .names
        .iter()
        .flatten()
        .filter_map(|name| name.strip_prefix('/'))
        // Names with another slash are those of links from other containers.
        .find(|name| !name.contains('/'))?;
    let labels = sorted(summary.labels.as_ref());
    let state = state(summary.state, summary.status.as_deref().unwrap_or_default());
    let mode = summary.host_config.as_ref().and_then(|config| config.network_mode.as_deref());
    let attached = !matches!(mode, Some("host" | "none"));
    let networks =
        summary.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    let container = Container {
        owner: owner(&labels),
        image: ImageId::new(summary.image_id.clone().unwrap_or_default()),
        state: state.unwrap_or(ContainerState::Dead),
        networks: networks
            .into_iter()
            .flat_map(HashMap::keys)
            .filter(|_| attached)
            .map(|name| NetworkName::from(name.as_str()))
            .collect(),
        ports: summary.ports.iter().flatten().filter_map(port).collect(),
        anonymous_volumes: summary.mounts.iter().flatten().filter_map(anonymous_volume).collect(),
    };
    Some(Listed { name: ContainerName::from(name), container, is_clear: state.is_some() })
}

/// Who made a container, by its labels.
pub(crate) fn owner(labels: &BTreeMap<String, String>) -> ContainerOwner {
    if let Some((identity, spec)) = Identity::from_labels(labels) {
        return ContainerOwner::Hob { identity, spec };
    }
    match compose_owner(labels) {
        Some((project, service)) => ContainerOwner::Compose { project, service },
        None => ContainerOwner::Foreign,
    }
}

/// Labels in an order of their own.
pub(crate) fn sorted(labels: Option<&HashMap<String, String>>) -> BTreeMap<String, String> {
    labels.into_iter().flatten().map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// What a container is doing, from the two ways in which the list says it: `Exited (137) 5 minutes
/// ago`, `Up 3 hours (unhealthy)`. (Texts: moby/moby `container/state.go`.)
fn state(state: Option<ContainerSummaryStateEnum>, status: &str) -> Option<ContainerState> {
    use ContainerSummaryStateEnum as Is;
    match state? {
        Is::CREATED => Some(ContainerState::Created),
        Is::RUNNING | Is::STOPPING => Some(ContainerState::Running { health: health(status) }),
        Is::PAUSED => Some(ContainerState::Paused),
        Is::RESTARTING => Some(ContainerState::Restarting),
        Is::EXITED => {
            let code = status.strip_prefix("Exited (")?.split(')').next()?.parse().ok()?;
            Some(ContainerState::Exited { code })
        }
        Is::REMOVING | Is::DEAD => Some(ContainerState::Dead),
        Is::EMPTY => None,
    }
}

fn health(status: &str) -> Health {
    let Some((_, bracket)) = status.rsplit_once('(') else { return Health::Unchecked };
    match bracket.trim_end_matches(')').trim_start_matches("health: ") {
        "healthy" => Health::Healthy,
        "unhealthy" => Health::Unhealthy,
        "starting" => Health::Starting,
        _ => Health::Unchecked,
    }
}

/// What a container is doing, from inspecting it.
pub(crate) fn inspected(state: &InspectedState) -> ContainerState {
    use ContainerStateStatusEnum as Is;
    match state.status.unwrap_or(Is::EMPTY) {
        Is::CREATED => ContainerState::Created,
        Is::RUNNING | Is::STOPPING => {
            let health = state.health.as_ref().and_then(|health| health.status);
            let health = match health {
                None | Some(HealthStatusEnum::EMPTY | HealthStatusEnum::NONE) => Health::Unchecked,
                Some(HealthStatusEnum::STARTING) => Health::Starting,
                Some(HealthStatusEnum::HEALTHY) => Health::Healthy,
                Some(HealthStatusEnum::UNHEALTHY) => Health::Unhealthy,
            };
            ContainerState::Running { health }
        }
        Is::PAUSED => ContainerState::Paused,
        Is::RESTARTING => ContainerState::Restarting,
        Is::EXITED => ContainerState::Exited { code: state.exit_code.unwrap_or(-1) },
        Is::REMOVING | Is::DEAD | Is::EMPTY => ContainerState::Dead,
    }
}

fn port(port: &PortSummary) -> Option<(String, u16, String)> {
    let address = match port.ip.as_deref() {
        None | Some("0.0.0.0" | "::") => "",
        Some(address) => address,
    };
    let protocol = port.typ.map(|typ| typ.to_string()).filter(|typ| !typ.is_empty());
    Some((address.to_owned(), port.public_port?, protocol.unwrap_or_else(|| "tcp".to_owned())))
}

/// A volume whose name is an id was made without a name.
fn anonymous_volume(mount: &MountPoint) -> Option<(String, VolumeName)> {
    let name = mount.name.as_deref().filter(|_| mount.typ.as_deref() == Some("volume"))?;
    let is_id = name.len() == 64 && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_id.then(|| (mount.destination.clone().unwrap_or_default(), VolumeName::from(name)))
}

/// Local images by each familiar name, and by their ids.
pub(crate) fn images(list: &[ImageSummary]) -> BTreeMap<ImageRef, ImageId> {
    let mut images = BTreeMap::new();
    for image in list {
        let id = ImageId::new(image.id.clone());
        let names = image.repo_tags.iter().chain(&image.repo_digests);
        for name in names.filter(|name| !name.contains("<none>")) {
            images.insert(ImageRef::from(name.as_str()).familiar(), id.clone());
        }
        images.insert(ImageRef::from(image.id.as_str()), id);
    }
    images
}

/// From what images were built, as far as Hob built them.
pub(crate) fn builds(list: &[ImageSummary]) -> BTreeMap<ImageId, Digest> {
    let digest = |image: &ImageSummary| Some(Digest::from_hex(image.labels.get(BUILD)?));
    list.iter().filter_map(|image| Some((ImageId::new(&image.id), digest(image)?))).collect()
}

/// Networks by name.
pub(crate) fn networks(list: &[NetworkListed]) -> BTreeMap<NetworkName, Network> {
    list.iter()
        .filter_map(|network| {
            let (owner, spec) = ThingOwner::from_labels(&sorted(network.labels.as_ref()));
            Some((NetworkName::from(network.name.as_deref()?), Network { owner, spec }))
        })
        .collect()
}

/// Volumes by name.
pub(crate) fn volumes(list: &[VolumeListed]) -> BTreeMap<VolumeName, Volume> {
    list.iter()
        .map(|volume| {
            let (owner, spec) = ThingOwner::from_labels(&sorted(Some(&volume.labels)));
            (VolumeName::from(volume.name.as_str()), Volume { owner, spec })
        })
        .collect()
}

/// Names of the networks that an inspected container is attached to.
pub(crate) fn attached(
    container: &bollard::models::ContainerInspectResponse,
) -> BTreeSet<NetworkName> {
    let networks =
        container.network_settings.as_ref().and_then(|settings| settings.networks.as_ref());
    networks
        .into_iter()
        .flat_map(HashMap::keys)
        .map(|name| NetworkName::from(name.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use super::*;

    #[track_caller]
    fn check(listed: ContainerSummaryStateEnum, status: &str, expected: Option<ContainerState>) {
        assert_eq!(state(Some(listed), status), expected, "{status}");
    }

    #[test]
    fn the_status_text_says_health_and_exit_code() {
        use ContainerSummaryStateEnum as Is;
        let running = |health| Some(ContainerState::Running { health });
        check(Is::RUNNING, "Up 2 minutes", running(Health::Unchecked));
        check(Is::RUNNING, "Up 2 minutes (healthy)", running(Health::Healthy));
        check(Is::RUNNING, "Up 2 minutes (unhealthy)", running(Health::Unhealthy));
        check(Is::RUNNING, "Up Less than a second (health: starting)", running(Health::Starting));
        check(Is::PAUSED, "Up 2 minutes (Paused)", Some(ContainerState::Paused));
        check(Is::EXITED, "Exited (0) 3 days ago", Some(ContainerState::Exited { code: 0 }));
        check(Is::EXITED, "Exited (137) 1 second ago", Some(ContainerState::Exited { code: 137 }));
        check(Is::EXITED, "gone", None);
        check(Is::RESTARTING, "Restarting (1) 3 seconds ago", Some(ContainerState::Restarting));
        check(Is::CREATED, "Created", Some(ContainerState::Created));
        check(Is::DEAD, "Dead", Some(ContainerState::Dead));
        check(Is::REMOVING, "Removal In Progress", Some(ContainerState::Dead));
    }

    #[test]
    fn a_container_is_read_from_the_list() {
        let volume = "f".repeat(64);
        let summary: ContainerSummary = serde_json::from_value(serde_json::json!({
            "Id": "c1",
            "Names": ["/other/alias", "/web"],
            "ImageID": "sha256:aa",
            "State": "running",
            "Status": "Up 1 hour",
            "Labels": {
                "hob.homelab": "home", "hob.stack": "web", "hob.spec": "v1:00",
                "com.docker.compose.project": "p", "com.docker.compose.service": "s",
            },
            "Ports": [
                {"IP": "0.0.0.0", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
                {"IP": "::", "PrivatePort": 80, "PublicPort": 8080, "Type": "tcp"},
                {"IP": "127.0.0.1", "PrivatePort": 53, "PublicPort": 53, "Type": "udp"},
                {"PrivatePort": 9000, "Type": "tcp"},
            ],
            "HostConfig": {"NetworkMode": "p_default"},
            "NetworkSettings": {"Networks": {"p_default": {}, "proxy": {}}},
            "Mounts": [
                {"Type": "volume", "Name": volume, "Destination": "/cache"},
                {"Type": "volume", "Name": "p_data", "Destination": "/data"},
                {"Type": "bind", "Source": "/srv", "Destination": "/srv"},
            ],
        }))
        .unwrap();
        let listed = container(&summary).unwrap();
        assert_eq!(listed.name.as_str(), "web");
        assert!(listed.is_clear);
        let Container { owner, image, state, networks, ports, anonymous_volumes } =
            listed.container;
        assert!(matches!(owner, ContainerOwner::Hob { .. }));
        assert_eq!(image.as_str(), "sha256:aa");
        assert_eq!(state, ContainerState::Running { health: Health::Unchecked });
        assert_eq!(networks, BTreeSet::from(["p_default".into(), "proxy".into()]));
        let expected = [("", 8080, "tcp"), ("127.0.0.1", 53, "udp")]
            .map(|(address, port, protocol)| (address.to_owned(), port, protocol.to_owned()));
        assert_eq!(ports, BTreeSet::from(expected));
        assert_eq!(
            anonymous_volumes,
            BTreeMap::from([("/cache".to_owned(), VolumeName::new("f".repeat(64)))])
        );
    }

    #[test]
    fn images_are_found_by_every_name() {
        let image = ImageSummary {
            id: format!("sha256:{}", "a".repeat(64)),
            repo_tags: vec!["nginx:latest".into(), "<none>:<none>".into()],
            repo_digests: vec!["nginx@sha256:00".into(), "<none>@<none>".into()],
            ..ImageSummary::default()
        };
        let images = images(&[image]);
        let names: Vec<&str> = images.keys().map(ImageRef::as_str).collect();
        let id = format!("sha256:{}", "a".repeat(64));
        assert_eq!(names, ["nginx:latest", "nginx@sha256:00", &id]);
        let asked = ImageRef::from("docker.io/library/nginx:1@sha256:00");
        assert!(images.contains_key(&asked.familiar()));
    }
}
