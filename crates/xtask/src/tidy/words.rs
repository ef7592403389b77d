//! Words that do not belong into what is published.

use super::{File, Violation};

/// What marks unfinished work. (Spelled in two halves, since this file is looked at too.)
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("dbg", "!("),
    concat!("#[ign", "ore"),
];
/// Folders of somebody's machine.
const FOLDERS: &[&str] = &[
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("/home/", "runner"),
];
/// Servers that packages of other people come from.
const SERVERS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("static.rust", "-lang.org"),
    concat!("npm", "js.org"),
    concat!("pypi", ".org"),
    concat!("python", "hosted.org"),
    concat!("golang", ".org"),
    concat!("ruby", "gems.org"),
];
/// Compose files, in which any folder of a host or a container may stand.
const COMPOSE: &[&str] =
    &["homelabs/", "crates/compose/tests/", "crates/testbed/stories/", "fuzz/seeds/"];
/// Written by Cargo, which names where each library came from.
const WRITTEN_BY_TOOLS: &[&str] = &["Cargo.lock", "fuzz/Cargo.lock"];

/// Rule: nothing unfinished, and no trace of the place where a file was written.
pub(super) fn check(file: &File) -> Vec<Violation> {
    let Ok(text) = std::str::from_utf8(&file.bytes) else { return Vec::new() };
    if WRITTEN_BY_TOOLS.contains(&file.path.as_str()) {
        return Vec::new();
    }
    let is_compose = COMPOSE.iter().any(|folder| file.path.starts_with(folder));
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let unfinished = UNFINISHED.iter().filter(|word| is_there(line, word));
        let unfinished = unfinished.map(|word| format!("{word} means that it is not finished"));
        let folders = if is_compose { &[] } else { FOLDERS };
        let workplace = folders.iter().chain(SERVERS).filter(|word| line.contains(**word));
        let workplace = workplace.map(|word| format!("{word} tells of the place it was written"));
        found.extend(unfinished.chain(workplace).map(|what| Violation {
            path: file.path.clone(),
            line: at + 1,
            what,
            ratchet: None,
        }));
    }
    found
}

/// Whether the word stands by itself.
fn is_there(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let is_edge = |c: Option<char>| !c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        is_edge(before) && (is_edge(after) || word.ends_with(|c: char| !c.is_alphanumeric()))
    })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::testing::{file, lines};

    fn check_text(text: &str, expected: &str) {
        assert_eq!(lines(check(&file("a.md", text))), expected);
    }

    #[test]
    fn nothing_is_unfinished() {
        let word = concat!("TO", "DO");
        check_text(
            &format!("x\n// {word}: later"),
            &format!("a.md:2: {word} means that it is not finished"),
        );
        check_text("METODO, mktemp -t a.XXXXXX", "");
    }

    #[test]
    fn a_workplace_leaves_no_trace() {
        let folder = concat!("/wo", "rk/");
        check_text(
            &format!("see {folder}x"),
            &format!("a.md:1: {folder} tells of the place it was written"),
        );
        assert!(check(&file("homelabs/x/compose.yaml", folder)).is_empty());
        assert!(check(&file("Cargo.lock", concat!("crates", ".io"))).is_empty());
    }
}
