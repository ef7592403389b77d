//! What two answers say together.

use serde_json::Value;

use super::{
    command::Answer,
    comparable::{Difference, comparable, first_difference},
};

/// Lines of a complaint that are shown.
const SHOWN_LINES: usize = 3;

/// How two programs stand to each other over one file.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    Equal,
    /// Where the models begin to differ.
    Different(Difference),
    /// What left says, which right accepts.
    OnlyLeftRefuses(String),
    OnlyRightRefuses(String),
    BothRefuse {
        left: String,
        right: String,
    },
    /// A program crashed, took too long or printed no model.
    Fails(String),
}

/// The verdict over two answers.
pub(super) fn of(left: Answer, right: Answer) -> Verdict {
    match (left, right) {
        (Answer::Fails(why), _) => Verdict::Fails(format!("left: {}", short(&why))),
        (_, Answer::Fails(why)) => Verdict::Fails(format!("right: {}", short(&why))),
        (Answer::Refuses(left), Answer::Refuses(right)) => {
            Verdict::BothRefuse { left: short(&left), right: short(&right) }
        }
        (Answer::Refuses(why), Answer::Accepts(_)) => Verdict::OnlyLeftRefuses(short(&why)),
        (Answer::Accepts(_), Answer::Refuses(why)) => Verdict::OnlyRightRefuses(short(&why)),
        (Answer::Accepts(left), Answer::Accepts(right)) => models(&left, &right),
    }
}

fn models(left: &str, right: &str) -> Verdict {
    let model = |side: &str, text: &str| -> Result<Value, String> {
        let value = serde_json::from_str(text)
            .map_err(|why| format!("{side} did not print a project as JSON: {why}"))?;
        Ok(comparable(value))
    };
    match (model("left", left), model("right", right)) {
        (Ok(left), Ok(right)) => match first_difference(&left, &right) {
            None => Verdict::Equal,
            Some(difference) => Verdict::Different(difference),
        },
        (Err(why), _) | (_, Err(why)) => Verdict::Fails(why),
    }
}

/// The lines of a complaint that say something: errors before all others, warnings never.
fn short(text: &str) -> String {
    let is_warning = |line: &str| line.contains("level=warning") || line.contains("warning[");
    let lines: Vec<&str> =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !is_warning(line)).collect();
    let errors: Vec<&str> = lines.iter().copied().filter(|line| line.contains("error")).collect();
    let chosen = if errors.is_empty() { lines } else { errors };
    chosen.into_iter().take(SHOWN_LINES).collect::<Vec<_>>().join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(left: Answer, right: Answer, expected: Verdict) {
        assert_eq!(of(left, right), expected);
    }

    fn accepts(text: &str) -> Answer {
        Answer::Accepts(text.to_owned())
    }

    fn refuses(text: &str) -> Answer {
        Answer::Refuses(text.to_owned())
    }

    #[test]
    fn models_are_compared_without_what_means_nothing() {
        check(
            accepts(
                r#"{"services": {"a": {"image": "$$x", "command": null}}, "volumes": {"v": {}}}"#,
            ),
            accepts(r#"{"services": {"a": {"image": "$x"}}}"#),
            Verdict::Equal,
        );
    }

    #[test]
    fn the_first_difference_is_named_by_its_path() {
        let model = |port: &str| format!(r#"{{"services": {{"a": {{"ports": [1, {port}]}}}}}}"#);
        let expected = Difference {
            path: "services.a.ports[1]".to_owned(),
            left: Some(80.into()),
            right: Some("80".into()),
        };
        check(accepts(&model("80")), accepts(&model("\"80\"")), Verdict::Different(expected));
    }

    #[test]
    fn refusals_are_told_by_side() {
        let noise = "time=x level=warning msg=y\nno\n\nvalidating a: error b\n";
        let said = "validating a: error b".to_owned();
        check(refuses(noise), accepts("{}"), Verdict::OnlyLeftRefuses(said.clone()));
        check(accepts("{}"), refuses("no\n"), Verdict::OnlyRightRefuses("no".to_owned()));
        let both = Verdict::BothRefuse { left: "no".to_owned(), right: said };
        check(refuses("no"), refuses(noise), both);
    }

    #[test]
    fn what_is_no_model_is_a_failure() {
        check(Answer::Fails("x".into()), accepts("{}"), Verdict::Fails("left: x".to_owned()));
        assert!(matches!(of(accepts("name: a"), accepts("{}")), Verdict::Fails(_)));
    }
}
