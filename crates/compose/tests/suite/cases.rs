//! Text in, text out: every `tests/cases/*.txt` holds cases of this form:
//!
//! ```text
//! === what it shows
//! --- compose.yaml
//! services: {a: {image: i, ports: [80]}}
//! --- show services.a.ports
//! [{"mode":"ingress","protocol":"tcp","target":80}]
//! ```
//!
//! Files called `compose*` are loaded in the order in which they stand, from the directory `/p`;
//! other files are only there to be read. `--- env` holds variables, `--- options` holds
//! `profiles`, `services` or flags to switch off. `--- show` names what to print of the loaded
//! tree, one line per entry if it is a mapping; findings follow, one per line. Several `show`
//! sections share one load; only the last prints findings. What Hob does not act on or refuses is
//! only shown if the options say `support`. `--- differs` says why docker compose gives something
//! else, see `oracle`.
//!
//! With `HOB_UPDATE_CASES=1` the files are rewritten with what comes out, for review.

use std::collections::BTreeMap;
use std::path::PathBuf;

use hob_compose::{LoadOptions, Loaded, MemoryFiles, dotenv, load, render, tree};

pub(crate) struct Section {
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Section {
    /// Whether it is a file of the case, and not about it.
    pub(crate) fn is_file(&self) -> bool {
        !matches!(self.head.as_str(), "env" | "options" | "differs")
            && !self.head.starts_with("show")
    }
}

/// The title and the sections of every case in a file.
pub(crate) fn parse(text: &str) -> (String, Vec<(String, Vec<Section>)>) {
    let mut preamble = String::new();
    let mut cases: Vec<(String, Vec<Section>)> = Vec::new();
    for line in text.lines() {
        if let Some(title) = line.strip_prefix("=== ") {
            cases.push((title.to_string(), Vec::new()));
        } else if let Some(head) = line.strip_prefix("--- ") {
            let (_, sections) = cases.last_mut().unwrap();
            sections.push(Section { head: head.to_string(), body: String::new() });
        } else if let Some((_, sections)) = cases.last_mut() {
            let section = sections.last_mut().unwrap();
            section.body += line;
            section.body.push('\n');
        } else {
            preamble += line;
            preamble.push('\n');
        }
    }
    (preamble, cases)
}

/// What came out, and how it is printed.
struct Run {
    loaded: Loaded,
    tree: Option<tree::Node>,
    /// Whether findings about what Hob does not act on or refuses are shown.
    support: bool,
}

/// Variables of a case.
pub(crate) fn variables(sections: &[Section]) -> BTreeMap<String, String> {
    let text = sections.iter().find(|section| section.head == "env").map(|s| s.body.as_str());
    dotenv::parse(text.unwrap_or_default(), "env", &BTreeMap::new()).0
}

fn run(sections: &[Section]) -> Run {
    let mut files = MemoryFiles::new();
    let mut options = LoadOptions {
        working_dir: "/p".into(),
        environment: variables(sections),
        ..LoadOptions::default()
    };
    let mut support = false;
    for section in sections {
        if section.head == "options" {
            section.body.lines().for_each(|line| set_option(&mut options, line));
            support = section.body.lines().any(|line| line == "support");
        }
        if section.is_file() {
            let path = hob_compose::files::join("/p", &section.head);
            files = files.with(&path, section.body.trim_end_matches('\n').to_string() + "\n");
            if section.head.starts_with("compose") {
                options.files.push(path);
            }
        }
    }
    let loaded = load(&options, &files);
    let print = if options.interpolate { render::shown } else { render::verbatim };
    let tree = loaded.tree.as_ref().map(print);
    Run { loaded, tree, support }
}

fn set_option(options: &mut LoadOptions, line: &str) {
    let words = |text: &str| text.split(' ').map(String::from).collect();
    match line.split_once(": ").unwrap_or((line, "")) {
        ("profiles", names) => options.profiles = words(names),
        ("services", names) => options.services = words(names),
        ("name", name) => options.project_name = Some(name.to_string()),
        ("no-interpolate", _) => options.interpolate = false,
        ("no-normalize", _) => options.normalize = false,
        ("no-path-resolution", _) => options.resolve_paths = false,
        ("no-consistency", _) => options.check_consistency = false,
        ("no-env-resolution", _) => options.resolve_env = false,
        ("support", _) => {}
        (other, _) => assert!(other.is_empty(), "unknown option {other}"),
    }
}

fn show(run: &Run, path: &str, with_findings: bool) -> String {
    let mut lines = Vec::new();
    if let Some(node) = run.tree.as_ref().and_then(|tree| tree.at_path(path)) {
        let json = |node: &tree::Node| serde_json::to_string(node).unwrap();
        match node.as_mapping() {
            Some(mapping) => lines.extend(
                mapping.entries.iter().map(|e| format!("{}: {}", e.key.name, json(&e.value))),
            ),
            None => lines.push(json(node)),
        }
    }
    if with_findings {
        for finding in &run.loaded.findings {
            if matches!(finding.code, "unsupported-attribute" | "inert-attribute") && !run.support {
                continue;
            }
            lines.push(finding.line());
            lines.extend(finding.related.iter().map(|related| {
                let place = &related.place;
                format!("  {}:{}:{}: {}", place.file, place.line, place.column, related.message)
            }));
        }
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// How many cases came out as they say, and otherwise; of the former, which end in an error.
#[derive(Default)]
struct Tally {
    equal: usize,
    deviating: usize,
    refused: usize,
}

fn check_file(path: &PathBuf, update: bool, tally: &mut Tally) -> String {
    let text = std::fs::read_to_string(path).unwrap();
    let (preamble, mut cases) = parse(&text);
    let mut report = String::new();
    for (title, sections) in &mut cases {
        let run = run(sections);
        let last = sections.iter().rposition(|section| section.head.starts_with("show"));
        let before = report.len();
        for (index, section) in sections.iter_mut().enumerate() {
            let Some(path) = section.head.strip_prefix("show") else { continue };
            let result = show(&run, path.trim(), Some(index) == last);
            let expected = section.body.trim_end();
            if result.trim_end() != expected {
                report += &format!("=== {title}\nexpected:\n{expected}\nfound:\n{result}\n");
                section.body = result + "\n";
            }
        }
        *match (report.len() == before, run.loaded.has_errors()) {
            (false, _) => &mut tally.deviating,
            (true, true) => &mut tally.refused,
            (true, false) => &mut tally.equal,
        } += 1;
    }
    if update && !report.is_empty() {
        let mut text = preamble;
        for (title, sections) in &cases {
            text += &format!("=== {title}\n");
            for Section { head, body } in sections {
                text += &format!("--- {head}\n{body}");
            }
        }
        std::fs::write(path, text).unwrap();
    }
    assert!(!cases.is_empty(), "{} has no cases", path.display());
    report
}

#[test]
fn every_case_gives_what_it_says() {
    let dir = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let update = std::env::var_os("HOB_UPDATE_CASES").is_some();
    let mut tally = Tally::default();
    let mut report = String::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        report += &check_file(&entry.unwrap().path(), update, &mut tally);
    }
    let Tally { equal, deviating, refused } = tally;
    let total = equal + deviating + refused;
    println!("\nsuite own: {total} cases, {equal} equal, {deviating} deviating, {refused} refused");
    assert!(update || report.is_empty(), "{report}");
}
