//! How many tests passed and failed, by the runner's own words.

use std::ops::Add;

/// Tests that a runner has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
}

impl Add for Count {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { passed: self.passed + other.passed, failed: self.failed + other.failed }
    }
}

/// Whose summary is read. A failed test may print another runner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    Nextest,
    /// What Rust brings.
    Libtest,
}

impl Count {
    /// Adds what a line of output says, if it is the runner's summary.
    pub(crate) fn read(&mut self, runner: Runner, line: &str) {
        let line = line.trim();
        match runner {
            Runner::Nextest if line.starts_with("Summary [") => {
                let Some((_, counts)) = line.split_once("run:") else { return };
                *self = counts.split(',').fold(*self, Self::with);
            }
            Runner::Libtest => {
                let Some(counts) = line.strip_prefix("test result: ") else { return };
                let counts = counts.split_once(". ").map_or(counts, |(_, counts)| counts);
                *self = counts.split(';').fold(*self, Self::with);
            }
            Runner::Nextest => {}
        }
    }

    fn with(mut self, phrase: &str) -> Self {
        let mut words = phrase.split_whitespace();
        let number = words.next().and_then(|word| word.parse::<u64>().ok());
        match (number, words.next()) {
            (Some(number), Some("passed")) => self.passed += number,
            (Some(number), Some("failed" | "timed" | "exec")) => self.failed += number,
            _ => {}
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Count, Runner};

    fn check(runner: Runner, output: &str, passed: u64, failed: u64) {
        let mut count = Count::default();
        output.lines().for_each(|line| count.read(runner, line));
        assert_eq!(count, Count { passed, failed });
    }

    #[test]
    fn nextest_counts() {
        let good = "     Summary [   0.012s] 21 tests run: 21 passed (2 slow), 3 skipped";
        check(Runner::Nextest, good, 21, 0);
        let bad = "test result: FAILED. 0 passed; 1 failed; 0 ignored\n\
                   Summary [ 1.0s] 9/12 tests run: 6 passed, 2 failed, 1 timed out, 0 skipped";
        check(Runner::Nextest, bad, 6, 3);
    }

    #[test]
    fn rusts_own_runner_counts() {
        check(
            Runner::Libtest,
            "test result: ok. 4 passed; 0 failed; 0 ignored; 0 measured; 1 filtered out; done\n\
             test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
            6,
            1,
        );
    }

    #[test]
    fn other_lines_do_not_count() {
        check(Runner::Libtest, "test a::b ... ok\nrunning 3 tests\n5 passed", 0, 0);
    }
}
