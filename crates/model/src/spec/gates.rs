//! What an Engine has to be new enough for. An older one ignores what it does not know, so every
//! gate is checked before anything is begun.

use super::{ContainerSpec, HealthCheck, Mount, NetworkMode, NetworkSpec};

/// An attribute that only newer Engines know.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gate {
    /// First API version that has it, as (major, minor).
    pub api: (u16, u16),
    /// First Engine that speaks this API, such as `28.0`.
    pub engine: &'static str,
    /// The attribute as a Compose file calls it.
    pub attribute: String,
}

/// (Versions: moby/moby `docs/api/version-history.md`.)
const ENGINE_24: ((u16, u16), &str) = ((1, 43), "24.0");
const ENGINE_25: ((u16, u16), &str) = ((1, 44), "25.0");
const ENGINE_26: ((u16, u16), &str) = ((1, 45), "26.0");
const ENGINE_28: ((u16, u16), &str) = ((1, 48), "28.0");
const ENGINE_28_1: ((u16, u16), &str) = ((1, 49), "28.1");

fn gate((api, engine): ((u16, u16), &'static str), attribute: impl Into<String>) -> Gate {
    Gate { api, engine, attribute: attribute.into() }
}

impl ContainerSpec {
    /// What of it older Engines do not know.
    pub fn gates(&self) -> Vec<Gate> {
        let mut gates = Vec::new();
        if !self.annotations.is_empty() {
            gates.push(gate(ENGINE_24, "annotations"));
        }
        if let Some(HealthCheck { start_interval: Some(_), .. }) = &self.health {
            gates.push(gate(ENGINE_25, "healthcheck.start_interval"));
        }
        for mount in self.mounts.values() {
            match mount {
                Mount::Image { .. } => gates.push(gate(ENGINE_28, "volumes.type: image")),
                Mount::Volume { subpath: Some(_), .. } => {
                    gates.push(gate(ENGINE_26, "volumes.volume.subpath"));
                }
                Mount::Bind { recursive: Some(how), .. } if how != "disabled" => {
                    gates.push(gate(ENGINE_25, "volumes.bind.recursive"));
                }
                Mount::Bind { .. }
                | Mount::Volume { .. }
                | Mount::Anonymous
                | Mount::Tmpfs { .. } => {}
            }
        }
        if let NetworkMode::Attached(endpoints) = &self.network {
            for endpoint in endpoints.values() {
                if endpoint.mac.is_some() {
                    gates.push(gate(ENGINE_25, "mac_address"));
                }
                if endpoint.gateway_priority != 0 {
                    gates.push(gate(ENGINE_28, "networks.gw_priority"));
                }
                if endpoint.interface.is_some() {
                    gates.push(gate(ENGINE_28_1, "networks.interface_name"));
                }
            }
        }
        gates.sort();
        gates.dedup();
        gates
    }
}

impl NetworkSpec {
    /// What of it older Engines do not know.
    pub fn gates(&self) -> Vec<Gate> {
        let gate = self.no_ipv4.then(|| gate(ENGINE_28, "enable_ipv4: false"));
        gate.into_iter().collect()
    }
}
