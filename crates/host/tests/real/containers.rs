//! The life of real containers.

use std::collections::{BTreeMap, BTreeSet};

use bollard::{
    models::{ContainerCreateBody, HostConfig},
    query_parameters::{
        CreateContainerOptionsBuilder, InspectContainerOptions, RemoveVolumeOptions,
        StartContainerOptions,
    },
};
use hob_host::HostErrorKind;
use hob_model::{
    NetworkName, VolumeName,
    desired::{StackNetwork, StackVolume},
    spec::{ContainerSpec, Endpoint, Mount, NetworkMode, NetworkSpec, PublishedPort, VolumeSpec},
};
use hob_plan::{
    NewNetwork, NewVolume, Op,
    observed::{ContainerOwner, ContainerState, Health},
    ownership::ThingOwner,
};

use crate::bench::{Bench, IMAGE, script, with};

fn network(bench: &Bench, key: &str) -> NewNetwork {
    NewNetwork {
        name: format!("{}_{key}", bench.homelab).as_str().into(),
        homelab: bench.homelab.clone(),
        project: Some(("web".into(), bench.homelab.clone())),
        network: StackNetwork { key: key.to_owned(), spec: NetworkSpec::default() },
    }
}

/// A service with two networks, three kinds of mounts and a port.
fn attached(front: &NetworkName, back: &NetworkName, data: &VolumeName) -> ContainerSpec {
    let endpoint = |alias: &str, priority| Endpoint {
        aliases: BTreeSet::from([alias.to_owned()]),
        priority,
        ..Endpoint::default()
    };
    ContainerSpec {
        network: NetworkMode::Attached(BTreeMap::from([
            (back.clone(), endpoint("b", 0)),
            (front.clone(), endpoint("f", 5)),
        ])),
        mounts: BTreeMap::from([
            ("/data".to_owned(), Mount::volume(data.clone())),
            ("/cache".to_owned(), Mount::Anonymous),
            ("/scratch".to_owned(), Mount::tmpfs(Some(1 << 20))),
        ]),
        ports: BTreeSet::from([PublishedPort {
            address: Some("127.0.0.1".to_owned()),
            published: None,
            target: 80,
            protocol: "tcp".to_owned(),
        }]),
        ..script("exec sleep 60")
    }
}

#[tokio::test]
async fn real_a_container_is_as_declared() {
    with(|bench| async move {
        let volume = NewVolume {
            name: format!("{}_data", bench.homelab).as_str().into(),
            homelab: bench.homelab.clone(),
            stack: "web".into(),
            project: bench.homelab.clone(),
            volume: StackVolume { key: "data".to_owned(), spec: VolumeSpec::default() },
        };
        let (front, back) = (network(&bench, "front"), network(&bench, "back"));
        bench.twice(&Op::CreateNetwork(front.clone())).await;
        bench.twice(&Op::CreateNetwork(back.clone())).await;
        bench.twice(&Op::CreateVolume(volume.clone())).await;
        let spec = attached(&front.name, &back.name, &volume.name);
        bench.twice(&bench.create("it", spec.clone())).await;
        let name = bench.name("it");
        assert_eq!(bench.observe().await.containers[&name].state, ContainerState::Created);
        bench.twice(&Op::Start(name.clone())).await;

        let seen = bench.observe().await;
        let container = &seen.containers[&name];
        let owner = ContainerOwner::Hob { identity: bench.identity(), spec: spec.digest() };
        assert_eq!(container.owner, owner);
        assert_eq!(container.state, ContainerState::Running { health: Health::Unchecked });
        assert_eq!(container.networks, BTreeSet::from([front.name.clone(), back.name.clone()]));
        assert_eq!(
            container.ports.iter().map(|port| port.0.as_str()).collect::<Vec<_>>(),
            ["127.0.0.1"]
        );
        assert_eq!(container.anonymous_volumes.keys().collect::<Vec<_>>(), ["/cache"]);
        assert_eq!(seen.images[&hob_model::ImageRef::from(IMAGE)], container.image);
        let stack = Some("web".into());
        let ours = ThingOwner::Hob { homelab: bench.homelab.clone(), stack };
        assert_eq!(seen.networks[&front.name].owner, ours);
        assert_eq!(seen.volumes[&volume.name].owner, ours);
        assert_eq!(seen.volumes[&volume.name].spec, Some(volume.volume.spec.digest()));

        bench.twice(&Op::Stop(name.clone())).await;
        let state = bench.observe().await.containers[&name].state;
        assert!(matches!(state, ContainerState::Exited { .. }), "{state:?}");
        let before = seen.containers[&name].anonymous_volumes["/cache"].clone();
        bench.twice(&Op::RemoveContainer(name.clone())).await;
        let after = bench.observe().await;
        assert!(!after.containers.contains_key(&name));
        assert!(after.volumes.contains_key(&before), "volumes without a name stay, too");
        bench.docker.remove_volume(before.as_str(), None::<RemoveVolumeOptions>).await.unwrap();
        bench.twice(&Op::RemoveNetwork(front.name)).await;
        bench.twice(&Op::RemoveNetwork(back.name)).await;
    })
    .await;
}

