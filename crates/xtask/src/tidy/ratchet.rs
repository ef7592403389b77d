//! What cannot be met today, counted: the numbers may only become smaller.

use std::collections::BTreeMap;

use super::Violation;

/// One rule a line: its name, and how often it may be broken.
pub(super) const PATH: &str = "crates/xtask/tidy-ratchet.txt";

/// What has to be mended, and what is tolerated.
pub(super) fn judge(allowed: &str, violations: Vec<Violation>) -> (Vec<String>, Vec<String>) {
    let mut faults = Vec::new();
    let mut tolerated = Vec::new();
    let mut counted: BTreeMap<&str, Vec<Violation>> = BTreeMap::new();
    for violation in violations {
        match violation.ratchet {
            Some(rule) => counted.entry(rule).or_default().push(violation),
            None => faults.push(violation.to_string()),
        }
    }
    let allowed = numbers(allowed);
    for rule in allowed.keys() {
        counted.entry(rule).or_default();
    }
    for (rule, found) in counted {
        let most = allowed.get(rule).copied().unwrap_or_default();
        let count = found.len();
        let lines = found.iter().map(ToString::to_string);
        if count > most {
            faults.extend(lines);
            faults.push(format!("{PATH}: {rule}: {count}, more than {most}"));
        } else {
            tolerated.extend(lines);
            if count < most {
                faults.push(format!("{PATH}: {rule}: only {count} are left: write that there"));
            }
        }
    }
    (faults, tolerated)
}

fn numbers(text: &str) -> BTreeMap<&str, usize> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (rule, number) = line.split_once(' ')?;
            Some((rule, number.trim().parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::judge;
    use crate::tidy::Violation;

    fn check(allowed: &str, count: usize, faults: &[&str], tolerated: usize) {
        let violation = |line| Violation {
            path: "a".to_owned(),
            line,
            what: "long".to_owned(),
            ratchet: Some("long-lines"),
        };
        let found = judge(allowed, (1..=count).map(violation).collect());
        assert_eq!(found.0, faults);
        assert_eq!(found.1.len(), tolerated);
    }

    #[test]
    fn as_many_as_written_are_tolerated() {
        check("# Rules.\nlong-lines 2\n", 2, &[], 2);
        check("", 0, &[], 0);
    }

    #[test]
    fn more_are_faults() {
        let total = "crates/xtask/tidy-ratchet.txt: long-lines: 1, more than 0";
        check("long-lines 0\n", 1, &["a:1: long", total], 0);
    }

    #[test]
    fn fewer_have_to_be_written_down() {
        let total = "crates/xtask/tidy-ratchet.txt: long-lines: only 1 are left: write that there";
        check("long-lines 2\n", 1, &[total], 1);
    }
}
