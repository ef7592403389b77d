//! `cargo xtask adopt-corpus`: repositories that other people made, and what `hob init` and
//! `hob check --offline` say of them.
//!
//! What is expected stands in `adopt-corpus.txt` beside this crate's manifest: hosts and stacks
//! were counted by hand in each repository. A copy of each is looked at; the originals stay as they
//! are.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
    time::{Duration, Instant},
};

use clap::Args;
use serde_json::Value;

use crate::{Outcome, disk, place, say};

/// Real repositories: what `hob init` makes of them, against a table of what is in them.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder of repositories.
    #[arg(long, value_name = "FOLDER")]
    corpus: Option<PathBuf>,
    /// Write down what is found as what is expected.
    #[arg(long)]
    bless: bool,
    /// Every finding of every repository.
    #[arg(long)]
    verbose: bool,
}

const EXPECTED: &str = "crates/xtask/adopt-corpus.txt";
const HEAD: &str = "\
# Repository: hosts, stacks with a host and without one, files left out, layers (counted by hand);
# then the findings of `hob check --offline` by code. Written by `cargo xtask adopt-corpus --bless`.
";

/// What is said of one repository, without times.
#[derive(Debug, PartialEq, Eq)]
struct Row {
    name: String,
    shape: String,
    findings: BTreeMap<String, usize>,
    errors: usize,
    took: (Duration, Duration),
}

impl Row {
    fn expected(&self) -> String {
        let findings: Vec<String> =
            self.findings.iter().map(|(code, count)| format!("{code} {count}")).collect();
        format!("{}: {}; {}\n", self.name, self.shape, findings.join(", "))
    }
}

/// `cargo xtask adopt-corpus`.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let folder = arguments.corpus.clone().or_else(shared);
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        say::line("skipped: no repositories (name their folder with --corpus, or set HOB_SHARED)");
        return Ok(ExitCode::SUCCESS);
    };
    let hob = place::built("hob-cli", "hob")?;
    let scratch = tempfile::tempdir().map_err(|why| format!("making a folder: {why}"))?;
    let mut rows = Vec::new();
    for original in disk::folders(&folder)? {
        let name = original.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let copy = scratch.path().join(&name);
        disk::copy_folder(&original, &copy)?;
        rows.push(look_at(&hob, &name, &copy, arguments.verbose)?);
    }
    say::result(&table(&rows));
    let now: String = [HEAD.to_owned()].into_iter().chain(rows.iter().map(Row::expected)).collect();
    let path = place::root().join(EXPECTED);
    if arguments.bless {
        disk::write(&path, &now)?;
        say::line(&format!("wrote {EXPECTED}"));
        return Ok(ExitCode::SUCCESS);
    }
    compare(&disk::read(&path)?, &now)
}

/// Where the repositories lie: in `HOB_SHARED`, else beside this repository.
fn shared() -> Option<PathBuf> {
    let shared = std::env::var_os("HOB_SHARED").map(PathBuf::from);
    Some(shared.unwrap_or(place::root().parent()?.join("shared")).join("corpus"))
}

