//! Where fuzzing begins: lines of `fuzz/seeds`, the cases of the loader's own suite, and everything
//! that once broke a law.

use std::path::Path;

use crate::{disk, place};

/// Puts the seeds of a target into its corpus, beside what earlier runs found.
pub(super) fn put(target: &str, corpus: &Path) -> Result<(), String> {
    disk::make_folder(corpus)?;
    let root = place::root();
    let lines = root.join("fuzz/seeds").join(target).with_extension("txt");
    if lines.is_file() {
        let lines = disk::read(&lines)?;
        write(corpus, "line", lines.lines())?;
    }
    let tests = root.join("crates/compose/tests");
    for file in disk::files(&tests.join("cases"), ".txt")? {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        write(corpus, &name, pieces(target, &disk::read(&file)?).into_iter())?;
    }
    for file in disk::files(&tests.join("regressions").join(target), "")? {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        disk::write_bytes(&corpus.join(format!("regression-{name}")), &disk::bytes(&file)?)?;
    }
    Ok(())
}

fn write<'a>(
    corpus: &Path,
    name: &str,
    texts: impl Iterator<Item = &'a str>,
) -> Result<(), String> {
    for (at, text) in texts.enumerate() {
        disk::write(&corpus.join(format!("seed-{name}-{at}")), text)?;
    }
    Ok(())
}

/// The files in the cases of a suite (`=== title`, `--- file`) that a target reads.
fn pieces<'a>(target: &str, cases: &'a str) -> Vec<&'a str> {
    let mut pieces = Vec::new();
    for case in cases.split("\n=== ").skip(1) {
        for section in case.split("\n--- ").skip(1) {
            let (head, body) = section.split_once('\n').unwrap_or((section, ""));
            let is_wanted = match target {
                "project" | "yaml" => head.starts_with("compose"),
                "dotenv" => head == "env" || head.ends_with(".env"),
                _ => false,
            };
            if is_wanted {
                pieces.push(body);
            }
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::pieces;

    const CASES: &str = "\
About.

=== one
--- compose.yaml
services: {}
--- one.env
A=1
--- show services
=== two
--- compose.override.yaml
a: b
c: d
--- env
B=2
--- show
";

    fn check(target: &str, expected: &[&str]) {
        assert_eq!(pieces(target, CASES), expected);
    }

    #[test]
    fn cases_are_seeds() {
        check("yaml", &["services: {}", "a: b\nc: d"]);
        check("project", &["services: {}", "a: b\nc: d"]);
        check("dotenv", &["A=1", "B=2"]);
        check("ports", &[]);
    }
}
