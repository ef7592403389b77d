//! What has to hold for any text whatsoever: for fuzzing, and for the replay of what it found.
//!
//! Not part of the API: the feature `oracles` is for the fuzz targets of this repository, which
//! call one function each. A text that breaks one of these laws goes to
//! `tests/regressions/<function>/`, where a test replays it for ever.

#![allow(clippy::panic, reason = "a law that does not hold ends the program that tests it")]

use std::collections::BTreeMap;

use crate::canonical::canonical;
use crate::finding::Finding;
use crate::load::{LoadOptions, load};
use crate::template::{ProblemKind, substitute};
use crate::tree::{Data, Entry, Key, Limits, Mapping, Node, Span, parse_with};
use crate::words::shell_words;
use crate::{MemoryFiles, codes, dotenv, render, units};

/// Ends the program if it does not hold for a text.
pub type Law = fn(&str);

/// Every law by the name of its fuzz target.
pub const LAWS: &[(&str, Law)] = &[
    ("bytes", bytes),
    ("dotenv", dotenv),
    ("durations", durations),
    ("interpolation", interpolation),
    ("ports", ports),
    ("project", project),
    ("volumes", volumes),
    ("words", words),
    ("yaml", yaml),
];

/// A tree printed as JSON is read as the same tree, since JSON is YAML.
pub fn yaml(text: &str) {
    let (documents, findings) = parse_with(text, "f", &Limits::default());
    known(&findings);
    // Aliases are written out, and numbers without a notation in JSON become null.
    let limits = Limits { bytes: usize::MAX, ..Limits::default() };
    for document in documents.iter().filter(|document| is_finite(document)) {
        let json = serde_json::to_string(document).unwrap_or_default();
        let (again, findings) = parse_with(&json, "f", &limits);
        let lines: Vec<String> = findings.iter().map(Finding::line).collect();
        assert!(again.first() == Some(document), "{json}\n{again:?}\n{lines:?}");
    }
}

fn is_finite(node: &Node) -> bool {
    match &node.data {
        Data::Float(number) => number.is_finite(),
        Data::Sequence(items) => items.iter().all(is_finite),
        Data::Mapping(mapping) => mapping.entries.iter().all(|entry| is_finite(&entry.value)),
        _ => true,
    }
}

/// Doubled dollars stand for themselves, text without any stays as it is, and a problem is where it
/// says.
pub fn interpolation(text: &str) {
    let lookup = |name: &str| match name.len() {
        1 => Some("value"),
        2 => Some(""),
        _ => None,
    };
    let mut problems = Vec::new();
    let result = substitute(text, &lookup, &mut problems);
    assert!(text.contains('$') || result == text);
    // A value is at most five times as long as the shortest text that stands for it, `$A`.
    assert!(result.len() <= text.len() * 5, "{} of {}", result.len(), text.len());
    for problem in &problems {
        let there = text.get(problem.at..).is_some_and(|rest| rest.starts_with(&problem.text));
        let is_nested = matches!(&problem.kind, ProblemKind::Required { .. });
        assert!(there || is_nested, "{problem:?}");
    }
    let mut problems = Vec::new();
    let doubled = substitute(&text.replace('$', "$$"), &lookup, &mut problems);
    assert!(doubled == text && problems.is_empty());
}

/// What was read can be written down, quoted, and is read as the same.
pub fn dotenv(text: &str) {
    let environment = BTreeMap::from([("A".to_string(), "value".to_string())]);
    dotenv::parse_raw(text, "f", &environment);
    let (values, findings) = dotenv::parse(text, "f", &environment);
    known(&findings);
    let plain: BTreeMap<String, String> = values
        .into_iter()
        .filter(|(key, value)| !value.contains(['\'', '\r', '\\']) && !key.starts_with("export"))
        .collect();
    let written: String = plain.iter().map(|(key, value)| format!("{key}='{value}'\n")).collect();
    let (again, findings) = dotenv::parse(&written, "f", &BTreeMap::new());
    assert!(again == plain && findings.is_empty(), "{written}\n{again:?}\n{findings:?}");
}

/// A long port written in the short form is the same long port.
pub fn ports(text: &str) {
    let Some(ports) = long_form("ports", text) else { return };
    for port in &ports {
        let field = |name: &str| port.get(name).and_then(Node::scalar_text);
        let ip = match field("host_ip") {
            Some(ip) if ip.contains(':') => format!("[{ip}]:"),
            Some(ip) => format!("{ip}:"),
            None => String::new(),
        };
        let published = match (field("published"), ip.is_empty()) {
            (None, true) => String::new(),
            (published, _) => published.unwrap_or_default() + ":",
        };
        let (target, protocol) = (field("target"), field("protocol"));
        let (target, protocol) = (target.unwrap_or_default(), protocol.unwrap_or_default());
        let short = format!("{ip}{published}{target}/{protocol}");
        let again = long_form("ports", &short);
        assert!(
            again.as_deref() == Some(std::slice::from_ref(port)),
            "{short}: {port:?}, {again:?}"
        );
    }
}

