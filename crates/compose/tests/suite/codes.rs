//! The table of codes is complete and nothing in it is left over.

use std::collections::BTreeSet;
use std::path::Path;

use hob_compose::codes::CODES;

use super::hostile;

/// Everything in quotes in the sources that looks like a code and stands where one belongs.
fn used_codes(dir: &Path, used: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            used_codes(&path, used);
            continue;
        }
        if path.ends_with("codes.rs") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for (at, _) in text.match_indices("Finding::") {
            let Some((call, rest)) = text[at..].split_once('(') else { continue };
            let first = rest.trim_start();
            if matches!(call, "Finding::error" | "Finding::warning" | "Finding::note")
                && let Some(code) = first.strip_prefix('"').and_then(|rest| rest.split('"').next())
            {
                used.insert(code.to_string());
            }
        }
    }
}

#[test]
fn every_code_is_in_the_table() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut used = BTreeSet::new();
    used_codes(&src, &mut used);
    assert!(used.len() > 40, "{used:?}");
    let known: BTreeSet<&str> = CODES.iter().map(|(code, _)| *code).collect();
    let missing: Vec<&String> = used.iter().filter(|code| !known.contains(code.as_str())).collect();
    assert!(missing.is_empty(), "not in the table: {missing:?}");
    assert!(CODES.is_sorted(), "the table is in alphabetical order");
}

#[test]
fn every_code_is_shown_by_a_case() {
    // Projects that are too large to write down.
    let elsewhere: BTreeSet<&str> = hostile::all().iter().filter_map(|one| one.ends_in).collect();
    let mut text = String::new();
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    for entry in std::fs::read_dir(dir).unwrap() {
        text += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let unseen = CODES.iter().map(|(code, _)| *code).filter(|code| !elsewhere.contains(code));
    let unseen: Vec<&str> = unseen.filter(|code| !text.contains(&format!("[{code}]"))).collect();
    assert!(unseen.is_empty(), "no case shows {unseen:?}");
}
