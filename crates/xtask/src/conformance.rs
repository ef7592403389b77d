//! `cargo xtask conformance`: how far Hob's loader and Docker Compose agree, over the cases of this
//! repository and over third-party ones where they are there.
//!
//! The tests of `hob-compose` do the work: they compare every case, and fail when one deviates
//! that is not in `conformance.known`, or when one in there agrees again. This chore runs them and
//! prints what they counted.

use std::{
    path::PathBuf,
    process::{Command, ExitCode, Stdio},
};

use clap::Args;
use serde_json::json;

use crate::{Outcome, place, say};

/// What a line with the counts of a suite begins with.
const MARK: &str = "suite ";
const TESTS: [&str; 3] = [
    "cases::every_case_gives_what_it_says",
    "conformance::cases_agree_with_docker_compose",
    "conformance::merged_trees_are_as_expected",
];

/// Count the cases in which Hob's loader and Docker Compose agree; fail when one more deviates
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The folder that has `conformance/compose`; `../shared` beside this repository by default.
    #[arg(long, value_name = "DIR")]
    shared: Option<PathBuf>,
    /// Print the counts as JSON.
    #[arg(long)]
    json: bool,
}

/// Runs both suites.
pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["test", "--quiet", "--package", "hob-compose", "--test", "suite", "--"]);
    cargo.args(["--nocapture", "--exact"]).args(TESTS).current_dir(place::root());
    if let Some(shared) = &arguments.shared {
        let shared = std::path::absolute(shared)
            .map_err(|why| format!("finding {}: {why}", shared.display()))?;
        cargo.env("HOB_SHARED", shared);
    }
    say::line("comparing every case ...");
    let output = cargo.stdin(Stdio::null()).output();
    let output = output.map_err(|why| format!("running cargo: {why}"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    let suites: Vec<Suite<'_>> = said.lines().filter_map(Suite::read).collect();
    if arguments.json {
        let data: Vec<_> = suites.iter().map(Suite::json).collect();
        say::result(&format!("{:#}", json!({ "suites": data })));
    } else {
        suites.iter().for_each(|suite| say::result(&format!("{}: {}", suite.name, suite.counts)));
    }
    let is_agreement = output.status.success() && suites.len() >= 2;
    if is_agreement {
        return Ok(ExitCode::SUCCESS);
    }
    say::line(said.trim());
    say::line(String::from_utf8_lossy(&output.stderr).trim());
    Err("a case deviates that did not, or agrees that did not: see above".to_owned())
}

/// What a test said of a suite.
#[derive(Debug, PartialEq, Eq)]
struct Suite<'a> {
    name: &'a str,
    counts: &'a str,
}

impl<'a> Suite<'a> {
    /// Reads such as `suite own: 9 cases, 8 equal, 0 deviating, 1 refused`.
    fn read(line: &'a str) -> Option<Self> {
        let (name, counts) = line.trim().strip_prefix(MARK)?.split_once(": ")?;
        Some(Self { name, counts })
    }

    fn json(&self) -> serde_json::Value {
        let mut data = json!({ "suite": self.name, "skipped": self.counts.starts_with("skipped") });
        for part in self.counts.split(", ") {
            if let Some((number, word)) = part.split_once(' ')
                && let Ok(number) = number.parse::<u64>()
            {
                data[word] = number.into();
            }
        }
        data
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read_from_what_the_tests_say() {
        let suite = Suite::read("suite own: 9 cases, 7 equal, 0 deviating, 2 refused\n");
        let data = suite.map(|suite| suite.json());
        let expected = json!({
            "suite": "own", "skipped": false,
            "cases": 9, "equal": 7, "deviating": 0, "refused": 2,
        });
        assert_eq!(data, Some(expected));
        let skipped = Suite::read("suite third-party: skipped: set HOB_SHARED");
        assert_eq!(skipped.map(|suite| suite.json()["skipped"].clone()), Some(true.into()));
        assert_eq!(Suite::read("test a ... ok"), None);
    }
}
