//! Hostile input ends in a finding, and soon.

use std::collections::BTreeSet;
use std::time::Duration;

use hob_compose::Loaded;

use super::hostile::{self, Hostile};

fn codes(loaded: &Loaded) -> BTreeSet<&'static str> {
    loaded.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn hostile_projects_end_in_what_is_wrong() {
    for hostile in hostile::all() {
        let loaded = hostile.load();
        let codes = codes(&loaded);
        match hostile.ends_in {
            Some(code) => assert!(codes.contains(code), "{}: {codes:?}", hostile.name),
            None => assert!(!loaded.has_errors(), "{}: {codes:?}", hostile.name),
        }
        assert!(loaded.findings.len() <= 1_001, "{}: {}", hostile.name, loaded.findings.len());
    }
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
