//! What it takes to play a homelab: its hosts under all their names, and an image for each service.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use hob_compose::MemoryFiles;
use hob_model::{
    REPOSITORY_ROOT, Severity,
    desired::{Connect, Desired},
    load, resolve,
    spec::ContainerSpec,
};

use super::{
    error::{LabError, Result},
    files as disk,
    name::ImageName,
    ports::Port,
    spec::{HostSpec, LabSpec},
    standin::StandIn,
};

/// A repository larger than this is not played.
const BYTES_MAX: u64 = 256 << 20;

/// Reads a repository and resolves it, as `hob` does.
///
/// # Errors
/// Where it cannot be read, or Hob would refuse it.
pub fn read_homelab(dir: &Path) -> Result<Desired> {
    let mut files = MemoryFiles::default();
    let mut left = BYTES_MAX;
    read_folder(dir, REPOSITORY_ROOT, &mut files, &mut left)?;
    let (homelab, mut findings) = load(&files, REPOSITORY_ROOT);
    let desired = homelab.map(|homelab| {
        let (desired, more) = resolve(&homelab, &files, REPOSITORY_ROOT);
        findings.extend(more);
        desired
    });
    let errors: Vec<String> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .map(hob_model::Finding::line)
        .collect();
    match desired {
        Some(desired) if errors.is_empty() => Ok(desired),
        _ => Err(LabError::Asked(format!(
            "{} is not a homelab that can be played:\n{}",
            dir.display(),
            errors.join("\n")
        ))),
    }
}

fn read_folder(dir: &Path, at: &str, files: &mut MemoryFiles, left: &mut u64) -> Result<()> {
    for path in disk::list(dir)? {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let name = format!("{at}/{name}");
        if path.is_symlink() {
            continue;
        } else if path.is_dir() && !name.ends_with("/.git") {
            read_folder(&path, &name, files, left)?;
        } else if path.is_file() {
            *left = left.checked_sub(disk::length(&path)?).ok_or_else(|| {
                LabError::Asked(format!("{} is too large to be played", dir.display()))
            })?;
            files.insert(&name, disk::read(&path)?, false);
        }
    }
    Ok(())
}

/// A lab that plays the homelab, and what stands in for each of its images. A host of the lab bears
/// the name that the homelab gives it and answers to the one that the homelab connects to.
///
/// # Errors
/// Where an image's name cannot be read.
pub fn lab_for(name: &str, desired: &Desired) -> Result<(LabSpec, Vec<(ImageName, StandIn)>)> {
    let mut hosts = Vec::new();
    let mut ports: BTreeMap<String, BTreeSet<Port>> = BTreeMap::new();
    for (host_name, host) in &desired.hosts {
        let mut spec = HostSpec::new(host_name.as_str());
        if let Connect::Ssh { user, host, port } = &host.connect {
            if host != host_name.as_str() {
                spec.aliases.push(host.clone());
            }
            spec.user = user.clone().unwrap_or(spec.user);
            spec.ssh_port = port.unwrap_or(spec.ssh_port);
        }
        hosts.push(spec);
        for service in host.stacks.values().flat_map(|stack| stack.services.values()) {
            let image = service.spec.image.to_string();
            ports.entry(image).or_default().extend(ports_of(&service.spec));
        }
    }
    let mut images = Vec::new();
    for (image, ports) in ports {
        let ports = (!ports.is_empty()).then(|| ports.into_iter().collect());
        images.push((image.parse::<ImageName>()?, StandIn { ports, ..StandIn::default() }));
    }
    let names = images.iter().map(|(name, _)| name.clone()).collect();
    Ok((LabSpec { name: name.to_owned(), hosts, images: names }, images))
}

/// Where a service listens, as far as its definition tells: the ports that it publishes and those
/// that its health check asks.
fn ports_of(spec: &ContainerSpec) -> BTreeSet<Port> {
    let mut ports: BTreeSet<Port> = spec
        .ports
        .iter()
        .map(|port| match port.protocol.as_str() {
            "udp" => Port::Udp(port.target),
            _ => Port::Tcp(port.target),
        })
        .collect();
    let test = spec.health.as_ref().and_then(|check| check.test.as_ref());
    let words: Vec<&str> = test.into_iter().flatten().map(|word| word.expose().as_str()).collect();
    ports.extend(ports_asked(&words.join(" ")).into_iter().map(Port::Tcp));
    ports
}

/// The ports in a health check: `host:80`, `nc -z host 80`, `-p 5432`.
fn ports_asked(test: &str) -> BTreeSet<u16> {
    let words: Vec<&str> = test.split_whitespace().collect();
    let is_netcat = words.iter().any(|word| matches!(*word, "nc" | "ncat" | "netcat"));
    let mut ports = BTreeSet::new();
    for (at, word) in words.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| words.get(at)).copied().unwrap_or("");
        if is_netcat || before == "-p" {
            ports.extend(word.trim_matches(['\'', '"']).parse::<u16>());
        }
        for part in word.split(':').skip(1) {
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            ports.extend(digits.parse::<u16>());
        }
    }
    ports.remove(&0);
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_health_check_tells_where_a_service_listens() {
        let check = |test: &str| ports_asked(test).into_iter().collect::<Vec<_>>();
        assert_eq!(check("CMD wget -q --spider http://127.0.0.1:8096/health"), [8096]);
        assert_eq!(check("CMD-SHELL curl -fsS http://localhost:9000/ || exit 1"), [9000]);
        assert_eq!(check("CMD nc -z 127.0.0.1 3000"), [3000]);
        assert_eq!(check("CMD-SHELL pg_isready -h 127.0.0.1 -p 5432 -U x"), [5432]);
        assert!(check("CMD true").is_empty());
    }
}
