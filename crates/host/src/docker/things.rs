//! Networks and volumes.

use std::collections::{BTreeMap, HashMap};

use bollard::{
    Docker,
    models::{Ipam, IpamConfig, NetworkCreateRequest, VolumeCreateRequest},
    query_parameters::InspectNetworkOptions,
};
use hob_model::{
    NetworkName,
    spec::{NetworkSpec, Pool, SpecDigest, VolumeSpec},
};
use hob_plan::{
    NewNetwork, NewVolume,
    ownership::{StackThing, ThingOwner},
};

use super::{DockerHost, engine::SHORT, listed};
use crate::{HostErrorKind, folder::check_name};

/// The request that makes a network. (Pure.)
fn network_body(new: &NewNetwork) -> NetworkCreateRequest {
    let NewNetwork { name, homelab, project, network } = new;
    let NetworkSpec {
        driver,
        options,
        internal,
        attachable,
        no_ipv4,
        ipv6,
        ipam_driver,
        ipam_options,
        pools,
        labels,
    } = &network.spec;
    let stack = project.as_ref().map(|(stack, project)| StackThing {
        stack,
        project,
        kind: "network",
        key: &network.key,
    });
    let pools: Vec<IpamConfig> = pools.iter().map(pool).collect();
    let ipam = Ipam {
        driver: ipam_driver.clone(),
        options: map(ipam_options),
        config: (!pools.is_empty()).then_some(pools),
    };
    NetworkCreateRequest {
        name: name.to_string(),
        driver: Some(driver.clone().unwrap_or_else(|| "bridge".to_owned())),
        options: map(options),
        internal: Some(*internal),
        attachable: Some(*attachable),
        enable_ipv6: Some(*ipv6),
        enable_ipv4: no_ipv4.then_some(false),
        ipam: (ipam != Ipam::default()).then_some(ipam),
        labels: Some(joined(labels, ThingOwner::labels(homelab, &network.spec.digest(), stack))),
        ..NetworkCreateRequest::default()
    }
}

fn pool(pool: &Pool) -> IpamConfig {
    let Pool { subnet, gateway, range, kept } = pool;
    IpamConfig {
        subnet: subnet.clone(),
        gateway: gateway.clone(),
        ip_range: range.clone(),
        auxiliary_addresses: map(kept),
    }
}

/// The request that makes a volume. (Pure.)
fn volume_body(new: &NewVolume) -> VolumeCreateRequest {
    let NewVolume { name, homelab, stack, project, volume } = new;
    let VolumeSpec { driver, options, labels } = &volume.spec;
    let stack = StackThing { stack, project, kind: "volume", key: &volume.key };
    VolumeCreateRequest {
        name: Some(name.to_string()),
        driver: Some(driver.clone().unwrap_or_else(|| "local".to_owned())),
        driver_opts: (!options.is_empty()).then(|| {
            options.iter().map(|(key, value)| (key.clone(), value.expose().clone())).collect()
        }),
        labels: Some(joined(
            labels,
            ThingOwner::labels(homelab, &volume.spec.digest(), Some(stack)),
        )),
        ..VolumeCreateRequest::default()
    }
}

/// The owner's labels, and over them Hob's and Compose's.
fn joined(
    owners: &BTreeMap<String, String>,
    ours: BTreeMap<String, String>,
) -> HashMap<String, String> {
    owners.iter().map(|(key, value)| (key.clone(), value.clone())).chain(ours).collect()
}

fn map(options: &BTreeMap<String, String>) -> Option<HashMap<String, String>> {
    (!options.is_empty()).then(|| options.clone().into_iter().collect())
}

/// Something of that name is there: fine if it is what is wanted.
fn same_already(
    kind: &str,
    name: &str,
    labels: &BTreeMap<String, String>,
    wanted: &SpecDigest,
) -> Result<(), HostErrorKind> {
    match ThingOwner::from_labels(labels) {
        (ThingOwner::Hob { .. }, Some(spec)) if spec == *wanted => Ok(()),
        (ThingOwner::Hob { .. }, _) => Err(HostErrorKind::Other(format!(
            "a {kind} {name} with another definition is there already"
        ))),
        (ThingOwner::Compose { .. } | ThingOwner::Foreign, _) => Err(HostErrorKind::Other(
            format!("a {kind} {name} is there already, and Hob did not make it"),
        )),
    }
}

