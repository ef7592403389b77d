//! Top-level networks, volumes, configs and secrets.

use std::collections::BTreeMap;

use super::{place, read};
use crate::project::{FileContent, FileObject, Ipam, IpamPool, Network, Volume};
use crate::tree::{Entry, Node};

pub(super) fn network(entry: &Entry) -> Network {
    let node = &entry.value;
    Network {
        name: read::text(node, "name").unwrap_or_else(|| entry.key.name.clone()),
        external: read::boolean(node, "external").unwrap_or(false),
        internal: read::boolean(node, "internal").unwrap_or(false),
        driver: read::text(node, "driver"),
        driver_opts: read::text_map(node, "driver_opts"),
        attachable: read::boolean(node, "attachable"),
        enable_ipv4: read::boolean(node, "enable_ipv4"),
        enable_ipv6: read::boolean(node, "enable_ipv6"),
        ipam: node.get("ipam").map(ipam).unwrap_or_default(),
        labels: read::text_map(node, "labels"),
        extensions: read::extensions(node),
        place: place(entry),
    }
}

fn ipam(node: &Node) -> Ipam {
    Ipam {
        driver: read::text(node, "driver"),
        options: read::text_map(node, "options"),
        pools: read::items(node, "config", |pool| {
            Some(IpamPool {
                subnet: read::text(pool, "subnet"),
                ip_range: read::text(pool, "ip_range"),
                gateway: read::text(pool, "gateway"),
                aux_addresses: read::text_map(pool, "aux_addresses"),
            })
        }),
    }
}

pub(super) fn volume(entry: &Entry) -> Volume {
    let node = &entry.value;
    Volume {
        name: read::text(node, "name").unwrap_or_else(|| entry.key.name.clone()),
        external: read::boolean(node, "external").unwrap_or(false),
        driver: read::text(node, "driver"),
        driver_opts: read::text_map(node, "driver_opts"),
        labels: read::text_map(node, "labels"),
        extensions: read::extensions(node),
        place: place(entry),
    }
}

/// A config or secret; `None` if it is somebody else's.
pub(super) fn file_object(
    entry: &Entry,
    environment: &BTreeMap<String, String>,
) -> Option<FileObject> {
    let node = &entry.value;
    let content = if let Some(path) = read::text(node, "file") {
        FileContent::File(path)
    } else if let Some(text) = read::text(node, "content") {
        FileContent::Inline(text)
    } else {
        let name = read::text(node, "environment")?;
        let value = environment.get(&name).cloned();
        FileContent::Variable { name, value }
    };
    Some(FileObject {
        name: read::text(node, "name").unwrap_or_else(|| entry.key.name.clone()),
        content,
        labels: read::text_map(node, "labels"),
        extensions: read::extensions(node),
        place: place(entry),
    })
}
