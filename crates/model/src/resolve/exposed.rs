//! Where values that are kept sealed come into the open: what the Engine shows to everybody who
//! may use it, and what Hob itself writes down in clear.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{Explained, Finding, Loaded, Set, project::Project};

use crate::repository::Repository;

/// How many further places of one service a finding shows.
const RELATED_MAX: usize = 9;

/// How a value is seen.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    /// As an environment variable of the container.
    Environment,
    /// In another part of the container's configuration.
    Configuration,
    /// In names, images, paths and the like, which are in plans and records.
    Everywhere,
}

/// One finding for each service and way of being seen.
pub(super) fn check(
    repository: &Repository<'_>,
    loaded: &Loaded,
    environment: &BTreeMap<String, String>,
    secrets: &BTreeSet<String>,
) -> Vec<Finding> {
    let mut found: BTreeMap<(String, Seen), Vec<(String, Explained)>> = BTreeMap::new();
    for section in ["name", "services", "networks", "volumes"] {
        for one in loaded.explain(section, environment, repository) {
            let is_secret = |name: &str, set: &Set| {
                !matches!(set, Set::Default | Set::Nowhere) && secrets.contains(name)
            };
            let used = one.way.variables.iter().find(|it| is_secret(&it.name, &it.set));
            let Some(name) = used.map(|used| used.name.clone()) else { continue };
            if let Some((owner, seen)) = seen(&one.path) {
                found.entry((owner, seen)).or_default().push((name, one));
            }
        }
    }
    found.into_iter().filter_map(|((_, seen), all)| finding(repository, seen, &all)).collect()
}

/// How a value begins that SOPS sealed.
const SEALED: &str = "ENC[AES256_GCM,";

/// Variables of containers that would be what SOPS wrote, because the file that they come from is
/// read as an ordinary one. One finding for each service.
pub(super) fn still_sealed(repository: &Repository<'_>, project: &Project) -> Vec<Finding> {
    let services = project.services.values();
    let finding = services.filter_map(|service| {
        let values = service.environment.iter();
        let sealed =
            values.filter(|(_, value)| value.as_ref().is_some_and(|it| it.starts_with(SEALED)));
        let names: Vec<&str> = sealed.map(|(name, _)| name.as_str()).collect();
        let name = names.first()?;
        let place = ["env_file", "environment"].iter().find_map(|it| service.places.get(*it));
        let message =
            format!("{} would be the sealed text and not what is in it", names.join(", "));
        Some(
            Finding::error("still-sealed", message)
                .at(repository.place(place.unwrap_or(&service.place)))
                .on(format!("services.{}.environment", service.name))
                .hint(format!(
                    "name the sealed file under secrets.files in hob.yaml, and write {name}: \
                     ${{{name}}} under environment"
                )),
        )
    });
    finding.collect()
}

/// Whose attribute it is, and how it is seen; `None` for what stays out of sight.
fn seen(path: &str) -> Option<(String, Seen)> {
    let mut parts = path.splitn(3, '.');
    let (section, name) = (parts.next()?, parts.next().unwrap_or_default());
    let attribute = parts.next().unwrap_or_default();
    let attribute = attribute.split(['.', '[']).next().unwrap_or_default();
    let seen = match (section, attribute) {
        ("services", "environment") => Seen::Environment,
        // Read by Hob, and handed on as environment.
        ("services", "env_file") => return None,
        (
            "services",
            "command" | "entrypoint" | "labels" | "annotations" | "healthcheck" | "logging"
            | "build" | "post_start" | "pre_stop",
        )
        | ("volumes", "driver_opts") => Seen::Configuration,
        _ => Seen::Everywhere,
    };
    Some((format!("{section}.{name}"), seen))
}

fn finding(
    repository: &Repository<'_>,
    seen: Seen,
    all: &[(String, Explained)],
) -> Option<Finding> {
    let (name, first) = all.first()?;
    let mut names: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.join(", ");
    let finding = match seen {
        Seen::Environment => Finding::note(
            "visible-secret",
            format!("{names} can be read on the host with docker inspect, as environment"),
        )
        .hint(format!(
            "hand it over as a file if the image can read one: secrets: {{ x: {{ environment: \
             {name} }} }}"
        )),
        Seen::Configuration => Finding::warning(
            "visible-secret",
            format!("{names} can be read on the host with docker inspect"),
        )
        .hint("hand it over as a file under secrets, if what reads it can read one"),
        Seen::Everywhere => Finding::error(
            "exposed-secret",
            format!("{names} is kept sealed, and what it is used for here is shown in plans"),
        )
        .hint("keep the value in clear under vars or in an .env file if it is no secret"),
    };
    let finding = finding.at(repository.place(&first.way.written)).on(first.path.clone());
    let places = all.iter().skip(1).map(|(_, one)| repository.place(&one.way.written));
    let places: BTreeSet<_> = places.map(|place| (place.file.clone(), place.line, place)).collect();
    let first_place = repository.place(&first.way.written);
    let others = places.into_iter().map(|(_, _, place)| place).filter(|it| *it != first_place);
    Some(others.take(RELATED_MAX).fold(finding, |it, place| it.related(place, "and here")))
}
