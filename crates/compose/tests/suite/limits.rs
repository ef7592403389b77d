//! Hostile input ends in a finding, and soon.

use std::fmt::Write;
use std::time::Duration;

use hob_compose::{LoadOptions, Loaded, MemoryFiles, load};

fn load_text(text: &str) -> Loaded {
    let files = MemoryFiles::new().with("/p/compose.yaml", text);
    let options = LoadOptions {
        files: vec!["/p/compose.yaml".into()],
        working_dir: "/p".into(),
        ..LoadOptions::default()
    };
    load(&options, &files)
}

fn codes(loaded: &Loaded) -> Vec<&'static str> {
    loaded.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn an_alias_bomb_ends_in_an_error_at_once() {
    let mut bomb = String::from("x-a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n");
    for (this, last) in ('b'..='i').zip('a'..) {
        let aliases = vec![format!("*{last}"); 9].join(", ");
        writeln!(bomb, "x-{this}: &{this} [{aliases}]").unwrap();
    }
    bomb += "services: {a: {image: i}}\n";
    // The best of several runs: what other programs do at the time is not the point.
    let best = (0..5).map(|_| time_to_refuse(&bomb)).min().unwrap();
    assert!(best < Duration::from_millis(50), "it took {best:?}");
}

#[allow(clippy::disallowed_types, reason = "a test may look at the clock")]
fn time_to_refuse(bomb: &str) -> Duration {
    let start = std::time::Instant::now();
    let loaded = load_text(bomb);
    let took = start.elapsed();
    assert_eq!(codes(&loaded), ["too-many-values"]);
    took
}

#[test]
fn nesting_has_a_limit() {
    for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
        let loaded = load_text(&text);
        let codes = codes(&loaded);
        assert!(matches!(codes[..], ["nested-too-deep" | "yaml-syntax"]), "{codes:?}");
    }
}

#[test]
fn a_file_has_a_largest_size() {
    let loaded = load_text(&"# x\n".repeat(2 << 20));
    assert_eq!(codes(&loaded), ["file-too-large"]);
}

#[test]
fn chains_have_an_end() {
    let mut text = String::from("services:\n");
    for n in 0..5_000 {
        writeln!(text, "  s{n}: {{image: i, extends: {{service: s{}}}}}", n + 1).unwrap();
    }
    text += "  s5000: {image: i}\n";
    let loaded = load_text(&text);
    assert!(codes(&loaded).contains(&"extends-cycle"));

    let mut text = String::from("services:\n");
    for n in 0..2_000 {
        writeln!(text, "  s{n}: {{image: i, depends_on: [s{}]}}", n + 1).unwrap();
    }
    text += "  s2000: {image: i}\n";
    let loaded = load_text(&text);
    assert_eq!(codes(&loaded), [""; 0]);
}

#[test]
fn files_that_include_each_other_twice_are_not_read_without_end() {
    let mut files = MemoryFiles::new();
    for n in 0..40 {
        let next = format!("include: [f{0}.yaml, f{0}.yaml]\n", n + 1);
        files = files.with(&format!("/p/f{n}.yaml"), next);
    }
    let files = files.with("/p/f40.yaml", "services: {a: {image: i}}");
    let options = LoadOptions {
        files: vec!["/p/f0.yaml".into()],
        working_dir: "/p".into(),
        ..LoadOptions::default()
    };
    assert!(codes(&load(&options, &files)).contains(&"too-many-includes"));
}
