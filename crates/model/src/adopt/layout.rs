//! Which part of a path is a host and which a stack, and the patterns that say so for all files.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Note,
    hosts::{Machines, SHARED, holds_machines},
    stacks::Candidate,
};

/// A stack with its place in the homelab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) candidate: Candidate,
    /// Position of the host among the folders.
    pub(super) host: Option<usize>,
    /// Position of the stack among the folders; `None` if the file names it, or if it is a host's
    /// own file.
    pub(super) stack: Option<usize>,
    /// The stack's name.
    pub(super) name: String,
}

impl Placed {
    /// The host, if the path names one.
    pub(super) fn host(&self) -> Option<&str> {
        self.host.map(|at| self.candidate.folders[at].as_str())
    }

    /// Whether it is the own file of a host.
    pub(super) fn is_hosts_own(&self) -> bool {
        self.host.is_some() && self.stack.is_none() && !self.candidate.is_named_by_file
    }
}

/// Folders that only say what is in them, not whose it is.
const INNER: [&str; 4] = ["files", "docker", "compose", "docker-compose"];

/// Finds hosts and stacks in the paths. `whole` names what lies in the repository's own folder.
pub(super) fn place(
    candidates: Vec<Candidate>,
    machines: &Machines,
    whole: &str,
    notes: &mut Vec<Note>,
) -> Vec<Placed> {
    let by_siblings = machine_folders(&candidates);
    for (parent, why) in &by_siblings {
        let shown = if parent.is_empty() { "." } else { parent };
        notes.push(Note::guessed(shown, format!("its folders are hosts: {why}")));
    }
    let parents: BTreeSet<(String, String)> = candidates
        .iter()
        .flat_map(|it| (1..it.folders.len()).map(|at| pair(&it.folders, at)))
        .collect();
    let is_only = |folders: &[String], at: usize| {
        let (parent, _) = pair(folders, at);
        parents.iter().filter(|(other, _)| *other == parent).count() == 1
    };
    let place = |candidate: Candidate| {
        let folders = &candidate.folders;
        let host = (0..folders.len()).find(|at| {
            let parent = folders[..*at].join("/");
            let is_below = *at > 0 && holds_machines(&folders[at - 1]);
            let is_known = machines.contains_key(&folders[*at]);
            let is_host = is_below || is_known || by_siblings.contains_key(&parent);
            is_host && !SHARED.contains(&folders[*at].as_str())
        });
        let first = host.map_or(0, |at| at + 1);
        let named = (first..folders.len()).rev().find(|at| {
            let is_inner = INNER.contains(&folders[*at].as_str());
            !is_inner || *at == first || !is_only(folders, *at)
        });
        let stack = named.filter(|_| !candidate.is_named_by_file);
        let name = match (stack, host) {
            _ if candidate.is_named_by_file => candidate.stem().to_owned(),
            (Some(at), _) => folders[at].clone(),
            (None, Some(at)) => folders[at].clone(),
            (None, None) => whole.to_owned(),
        };
        Placed { candidate, host, stack, name }
    };
    candidates.into_iter().map(place).collect()
}

/// A folder and the one that holds it.
fn pair(folders: &[String], at: usize) -> (String, String) {
    (folders[..at].join("/"), folders[at].clone())
}

/// Folders whose folders are hosts although their name does not say so, with the evidence.
fn machine_folders(candidates: &[Candidate]) -> BTreeMap<String, String> {
    let mut parents: BTreeMap<String, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for Candidate { folders, .. } in candidates {
        for at in 0..folders.len().saturating_sub(1) {
            let children = parents.entry(folders[..at].join("/")).or_default();
            children.entry(&folders[at]).or_default().insert(&folders[at + 1]);
        }
    }
    let mut found = BTreeMap::new();
    for (parent, children) in parents {
        let is_inside = found.keys().any(|outer: &String| is_below(&parent, outer));
        let is_named = parent.rsplit('/').next().is_some_and(holds_machines);
        if is_inside || is_named || children.values().any(|it| it.iter().any(|n| holds_machines(n)))
        {
            continue;
        }
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for stacks in children.values() {
            for stack in stacks {
                *count.entry(stack).or_default() += 1;
            }
        }
        let twice: Vec<&str> =
            count.iter().filter(|(_, count)| **count > 1).map(|(name, _)| *name).collect();
        let is_numbered = |name: &&str| {
            let digits = name.bytes().take_while(u8::is_ascii_digit).count();
            digits >= 2 && name[digits..].starts_with('-')
        };
        if children.values().any(|stacks| stacks.iter().any(is_numbered)) {
            found.insert(parent, "the stacks in them are numbered".to_owned());
        } else if twice.len() > 1 {
            let shown = twice.iter().take(3).copied().collect::<Vec<_>>().join(", ");
            found.insert(parent, format!("several have the same stacks ({shown})"));
        }
    }
    found
}

