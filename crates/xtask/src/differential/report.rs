//! What came out over all files, as text and as data. Pure.

use serde_json::{Value, json};

use super::verdict::Verdict;

/// Longest value that is shown in the text; the data have all of it.
const SHOWN: usize = 160;

/// One file and what came of it.
#[derive(Clone, Debug)]
pub(super) struct Compared {
    /// Below the folder.
    pub(super) file: String,
    pub(super) verdict: Verdict,
}

/// All files.
#[derive(Clone, Debug)]
pub(super) struct Report {
    pub(super) files: Vec<Compared>,
}

/// How often each verdict came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    equal: usize,
    different: usize,
    only_left_refuses: usize,
    only_right_refuses: usize,
    both_refuse: usize,
    failed: usize,
}

impl Report {
    /// Whether the two agree on every file.
    pub(super) fn is_agreement(&self) -> bool {
        let Counts { equal, both_refuse, .. } = self.counts();
        equal + both_refuse == self.files.len()
    }

    fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for Compared { verdict, .. } in &self.files {
            *match verdict {
                Verdict::Equal => &mut counts.equal,
                Verdict::Different(_) => &mut counts.different,
                Verdict::OnlyLeftRefuses(_) => &mut counts.only_left_refuses,
                Verdict::OnlyRightRefuses(_) => &mut counts.only_right_refuses,
                Verdict::BothRefuse { .. } => &mut counts.both_refuse,
                Verdict::Fails(_) => &mut counts.failed,
            } += 1;
        }
        counts
    }

    /// A line for each file that they do not agree on, or for all, and the counts.
    pub(super) fn text(&self, all: bool) -> String {
        let mut text = String::new();
        for Compared { file, verdict } in &self.files {
            let line = match verdict {
                Verdict::Equal if all => format!("equal: {file}"),
                Verdict::BothRefuse { left, right } if all => format!(
                    "both refuse: {file}\n    left  {}\n    right {}",
                    cut(left),
                    cut(right)
                ),
                Verdict::Equal | Verdict::BothRefuse { .. } => continue,
                Verdict::Different(difference) => {
                    let side = |value: &Option<Value>| match value {
                        Some(value) => cut(&value.to_string()),
                        None => "nothing".to_owned(),
                    };
                    let (left, right) = (side(&difference.left), side(&difference.right));
                    let path = &difference.path;
                    format!("different: {file}: {path}\n    left  {left}\n    right {right}")
                }
                Verdict::OnlyLeftRefuses(why) => {
                    format!("only left refuses: {file}\n    {}", cut(why))
                }
                Verdict::OnlyRightRefuses(why) => {
                    format!("only right refuses: {file}\n    {}", cut(why))
                }
                Verdict::Fails(why) => format!("failed: {file}\n    {}", cut(why)),
            };
            text += &line;
            text.push('\n');
        }
        text + &self.summary()
    }

    fn summary(&self) -> String {
        let counts = self.counts();
        let Counts { equal, different, only_left_refuses, .. } = counts;
        let Counts { only_right_refuses, both_refuse, failed, .. } = counts;
        let accepted = equal + different + only_left_refuses;
        let mut text = format!(
            "{} files: {equal} equal, {different} different, {only_left_refuses} only left \
             refuses, {only_right_refuses} only right refuses, {both_refuse} both refuse, \
             {failed} failed\n",
            self.files.len()
        );
        if accepted > 0 {
            let share = 100.0 * equal as f64 / accepted as f64;
            text += &format!("of {accepted} that right accepts, {share:.2} % are equal\n");
        }
        text
    }

    /// Every file and the counts.
    pub(super) fn json(&self) -> Value {
        let file = |Compared { file, verdict }: &Compared| {
            let (word, more) = match verdict {
                Verdict::Equal => ("equal", json!({})),
                Verdict::Different(difference) => (
                    "different",
                    json!({
                        "path": difference.path,
                        "left": difference.left,
                        "right": difference.right,
                    }),
                ),
                Verdict::OnlyLeftRefuses(why) => ("only-left-refuses", json!({ "left": why })),
                Verdict::OnlyRightRefuses(why) => ("only-right-refuses", json!({ "right": why })),
                Verdict::BothRefuse { left, right } => {
                    ("both-refuse", json!({ "left": left, "right": right }))
                }
                Verdict::Fails(why) => ("failed", json!({ "why": why })),
            };
            json!({ "file": file, "verdict": word, "details": more })
        };
        let counts = self.counts();
        json!({
            "counts": {
                "files": self.files.len(),
                "equal": counts.equal,
                "different": counts.different,
                "only-left-refuses": counts.only_left_refuses,
                "only-right-refuses": counts.only_right_refuses,
                "both-refuse": counts.both_refuse,
                "failed": counts.failed,
            },
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
        })
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}...", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::comparable::Difference, *};

    #[test]
    fn a_report_names_what_is_not_agreed_on_and_counts_all() {
        let one = |file: &str, verdict| Compared { file: file.to_owned(), verdict };
        let difference =
            Difference { path: "a.b".to_owned(), left: None, right: Some("x".repeat(200).into()) };
        let report = Report {
            files: vec![
                one("1", Verdict::Equal),
                one("2", Verdict::Different(difference)),
                one("3", Verdict::OnlyLeftRefuses("no".to_owned())),
                one("4", Verdict::BothRefuse { left: "l".to_owned(), right: "r".to_owned() }),
            ],
        };
        let expected = format!(
            "different: 2: a.b\n    left  nothing\n    right \"{}...\n\
             only left refuses: 3\n    no\n\
             4 files: 1 equal, 1 different, 1 only left refuses, 0 only right refuses, \
             1 both refuse, 0 failed\n\
             of 3 that right accepts, 33.33 % are equal\n",
            "x".repeat(159)
        );
        assert_eq!(report.text(false), expected);
        assert!(report.text(true).starts_with("equal: 1\ndifferent"));
        assert!(!report.is_agreement());
        assert_eq!(report.json()["counts"]["only-left-refuses"], 1);
        assert_eq!(report.json()["files"][1]["details"]["path"], "a.b");
    }
}