/// A long mount written in the short form is the same long mount.
pub fn volumes(text: &str) {
    let Some(volumes) = long_form("volumes", text) else { return };
    for volume in &volumes {
        let field = |path: &str| volume.at_path(path).and_then(Node::scalar_text);
        let mut short = field("source").map(|source| source + ":").unwrap_or_default();
        short += &field("target").unwrap_or_default();
        let mut options: Vec<String> = Vec::new();
        options.extend(field("read_only").map(|_| "ro".to_string()));
        options.extend(field("volume.nocopy").map(|_| "nocopy".to_string()));
        options.extend(field("bind.selinux"));
        options.extend(field("bind.propagation"));
        // Without a source there is no place for options.
        if !options.is_empty() {
            short += &format!(":{}", options.join(","));
        }
        let again = long_form("volumes", &short);
        // A target that was cleaned may have become a letter, which begins a Windows path.
        let target = field("target").unwrap_or_default();
        if target.contains(':') || target.chars().count() < 2 {
            continue;
        }
        assert!(
            again.as_deref() == Some(std::slice::from_ref(volume)),
            "{short}: {volume:?}, {again:?}"
        );
    }
}

/// What stands for one short form in canonical form; `None` if it is refused.
fn long_form(attribute: &str, text: &str) -> Option<Vec<Node>> {
    let span = Span::none();
    let entry = |name: &str, value| Entry {
        key: Key { name: name.to_string(), span: span.clone() },
        value,
    };
    let list = Node::new(Data::Sequence(vec![Node::string(text, &span)]), span.clone());
    let service = Node::mapping(vec![entry(attribute, list)], &span);
    let services = Node::mapping(vec![entry("a", service)], &span);
    let mut root = Node::new(
        Data::Mapping(Mapping { entries: vec![entry("services", services)] }),
        span.clone(),
    );
    let mut findings = Vec::new();
    canonical(&mut root, &mut findings);
    known(&findings);
    if crate::finding::has_errors(&findings) {
        return None;
    }
    let list = root.get("services")?.get("a")?.get(attribute)?;
    Some(list.items().to_vec())
}

/// A duration that was printed is read as the same duration.
pub fn durations(text: &str) {
    let Some(nanoseconds) = units::nanoseconds(text) else { return };
    let printed = units::duration_text(nanoseconds);
    assert_eq!(units::nanoseconds(&printed), Some(nanoseconds), "{text}: {printed}");
    assert_eq!(units::duration(text).is_some(), nanoseconds >= 0);
}

/// A size in bytes that was printed is read as the same size, in any case of the letters.
pub fn bytes(text: &str) {
    let Some(bytes) = units::bytes(text) else { return };
    assert!(bytes >= -1, "{text}: {bytes}");
    if bytes < 1 << 53 {
        assert_eq!(units::bytes(&bytes.to_string()), Some(bytes), "{text}");
    }
    assert_eq!(units::bytes(&text.to_ascii_uppercase()), Some(bytes), "{text}");
}

/// Words that were quoted are read as the same words.
pub fn words(text: &str) {
    let Some(read) = shell_words(text) else { return };
    let quoted: Vec<String> =
        read.words.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
    let again = shell_words(&quoted.join(" ")).map(|again| again.words);
    assert_eq!(again, Some(read.words), "{text}");
}

/// A canonical project is loaded as itself, and what findings say is known. (Printed as Docker
/// Compose prints it, it is not always: that knows attributes that cannot be read again.)
pub fn project(text: &str) {
    let loaded = |text: &str| {
        let files = MemoryFiles::new().with("/p/compose.yaml", text);
        let options = LoadOptions {
            files: vec!["/p/compose.yaml".to_string()],
            working_dir: "/p".to_string(),
            project_name: Some("p".to_string()),
            environment: BTreeMap::from([("A".to_string(), "value".to_string())]),
            profiles: vec!["*".to_string()],
            ..LoadOptions::default()
        };
        load(&options, &files)
    };
    let first = loaded(text);
    known(&first.findings);
    let (Some(tree), false) = (&first.tree, first.has_errors()) else { return };
    // Keys are read as they are, dollars and all.
    if has_dollar_key(tree) {
        return;
    }
    let printed = render::to_json_verbatim(tree);
    let second = loaded(&printed.replace('$', "$$"));
    let lines: Vec<String> = second.findings.iter().map(Finding::line).collect();
    assert!(!second.has_errors(), "{printed}\n{lines:#?}");
    let again = second.tree.as_ref().map(render::to_json_verbatim).unwrap_or_default();
    assert_eq!(printed, again);
}

fn has_dollar_key(node: &Node) -> bool {
    let entries = node.entries().iter();
    let mut entries = entries.map(|entry| (entry.key.name.contains('$'), &entry.value));
    entries.any(|(found, value)| found || has_dollar_key(value))
        || node.items().iter().any(has_dollar_key)
}

/// Every finding says something, under a code that the list has.
fn known(findings: &[Finding]) {
    for finding in findings {
        assert!(codes::meaning(finding.code).is_some(), "{}", finding.line());
        assert!(!finding.message.is_empty());
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::disallowed_methods, reason = "tests read their cases")]
    use std::path::Path;

    use super::LAWS;

    /// Everything that a fuzzer ever found, and a few texts of every kind.
    #[test]
    fn laws_hold_for_every_text_that_once_broke_one() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/regressions");
        for (name, law) in LAWS {
            let texts: Vec<_> = std::fs::read_dir(folder.join(name)).unwrap().collect();
            assert!(!texts.is_empty(), "{name} has no regressions");
            for text in texts {
                let text = std::fs::read(text.unwrap().path()).unwrap();
                law(&String::from_utf8_lossy(&text));
            }
        }
        for folder in std::fs::read_dir(folder).unwrap() {
            let name = folder.unwrap().file_name();
            assert!(LAWS.iter().any(|(law, _)| name == **law), "no law is called {name:?}");
        }
    }
}
