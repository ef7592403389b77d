//! What came of a comparison, as a table for people and as data. Pure.

use std::time::Duration;

use serde_json::{Value, json};

use super::measure::Cost;

/// One side of a comparison: every run of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) runs: Vec<Cost>,
}

/// How two sides are to stand to each other.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Target {
    /// Such as `docker compose / hob`.
    pub(super) what: String,
    pub(super) ratio: f64,
    pub(super) wanted: Wanted,
}

/// The bound of a ratio.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wanted {
    AtLeast(f64),
    AtMost(f64),
}

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    /// Its letter.
    pub(super) key: char,
    pub(super) title: String,
    /// Whether rows are deploys, timed to the last container started.
    pub(super) is_deploy: bool,
    /// Whose processor time stands in the column of the other side.
    pub(super) others: Option<&'static str>,
    pub(super) rows: Vec<Row>,
    pub(super) targets: Vec<Target>,
    /// What was run, on which side.
    pub(super) commands: Vec<String>,
    /// Sides that were left out, and why.
    pub(super) skipped: Vec<String>,
}

impl Row {
    /// The median of something over all runs.
    pub(super) fn median(&self, of: impl Fn(&Cost) -> Duration) -> Duration {
        median(self.runs.iter().map(of).collect())
    }

    /// What sides are compared by.
    pub(super) fn time(&self) -> Duration {
        self.median(Cost::started)
    }

    fn peak_bytes(&self) -> u64 {
        self.runs.iter().map(|cost| cost.peak_bytes).max().unwrap_or(0)
    }

    fn hosts_cpu(&self) -> Option<Duration> {
        let all: Option<Vec<Duration>> = self.runs.iter().map(|cost| cost.hosts_cpu).collect();
        all.map(median)
    }
}

impl Target {
    /// The ratio of the times of two rows, where both were run.
    pub(super) fn new(rows: &[Row], over: &str, under: &str, wanted: Wanted) -> Option<Self> {
        let ratio = ratio(rows, over, under, Row::time)?;
        Some(Self { what: format!("{over} / {under}"), ratio, wanted })
    }

    /// The ratio of the processor times of two rows.
    pub(super) fn cpu(rows: &[Row], over: &str, under: &str, wanted: Wanted) -> Option<Self> {
        let ratio = ratio(rows, over, under, |row| row.median(|cost| cost.cpu))?;
        Some(Self { what: format!("CPU of {over} / {under}"), ratio, wanted })
    }

    pub(super) fn is_met(&self) -> bool {
        match self.wanted {
            Wanted::AtLeast(bound) => self.ratio >= bound,
            Wanted::AtMost(bound) => self.ratio <= bound,
        }
    }

    fn words(&self) -> String {
        let verdict = if self.is_met() { "met" } else { "missed" };
        let wanted = match self.wanted {
            Wanted::AtLeast(bound) => format!("at least {bound}"),
            Wanted::AtMost(bound) => format!("at most {bound}"),
        };
        format!("{} = **{:.2}**, wanted {wanted}: {verdict}", self.what, self.ratio)
    }
}

fn ratio(rows: &[Row], over: &str, under: &str, of: impl Fn(&Row) -> Duration) -> Option<f64> {
    let time = |name: &str| {
        let row = rows.iter().find(|row| row.name == name && !row.runs.is_empty())?;
        Some(of(row).as_secs_f64())
    };
    Some(time(over)? / time(under)?)
}

impl Comparison {
    /// Everything, in Markdown.
    pub(super) fn markdown(&self) -> String {
        let mut text = format!("{}\n\n", self.title);
        let settling = if self.is_deploy { " settling |" } else { "" };
        let others = self.others.map(|others| format!(" CPU of {others} |")).unwrap_or_default();
        text += &format!("| | wall | slowest, fastest |{settling} CPU |{others} peak memory |\n");
        let columns = 5 + usize::from(self.is_deploy) + usize::from(self.others.is_some());
        text += &format!("|{}\n", " --- |".repeat(columns));
        for row in self.rows.iter().filter(|row| !row.runs.is_empty()) {
            text += &self.line(row);
        }
        text += "\n";
        for target in &self.targets {
            text += &format!("- {}\n", target.words());
        }
        for skipped in &self.skipped {
            text += &format!("- skipped: {skipped}\n");
        }
        text += "\nWhat was run:\n\n";
        for command in &self.commands {
            text += &format!("- {command}\n");
        }
        text
    }

    fn line(&self, row: &Row) -> String {
        let of = |pick: fn(std::vec::IntoIter<Duration>) -> Option<Duration>| {
            let all: Vec<Duration> = row.runs.iter().map(Cost::started).collect();
            seconds(pick(all.into_iter()).unwrap_or_default())
        };
        let (slowest, fastest) = (of(Iterator::max), of(Iterator::min));
        let settling = match self.is_deploy {
            true => format!(" {} |", seconds(row.median(|cost| cost.settling))),
            false => String::new(),
        };
        let hosts = row.hosts_cpu().map_or_else(|| "not measured".to_owned(), seconds);
        let hosts = self.others.map(|_| format!(" {hosts} |")).unwrap_or_default();
        format!(
            "| {} | {} | {slowest}, {fastest} |{settling} {} |{hosts} {} MiB |\n",
            row.name,
            seconds(row.time()),
            seconds(row.median(|cost| cost.cpu)),
            row.peak_bytes() >> 20,
        )
    }

