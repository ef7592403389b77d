//! The loader against a body of third-party cases: files of the reference implementation's tests
//! with the results of the real program. The cases lie outside of the repository; without them
//! the test says that it is skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use hob_compose::{
    FileError, Files, Finding, Kind, LoadOptions, Loaded, Severity, load, merged, render, tree,
};
use serde_json::Value;

use super::comparable::{Difference, comparable, first_difference};

struct Disk;

impl Files for Disk {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        Ok(std::fs::metadata(path).ok().map(|meta| match meta.is_dir() {
            true => Kind::Directory,
            false => Kind::File { executable: false },
        }))
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        std::fs::read(path)
            .map_err(|error| FileError { path: path.into(), reason: error.to_string() })
    }

    fn list(&self, _dir: &str) -> Result<Vec<String>, FileError> {
        Ok(Vec::new())
    }
}

fn cases() -> Option<PathBuf> {
    let shared = match std::env::var_os("HOB_SHARED") {
        Some(dir) => PathBuf::from(dir),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
    };
    let dir = shared.join("conformance/compose");
    dir.is_dir().then(|| dir.canonicalize().unwrap())
}

fn options(dir: &str) -> LoadOptions {
    let mut files = vec![format!("{dir}/compose.yaml")];
    let over = format!("{dir}/compose.override.yaml");
    if Path::new(&over).exists() {
        files.push(over);
    }
    LoadOptions {
        files,
        working_dir: dir.to_string(),
        project_name: Some("conf".into()),
        environment: BTreeMap::from([("HOME".to_string(), "/home/me".to_string())]),
        profiles: vec!["*".into()],
        ..LoadOptions::default()
    }
}

/// What counts against the specification: that the typed project does not carry an attribute yet
/// does not.
fn refusals(loaded: &Loaded) -> Vec<&Finding> {
    let errors = loaded.findings.iter().filter(|f| f.severity == Severity::Error);
    errors.filter(|f| f.code != "unsupported-attribute").collect()
}

/// How the loader stands to the real program in one case.
enum Outcome {
    /// Both make the same model of it.
    Equal,
    /// Both refuse it.
    Refused,
    /// They do not agree, and in what.
    Deviates(String),
}

fn outcome(dir: &Path) -> Outcome {
    let name = dir.to_str().unwrap();
    let expected = std::fs::read_to_string(dir.join("expected-2.40.3.json")).unwrap();
    let expected: Value = serde_json::from_str(&expected.replace("@@DIR@@", name)).unwrap();
    let loaded = load(&options(name), &Disk);
    let refusals = refusals(&loaded);
    let lines = || refusals.iter().map(|f| f.line()).collect::<Vec<_>>().join("\n    ");
    match expected["rc"].as_i64() {
        Some(0) if !refusals.is_empty() => Outcome::Deviates(format!("refused:\n    {}", lines())),
        Some(0) => {
            let shown = loaded.tree.as_ref().map(render::to_json).unwrap_or_default();
            let ours = comparable(serde_json::from_str(&shown).unwrap_or_default());
            let theirs = comparable(expected["model"].clone());
            difference(&ours, &theirs).map_or(Outcome::Equal, Outcome::Deviates)
        }
        Some(1) if refusals.is_empty() => {
            Outcome::Deviates(format!("accepted, expected {}", expected["error"]))
        }
        Some(1) => Outcome::Refused,
        // The real program had no end: there is nothing to compare with.
        _ if refusals.is_empty() => Outcome::Equal,
        _ => Outcome::Refused,
    }
}

fn difference(ours: &Value, theirs: &Value) -> Option<String> {
    let Difference { path, left, right } = first_difference(ours, theirs)?;
    let shown = |value: Option<Value>| value.map_or("nothing".to_string(), |v| v.to_string());
    Some(format!("{path}: ours {}, theirs {}", shown(left), shown(right)))
}

/// The names in a list beside this test, each with a reason behind `#`.
fn listed(list: &str) -> BTreeSet<&str> {
    let lines = list.lines().map(|line| line.split('#').next().unwrap().trim());
    lines.filter(|line| !line.is_empty()).collect()
}

#[test]
fn cases_agree_with_docker_compose() {
    let Some(cases) = cases() else {
        println!("\nsuite third-party: skipped: set HOB_SHARED to the folder that has the cases");
        return;
    };
    let known = listed(include_str!("conformance.known"));
    let mut deviating = BTreeSet::new();
    let mut report = String::new();
    let (mut equal, mut refused) = (0, 0);
    let mut dirs: Vec<PathBuf> =
        std::fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    dirs.sort();
    for dir in dirs.iter().filter(|dir| dir.is_dir()) {
        let name = dir.file_name().unwrap().to_str().unwrap().to_string();
        match outcome(dir) {
            Outcome::Equal => equal += 1,
            Outcome::Refused => refused += 1,
            Outcome::Deviates(why) => {
                if !known.contains(name.as_str()) {
                    report += &format!("{name}: {why}\n");
                }
                deviating.insert(name);
            }
        }
    }
    let total = equal + refused + deviating.len();
    println!(
        "\nsuite third-party: {total} cases, {equal} equal, {} deviating, {refused} refused",
        deviating.len()
    );
    assert!(report.is_empty(), "new disagreements:\n{report}");
    let healed: Vec<&&str> = known.iter().filter(|name| !deviating.contains(**name)).collect();
    assert!(healed.is_empty(), "these agree now, remove them from conformance.known: {healed:?}");
}

#[test]
fn merged_trees_are_as_expected() {
    let Some(cases) = cases() else {
        println!("skipped: no conformance cases (set HOB_SHARED to the folder that has them)");
        return;
    };
    let mut report = String::new();
    let mut total = 0;
    for dir in std::fs::read_dir(&cases).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(text) = std::fs::read_to_string(dir.join("merged.expected.yaml")) else { continue };
        total += 1;
        let (expected, _) = tree::parse(&text, "merged.expected.yaml");
        let (ours, _) = merged(&options(dir.to_str().unwrap()), &Disk);
        let value = |node: &tree::Node| serde_json::to_value(node).unwrap();
        let (ours, theirs) = (value(&ours.unwrap()), value(&expected[0]));
        if let Some(difference) = difference(&ours, &theirs) {
            report += &format!("{}: {difference}\n", dir.display());
        }
    }
    assert!(report.is_empty(), "{report}");
    println!("{total} merged trees are equal");
}
