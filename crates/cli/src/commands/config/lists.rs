//! Names instead of the whole: services, images, hashes, variables and the like.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::{
    config_hash::{Dialect, config_hash},
    render,
    tree::Node,
    variables::{Variable, variables},
};
use serde_json::{Value, json};

use crate::{error::CommandError, select::unknown};

/// What to print instead of the whole.
#[derive(clap::Args, Debug)]
#[group(multiple = false)]
#[command(next_help_heading = "Instead of the whole")]
pub(super) struct ListArgs {
    /// Print the names of the services
    #[arg(long)]
    services: bool,
    /// Print the images, one for each service
    #[arg(long)]
    images: bool,
    /// Print the names of the volumes
    #[arg(long)]
    volumes: bool,
    /// Print the names of the networks
    #[arg(long)]
    networks: bool,
    /// Print the names of the models
    #[arg(long)]
    models: bool,
    /// Print the names of the profiles, active or not
    #[arg(long)]
    profiles: bool,
    /// Print the variables that are known where Compose files name them
    #[arg(long)]
    environment: bool,
    /// Print the variables that the Compose files name, with their defaults
    #[arg(long)]
    variables: bool,
    /// Print the hash by which Docker Compose recognises services, with commas between, * for all
    #[arg(long, value_name = "SERVICE|*")]
    hash: Option<String>,
}

/// Which list it is.
pub(super) enum List {
    Services,
    Images,
    Section(&'static str),
    Profiles,
    Environment,
    Variables,
    Hash(String),
}

impl ListArgs {
    pub(super) fn wanted(&self) -> Option<List> {
        Some(match self {
            Self { services: true, .. } => List::Services,
            Self { images: true, .. } => List::Images,
            Self { volumes: true, .. } => List::Section("volumes"),
            Self { networks: true, .. } => List::Section("networks"),
            Self { models: true, .. } => List::Section("models"),
            Self { profiles: true, .. } => List::Profiles,
            Self { environment: true, .. } => List::Environment,
            Self { variables: true, .. } => List::Variables,
            Self { hash, .. } => List::Hash(hash.clone()?),
        })
    }
}

/// Text for people and programs that read lines, and the same as data.
pub(super) struct Listed {
    pub(super) text: String,
    pub(super) data: Value,
}

impl Listed {
    fn lines(lines: impl IntoIterator<Item = String>) -> Self {
        let lines: Vec<String> = lines.into_iter().collect();
        let text = lines.iter().map(|line| format!("{line}\n")).collect();
        Self { text, data: json!(lines) }
    }
}

/// Names from the tree, which is there without interpolation too. Networks and the like that no
/// service uses are left out, if it can be said.
pub(super) fn section(tree: &Node, name: &str, is_interpolated: bool) -> Listed {
    let shown = if is_interpolated { render::shown(tree) } else { render::verbatim(tree) };
    let names: BTreeSet<String> = entries(&shown, name).map(|(name, _)| name.to_owned()).collect();
    Listed::lines(names)
}

fn entries<'t>(tree: &'t Node, section: &str) -> impl Iterator<Item = (&'t str, &'t Node)> {
    let entries = tree.get(section).map(Node::entries).unwrap_or_default();
    entries.iter().map(|entry| (entry.key.name.as_str(), &entry.value))
}

/// One image for each service: its own, or what a build of it is called.
pub(super) fn images(tree: &Node) -> Listed {
    let project = tree.get("name").and_then(Node::as_str).unwrap_or_default();
    let mut images: Vec<String> = entries(tree, "services")
        .map(|(name, service)| match service.get("image").and_then(Node::as_str) {
            Some(image) if !image.is_empty() => image.to_owned(),
            _ => format!("{project}-{name}"),
        })
        .collect();
    images.sort();
    Listed::lines(images)
}

/// The profiles of all services; the tree has to have been loaded with all of them active.
pub(super) fn profiles(tree: &Node) -> Listed {
    let lists = entries(tree, "services").filter_map(|(_, service)| service.get("profiles"));
    let names = lists.flat_map(Node::items).filter_map(Node::scalar_text);
    Listed::lines(names.collect::<BTreeSet<String>>())
}

/// `NAME=value`, by name.
pub(super) fn environment(environment: &BTreeMap<String, String>, tree: &Node) -> Listed {
    let mut all = environment.clone();
    if let Some(name) = tree.get("name").and_then(Node::as_str) {
        all.insert("COMPOSE_PROJECT_NAME".to_owned(), name.to_owned());
    }
    let text = all.iter().map(|(name, value)| format!("{name}={value}\n")).collect();
    Listed { text, data: json!(all) }
}

/// The hashes of the services that are named.
pub(super) fn hashes(tree: &Node, wanted: &str) -> Result<Listed, CommandError> {
    let all: BTreeSet<&str> = entries(tree, "services").map(|(name, _)| name).collect();
    let named: BTreeSet<&str> = match wanted {
        "*" => all.clone(),
        names => names.split(',').map(str::trim).collect(),
    };
    let mut hashes = BTreeMap::new();
    for name in named {
        let Some(hash) = config_hash(tree, name, Dialect::V2) else {
            return Err(unknown("service", name, all.iter().copied()));
        };
        hashes.insert(name, hash);
    }
    let text = hashes.iter().map(|(name, hash)| format!("{name} {hash}\n")).collect();
    Ok(Listed { text, data: json!(hashes) })
}

/// The least width of a column.
const COLUMN: usize = 20;
/// Columns between the longest value and the next column.
const GAP: usize = 3;

/// The variables that values name, as a table. The tree is one without interpolation.
pub(super) fn table_of_variables(tree: &Node) -> Listed {
    let found = variables(tree);
    let head = ["NAME", "REQUIRED", "DEFAULT VALUE", "ALTERNATE VALUE"].map(str::to_owned);
    let rows = found.iter().map(|(name, variable)| {
        let Variable { required, default, alternate } = variable.clone();
        [name.clone(), required.to_string(), default, alternate]
    });
    let rows: Vec<[String; 4]> = std::iter::once(head).chain(rows).collect();
    let width = |column: usize| {
        let widest = rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        COLUMN.max(widest + GAP)
    };
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [name, required, default, alternate] in &rows {
        let [first, second, third] = widths;
        text += &format!("{name:first$}{required:second$}{default:third$}{alternate}\n");
    }
    let data: serde_json::Map<String, Value> = found
        .into_iter()
        .map(|(name, Variable { required, default, alternate })| {
            let fields = json!({
                "Name": name, "DefaultValue": default, "PresenceValue": alternate,
                "Required": required,
            });
            (name, fields)
        })
        .collect();
    Listed { text, data: Value::Object(data) }
}
