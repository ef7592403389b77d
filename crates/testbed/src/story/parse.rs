//! Reading a story.

use std::collections::BTreeMap;

use super::{Fate, StoryError, act::Act, words};

/// A story, ready to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// The repository that it begins with: contents by path.
    pub files: BTreeMap<String, String>,
    /// What happens.
    pub script: Vec<Line>,
}

/// A line of the script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: usize,
    /// As it was written, with the indented lines below it.
    pub text: String,
    /// What it means.
    pub command: Command,
}

/// What a line of the script means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A comment or an empty line, which goes to the record as it is.
    Prose,
    /// `hob ARGUMENTS`.
    Hob(Vec<String>),
    /// `killed after N: hob ARGUMENTS`: it ends before its operation N + 1.
    /// `interrupted after N: hob ARGUMENTS`: Ctrl-C is pressed then; `N, M` presses it twice.
    Fated {
        /// What happens to it.
        fate: Fate,
        /// Arguments of `hob`.
        arguments: Vec<String>,
    },
    /// `killed anywhere: hob ARGUMENTS`: ends it after 0, 1, 2... operations, each time from the
    /// same beginning, and checks that the same call then leaves the same world and the same plan
    /// as one that was never killed.
    KilledAnywhere(Vec<String>),
    /// `killed once "TEXT": hob ARGUMENTS`, `interrupted once "TEXT": hob ARGUMENTS`: it is ended,
    /// or Ctrl-C is pressed, when it says this. `hushed: hob ARGUMENTS`: nothing happens to it. How
    /// far these come is a matter of chance, so the record holds their exit codes only.
    Hushed {
        /// What happens to it, if anything.
        once: Option<Once>,
        /// Arguments of `hob`.
        arguments: Vec<String>,
    },
    /// `write PATH` and indented lines: a file of the repository.
    Write {
        /// Which.
        path: String,
        /// What stands in it from now on.
        content: String,
    },
    /// `edit PATH: OLD -> NEW`: another text in a file of the repository.
    Edit {
        /// Which.
        path: String,
        /// A text that stands in it.
        old: String,
        /// What stands in its place from now on.
        new: String,
    },
    /// `delete PATH`: a file of the repository.
    Delete(String),
    /// Something happens, or is looked at.
    Act(Act),
}

/// What happens to a call of `hob` once it says something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Once {
    /// What it says, as data or as talk.
    pub says: String,
    /// Whether it is killed; else Ctrl-C is pressed.
    pub is_killed: bool,
}

impl Story {
    /// Reads the text of a story.
    pub fn parse(text: &str) -> Result<Self, StoryError> {
        let mut story = Self { files: BTreeMap::new(), script: Vec::new() };
        let mut lines = text.lines().enumerate().peekable();
        let mut section: Option<String> = None;
        while let Some((at, line)) = lines.next() {
            let number = at + 1;
            if let Some(name) = line.strip_prefix("--- ") {
                let name = name.trim();
                if name != "story" && story.files.insert(name.into(), String::new()).is_some() {
                    return Err(script_error(number, format!("{name} is there twice")));
                }
                section = Some(name.to_owned());
                continue;
            }
            match &section {
                // Before the first section stands what the story shows.
                None => story.script.push(prose(number, line)),
                Some(name) if name == "story" => {
                    let mut text = line.to_owned();
                    let mut block = String::new();
                    let indented = |next: &(usize, &str)| next.1.starts_with("    ");
                    while let Some((_, more)) = lines.next_if(indented) {
                        text.push('\n');
                        text.push_str(more);
                        block.push_str(more.strip_prefix("    ").unwrap_or(more));
                        block.push('\n');
                    }
                    let command = command(line, &block).map_err(|why| script_error(number, why))?;
                    story.script.push(Line { number, text, command });
                }
                Some(path) => {
                    if let Some(content) = story.files.get_mut(path) {
                        content.push_str(line);
                        content.push('\n');
                    }
                }
            }
        }
        if section.as_deref() != Some("story") {
            return Err(script_error(text.lines().count(), "the last section is no story".into()));
        }
        Ok(story)
    }
}

fn prose(number: usize, line: &str) -> Line {
    Line { number, text: line.to_owned(), command: Command::Prose }
}

fn script_error(line: usize, why: String) -> StoryError {
    StoryError::Script { line, why }
}

fn command(line: &str, block: &str) -> Result<Command, String> {
    if line.trim().is_empty() || line.starts_with('#') {
        return Ok(Command::Prose);
    }
    for (head, is_killed) in [("killed once ", true), ("interrupted once ", false)] {
        if let Some(rest) = line.strip_prefix(head) {
            let (says, rest) = rest.split_once(": ").ok_or("once \"TEXT\": hob ...")?;
            let says = says.trim_matches('"').to_owned();
            return Ok(Command::Hushed {
                once: Some(Once { says, is_killed }),
                arguments: hob(rest)?,
            });
        }
    }
    if let Some(rest) = line.strip_prefix("hushed:") {
        return Ok(Command::Hushed { once: None, arguments: hob(rest)? });
    }
    if let Some(rest) = line.strip_prefix("killed anywhere:") {
        return Ok(Command::KilledAnywhere(hob(rest)?));
    }
    if let Some(rest) = line.strip_prefix("killed after ") {
        let (after, rest) = rest.split_once(':').ok_or("killed after NUMBER: hob ...")?;
        let killed_after = Some(words::number(after, "number of operations")?);
        let fate = Fate { killed_after, ..Fate::default() };
        return Ok(Command::Fated { fate, arguments: hob(rest)? });
    }
    if let Some(rest) = line.strip_prefix("interrupted after ") {
        let (after, rest) = rest.split_once(':').ok_or("interrupted after NUMBER: hob ...")?;
        let number = |word: &str| words::number(word.trim(), "number of operations");
        let interrupted_after = after.split(',').map(number).collect::<Result<_, _>>()?;
        let fate = Fate { interrupted_after, ..Fate::default() };
        return Ok(Command::Fated { fate, arguments: hob(rest)? });
    }
    if let Some(rest) = line.strip_prefix("edit ") {
        let (path, rest) = rest.split_once(": ").ok_or("edit PATH: OLD -> NEW")?;
        let (old, new) = rest.split_once(" -> ").ok_or("edit PATH: OLD -> NEW")?;
        let [path, old, new] = [path, old, new].map(str::to_owned);
        return Ok(Command::Edit { path, old, new });
    }
    let words = words::split(line)?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["hob", ..] => Ok(Command::Hob(hob(line)?)),
        ["write", path] => {
            Ok(Command::Write { path: (*path).to_owned(), content: block.to_owned() })
        }
        ["delete", path] => Ok(Command::Delete((*path).to_owned())),
        words => Ok(Command::Act(Act::parse(words, block)?)),
    }
}

fn hob(line: &str) -> Result<Vec<String>, String> {
    let mut words = words::split(line.trim())?;
    if words.first().is_none_or(|word| word != "hob") {
        return Err("a call of hob has to follow".into());
    }
    words.remove(0);
    Ok(words)
}