fn look_at(hob: &Path, name: &str, copy: &Path, is_verbose: bool) -> Result<Row, String> {
    let begun = Instant::now();
    let init = json(hob, copy, &["init", "--json", "--dry-run"])?;
    let adopting = begun.elapsed();
    let text = init["text"].as_str().unwrap_or_default();
    disk::write(&copy.join("hob.yaml"), text)?;
    let begun = Instant::now();
    let check = json(hob, copy, &["check", "--offline", "--json"])?;
    let checking = begun.elapsed();
    let empty = Vec::new();
    let notes = init["notes"].as_array().unwrap_or(&empty);
    let left_out = notes.iter().filter(|note| note["sureness"] == "left-out").count();
    let shape = &init["found"];
    let shape = format!(
        "{} hosts, {} stacks, {} without a host, {left_out} left out, {} layers",
        shape["hosts"], shape["stacks"], shape["unassigned"], shape["layers"]
    );
    let mut findings: BTreeMap<String, usize> = BTreeMap::new();
    let mut errors = 0;
    for finding in check["findings"].as_array().unwrap_or(&empty) {
        let code = finding["code"].as_str().unwrap_or("?").to_owned();
        *findings.entry(code).or_default() += 1;
        errors += usize::from(finding["severity"] == "error");
        if is_verbose {
            let place = format!("{}:{}", text_of(&finding["file"]), finding["line"]);
            say::line(&format!("{name}: {place}: {}", text_of(&finding["message"])));
        }
    }
    let name = name.to_owned();
    Ok(Row { name, shape, findings, errors, took: (adopting, checking) })
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Runs hob and reads what it says; a panic or no JSON at all is an error.
fn json(hob: &Path, folder: &Path, arguments: &[&str]) -> Result<Value, String> {
    let doing = format!("hob {} in {}", arguments.join(" "), folder.display());
    let output = Command::new(hob).args(arguments).arg("-C").arg(folder).output();
    let output = output.map_err(|why| format!("{doing}: {why}"))?;
    serde_json::from_slice(&output.stdout).map_err(|why| {
        let talk = String::from_utf8_lossy(&output.stderr);
        format!("{doing}: {why}: {}", talk.lines().next().unwrap_or("it said nothing"))
    })
}

fn table(rows: &[Row]) -> String {
    let mut text = "| repository | found | errors | others | init | check |\n\
                    | --- | --- | --- | --- | --- | --- |\n"
        .to_owned();
    let (mut adopting, mut checking) = (Duration::ZERO, Duration::ZERO);
    for row in rows {
        let others = row.findings.values().sum::<usize>() - row.errors;
        let (init, check) = (row.took.0.as_millis(), row.took.1.as_millis());
        let Row { name, shape, errors, .. } = row;
        text += &format!("| {name} | {shape} | {errors} | {others} | {init} ms | {check} ms |\n");
        adopting += row.took.0;
        checking += row.took.1;
    }
    text + &format!(
        "{} repositories, hob init {} ms, hob check --offline {} ms (not optimised)\n",
        rows.len(),
        adopting.as_millis(),
        checking.as_millis()
    )
}

/// Fails with every line that is not as expected.
fn compare(expected: &str, now: &str) -> Outcome {
    let lines = |text: &str| -> BTreeMap<String, String> {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let pairs = lines.filter_map(|line| line.split_once(": "));
        pairs.map(|(name, rest)| (name.to_owned(), rest.to_owned())).collect()
    };
    let (expected, now) = (lines(expected), lines(now));
    let mut faults = Vec::new();
    for (name, found) in &now {
        match expected.get(name) {
            Some(wanted) if wanted == found => {}
            Some(wanted) => {
                faults.push(format!("{name}\n  expected: {wanted}\n  found:    {found}"));
            }
            None => faults.push(format!("{name} is not in {EXPECTED}")),
        }
    }
    for name in expected.keys().filter(|name| !now.contains_key(*name)) {
        faults.push(format!("{name} is not there any more"));
    }
    if faults.is_empty() {
        say::line("all as expected");
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("{}\n{} of {} are not as expected", faults.join("\n"), faults.len(), now.len()))
}

#[cfg(test)]
mod tests {
    use super::compare;

    #[test]
    fn a_repository_that_is_seen_otherwise_is_a_fault() {
        let expected = "# x\na: 1 hosts; undefined 2\nb: 2 hosts; \n";
        assert!(compare(expected, expected).is_ok());
        let why = compare(expected, "a: 1 hosts; undefined 3\nc: 1 hosts; \n").unwrap_err();
        assert_eq!(
            why,
            "a\n  expected: 1 hosts; undefined 2\n  found:    1 hosts; undefined 3\n\
             c is not in crates/xtask/adopt-corpus.txt\nb is not there any more\n\
             3 of 2 are not as expected"
        );
    }
}
