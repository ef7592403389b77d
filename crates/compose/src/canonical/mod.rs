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
pub(crate) use volumes::{clean, mount_target};

use lists::{
    environment, list_of_text, list_to_keys, map_of_text, scalar_to_list, strings_to_field,
};
use scalars::{byte_size, duration, text};

/// Brings one thing into its canonical form.
type Change = fn(&mut Node, &Path<'_>, &mut Vec<Finding>);

/// Brings a merged project into its canonical form. What does not fit its form is a finding and
/// stays as it is.
pub(crate) fn canonical(root: &mut Node, findings: &mut Vec<Finding>) {
    forms(root, findings);
    let sections: [(&str, Change); 6] = [
        ("services", |service, path, findings| {
            each_attribute(service, path, findings, attribute_values);
        }),
        ("networks", resources::network_values),
        ("volumes", resources::resource_values),
        ("configs", resources::resource_values),
        ("secrets", resources::resource_values),
        ("models", resources::model_values),
    ];
    in_sections(root, &sections, findings);
}

/// Only the first half of [`canonical`]: short forms become long ones, and the values in them stay
/// as they are written. This is all that makes sense as long as there are variables in them.
pub(crate) fn forms(root: &mut Node, findings: &mut Vec<Finding>) {
    ports::bound(root, findings);
    let sections: [(&str, Change); 5] = [
        ("services", |service, path, findings| {
            // `networks:` and the like with nothing behind them say nothing.
            if let Some(mapping) = service.as_mapping_mut() {
                let counts = |name: &str| name.starts_with("x-") || null_counts(name);
                mapping.entries.retain(|e| !e.value.is_null() || counts(&e.key.name));
            }
            each_attribute(service, path, findings, attribute_form);
        }),
        ("networks", resources::resource_form),
        ("volumes", resources::resource_form),
        ("configs", resources::resource_form),
        ("secrets", resources::resource_form),
    ];
    in_sections(root, &sections, findings);
}

fn in_sections(root: &mut Node, sections: &[(&str, Change)], findings: &mut Vec<Finding>) {
    for (name, change) in sections {
        let path = Path::ROOT.key(name);
        if let Some(section) = root.get_mut(name).and_then(Node::as_mapping_mut) {
            for entry in &mut section.entries {
                change(&mut entry.value, &path.key(&entry.key.name), findings);
            }
        }
    }
}

fn each_attribute(
    service: &mut Node,
    path: &Path<'_>,
    findings: &mut Vec<Finding>,
    change: fn(&str, &mut Node, &Path<'_>, &mut Vec<Finding>),
) {
    let Some(mapping) = service.as_mapping_mut() else { return };
    for entry in &mut mapping.entries {
        let path = path.key(&entry.key.name);
        change(&entry.key.name, &mut entry.value, &path, findings);
    }
}

/// Attributes for which an explicit null is kept: it clears what the image says.
fn null_counts(name: &str) -> bool {
    matches!(name, "command" | "entrypoint")
}

fn attribute_form(name: &str, value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    match name {
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
        "gpus" => resources::gpus_form(value),
        "deploy" => resources::deploy_form(value),
        "build" => resources::build_form(value),
        "pull_policy" if value.as_str() == Some("if_not_present") => {
            value.data = Data::String("missing".into());
        }
        _ => {}
    }
}

fn attribute_values(name: &str, value: &mut Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    match name {
        "command" | "entrypoint" => scalars::words(value, path, findings),
        "environment" => environment(value, path, findings),
        "labels" | "annotations" | "sysctls" | "storage_opt" => map_of_text(value, "="),
        "extra_hosts" => lists::extra_hosts(value, path, findings),
        "networks" => resources::joined_networks(value),
        "expose" | "group_add" => list_of_text(value),
        "ports" => ports::published_text(value),
        "healthcheck" => healthcheck(value, path, findings),
        "logging" => {
            if let Some(options) = value.get_mut("options") {
                map_of_text(options, "=");
            }
        }
        "ulimits" | "blkio_config" => resources::numbers(value, path, findings),
        "post_start" | "pre_start" | "pre_stop" => resources::hooks(value, path, findings),
        "develop" => resources::develop(value, path, findings),
        "provider" => resources::provider(value),
        "build" => resources::build_values(value, path, findings),
        "deploy" => resources::deploy(value, path, findings),
        "gpus" => resources::device_requests(value, path, findings),
        "mem_limit" | "mem_reservation" | "mem_swappiness" | "memswap_limit" | "shm_size" => {
            byte_size(value, path, findings);
        }
        "stop_grace_period" => duration(value, path, findings),
        "cpuset" | "user" => text(value),
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