fn is_below(path: &str, outer: &str) -> bool {
    outer.is_empty() || path == outer || path.starts_with(&format!("{outer}/"))
}

/// The patterns that find each stack's file and nothing else under its name, lowest priority first;
/// and the positions of the stacks that no pattern can find. `compose` is every Compose file there
/// is.
pub(super) fn patterns(placed: &[Placed], compose: &[&String]) -> (Vec<String>, Vec<usize>) {
    let mut groups: BTreeMap<(bool, bool, String), Vec<usize>> = BTreeMap::new();
    let mut spelled = Vec::new();
    for (index, stack) in placed.iter().enumerate() {
        let is_findable = stack.candidate.files.len() == 1
            && (stack.stack.is_some() || stack.host.is_some() || stack.candidate.is_named_by_file);
        match is_findable {
            true => {
                let alike: Vec<usize> = (1..stack.candidate.folders.len()).collect();
                let key = (stack.host.is_some(), stack.is_hosts_own(), shape(stack, &alike));
                groups.entry(key).or_default().push(index);
            }
            false => spelled.push(index),
        }
    }
    let mut patterns: Vec<String> = Vec::new();
    for members in groups.values() {
        let wide = shape(&placed[members[0]], &varying(placed, members));
        let is_exact = |at: &usize, pattern: &str| {
            let stack = &placed[*at];
            let mut found = compose.iter().filter(|path| finds(pattern, stack, path));
            found.all(|path| stack.candidate.files.contains(path))
        };
        if members.iter().all(|at| is_exact(at, &wide)) {
            patterns.push(wide);
            continue;
        }
        // The wide pattern would find two files for one stack, so folders are named.
        let narrow: BTreeSet<String> = members.iter().map(|at| shape(&placed[*at], &[])).collect();
        for pattern in narrow {
            let mut of_it = members.iter().filter(|at| shape(&placed[**at], &[]) == pattern);
            match of_it.clone().all(|at| is_exact(at, &pattern)) {
                true => patterns.push(pattern),
                false => spelled.extend(of_it.by_ref()),
            }
        }
    }
    (patterns, spelled)
}

/// Positions of folders that are neither host nor stack and differ within a group.
fn varying(placed: &[Placed], members: &[usize]) -> Vec<usize> {
    let first = &placed[members[0]].candidate.folders;
    let differs = |at: &usize| {
        members.iter().any(|member| placed[*member].candidate.folders.get(*at) != first.get(*at))
    };
    (0..first.len()).filter(differs).collect()
}

/// A pattern with `*` in place of these folders, but for the host and the stack.
fn shape(stack: &Placed, any: &[usize]) -> String {
    let part = |(at, folder): (usize, &String)| match at {
        _ if Some(at) == stack.host => "{host}".to_owned(),
        _ if Some(at) == stack.stack => "{stack}".to_owned(),
        _ if any.contains(&at) => "*".to_owned(),
        _ => folder.clone(),
    };
    joined(stack, stack.candidate.folders.iter().enumerate().map(part))
}

fn joined(stack: &Placed, folders: impl Iterator<Item = String>) -> String {
    let file = match stack.candidate.is_named_by_file {
        true => stack.candidate.file.replacen(stack.candidate.stem(), "{stack}", 1),
        false => stack.candidate.file.clone(),
    };
    folders.chain([file]).collect::<Vec<_>>().join("/")
}

/// Whether a pattern finds a path under the name of this stack.
fn finds(pattern: &str, stack: &Placed, path: &str) -> bool {
    let host = stack.host().unwrap_or("{host}");
    let wanted = pattern.replace("{host}", host).replace("{stack}", &stack.name);
    let (parts, wanted): (Vec<_>, Vec<_>) =
        (path.split('/').collect(), wanted.split('/').collect());
    parts.len() == wanted.len()
        && parts.iter().zip(wanted).all(|(part, wanted)| match wanted.split_once('*') {
            Some((before, after)) => {
                part.len() >= before.len() + after.len()
                    && part.starts_with(before)
                    && part.ends_with(after)
            }
            None => *part == wanted,
        })
}
