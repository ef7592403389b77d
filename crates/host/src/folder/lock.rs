//! What goes into [`super::Script::Lock`] and what it says. Pure.

use std::time::Duration;

use super::{Root, lines_input};
use crate::lock::LockHolder;

/// A line to the script so often: a connection through a router that forgets stays known, too.
pub(crate) const BEAT: Duration = Duration::from_secs(20);
/// After so much silence the script takes the connection for lost.
const PATIENCE_SECS: u64 = 90;
/// Longest part of a line.
const PART_CHARS_MAX: usize = 200;

/// Who asks for a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asking {
    /// Different for each time that a lock is taken.
    pub(crate) id: String,
    /// User and machine.
    pub(crate) who: String,
    /// The process on that machine.
    pub(crate) process: u32,
    /// What for.
    pub(crate) purpose: String,
}

/// Input of [`super::Script::Lock`], to which lines are added as long as it is to be held.
pub(crate) fn lock_input(root: &Root, wait: Duration, asking: &Asking) -> Vec<u8> {
    let Asking { id, who, process, purpose } = asking;
    let me = format!("{}\t{}\t{process}", part(id), part(who));
    let lines = [wait.as_secs().to_string(), PATIENCE_SECS.to_string(), me, part(purpose)];
    lines_input(root, lines.iter().map(String::as_str))
}

/// What the script says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LockSaid {
    /// Another has the lock.
    Taken(LockHolder),
    /// It is held; the one before had this id.
    Held {
        /// Empty if nobody had it.
        before: String,
    },
}

/// Reads a line; `None` for one that is not the script's.
pub(crate) fn parse_lock(line: &str) -> Option<LockSaid> {
    let (word, holder) = line.split_once(' ')?;
    let mut parts = holder.split('\t').map(part);
    let id = parts.next()?;
    match word {
        "held" => Some(LockSaid::Held { before: id }),
        "taken" => {
            let mut next = || parts.next().unwrap_or_default();
            let (who, process, since, purpose) = (next(), next(), next(), next());
            Some(LockSaid::Taken(LockHolder { who, process, since, purpose }))
        }
        _ => None,
    }
}

/// Text that fits into a line with tabs between its parts.
fn part(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control()).take(PART_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use super::*;

    #[test]
    fn who_asks_is_one_line() {
        let root = Root::new("/opt/hob").unwrap();
        let asking = Asking {
            id: "a".to_owned(),
            who: "ida\t@lap\ntop".to_owned(),
            process: 7,
            purpose: "hob apply\r\n--yes".to_owned(),
        };
        let input = lock_input(&root, Duration::from_secs(30), &asking);
        let expected = "/opt/hob\n30\n90\na\tida@laptop\t7\nhob apply--yes\n";
        assert_eq!(String::from_utf8(input).unwrap(), expected);
    }

    #[test]
    fn a_holder_is_read_as_far_as_it_is_written() {
        let check = |line: &str| match parse_lock(line) {
            Some(LockSaid::Taken(holder)) => holder.to_string(),
            other => format!("{other:?}"),
        };
        assert_eq!(
            check("taken a\tida@laptop\t7\t2026-11-20 21:03:11 UTC\thob apply"),
            "ida@laptop, process 7, hob apply, since 2026-11-20 21:03:11 UTC"
        );
        assert_eq!(check("taken "), "it does not say who it is");
        assert_eq!(check("held "), "Some(Held { before: \"\" })");
        assert_eq!(check("held a\tb"), "Some(Held { before: \"a\" })");
        assert_eq!(check("Welcome to Debian!"), "None");
    }
}
