//! From Compose files to stacks: which files of a folder are one project, and what is left out.

use std::collections::{BTreeMap, BTreeSet};

use hob_compose::files::{join, normalise};

use super::{
    Note,
    classify::{Contents, USUAL_NAMES},
};

/// A stack as it lies in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The folders that lead to it.
    pub(super) folders: Vec<String>,
    /// The name of its first file.
    pub(super) file: String,
    /// All its files in the order in which they are merged, relative to the repository.
    pub(super) files: Vec<String>,
    /// Whether the file's name and not the folder's is that of the stack.
    pub(super) is_named_by_file: bool,
}

impl Candidate {
    /// The stack's name if the file gives it: `pihole` of `pihole.yml`.
    pub(super) fn stem(&self) -> &str {
        let stem = self.file.rsplit_once('.').map_or(self.file.as_str(), |(stem, _)| stem);
        ["docker-compose.", "docker-compose-", "compose.", "compose-"]
            .iter()
            .find_map(|prefix| stem.strip_prefix(prefix))
            .unwrap_or(stem)
    }
}

/// Words in a file's or folder's name that say that it is not what runs.
const ASIDE: [&str; 20] = [
    "archive",
    "archived",
    "attic",
    "ci",
    "deprecated",
    "dev",
    "development",
    "disabled",
    "example",
    "examples",
    "local",
    "old",
    "prod",
    "sample",
    "samples",
    "template",
    "templates",
    "test",
    "tests",
    "unused",
];

/// The word of a file's name that says so: `docker-compose.test.yml`.
fn word_aside(name: &str) -> Option<&'static str> {
    let lower = name.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    ASIDE.into_iter().find(|word| words.contains(word))
}

/// The same of a folder, whose name is the word and nothing else: `pi4-ci` is a machine.
fn folder_aside(name: &str) -> Option<&'static str> {
    let lower = name.trim_start_matches(['.', '_']).to_ascii_lowercase();
    ASIDE.into_iter().find(|word| *word == lower)
}

/// Puts files together. What is left out is noted with the reason.
pub(super) fn stacks(
    compose: &BTreeMap<String, Contents>,
    notes: &mut Vec<Note>,
) -> Vec<Candidate> {
    let taken_in = taken_in(compose);
    let mut folders: BTreeMap<&str, Vec<(&str, &Contents)>> = BTreeMap::new();
    for (path, contents) in compose {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        if let Some(by) = taken_in.get(path) {
            notes.push(Note::understood(path, format!("a part of {by}, which takes it in")));
            continue;
        }
        if let Some(word) = folder.split('/').find_map(folder_aside) {
            notes.push(Note::left_out(path, format!("its folder says {word}")));
            continue;
        }
        folders.entry(folder).or_default().push((name, contents));
    }
    let each = folders.into_iter().map(|(folder, files)| of_folder(folder, &files, notes));
    each.collect::<Vec<_>>().into_iter().flatten().collect()
}

/// Files that others take in, and one that does.
fn taken_in(compose: &BTreeMap<String, Contents>) -> BTreeMap<String, String> {
    let mut taken = BTreeMap::new();
    for (path, contents) in compose {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for other in &contents.takes_in {
            let other = normalise(&join(&format!("/{folder}"), other));
            let other = other.trim_start_matches('/').to_owned();
            // A folder stands for the usual file in it.
            let names = USUAL_NAMES.iter().map(|name| format!("{other}/{name}"));
            for target in [other.clone()].into_iter().chain(names) {
                if target != *path && compose.contains_key(&target) {
                    taken.insert(target, path.clone());
                }
            }
        }
    }
    taken
}

fn of_folder(folder: &str, files: &[(&str, &Contents)], notes: &mut Vec<Note>) -> Vec<Candidate> {
    let path =
        |name: &str| if folder.is_empty() { name.into() } else { format!("{folder}/{name}") };
    let folders: Vec<String> =
        folder.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let main = USUAL_NAMES
        .iter()
        .find_map(|usual| files.iter().find(|(name, it)| name == usual && !it.is_fragment()))
        .map(|(name, _)| *name);
    let mut joined: Vec<String> = main.iter().map(|name| path(name)).collect();
    let mut alone = Vec::new();
    let mut used = BTreeSet::new();
    if let Some(main) = main {
        used.insert(main);
        let (stem, ending) = main.rsplit_once('.').unwrap_or((main, "yaml"));
        let overriding = format!("{stem}.override.{ending}");
        if let Some((name, _)) = files.iter().find(|(name, _)| *name == overriding) {
            used.insert(name);
            joined.push(path(name));
            notes.push(Note::understood(
                &path(name),
                format!("merged over {main}, as Compose does"),
            ));
        }
    }
    for (name, contents) in files.iter().filter(|(name, _)| !used.contains(name)) {
        let is_beside = name.starts_with("docker-compose.") || name.starts_with("compose.");
        let main_contents = files.iter().find(|(name, _)| Some(*name) == main).map(|(_, it)| *it);
        let is_variant =
            main_contents.is_some_and(|main| contents.services.is_subset(&main.services));
        if let Some(word) = word_aside(name) {
            notes.push(Note::left_out(&path(name), format!("its name says {word}")));
        } else if contents.is_fragment() {
            let why = "it only adds to another file; name both under stacks if it is to count";
            notes.push(Note::left_out(&path(name), why.to_owned()));
        } else if is_beside && is_variant {
            let why = "it changes services of the file beside it; name both under stacks if it \
                       is to count";
            notes.push(Note::left_out(&path(name), why.to_owned()));
        } else if USUAL_NAMES.contains(name) && main.is_some() {
            let why = format!("Compose reads {} instead", main.unwrap_or_default());
            notes.push(Note::left_out(&path(name), why));
        } else if let Some(main) = main.filter(|_| is_beside) {
            joined.push(path(name));
            notes.push(Note::guessed(&path(name), format!("merged over {main}: one project")));
        } else {
            alone.push(*name);
        }
    }
    let mut stacks = Vec::new();
    if let Some(main) = main {
        stacks.push(Candidate {
            folders: folders.clone(),
            file: main.to_owned(),
            files: joined,
            is_named_by_file: false,
        });
    }
    // A single file of a folder may have any name; the folder names the stack then, unless the
    // folder is one of many such files or the repository itself.
    for name in &alone {
        stacks.push(Candidate {
            folders: folders.clone(),
            file: (*name).to_owned(),
            files: vec![path(name)],
            is_named_by_file: true,
        });
    }
    stacks
}
