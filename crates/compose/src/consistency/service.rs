//! Attributes of one service that must fit together.

use std::collections::BTreeMap;

use super::place_in;
use crate::bind;
use crate::finding::{Finding, Place};
use crate::path::Path;
use crate::tree::{Entry, Node};

pub(super) fn check(service: &Entry, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let node = &service.value;
    if node.as_mapping().is_none() {
        return;
    }
    image(service, path, findings);
    network_mode(service, path, findings);
    names(service, path, findings);
    texts(service, path, findings);
    healthcheck(node, path, findings);
    mounts(node, path, findings);
    copies(service, path, findings);
    limits(node, path, findings);
    ports(node, path, findings);
    watch(node, path, findings);
}

fn image(service: &Entry, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let node = &service.value;
    let says = |name| node.get(name).is_some_and(|value| value.as_str() != Some(""));
    if !["image", "build", "provider"].into_iter().any(says) {
        findings.push(
            Finding::error("no-image", "the service has neither an image nor a build")
                .at(service.key.span.place())
                .on(path)
                .hint("write image: with the image to run"),
        );
    }
    let Some(build) = node.get("build") else { return };
    let path = path.key("build");
    let both = build.get("dockerfile").zip(build.get("dockerfile_inline"));
    if let Some((file, inline)) = both {
        findings.push(
            Finding::error(
                "exclusive-attributes",
                "dockerfile and dockerfile_inline exclude each other",
            )
            .at(inline.place())
            .on(path)
            .hint("keep one of the two")
            .related(file.place(), "dockerfile is here"),
        );
    }
    let platform = node.get("platform").and_then(Node::as_str);
    let platforms = build.get("platforms").map(Node::items).unwrap_or_default();
    if let Some(platform) = platform.filter(|_| !platforms.is_empty())
        && !platforms.iter().any(|other| other.as_str() == Some(platform))
    {
        findings.push(
            Finding::error(
                "platform-not-built",
                format!("the service runs on {platform}, which is not in build.platforms"),
            )
            .at(place_in(service, "platform"))
            .on(path)
            .hint(format!("add {platform} to build.platforms")),
        );
    }
}

fn network_mode(service: &Entry, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let node = &service.value;
    let networks = node.get("networks").filter(|networks| !networks.entries().is_empty());
    let mode = node.get("network_mode").filter(|mode| mode.as_str() != Some(""));
    if mode.is_some() && networks.is_some() {
        findings.push(
            Finding::error("exclusive-attributes", "network_mode and networks exclude each other")
                .at(place_in(service, "network_mode"))
                .on(path)
                .hint("keep one of the two")
                .related(place_in(service, "networks"), "networks is here"),
        );
    }
}

fn names(service: &Entry, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Some(name) = service.value.get("container_name") else { return };
    let Some(text) = name.as_str() else { return };
    let mut letters = text.chars();
    let right = letters.next().is_some_and(|c| c.is_ascii_alphanumeric())
        && text.len() > 1
        && letters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
    if !right {
        findings.push(
            Finding::error("invalid-name", format!("{text:?} is not a container name"))
                .about(name)
                .on(path.key("container_name"))
                .hint("two or more letters, digits, dots, _ and -, the first a letter or digit"),
        );
    }
}

/// Texts that are read as something else later.
fn texts(service: &Entry, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let mut refuse = |name: &str, is_right: fn(&str) -> bool, hint: &str| {
        let Some(value) = service.value.get(name) else { return };
        let Some(text) = value.as_str().filter(|text| !is_right(text)) else { return };
        findings.push(
            Finding::error("unknown-value", format!("{text:?} is not a value for {name}"))
                .about(value)
                .on(path.key(name))
                .hint(hint),
        );
    };
    refuse(
        "restart",
        |text| text.is_empty() || bind::restart(text).is_some(),
        "possible values: no, always, on-failure[:retries], unless-stopped",
    );
    refuse(
        "pull_policy",
        |text| text == "refresh" || bind::pull_policy(text).is_some(),
        "possible values: always, never, missing, build, daily, weekly, every_<duration>",
    );
    if let Some(value) = service.value.get("pull_policy")
        && value.as_str() == Some("refresh")
    {
        findings.push(
            Finding::error("unsupported-attribute", "pull_policy: refresh is not supported yet")
                .about(value)
                .on(path.key("pull_policy"))
                .hint("write daily, weekly or every_<duration>"),
        );
    }
}

fn healthcheck(node: &Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let Some(test) = node.get("healthcheck").and_then(|check| check.get("test")) else { return };
    let Some(first) = test.items().first().and_then(Node::as_str) else { return };
    if !matches!(first, "CMD" | "CMD-SHELL" | "NONE") {
        findings.push(
            Finding::error(
                "invalid-healthcheck",
                format!("a test as a list starts with CMD, CMD-SHELL or NONE, not {first:?}"),
            )
            .about(test)
            .on(path.key("healthcheck").key("test"))
            .hint("put CMD before the command"),
        );
    }
}

