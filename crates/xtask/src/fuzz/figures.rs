//! What libFuzzer says of a run. Pure.

use std::time::Duration;

use serde_json::{Value, json};

/// What a run did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Figures {
    pub(super) runs: u64,
    /// Processor time.
    pub(super) cpu: Duration,
    /// Places in the code that were reached.
    pub(super) coverage: u64,
    /// Inputs that reach something that no other one does.
    pub(super) corpus: u64,
    pub(super) peak_mib: u64,
    /// The file with the input that broke the law; empty if libFuzzer kept none.
    pub(super) broke: Option<String>,
}

impl Figures {
    /// Reads what libFuzzer wrote, and how it ended.
    pub(super) fn read(said: &str, ended_well: bool) -> Self {
        let mut figures = Self::default();
        for line in said.lines() {
            let mut words = line.split_whitespace();
            let mut number = || words.nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
            match line.split(':').nth(2).and_then(|_| line.split_whitespace().next()) {
                Some("stat::number_of_executed_units:") => figures.runs = number(),
                Some("stat::peak_rss_mb:") => figures.peak_mib = number(),
                _ if line.starts_with('#') => figures.progress(line),
                _ => {}
            }
        }
        if !ended_well {
            let kept = said.lines().find_map(|line| line.split("Test unit written to ").nth(1));
            figures.broke = Some(kept.unwrap_or_default().to_owned());
        }
        figures
    }

    /// A line such as `#4096 pulse  cov: 1290 ft: 4661 corp: 371/10Kb exec/s: 2048 rss: 60Mb`.
    fn progress(&mut self, line: &str) {
        let mut words = line.split_whitespace();
        while let Some(word) = words.next() {
            let mut number = || {
                let text = words.next()?.split('/').next()?;
                text.parse().ok()
            };
            match word {
                "cov:" => self.coverage = number().unwrap_or(self.coverage),
                "corp:" => self.corpus = number().unwrap_or(self.corpus),
                _ => {}
            }
        }
    }

    /// These and those of a later run of the same target.
    pub(super) fn and(self, later: Self) -> Self {
        Self {
            runs: self.runs + later.runs,
            cpu: self.cpu + later.cpu,
            peak_mib: self.peak_mib.max(later.peak_mib),
            ..later
        }
    }

    /// In one line.
    pub(super) fn line(&self) -> String {
        let Self { runs, cpu, coverage, corpus, peak_mib, broke } = self;
        let verdict = if broke.is_some() { "BROKEN" } else { "good" };
        format!(
            "{verdict}: {runs} inputs in {} s of processor time, coverage {coverage}, \
             corpus {corpus}, peak {peak_mib} MiB",
            cpu.as_secs()
        )
    }

    pub(super) fn json(&self, target: &str) -> Value {
        json!({
            "target": target,
            "inputs": self.runs,
            "cpu_ms": u64::try_from(self.cpu.as_millis()).unwrap_or(u64::MAX),
            "coverage": self.coverage,
            "corpus": self.corpus,
            "peak_mib": self.peak_mib,
            "broke": self.broke,
        })
    }
}

/// All targets, for people.
pub(super) fn table(done: &[(&str, Figures)]) -> String {
    let mut text = String::new();
    for (target, figures) in done {
        text += &format!("{target}: {}\n", figures.line());
    }
    let inputs: u64 = done.iter().map(|(_, figures)| figures.runs).sum();
    let cpu: Duration = done.iter().map(|(_, figures)| figures.cpu).sum();
    let broken = done.iter().filter(|(_, figures)| figures.broke.is_some()).count();
    let minutes = cpu.as_secs_f64() / 60.0;
    text + &format!(
        "{} targets, {inputs} inputs in {minutes:.1} minutes of processor time, {broken} broken",
        done.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "\
INFO: Running with entropic power schedule (0xFF, 100).
#2\tINITED cov: 5 ft: 5 corp: 1/1b exec/s: 0 rss: 30Mb
#4096\tpulse  cov: 1290 ft: 4661 corp: 371/10Kb lim: 90 exec/s: 2048 rss: 60Mb
stat::number_of_executed_units: 12345

stat::new_units_added:          9
stat::peak_rss_mb:              90
";

    #[test]
    fn figures_are_read_from_what_libfuzzer_says() {
        let figures = Figures {
            runs: 12345,
            cpu: Duration::ZERO,
            coverage: 1290,
            corpus: 371,
            peak_mib: 90,
            broke: None,
        };
        assert_eq!(Figures::read(SAID, true), figures);
        let said = format!("{SAID}artifact_prefix='x/'; Test unit written to x/crash-1\n");
        let broken = Figures { broke: Some("x/crash-1".to_owned()), ..figures.clone() };
        assert_eq!(Figures::read(&said, false), broken);
        let minute = Figures { cpu: Duration::from_secs(60), runs: 5, ..Figures::default() };
        let figures = minute.and(figures);
        let expected = "\
a: good: 12350 inputs in 60 s of processor time, coverage 1290, corpus 371, peak 90 MiB
b: BROKEN: 12345 inputs in 0 s of processor time, coverage 1290, corpus 371, peak 90 MiB
2 targets, 24695 inputs in 1.0 minutes of processor time, 1 broken";
        assert_eq!(table(&[("a", figures), ("b", broken)]), expected);
    }
}