    /// Everything, every run included, as data.
    pub(super) fn json(&self) -> Value {
        let run = |cost: &Cost| {
            json!({
                "wall_ms": millis(cost.started()),
                "settling_ms": millis(cost.settling),
                "cpu_ms": millis(cost.cpu),
                "hosts_cpu_ms": cost.hosts_cpu.map(millis),
                "peak_bytes": cost.peak_bytes,
            })
        };
        let row = |row: &Row| {
            json!({
                "name": row.name,
                "wall_ms": millis(row.time()),
                "runs": row.runs.iter().map(run).collect::<Vec<_>>(),
            })
        };
        let target = |target: &Target| {
            let (bound, value) = match target.wanted {
                Wanted::AtLeast(value) => ("at_least", value),
                Wanted::AtMost(value) => ("at_most", value),
            };
            json!({
                "what": target.what,
                "ratio": target.ratio,
                bound: value,
                "met": target.is_met(),
            })
        };
        json!({
            "comparison": self.key.to_string(),
            "title": self.title,
            "rows": self.rows.iter().map(row).collect::<Vec<_>>(),
            "targets": self.targets.iter().map(target).collect::<Vec<_>>(),
            "skipped": self.skipped,
            "commands": self.commands,
        })
    }
}

fn median(mut all: Vec<Duration>) -> Duration {
    all.sort();
    let middle = all.len() / 2;
    match (all.get(middle.wrapping_sub(1)), all.get(middle)) {
        (Some(below), Some(above)) if all.len().is_multiple_of(2) => (*below + *above) / 2,
        (_, Some(middle)) => *middle,
        _ => Duration::ZERO,
    }
}

fn seconds(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 10.0 { format!("{seconds:.2} s") } else { format!("{seconds:.1} s") }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Puts a text between the marks of a comparison in a page that has them.
pub(super) fn replace(page: &str, key: char, text: &str) -> Option<String> {
    let (begin, end) = (format!("<!-- begin {key} -->\n"), format!("<!-- end {key} -->"));
    let (before, rest) = page.split_once(&begin)?;
    let (_, after) = rest.split_once(&end)?;
    Some(format!("{before}{begin}{text}{end}{after}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    fn row(name: &str, walls_ms: &[u64]) -> Row {
        let cost = |wall: &u64| Cost {
            wall: Duration::from_millis(*wall),
            cpu: Duration::from_millis(30),
            peak_bytes: 12 << 20,
            hosts_cpu: Some(Duration::from_millis(1500)),
            settling: Duration::from_millis(50),
        };
        Row { name: name.to_owned(), runs: walls_ms.iter().map(cost).collect() }
    }

    #[test]
    fn medians_are_in_the_middle() {
        let check = |walls: &[u64], expected| {
            let found = row("x", walls).median(|cost| cost.wall);
            assert_eq!(found, Duration::from_millis(expected), "{walls:?}");
        };
        check(&[], 0);
        check(&[7], 7);
        check(&[9, 1, 5], 5);
        check(&[4, 1, 2, 9], 3);
    }

    #[test]
    fn a_comparison_is_a_table_with_verdicts() {
        let rows = vec![row("hob", &[150, 250, 200]), row("peer", &[1250, 1050, 1150])];
        let target = |wanted| Target::new(&rows, "peer", "hob", wanted).unwrap();
        assert!(target(Wanted::AtLeast(7.3)).is_met() && !target(Wanted::AtLeast(7.4)).is_met());
        assert!(target(Wanted::AtMost(7.4)).is_met() && !target(Wanted::AtMost(7.3)).is_met());
        let cpu = Target::cpu(&rows, "peer", "hob", Wanted::AtLeast(1.0)).unwrap();
        assert_eq!((cpu.ratio, &*cpu.what), (1.0, "CPU of peer / hob"));
        assert_eq!(Target::new(&rows, "other", "hob", Wanted::AtLeast(1.0)), None);
        let comparison = Comparison {
            key: 'a',
            title: "Nothing to do.".to_owned(),
            is_deploy: true,
            others: Some("the Engine"),
            targets: vec![target(Wanted::AtLeast(8.0))],
            rows: rows.clone(),
            commands: vec!["hob: `hob apply`".to_owned()],
            skipped: vec!["other: not installed".to_owned()],
        };
        let expected = "\
Nothing to do.

| | wall | slowest, fastest | settling | CPU | CPU of the Engine | peak memory |
| --- | --- | --- | --- | --- | --- | --- |
| hob | 0.15 s | 0.20 s, 0.10 s | 0.05 s | 0.03 s | 1.50 s | 12 MiB |
| peer | 1.10 s | 1.20 s, 1.00 s | 0.05 s | 0.03 s | 1.50 s | 12 MiB |

- peer / hob = **7.33**, wanted at least 8: missed
- skipped: other: not installed

What was run:

- hob: `hob apply`
";
        assert_eq!(comparison.markdown(), expected);
    }

    #[test]
    fn only_what_is_between_the_marks_changes() {
        let page = "x\n<!-- begin a -->\nold\n<!-- end a -->\ny\n";
        let expected = "x\n<!-- begin a -->\nnew\n<!-- end a -->\ny\n";
        assert_eq!(replace(page, 'a', "new\n").unwrap(), expected);
        assert_eq!(replace(page, 'b', "new\n"), None);
    }
}