impl DockerHost {
    async fn network_labels(
        &self,
        name: &NetworkName,
    ) -> Result<Option<BTreeMap<String, String>>, HostErrorKind> {
        check_name("a network", name.as_str())?;
        let found = self
            .engine
            .find(|docker| async move {
                docker.inspect_network(name.as_str(), None::<InspectNetworkOptions>).await
            })
            .await?;
        // Where no network has the name, the Engine takes it for the beginning of an id.
        let found = found.filter(|network| network.name.as_deref() == Some(name.as_str()));
        Ok(found.map(|network| listed::sorted(network.labels.as_ref())))
    }

    pub(super) async fn create_network(&self, new: &NewNetwork) -> Result<(), HostErrorKind> {
        let wanted = new.network.spec.digest();
        // An Engine before API 1.44 would make a second network of that name.
        if let Some(labels) = self.network_labels(&new.name).await? {
            return same_already("network", new.name.as_str(), &labels, &wanted);
        }
        let create = |docker: Docker| {
            let body = network_body(new);
            async move { docker.create_network(body).await }
        };
        let is_made = || async {
            match self.network_labels(&new.name).await? {
                Some(labels) => {
                    same_already("network", new.name.as_str(), &labels, &wanted).map(|()| true)
                }
                None => Ok(false),
            }
        };
        self.engine.change(SHORT, create, is_made).await
    }

    pub(super) async fn remove_network(&self, name: &NetworkName) -> Result<(), HostErrorKind> {
        let Some(labels) = self.network_labels(name).await? else { return Ok(()) };
        let is_ours = match ThingOwner::from_labels(&labels).0 {
            ThingOwner::Hob { homelab, .. } => self.homelab().is_none_or(|owner| owner == homelab),
            ThingOwner::Compose { .. } | ThingOwner::Foreign => false,
        };
        if !is_ours {
            return Err(HostErrorKind::Other(format!("network {name} is not Hob's to remove")));
        }
        self.engine
            .find(|docker| async move { docker.remove_network(name.as_str()).await })
            .await?;
        Ok(())
    }

    pub(super) async fn create_volume(&self, new: &NewVolume) -> Result<(), HostErrorKind> {
        let name = new.name.as_str();
        check_name("a volume", name)?;
        let found =
            self.engine.find(|docker| async move { docker.inspect_volume(name).await }).await?;
        if let Some(volume) = found {
            let labels = listed::sorted(Some(&volume.labels));
            return same_already("volume", name, &labels, &new.volume.spec.digest());
        }
        self.engine
            .ask(|docker| {
                let body = volume_body(new);
                async move { docker.create_volume(body).await }
            })
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use hob_model::desired::{StackNetwork, StackVolume};

    use super::*;

    fn pretty(body: impl serde::Serialize) -> String {
        let mut value = serde_json::to_value(body).unwrap();
        value.sort_all_objects();
        serde_json::to_string_pretty(&value).unwrap()
    }

    #[test]
    fn a_stacks_network_bears_both_kinds_of_labels() {
        let text = |text: &str| text.to_owned();
        let spec = NetworkSpec {
            options: BTreeMap::from([(text("com.docker.network.bridge.name"), text("br-web"))]),
            internal: true,
            pools: vec![Pool {
                subnet: Some(text("10.9.0.0/24")),
                gateway: Some(text("10.9.0.1")),
                range: Some(text("10.9.0.128/25")),
                kept: BTreeMap::from([(text("nas"), text("10.9.0.5"))]),
            }],
            labels: BTreeMap::from([(text("a"), text("b")), (text("hob.stack"), text("forged"))]),
            ..NetworkSpec::default()
        };
        let new = NewNetwork {
            name: "web_back".into(),
            homelab: text("home"),
            project: Some(("web".into(), text("web"))),
            network: StackNetwork { key: text("back"), spec },
        };
        insta::assert_snapshot!(pretty(network_body(&new)));
    }

    #[test]
    fn a_volume_bears_both_kinds_of_labels() {
        let new = NewVolume {
            name: "web_data".into(),
            homelab: "home".to_owned(),
            stack: "web".into(),
            project: "web".to_owned(),
            volume: StackVolume { key: "data".to_owned(), spec: VolumeSpec::default() },
        };
        insta::assert_snapshot!(pretty(volume_body(&new)));
    }
}
