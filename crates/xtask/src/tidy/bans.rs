//! A crate's own `clippy.toml` replaces the workspace's, so it has to repeat what that one bans.

use std::collections::BTreeSet;

use super::{File, Violation, files::text_of};

const ROOT: &str = "clippy.toml";

/// Rule: what `clippy.toml` of the workspace bans and allows stands in that of every crate too.
pub(super) fn check(files: &[File]) -> Vec<Violation> {
    let Some(root) = text_of(files, ROOT) else {
        return vec![missing(ROOT, "there is no such file, so nothing is banned")];
    };
    let wanted = entries(root);
    let own =
        |file: &&File| file.path.starts_with("crates/") && file.path.ends_with("/clippy.toml");
    let mut found = Vec::new();
    for file in files.iter().filter(own) {
        let there = entries(&String::from_utf8_lossy(&file.bytes));
        for entry in wanted.difference(&there) {
            found.push(missing(&file.path, &format!("{entry} stands in {ROOT} and not here")));
        }
    }
    found
}

fn missing(path: &str, what: &str) -> Violation {
    Violation { path: path.to_owned(), line: 0, what: what.to_owned(), ratchet: None }
}

/// What is banned, by its path, and what is set.
fn entries(text: &str) -> BTreeSet<String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| match line.split_once("path = \"") {
            Some((_, rest)) => Some(format!("the ban of {}", rest.split('"').next()?)),
            None if line.starts_with("allow-") => Some(format!("`{line}`")),
            None => None,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::testing::{file, lines};

    #[test]
    fn a_crate_repeats_the_bans() {
        let root = "allow-unwrap-in-tests = true\ndisallowed-methods = [\n  \
                    { path = \"std::fs::read\", reason = \"x\" },\n]\n";
        let less = "# { path = \"std::fs::read\" }\nallow-unwrap-in-tests = true\n";
        let files = [
            file("clippy.toml", root),
            file("crates/a/clippy.toml", less),
            file("crates/b/clippy.toml", root),
        ];
        assert_eq!(
            lines(check(&files)),
            "crates/a/clippy.toml: the ban of std::fs::read stands in clippy.toml and not here"
        );
        assert_eq!(
            lines(check(&files[1..])),
            "clippy.toml: there is no such file, so nothing is banned"
        );
    }
}
