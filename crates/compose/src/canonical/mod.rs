//! Short forms become long ones, so that what follows sees one form of everything.

mod lists;
mod ports;
mod resources;
mod scalars;
mod volumes;

use crate::finding::Finding;
use crate::path::Path;
use crate::tree::{Data, Node};

pub(crate) use ports::{port_key, published_range};
pub(crate) use resources::dependency;
pub(crate) use volumes::mount_target;

use lists::{
    environment, list_of_text, list_to_keys, map_of_text, scalar_to_list, strings_to_field,
};
use scalars::{byte_size, duration, text};

/// Brings one thing into its canonical form.
type Change = fn(&mut Node, &Path<'_>, &mut Vec<Finding>);

/// Brings a merged project into its canonical form. What does not fit its form is a finding and
/// stays as it is.
pub(crate) fn canonical(root: &mut Node, findings: &mut Vec<Finding>) {
    let sections: [(&str, Change); 6] = [
        ("services", service),
        ("networks", resources::network),
        ("volumes", resources::volume),
        ("configs", resources::file_object),
        ("secrets", resources::file_object),
        ("models", resources::model),
    ];
    for (name, each) in sections {
        let path = Path::ROOT.key(name);
        if let Some(section) = root.get_mut(name).and_then(Node::as_mapping_mut) {
            for entry in &mut section.entries {
                each(&mut entry.value, &path.key(&entry.key.name), findings);
            }
        }
    }
}

fn service(node: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Some(mapping) = node.as_mapping_mut() else { return };
    // `networks:` and the like with nothing behind them say nothing.
    mapping.entries.retain(|entry| !entry.value.is_null() || null_counts(&entry.key.name));
    for entry in &mut mapping.entries {
        let path = path.key(&entry.key.name);
        attribute(&entry.key.name, &mut entry.value, &path, findings);
    }
}

/// Attributes for which an explicit null is kept: it clears what the image says.
fn null_counts(name: &str) -> bool {
    matches!(name, "command" | "entrypoint") || name.starts_with("x-")
}

fn attribute(name: &str, value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    match name {
        "command" | "entrypoint" => scalars::words(value, path, findings),
        "environment" => environment(value, path, findings),
        "labels" | "annotations" | "sysctls" => map_of_text(value, "="),
        "storage_opt" => map_of_text(value, "="),
        "extra_hosts" => lists::extra_hosts(value, path, findings),
        "ports" => ports::ports(value, path, findings),
        "volumes" => volumes::volumes(value, path, findings),
        "devices" => resources::devices(value, path, findings),
        "networks" | "models" => list_to_keys(value, Node::null),
        "depends_on" => resources::depends_on(value),
        "configs" | "secrets" => strings_to_field(value, "source"),
        "env_file" => {
            scalar_to_list(value);
            strings_to_field(value, "path");
            resources::env_files(value);
        }
        "label_file" | "dns" | "dns_search" | "tmpfs" => {
            scalar_to_list(value);
            list_of_text(value);
        }
        "expose" | "group_add" => list_of_text(value),
        "healthcheck" => healthcheck(value, path, findings),
        "logging" => {
            if let Some(options) = value.get_mut("options") {
                map_of_text(options, "=");
            }
        }
        "ulimits" | "blkio_config" => resources::numbers(value, path, findings),
        "gpus" => resources::gpus(value, path, findings),
        "post_start" | "pre_start" | "pre_stop" => resources::hooks(value, path, findings),
        "develop" => resources::develop(value, path, findings),
        "provider" => resources::provider(value),
        "build" => resources::build(value, path, findings),
        "deploy" => resources::deploy(value, path, findings),
        "mem_limit" | "mem_reservation" | "mem_swappiness" | "memswap_limit" | "shm_size" => {
            byte_size(value, path, findings);
        }
        "stop_grace_period" => duration(value, path, findings),
        "cpuset" | "user" => text(value),
        "pull_policy" if value.as_str() == Some("if_not_present") => {
            value.data = Data::String("missing".into());
        }
        _ => {}
    }
}

fn healthcheck(value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Some(mapping) = value.as_mapping_mut() else { return };
    for entry in &mut mapping.entries {
        let path = path.key(&entry.key.name);
        match entry.key.name.as_str() {
            "interval" | "timeout" | "start_period" | "start_interval" => {
                duration(&mut entry.value, &path, findings);
            }
            "test" => {
                if let Data::String(command) = &entry.value.data {
                    let span = &entry.value.span;
                    let words = ["CMD-SHELL", command].map(|word| Node::string(word, span));
                    entry.value.data = Data::Sequence(words.into());
                }
            }
            _ => {}
        }
    }
}
