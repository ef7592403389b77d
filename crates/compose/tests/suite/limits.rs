//! Hostile input ends in a finding, and soon.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use hob_compose::tree::Node;
use hob_compose::{FileError, Files, Kind, Loaded, MemoryFiles};

use super::hostile::{self, Hostile};

fn codes(loaded: &Loaded) -> BTreeSet<&'static str> {
    loaded.findings.iter().map(|finding| finding.code).collect()
}

/// Files that count how often they are read.
struct Counted<'a> {
    files: &'a MemoryFiles,
    reads: RefCell<BTreeMap<String, usize>>,
}

impl Files for Counted<'_> {
    fn kind(&self, path: &str) -> Result<Option<Kind>, FileError> {
        self.files.kind(path)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
        *self.reads.borrow_mut().entry(path.to_string()).or_default() += 1;
        self.files.read(path)
    }

    fn list(&self, dir: &str) -> Result<Vec<String>, FileError> {
        self.files.list(dir)
    }

    fn size(&self, path: &str) -> Result<u64, FileError> {
        self.files.size(path)
    }
}

/// What a project ends in, and how much work that takes: files that are read, values that are made,
/// findings that are told.
#[test]
fn hostile_projects_end_in_what_is_wrong() {
    for hostile in hostile::all() {
        let name = hostile.name;
        let files = Counted { files: &hostile.files, reads: RefCell::default() };
        let loaded = hostile.load_from(&files);
        let codes = codes(&loaded);
        match hostile.ends_in {
            Some(code) => assert!(codes.contains(code), "{name}: {codes:?}"),
            None => assert!(!loaded.has_errors(), "{name}: {codes:?}"),
        }
        assert!(loaded.findings.len() <= 1_001, "{name}: {}", loaded.findings.len());
        let values = loaded.tree.as_ref().map_or(0, nodes);
        assert!(values <= 250_000, "{name}: {values}");
        let reads = files.reads.into_inner();
        assert!(reads.values().all(|count| *count == 1), "{name}: {reads:?}");
        let is_too_large = hostile.ends_in == Some("file-too-large");
        assert_eq!(reads.is_empty(), is_too_large, "{name}: {reads:?}");
    }
}

fn nodes(node: &Node) -> usize {
    let items: usize = node.items().iter().map(nodes).sum();
    1 + items + node.entries().iter().map(|entry| nodes(&entry.value)).sum::<usize>()
}

#[test]
fn an_alias_bomb_ends_in_an_error_at_once() {
    let bomb = hostile::all().remove(0);
    // The best of several runs: what other programs do at the time is not the point.
    let best = (0..5).map(|_| time_to_refuse(&bomb)).min().unwrap();
    assert!(best < Duration::from_millis(50), "it took {best:?}");
}

#[allow(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a test may look at the clock"
)]
fn time_to_refuse(bomb: &Hostile) -> Duration {
    let start = std::time::Instant::now();
    let loaded = bomb.load();
    let took = start.elapsed();
    assert_eq!(codes(&loaded), BTreeSet::from(["too-many-values"]));
    took
}
