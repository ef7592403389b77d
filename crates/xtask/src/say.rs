//! What chores print: results on standard output, talk on standard error.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one place that prints")]

use hob_testbed::lab::Progress;

/// One line of talk.
pub(crate) fn line(text: &str) {
    eprintln!("{text}");
}

/// One line of result.
pub(crate) fn result(text: &str) {
    println!("{text}");
}

/// Progress that talks.
pub(crate) fn progress() -> Progress {
    Progress::new(line)
}
