//! `hob config` in the place of `docker compose config`: text in, text out, the same bytes.
//!
//! What is expected stands under `$` lines of `dropin.txt`, with the caller's variables before the
//! command. With `HOB_DOCKER_COMPOSE` naming the real program it is asked too, and has to say the
//! same; `UPDATE_DROPIN=1` writes down what `hob` says.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::hermetic::Place;

/// One command and what it prints.
struct Call {
    line: String,
    expected: String,
}

/// A folder and the commands that are called in it.
struct Case {
    title: String,
    files: String,
    calls: Vec<Call>,
}

fn cases(text: &str) -> (String, Vec<Case>) {
    let mut parts = text.split("\n=== ");
    let preamble = parts.next().unwrap().to_owned();
    let cases = parts.map(|part| {
        let (title, rest) = part.split_once('\n').unwrap();
        let (files, calls) = rest.split_once("\n$ ").unwrap();
        let calls = calls.split("\n$ ").map(|call| {
            let (line, expected) = call.split_once('\n').unwrap_or((call, ""));
            Call { line: line.to_owned(), expected: expected.trim_end().to_owned() }
        });
        Case { title: title.to_owned(), files: format!("{files}\n"), calls: calls.collect() }
    });
    (preamble, cases.collect())
}

/// The variables and the arguments of a line.
fn split(line: &str) -> (Vec<(&str, &str)>, Vec<&str>) {
    let (variables, arguments) = line.split_at(line.find("config").unwrap());
    let variables = variables.split_whitespace().map(|word| word.split_once('=').unwrap());
    (variables.collect(), arguments.split_whitespace().collect())
}

/// What the real program says to the same; it wants some options before its command.
fn real(program: &Path, place: &Place, line: &str) -> String {
    let (variables, arguments) = split(line);
    let (mut before, mut after) = (Vec::new(), Vec::new());
    let mut words = arguments.into_iter();
    while let Some(word) = words.next() {
        match word {
            "-f" | "-p" | "--profile" | "--env-file" | "--project-directory" => {
                before.extend([word, words.next().unwrap()]);
            }
            _ => after.push(word),
        }
    }
    let mut command = Command::new(program);
    command.args(before).args(after).envs(variables);
    place.say_with(command)
}

/// Whether both programs say the same. The real one prints names in an order that changes from
/// call to call.
fn are_same(line: &str, theirs: &str, ours: &str) -> bool {
    let lists = ["--services", "--images", "--volumes", "--networks", "--variables"];
    if !lists.iter().any(|list| line.contains(list)) {
        return theirs == ours;
    }
    let sorted = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    sorted(theirs) == sorted(ours)
}

#[test]
fn the_same_bytes_as_docker_compose() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/dropin.txt");
    let (preamble, cases) = cases(&fs::read_to_string(&path).unwrap());
    let program = std::env::var_os("HOB_DOCKER_COMPOSE").map(PathBuf::from);
    if program.is_none() {
        println!("skipped: the real program (set HOB_DOCKER_COMPOSE to where it is)");
    }
    let update = std::env::var_os("UPDATE_DROPIN").is_some();
    let mut written = preamble;
    let mut report = String::new();
    for Case { title, files, calls } in cases {
        let place = Place::with(&files);
        written += &format!("\n=== {title}\n{}", files.trim_end_matches('\n'));
        for Call { line, expected } in calls {
            let (variables, arguments) = split(&line);
            let mut command = Command::new(env!("CARGO_BIN_EXE_hob"));
            command.args(arguments).envs(variables);
            let ours = place.say_with(command);
            if ours != expected && !update {
                report += &format!("{title}: {line}\nexpected:\n{expected}\nfound:\n{ours}\n");
            }
            let theirs = program.as_ref().map(|program| real(program, &place, &line));
            if let Some(theirs) = theirs.filter(|theirs| !are_same(&line, theirs, &ours)) {
                report += &format!("{title}: {line}\nthe real one:\n{theirs}\nours:\n{ours}\n");
            }
            written += format!("\n$ {line}\n{ours}").trim_end();
        }
        written.push('\n');
    }
    if update {
        fs::write(&path, written).unwrap();
    }
    assert!(report.is_empty(), "{report}");
}

/// The files of other people's homelabs, if they are there.
#[test]
fn the_same_bytes_for_a_corpus() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let program = std::env::var_os("HOB_DOCKER_COMPOSE").map(PathBuf::from);
    let (true, Some(program)) = (corpus.is_dir(), program) else {
        println!("skipped: no corpus, or no HOB_DOCKER_COMPOSE to compare with");
        return;
    };
    let mut files = Vec::new();
    collect(&corpus.canonicalize().unwrap(), &mut files);
    let place = Place::empty();
    let (mut compared, mut report) = (0, String::new());
    for file in &files {
        for format in ["yaml", "json"] {
            let file = file.to_str().unwrap();
            let line = format!("config -f {file} -p corpus --profile * --format {format}");
            let theirs = real(&program, &place, &line);
            if theirs.ends_with("= failed") {
                continue;
            }
            let mut command = Command::new(env!("CARGO_BIN_EXE_hob"));
            command.args(split(&line).1);
            compared += 1;
            if place.say_with(command) != theirs {
                report += &format!("{file} as {format}\n");
            }
        }
    }
    println!("{compared} outputs compared");
    assert!(report.is_empty(), "these differ:\n{report}");
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|it| it == "yml" || it == "yaml") {
            let text = fs::read_to_string(&path).unwrap_or_default();
            if text.lines().any(|line| line.starts_with("services:")) {
                files.push(path);
            }
        }
    }
}