#[tokio::test]
async fn real_volumes_without_a_name_are_inherited() {
    with(|bench| async move {
        let spec = ContainerSpec {
            mounts: BTreeMap::from([("/cache".to_owned(), Mount::Anonymous)]),
            ..script("exec sleep 60")
        };
        bench.perform(&bench.create("a", spec.clone())).await.unwrap();
        let volumes = bench.observe().await.containers[&bench.name("a")].anonymous_volumes.clone();
        let heir = Op::CreateContainer {
            name: bench.name("b"),
            identity: bench.identity(),
            spec: spec.into(),
            inherit: volumes.clone(),
        };
        bench.perform(&heir).await.unwrap();
        let seen = bench.observe().await;
        assert_eq!(seen.containers[&bench.name("b")].anonymous_volumes, volumes);
    })
    .await;
}

#[tokio::test]
async fn real_a_predecessor_gets_its_place_back() {
    with(|bench| async move {
        let name = bench.name("it");
        bench.run("it", script("exec sleep 61")).await;
        bench.twice(&Op::Stop(name.clone())).await;
        bench.twice(&Op::Rename { from: name.clone(), to: name.old() }).await;
        bench.run("it", script("exec sleep 62")).await;
        bench.perform(&bench.create("it.hob-new", script("exec sleep 63"))).await.unwrap();
        let back = Op::PutBack { name: name.clone(), was: name.clone(), start: true };
        bench.twice(&back).await;
        let seen = bench.observe().await;
        let owner = ContainerOwner::Hob {
            identity: bench.identity(),
            spec: script("exec sleep 61").digest(),
        };
        assert_eq!(seen.containers[&name].owner, owner);
        assert!(matches!(seen.containers[&name].state, ContainerState::Running { .. }));
        assert!(!seen.containers.contains_key(&name.old()));
        assert!(!seen.containers.contains_key(&name.successor()));
    })
    .await;
}

#[tokio::test]
async fn real_a_paused_container_is_started() {
    with(|bench| async move {
        let name = bench.name("it");
        bench.run("it", script("exec sleep 60")).await;
        bench.docker.pause_container(name.as_str()).await.unwrap();
        assert_eq!(bench.observe().await.containers[&name].state, ContainerState::Paused);
        bench.twice(&Op::Start(name.clone())).await;
        let state = bench.observe().await.containers[&name].state;
        assert_eq!(state, ContainerState::Running { health: Health::Unchecked });
    })
    .await;
}

#[tokio::test]
async fn real_what_hob_did_not_make_is_left_alone() {
    with(|bench| async move {
        let name = bench.name("foreign");
        let options = CreateContainerOptionsBuilder::new().name(name.as_str()).build();
        let body = ContainerCreateBody {
            image: Some(IMAGE.to_owned()),
            cmd: Some(vec!["sleep".into(), "60".into()]),
            host_config: Some(HostConfig {
                network_mode: Some("none".to_owned()),
                ..HostConfig::default()
            }),
            ..ContainerCreateBody::default()
        };
        bench.docker.create_container(Some(options), body).await.unwrap();
        let start = None::<StartContainerOptions>;
        bench.docker.start_container(name.as_str(), start).await.unwrap();
        for op in [
            Op::Stop(name.clone()),
            Op::RemoveContainer(name.clone()),
            Op::Rename { from: name.clone(), to: bench.name("other") },
            bench.create("foreign", script("exec sleep 60")),
        ] {
            let refused = bench.perform(&op).await.unwrap_err();
            assert!(matches!(refused, HostErrorKind::NotOurs { .. }), "{op:?}: {refused}");
        }
        // A foreign container in the way of a predecessor.
        bench.perform(&bench.create("foreign.hob-old", script("exit"))).await.unwrap();
        let back = Op::PutBack { name: name.clone(), was: name.clone(), start: false };
        let refused = bench.perform(&back).await.unwrap_err();
        assert!(matches!(refused, HostErrorKind::NotOurs { .. }), "{refused}");

        let options = None::<InspectContainerOptions>;
        let found = bench.docker.inspect_container(name.as_str(), options).await.unwrap();
        assert_eq!(found.state.unwrap().running, Some(true));
        let seen = bench.observe().await;
        assert_eq!(seen.containers[&name].owner, ContainerOwner::Foreign);
    })
    .await;
}

