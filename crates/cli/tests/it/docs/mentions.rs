//! What pages name in passing exists: commands, their flags, chores.

use std::collections::BTreeSet;

use clap::error::ErrorKind;

use super::{Page, files, pages, read};

#[test]
fn commands_and_flags_exist() {
    let chores = Chores::read();
    let flags = flags(&hob_cli::command());
    let mut faults = Vec::new();
    let (mut hob, mut xtask) = (0, 0);
    for page in pages() {
        for (line, code) in code(&page) {
            let words: Vec<&str> = words(&code);
            let fault = match words.as_slice() {
                ["hob", ..] => {
                    hob += 1;
                    call(&words)
                }
                ["cargo", "xtask", rest @ ..] => {
                    xtask += 1;
                    chores.fault(rest)
                }
                [flag] if flag.starts_with("--") => {
                    let name = flag.split('=').next().unwrap_or(flag);
                    let is_known = is_one_of(name, &flags) || chores.has_flag(name);
                    (!is_known).then(|| "there is no such flag".to_owned())
                }
                _ => None,
            };
            faults.extend(fault.map(|why| format!("{}:{line}: {code}: {why}", page.path)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(hob > 40 && xtask > 10, "only {hob} calls of hob and {xtask} of xtask were found");
}

/// Pieces of code: lines that somebody may type, and what stands between backticks.
fn code(page: &Page) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for block in page.blocks() {
        for (line, text) in block.lines {
            match block.language {
                "sh" => found.push((line, text.to_owned())),
                "console" => {
                    found.extend(text.strip_prefix("$ ").map(|typed| (line, typed.to_owned())));
                }
                _ => {}
            }
        }
    }
    found.extend(spans(&page.prose()));
    found
}

/// What stands between backticks, which may begin on one line of a paragraph and end on the next.
fn spans(prose: &[(usize, &str)]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (line, text) in prose {
        if text.is_empty() {
            open = None;
        }
        for (at, part) in text.split('`').enumerate() {
            if at > 0 {
                match open.take() {
                    Some(span) => found.push(span),
                    None => open = Some((*line, String::new())),
                }
            }
            if let Some((_, span)) = &mut open {
                *span = format!("{span} {part}").trim().to_owned();
            }
        }
    }
    found
}

#[test]
fn code_may_begin_on_one_line_and_end_on_the_next() {
    let prose = [(1, "a `b` c `hob"), (2, "plan` d `e`"), (3, ""), (4, "`f`")];
    let expected = [(1, "b"), (1, "hob plan"), (2, "e"), (4, "f")];
    assert_eq!(spans(&prose), expected.map(|(line, code)| (line, code.to_owned())));
}

/// Words of a command, up to a comment or the next command.
fn words(code: &str) -> Vec<&str> {
    let words = code.split_whitespace().skip_while(|word| *word == "sudo");
    words.take_while(|word| !matches!(*word, "#" | "|" | "||" | "&&" | ">" | ">>")).collect()
}

/// What clap has against a call.
fn call(words: &[&str]) -> Option<String> {
    let words = words.iter().filter(|word| **word != "...");
    let error = hob_cli::command().try_get_matches_from(words).err()?;
    match error.kind() {
        // A command is named without all that it takes.
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        | ErrorKind::MissingSubcommand
        | ErrorKind::MissingRequiredArgument => None,
        _ => Some(error.to_string()),
    }
}

fn flags(command: &clap::Command) -> BTreeSet<String> {
    let own = command.get_arguments().filter_map(|argument| argument.get_long());
    let mut flags: BTreeSet<String> = own.map(|name| format!("--{name}")).collect();
    flags.extend(command.get_subcommands().flat_map(self::flags));
    flags
}

/// Whether a flag exists; `--skip-...` stands for all that begin so.
fn is_one_of(flag: &str, flags: &BTreeSet<String>) -> bool {
    match flag.strip_suffix("...") {
        Some(start) => flags.iter().any(|known| known.starts_with(start)),
        None => flags.contains(flag),
    }
}

/// `AdoptCorpus` as clap names it: `adopt-corpus`.
fn kebab_case(variant: &str) -> String {
    let mut name = String::new();
    for letter in variant.chars() {
        if letter.is_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.extend(letter.to_lowercase());
    }
    name
}

/// The chores of this repository, as their source spells them.
struct Chores {
    names: BTreeSet<String>,
    source: String,
}

impl Chores {
    fn read() -> Self {
        let paths = files("crates/xtask/src").into_iter().filter(|path| path.ends_with(".rs"));
        let source: String = paths.map(|path| read(&path)).collect();
        let main = read("crates/xtask/src/main.rs");
        let (_, chores) = main.split_once("enum Chore {").unwrap();
        let (chores, _) = chores.split_once("\n}").unwrap();
        let variants = chores.lines().map(str::trim);
        let names = variants
            .filter(|line| line.starts_with(char::is_uppercase))
            .filter_map(|line| line.split(['(', ',']).next())
            .map(kebab_case)
            .collect();
        Self { names, source }
    }

    fn fault(&self, words: &[&str]) -> Option<String> {
        let (name, rest) = words.split_first()?;
        if !self.names.contains(*name) {
            return Some(format!("the chores are {:?}", self.names));
        }
        let flags = rest.iter().filter(|word| word.starts_with("--"));
        let unknown = flags.filter(|flag| !self.has_flag(flag)).copied().next()?;
        Some(format!("no chore has {unknown}"))
    }

    fn has_flag(&self, flag: &str) -> bool {
        let field = flag.trim_start_matches('-').replace('-', "_");
        let is_field = |line: &str| {
            line.trim_start().strip_prefix(&field).is_some_and(|rest| rest.starts_with(':'))
        };
        self.source.lines().any(is_field)
    }
}

#[test]
fn what_does_not_exist_is_found() {
    let check = |code: &str| call(&words(code)).is_some();
    assert!(check("hob plam"));
    assert!(check("hob plan --ot plan.json"));
    assert!(check("hob -C x check --ofline # all of it"));
    assert!(!check("hob -C x check --offline # all of it --ofline"));
    assert!(!check("hob completions"));
    let chores = Chores::read();
    assert!(chores.fault(&["dmo"]).is_some());
    assert!(chores.fault(&["demo", "--up"]).is_some());
    assert_eq!(chores.fault(&["demo", "--down"]), None);
}
