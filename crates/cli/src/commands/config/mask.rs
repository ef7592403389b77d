//! What is not shown of a stack unless it is asked for.
//!
//! Passwords lie in files of variables: in `.env` files, and in the `env_file`s of services. So a
//! value of an `environment`, or an argument of a build, that comes from such a file is not shown
//! at all, and neither is what comes from a sealed file, wherever it is used. Elsewhere (in a
//! label, a command, an image) only the part is hidden that comes from a variable of such a file
//! whose name is that of a secret: the rest is what people look for.

use std::collections::BTreeMap;

use hob_compose::{
    Explained, Set,
    tree::{Data, How, Node},
};
use hob_model::{StackOrigin, sounds_secret};

/// What stands where a secret is.
pub(super) const HIDDEN: &str = "<secret>";

/// The value as it may be shown, if that is not what it is.
pub(super) fn hidden(explained: &Explained, origin: &StackOrigin) -> Option<Node> {
    let Explained { path, value, way, .. } = explained;
    let is_from_file = |name: &str, set: &Set| match set {
        Set::EnvFile(_) => true,
        Set::Environment => origin.variables.get(name).is_some_and(|origin| origin.is_from_file),
        Set::Default | Set::Nowhere => false,
    };
    let from_files: Vec<&str> = way
        .variables
        .iter()
        .filter(|used| is_from_file(&used.name, &used.set))
        .map(|used| used.name.as_str())
        .collect();
    let replaced = |text: String| Some(Node::string(text, &value.span));
    let sealed = |name: &String| origin.variables.get(name).is_some_and(|it| it.is_sealed);
    if way.variables.iter().any(|used| sealed(&used.name)) && !value.is_null() {
        return replaced(HIDDEN.to_owned());
    }
    if is_variable(path) {
        let is_hidden =
            !from_files.is_empty() || way.through.iter().any(|it| it.how == How::EnvFile);
        return if is_hidden && !value.is_null() { replaced(HIDDEN.to_owned()) } else { None };
    }
    let secrets: Vec<&String> = from_files
        .iter()
        .filter(|name| sounds_secret(name))
        .filter_map(|name| origin.environment.get(*name))
        .filter(|secret| !secret.is_empty())
        .collect();
    let text = value.scalar_text().filter(|_| !secrets.is_empty())?;
    let shown = secrets.iter().fold(text, |text, secret| text.replace(secret.as_str(), HIDDEN));
    replaced(shown)
}

/// Whether a path leads to a variable of a container or of a build.
fn is_variable(path: &str) -> bool {
    path.starts_with("services.")
        && (path.contains(".environment.") || path.contains(".build.args."))
}

/// Hides the variables of files.
pub(super) fn hide_variables(environment: &mut BTreeMap<String, String>, origin: &StackOrigin) {
    for (name, value) in environment {
        if origin.variables.get(name).is_some_and(|origin| origin.is_from_file) {
            HIDDEN.clone_into(value);
        }
    }
}

/// Hides what is not to be shown.
pub(super) fn hide(tree: &mut Node, explained: &[Explained], origin: &StackOrigin) {
    let hidden: BTreeMap<&str, Node> = explained
        .iter()
        .filter_map(|one| Some((one.path.as_str(), hidden(one, origin)?)))
        .collect();
    put(tree, String::new(), &hidden);
}

fn put(node: &mut Node, path: String, values: &BTreeMap<&str, Node>) {
    if let Some(value) = values.get(path.as_str()) {
        node.data = value.data.clone();
        return;
    }
    match &mut node.data {
        Data::Mapping(mapping) => {
            for entry in &mut mapping.entries {
                let name = &entry.key.name;
                let below = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                put(&mut entry.value, below, values);
            }
        }
        Data::Sequence(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                put(item, format!("{path}[{index}]"), values);
            }
        }
        _ => {}
    }
}
