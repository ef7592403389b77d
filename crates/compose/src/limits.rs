#![doc = include_str!("../LIMITS.md")]

use crate::finding::{Finding, Place, Severity};
use crate::tree::Node;

/// Limits that a caller may set. The table of the module [`crate::limits`] says why they are what
/// they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Values in one file after aliases are resolved; a long text counts as several.
    pub nodes: usize,
    /// Nesting of lists and mappings.
    pub depth: usize,
    /// Size of one file in bytes.
    pub bytes: usize,
    /// Values that `include` and `extends` may bring together in one project, each counted as often
    /// as it is brought.
    pub brought: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // The nodes are those that Docker Compose allows itself.
        Self { nodes: 100_000, depth: 100, bytes: 4 << 20, brought: 100_000 }
    }
}

/// Values that aliases may add to any file, however small it is.
pub(crate) const FEW_ALIASED: usize = 5_000;
/// Values that aliases may add for each one that is written out.
pub(crate) const MOST_ALIASED_PER_WRITTEN: usize = 20;
/// Values that anchors and aliases may copy, as a multiple of those that a file may have: anchors
/// within anchors keep the innermost values several times.
pub(crate) const COPIED_PER_NODE: usize = 2;
/// Characters of a key: what YAML allows for one that is written without `?`.
pub(crate) const LONGEST_KEY: usize = 1_024;
/// Characters of the path in a finding, about; a hostile file makes it as long as it likes.
pub(crate) const LONGEST_PATH: usize = 2_000;
/// Findings of one file or project: nobody reads more.
pub(crate) const MOST_FINDINGS: usize = 1_000;
/// Problems that are told of one text with variables.
pub(crate) const MOST_PROBLEMS: usize = 16;
/// Bytes that variables may add to one text.
pub(crate) const MOST_ADDED_TO_TEXT: usize = 1 << 20;
/// Bytes that variables may add to all texts of one document, and that the env files of a project
/// may have together.
pub(crate) const MOST_TEXT: usize = 8 << 20;
/// Ports of a project after ranges are written out: all of one address, over TCP and UDP.
pub(crate) const MOST_PORTS: usize = 131_070;
/// Includes or extends that may follow each other.
pub(crate) const LONGEST_CHAIN: usize = 64;
/// Files that one project may include, counted as often as they are.
pub(crate) const MOST_INCLUDED: usize = 1_000;
/// Defaults of variables within defaults.
pub(crate) const DEEPEST_TEMPLATE: usize = 32;
/// Bytes of text that weigh as much as one more value: copying them costs as much.
const TEXT_OF_ONE_VALUE: usize = 256;

/// That a file is larger than the limit.
pub(crate) fn file_too_large(file: &str, size: u64, limit: usize) -> Finding {
    let message = format!("the file has {size} bytes, more than the limit of {limit}");
    let place = Place { file: file.to_string(), line: 1, column: 1, len: 1 };
    Finding::error("file-too-large", message).at(place)
}

/// How many values a text of this many bytes counts for.
pub(crate) fn weight_of_text(bytes: usize) -> usize {
    1 + bytes / TEXT_OF_ONE_VALUE
}

/// How many values a tree counts for.
pub(crate) fn weight(node: &Node) -> usize {
    let own = weight_of_text(node.as_str().map_or(0, str::len));
    let items: usize = node.items().iter().map(weight).sum();
    let entries = node.entries().iter();
    own + items + entries.map(|entry| 1 + weight(&entry.value)).sum::<usize>()
}

/// Whether there are more findings than anybody reads, so that looking for more is in vain.
pub(crate) fn is_full(findings: &[Finding]) -> bool {
    findings.len() >= MOST_FINDINGS
}

/// Whether one more finding is worth its making. Where warnings have taken all the room, an error
/// still is, as long as there may be no other.
pub(crate) fn has_room(findings: &[Finding], is_error: bool) -> bool {
    !is_full(findings) || (is_error && findings.len() < 2 * MOST_FINDINGS)
}

/// Keeps as many findings as somebody reads, errors before all others, and says so.
pub(crate) fn cut(findings: &mut Vec<Finding>) {
    if findings.len() <= MOST_FINDINGS {
        return;
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    let mut room = MOST_FINDINGS.saturating_sub(errors.min(MOST_FINDINGS));
    let mut errors_left = MOST_FINDINGS;
    let all = findings.len();
    findings.retain(|finding| {
        let left = match finding.severity {
            Severity::Error => &mut errors_left,
            _ => &mut room,
        };
        let is_kept = *left > 0;
        *left = left.saturating_sub(1);
        is_kept
    });
    let message = format!("there are {} more findings", all - findings.len());
    findings.push(Finding::warning("too-many-findings", message).hint("mend the first ones first"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_what_holds() {
        let table: Vec<&str> =
            include_str!("../LIMITS.md").lines().filter(|line| line.starts_with('|')).collect();
        let Limits { nodes, depth, bytes, brought } = Limits::default();
        let figures = [
            ("bytes of a file", bytes),
            ("values of a file", nodes),
            ("values from aliases", FEW_ALIASED),
            ("values copied", COPIED_PER_NODE),
            ("nesting", depth),
            ("characters of a key", LONGEST_KEY),
            ("values that `include`", brought),
            ("includes or extends", LONGEST_CHAIN),
            ("files included", MOST_INCLUDED),
            ("variables in the defaults", DEEPEST_TEMPLATE),
            ("bytes that variables add to a text", MOST_ADDED_TO_TEXT),
            ("bytes that variables add to a document", MOST_TEXT),
            ("ports", MOST_PORTS),
            ("findings", MOST_FINDINGS),
        ];
        for (what, figure) in figures {
            let row = table.iter().find(|row| row.starts_with(&format!("| {what}")));
            let cell = row.unwrap().split('|').nth(2).unwrap();
            let number = cell.split([' ', ',']).find(|word| !word.is_empty());
            assert_eq!(number, Some(figure.to_string().as_str()), "{what}");
        }
        assert_eq!(table.len(), figures.len() + 2);
    }

    #[test]
    fn errors_are_kept_before_warnings() {
        let warning = || Finding::warning("no-image", "a");
        let mut findings: Vec<Finding> = (0..MOST_FINDINGS).map(|_| warning()).collect();
        findings.extend((0..3).map(|_| Finding::error("duplicate-key", "b")));
        cut(&mut findings);
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        assert_eq!((errors.count(), findings.len()), (3, MOST_FINDINGS + 1));
        assert_eq!(findings.last().unwrap().message, "there are 3 more findings");
    }
}