#[tokio::test]
async fn real_another_specification_under_the_same_name_is_an_error() {
    with(|bench| async move {
        bench.perform(&bench.create("it", script("a"))).await.unwrap();
        let other = bench.perform(&bench.create("it", script("b"))).await.unwrap_err();
        assert!(
            other.to_string().contains("with another specification is there already"),
            "{other}"
        );
        let mut net = network(&bench, "n");
        bench.perform(&Op::CreateNetwork(net.clone())).await.unwrap();
        net.network.spec.internal = true;
        let other = bench.perform(&Op::CreateNetwork(net)).await.unwrap_err();
        assert!(other.to_string().contains("with another definition is there already"), "{other}");
    })
    .await;
}

#[tokio::test]
async fn real_a_taken_port_is_named() {
    with(|bench| async move {
        // A port that nobody holds at the moment.
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let net = network(&bench, "n");
        bench.perform(&Op::CreateNetwork(net.clone())).await.unwrap();
        let spec = ContainerSpec {
            network: NetworkMode::Attached(BTreeMap::from([(net.name, Endpoint::default())])),
            ports: BTreeSet::from([PublishedPort {
                address: Some("127.0.0.1".to_owned()),
                published: Some(port.to_string()),
                target: 80,
                protocol: "tcp".to_owned(),
            }]),
            ..script("exec sleep 60")
        };
        bench.run("first", spec.clone()).await;
        bench.perform(&bench.create("second", spec)).await.unwrap();
        let error = bench.perform(&Op::Start(bench.name("second"))).await.unwrap_err();
        assert_eq!(error.to_string(), format!("port 127.0.0.1:{port} of the host is taken"));
    })
    .await;
}

#[tokio::test]
async fn real_an_image_that_is_not_there_is_named() {
    with(|bench| async move {
        let image = "127.0.0.1:1/hob-host-test/none:1";
        let spec = ContainerSpec { image: image.into(), ..script("exit") };
        let error = bench.perform(&bench.create("it", spec)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("there is no image {image}: it is not on the host"));
        let pull = Op::Pull { image: image.into(), platform: None };
        let error = bench.perform(&pull).await.unwrap_err().to_string();
        assert!(error.contains("connection refused"), "{error}");
    })
    .await;
}

#[tokio::test]
async fn real_what_is_missing_is_no_trouble() {
    with(|bench| async move {
        let name = bench.name("none");
        bench.twice(&Op::Stop(name.clone())).await;
        bench.twice(&Op::RemoveContainer(name.clone())).await;
        bench.twice(&Op::RemoveNetwork(name.as_str().into())).await;
        let back = Op::PutBack { name: name.clone(), was: name.clone(), start: true };
        bench.twice(&back).await;
        let rename = Op::Rename { from: name.clone(), to: name.old() };
        let error = bench.perform(&rename).await.unwrap_err().to_string();
        assert_eq!(error, format!("there is no container {name}"));
        let hostile = Op::Stop("../images/prune".into());
        let error = bench.perform(&hostile).await.unwrap_err().to_string();
        assert_eq!(error, "\"../images/prune\" is no name for a container");
    })
    .await;
}

/// Where no container has a name, the Engine takes it for the beginning of an id.
#[tokio::test]
async fn real_a_name_is_not_the_beginning_of_an_id() {
    with(|bench| async move {
        bench.run("it", script("exec sleep 60")).await;
        let name = bench.name("it");
        let options = None::<InspectContainerOptions>;
        let id = bench.docker.inspect_container(name.as_str(), options).await.unwrap().id.unwrap();
        let beginning = hob_model::ContainerName::new(id[..12].to_owned());
        bench.perform(&Op::Stop(beginning.clone())).await.unwrap();
        bench.perform(&Op::RemoveContainer(beginning.clone())).await.unwrap();
        let back = Op::PutBack { name: beginning.clone(), was: beginning.clone(), start: true };
        bench.perform(&back).await.unwrap();
        let seen = bench.observe().await;
        let running = ContainerState::Running { health: Health::Unchecked };
        assert_eq!(seen.containers[&name].state, running);
    })
    .await;
}

/// Hob's folder on a host belongs to one homelab; another's containers are not touched from it.
#[tokio::test]
async fn real_another_homelabs_container_is_left_alone() {
    with(|bench| async move {
        bench.run("theirs", script("exec sleep 60")).await;
        let claim =
            Op::OwnFiles { homelab: "another".into(), stack: "web".into(), paths: BTreeSet::new() };
        bench.perform(&claim).await.unwrap();
        let name = bench.name("theirs");
        for op in [Op::Stop(name.clone()), Op::RemoveContainer(name.clone())] {
            let refused = bench.perform(&op).await.unwrap_err();
            assert!(matches!(refused, HostErrorKind::NotOurs { .. }), "{op:?}: {refused}");
        }
        let seen = bench.observe().await;
        assert_eq!(seen.homelab.as_deref(), Some("another"));
        let running = ContainerState::Running { health: Health::Unchecked };
        assert_eq!(seen.containers[&name].state, running);
    })
    .await;
}
