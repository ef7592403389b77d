//! Several services that write to one path of a host.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{
    Place,
    project::{MountKind, Service, ServiceVolume},
};

use super::{Draft, Known, StackKnown, known::covers, storage::is_of_system};
use crate::names::{HostName, ImageRef};

/// Images that keep a folder for themselves: a second one that writes there destroys their data.
/// By the last part of their names.
const DATABASES: [&str; 24] = [
    "postgres",
    "postgresql",
    "postgis",
    "pgvector",
    "timescaledb",
    "pgvecto-rs",
    "mariadb",
    "mysql",
    "percona",
    "mongo",
    "mongodb",
    "redis",
    "valkey",
    "keydb",
    "dragonfly",
    "influxdb",
    "elasticsearch",
    "opensearch",
    "clickhouse-server",
    "couchdb",
    "neo4j",
    "meilisearch",
    "qdrant",
    "victoria-metrics",
];

/// Parts of targets where databases do not keep their data.
const BESIDE: [&str; 9] = ["backup", "dump", "init", "conf", "/tmp", "/run", "/etc", "cert", "log"];

/// A mount that is written to.
struct Writer<'a> {
    stack: &'a StackKnown,
    service: &'a Service,
    index: usize,
    place: Place,
    is_database: bool,
}

/// By host, then by path, or by a volume's name, which begins with no slash.
type Writers<'a> = BTreeMap<&'a HostName, BTreeMap<String, Vec<Writer<'a>>>>;

pub(super) fn check(known: &Known<'_>, drafts: &mut Vec<Draft>) {
    let mut writers = Writers::new();
    for stack in known.stacks {
        for service in stack.project.services.values() {
            for (index, volume) in service.volumes.iter().enumerate() {
                let Some(path) = path(known, stack, volume) else { continue };
                let place = known.repository.place(&volume.place);
                let is_database = is_database(service, &volume.target);
                let writer = Writer { stack, service, index, place, is_database };
                let on_host = writers.entry(&stack.host).or_default();
                on_host.entry(path).or_default().push(writer);
            }
        }
    }
    for (host, paths) in &writers {
        for (path, writers) in paths {
            drafts.extend(on_path(host, path, writers));
            drafts.extend(around(paths, path, writers));
        }
    }
}

/// What a mount that is written to stands for on the host.
fn path(known: &Known<'_>, stack: &StackKnown, volume: &ServiceVolume) -> Option<String> {
    let source = volume.source.as_deref()?;
    match volume.kind {
        _ if volume.read_only => None,
        MountKind::Bind => known.host_path(source).filter(|path| !is_of_system(path)),
        MountKind::Volume if volume.volume.subpath.is_some() => None,
        MountKind::Volume => Some(stack.project.volumes.get(source)?.name.clone()),
        MountKind::Tmpfs | MountKind::Image => None,
    }
}

/// Several services on one path. Parts of one stack share their folders because they are meant to,
/// and so does who calls a volume external; a database shares with nobody.
fn on_path(host: &HostName, path: &str, writers: &[Writer<'_>]) -> Option<Draft> {
    let first = writers.iter().find(|writer| writer.is_database).or_else(|| writers.first())?;
    let other = writers.iter().find(|other| {
        let is_same_stack = other.stack.name == first.stack.name;
        let is_same = is_same_stack && other.service.name == first.service.name;
        match first.is_database {
            true => !is_same,
            false => !is_same_stack && path.starts_with('/'),
        }
    })?;
    let names: BTreeSet<(&str, &str)> = writers
        .iter()
        .map(|writer| (writer.stack.name.as_str(), writer.service.name.as_str()))
        .collect();
    let others = match names.len() {
        2 => other.service.name.clone(),
        more => format!("{} others", more - 1),
    };
    let message = format!("{} and {others} write to {path} of {host}", first.service.name);
    let draft = said(first, other, message);
    Some(if first.is_database {
        draft.with(|it| it.hint("give the database a folder or volume of its own"))
    } else {
        draft.only_noted()
    })
}

/// Others that write to a folder around that of a database.
fn around(
    paths: &BTreeMap<String, Vec<Writer<'_>>>,
    path: &str,
    writers: &[Writer<'_>],
) -> Option<Draft> {
    let database = writers.iter().find(|writer| writer.is_database)?;
    let mut above = path;
    while let Some((folder, _)) = above.rsplit_once('/').filter(|(folder, _)| !folder.is_empty()) {
        above = folder;
        let Some(other) = paths.get(folder).and_then(|others| others.first()) else { continue };
        if !covers(folder, path) || other.service.name == database.service.name {
            continue;
        }
        let message = format!(
            "{} may write to {folder}, in which {} keeps its data",
            other.service.name, database.service.name
        );
        let draft = said(other, database, message).only_noted();
        return Some(draft.with(|it| it.hint("mount what is needed only, or add :ro")));
    }
    None
}

fn said(one: &Writer<'_>, other: &Writer<'_>, message: String) -> Draft {
    let path = format!("services.{}.volumes[{}]", one.service.name, one.index);
    let there = format!("{} of the stack {}", other.service.name, other.stack.name);
    Draft::new("shared-path", message)
        .with(|it| it.at(one.place.clone()).on(path).related(other.place.clone(), there))
        .about(one.stack, &one.service.name)
}

fn image(service: &Service) -> String {
    service.image.as_deref().map(|image| ImageRef::from(image).repository()).unwrap_or_default()
}

fn is_database(service: &Service, target: &str) -> bool {
    let repository = image(service);
    let last = repository.rsplit('/').next().unwrap_or_default();
    let target = target.to_lowercase();
    DATABASES.contains(&last) && !BESIDE.iter().any(|beside| target.contains(beside))
}
