//! The cases of this suite against the real docker compose: what a case shows has to be what that
//! program makes of the same files, and what it refuses has to be refused. A case in which both
//! differ says why, in a section `--- differs`.
//!
//! `HOB_DOCKER_COMPOSE` names the program; without it the test says that it is skipped.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use super::cases::{Section, parse, variables};
use super::comparable::comparable;

/// What docker compose makes of a case, and where the files lay.
fn ask(program: &Path, sections: &[Section]) -> (Output, PathBuf, tempfile::TempDir) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().join("p");
    std::fs::create_dir(&folder).unwrap();
    let mut command = Command::new(program);
    command.current_dir(&folder).env_clear().env("HOME", "/nowhere").envs(variables(sections));
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for section in sections {
        if section.is_file() {
            let path = folder.join(section.head.trim_start_matches("./"));
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, section.body.trim_end_matches('\n').to_string() + "\n").unwrap();
            if section.head.starts_with("compose") {
                before.extend(["-f".to_string(), section.head.clone()]);
            }
        }
        let options = if section.head == "options" { section.body.as_str() } else { "" };
        for line in options.lines().filter(|line| !line.is_empty() && *line != "support") {
            match line.split_once(": ") {
                Some(("profiles", names)) => before.extend(
                    names.split(' ').flat_map(|name| ["--profile".to_string(), name.to_string()]),
                ),
                Some(("services", names)) => after.extend(names.split(' ').map(String::from)),
                Some((_, name)) => before.extend(["-p".to_string(), name.to_string()]),
                None => after.push(format!("--{line}")),
            }
        }
    }
    command.args(before).args(["config", "--format", "json"]).args(after);
    (command.output().unwrap(), folder, temporary)
}

/// The value of a section `show`, without the findings below it.
fn shown(body: &str) -> Value {
    let is_finding = |line: &&str| {
        let marks = ["error[", "warning[", "note["];
        marks.iter().any(|mark| line.contains(mark)) || line.starts_with("  /p")
    };
    let lines: Vec<&str> = body.lines().filter(|l| !l.is_empty() && !is_finding(l)).collect();
    let read = |text: &str| serde_json::from_str::<Value>(text);
    match lines[..] {
        [] => Value::Null,
        [line] if read(line).is_ok() => read(line).unwrap(),
        _ => lines
            .iter()
            .map(|line| line.split_once(": ").unwrap())
            .map(|(key, value)| (key.to_string(), read(value).unwrap()))
            .collect(),
    }
}

/// Nothing, and what says nothing, is one.
fn without_nothing(value: Value) -> Value {
    match value {
        Value::Object(map) if map.is_empty() => Value::Null,
        Value::Array(items) if items.is_empty() => Value::Null,
        value => value,
    }
}

/// What is not as docker compose has it.
fn difference(program: &Path, sections: &[Section]) -> Option<String> {
    let (output, folder, _temporary) = ask(program, sections);
    let shows = || sections.iter().filter(|section| section.head.starts_with("show"));
    let is_refused = shows().any(|section| {
        let mut lines = section.body.lines();
        lines.any(|line| line.contains("error[") && !line.contains("[unsupported-attribute]"))
    });
    if output.status.success() == is_refused {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        return Some(format!("docker compose says {}: {said}", output.status));
    }
    if is_refused {
        return None;
    }
    let folder = folder.to_str().unwrap().strip_suffix("/p").unwrap();
    let text = String::from_utf8_lossy(&output.stdout).replace(folder, "");
    let model: Value = serde_json::from_str(&text).unwrap();
    shows().find_map(|section| {
        let path = section.head.trim_start_matches("show").trim();
        let mut theirs = &model;
        for name in path.split('.').filter(|name| !name.is_empty()) {
            theirs = &theirs[name];
        }
        let theirs = without_nothing(comparable(theirs.clone()));
        let ours = without_nothing(comparable(shown(&section.body)));
        (ours != theirs).then(|| format!("{path}\n  ours   {ours}\n  theirs {theirs}"))
    })
}

#[test]
fn cases_are_as_docker_compose_has_them() {
    let Some(program) = std::env::var_os("HOB_DOCKER_COMPOSE").map(PathBuf::from) else {
        println!("\nskipped: set HOB_DOCKER_COMPOSE to the program to compare the cases with");
        return;
    };
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let (mut same, mut differ, mut report) = (0, 0, String::new());
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let (_, cases) = parse(&std::fs::read_to_string(&path).unwrap());
        for (title, sections) in cases {
            let says_why = sections.iter().any(|section| section.head == "differs");
            match (difference(&program, &sections), says_why) {
                (None, false) => same += 1,
                (Some(_), true) => differ += 1,
                (Some(how), false) => writeln!(report, "=== {title}\n{how}").unwrap(),
                (None, true) => writeln!(report, "=== {title}\nis the same after all").unwrap(),
            }
        }
    }
    println!("\n{same} cases are as docker compose has them, {differ} differ and say why");
    assert!(report.is_empty(), "{report}");
}