/// One target can be mounted once.
fn mounts(node: &Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let mut targets: BTreeMap<String, Place> = BTreeMap::new();
    let volumes = node.get("volumes").map(Node::items).unwrap_or_default();
    let tmpfs = node.get("tmpfs").map(Node::items).unwrap_or_default();
    let volumes_path = path.key("volumes");
    for (index, mount) in volumes.iter().enumerate() {
        let path = volumes_path.item(index);
        // A short form that cannot be read has its finding already.
        if mount.as_mapping().is_none() {
            continue;
        }
        let target = mount.get("target").and_then(Node::as_str).unwrap_or_default();
        if target.is_empty() {
            findings.push(
                Finding::error("missing-target", "the mount has no target")
                    .about(mount)
                    .on(path)
                    .hint("write target: with a path in the container"),
            );
            continue;
        }
        let kind = mount.get("type").and_then(Node::as_str).unwrap_or_default();
        if matches!(kind, "npipe" | "cluster") {
            findings.push(
                Finding::error(
                    "unsupported-attribute",
                    format!("mounts of type {kind} are not supported"),
                )
                .about(mount)
                .on(path.key("type"))
                .hint("use a bind, a volume or a tmpfs"),
            );
        }
        mounted(target, mount, &path, &mut targets, findings);
    }
    let tmpfs_path = path.key("tmpfs");
    for (index, mount) in tmpfs.iter().enumerate() {
        let text = mount.as_str().unwrap_or_default();
        let target = text.split_once(':').map_or(text, |(target, _)| target);
        mounted(target, mount, &tmpfs_path.item(index), &mut targets, findings);
    }
}

fn mounted(
    target: &str,
    mount: &Node,
    path: &Path<'_>,
    targets: &mut BTreeMap<String, Place>,
    findings: &mut Vec<Finding>,
) {
    match targets.get(target) {
        Some(first) => findings.push(
            Finding::error("duplicate-mount", format!("{target} is mounted twice"))
                .about(mount)
                .on(path)
                .hint("remove one of the two mounts")
                .related(first.clone(), "it is mounted here first"),
        ),
        None => {
            targets.insert(target.to_string(), mount.place());
        }
    }
}

fn copies(service: &Entry, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let node = &service.value;
    let scale = node.get("scale").and_then(Node::as_i64);
    let replicas = node.at_path("deploy.replicas").and_then(Node::as_i64);
    let mut wrong = |message: String, attribute: &str, hint: &str| {
        findings.push(
            Finding::error("invalid-scale", message)
                .at(place_in(service, attribute))
                .on(path.key(attribute))
                .hint(hint),
        );
    };
    let attribute = if scale.is_some() { "scale" } else { "deploy" };
    if let (Some(scale), Some(replicas)) = (scale, replicas)
        && scale != replicas
    {
        let message = format!("scale is {scale} and deploy.replicas is {replicas}");
        wrong(message, "scale", "keep one of the two");
    }
    let Some(copies) = scale.or(replicas) else { return };
    if copies < 0 {
        wrong(format!("{copies} copies cannot be"), attribute, "write 0 or more");
    }
    if copies > 1 && node.get("container_name").is_some() {
        let message = format!("{copies} copies cannot share one container_name");
        wrong(message, attribute, "remove container_name");
    }
}

/// The older attributes and `deploy.resources` must agree where both speak.
fn limits(node: &Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let pairs = [
        ("cpus", "limits", "cpus"),
        ("mem_limit", "limits", "memory"),
        ("pids_limit", "limits", "pids"),
        ("mem_reservation", "reservations", "memory"),
    ];
    for (old, section, new) in pairs {
        let Some(value) = node.get(old) else { continue };
        let Some(section_node) = node.at_path(&format!("deploy.resources.{section}")) else {
            continue;
        };
        let amount = |node: &Node| node.as_f64().or_else(|| node.as_str()?.parse().ok());
        let old_amount = amount(value).unwrap_or(0.0);
        let new_amount = section_node.get(new).and_then(amount).unwrap_or(0.0);
        if old_amount != 0.0 && old_amount != new_amount {
            findings.push(
                Finding::error(
                    "limit-conflict",
                    format!("{old} and deploy.resources.{section}.{new} differ"),
                )
                .about(value)
                .on(path.key(old))
                .hint(format!("move it to deploy.resources.{section}.{new}"))
                .related(section_node.place(), "deploy.resources says something else here"),
            );
        }
    }
}

fn ports(node: &Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let path = path.key("ports");
    for (index, port) in node.get("ports").map(Node::items).unwrap_or_default().iter().enumerate() {
        let Some(ip) = port.get("host_ip").and_then(Node::as_str) else { continue };
        if !ip.is_empty() && ip.parse::<std::net::IpAddr>().is_err() {
            findings.push(
                Finding::error("invalid-port", format!("{ip:?} is not an IP address"))
                    .about(port)
                    .on(path.item(index).key("host_ip")),
            );
        }
    }
}

fn watch(node: &Node, path: &Path<'_>, findings: &mut Vec<Finding>) {
    let path = path.key("develop");
    let path = path.key("watch");
    let items = node.at_path("develop.watch").map(Node::items).unwrap_or_default();
    for (index, item) in items.iter().enumerate() {
        let Some(action) = item.get("action").and_then(Node::as_str) else { continue };
        let is_copied = action.starts_with("sync");
        if is_copied && item.get("target").is_none() {
            findings.push(
                Finding::error("missing-target", format!("{action} needs a target"))
                    .about(item)
                    .on(path.item(index))
                    .hint("write target: with the path in the container"),
            );
        }
    }
}
