//! Rust source without what is not code, line by line, so that rules look for words in code only.

/// A source text taken apart; both halves have the lines of the whole.
pub(crate) struct Masked {
    /// Comments and the insides of literals are spaces.
    pub(crate) code: Vec<String>,
    /// Only what stands in comments.
    pub(crate) comments: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Code,
    LineComment,
    BlockComment { depth: u32 },
    Text,
    RawText { hashes: usize },
}

/// Takes a source text apart.
pub(crate) fn mask(text: &str) -> Masked {
    let mut masked = Masked { code: Vec::new(), comments: Vec::new() };
    let mut state = State::Code;
    for line in text.lines() {
        let chars: Vec<char> = line.chars().collect();
        let mut code = String::new();
        let mut comment = String::new();
        let mut at = 0;
        while at < chars.len() {
            let (next, taken) = step(state, &chars, at);
            let is_comment =
                |state| matches!(state, State::LineComment | State::BlockComment { .. });
            let in_comment = is_comment(state) || is_comment(next);
            let in_literal = matches!(state, State::Text | State::RawText { .. }) && next == state;
            for &c in &chars[at..at + taken] {
                code.push(if in_comment || in_literal || taken > 2 { ' ' } else { c });
                comment.push(if in_comment { c } else { ' ' });
            }
            state = next;
            at += taken;
        }
        if state == State::LineComment {
            state = State::Code;
        }
        masked.code.push(code);
        masked.comments.push(comment);
    }
    masked
}

/// The state after the next characters, and how many they are. More than two are a character
/// literal or the beginning of a raw string.
fn step(state: State, chars: &[char], at: usize) -> (State, usize) {
    let rest = &chars[at..];
    match state {
        State::Code => step_in_code(chars, at),
        State::LineComment => (State::LineComment, rest.len()),
        State::BlockComment { depth } => match rest {
            ['*', '/', ..] if depth == 1 => (State::Code, 2),
            ['*', '/', ..] => (State::BlockComment { depth: depth - 1 }, 2),
            ['/', '*', ..] => (State::BlockComment { depth: depth + 1 }, 2),
            _ => (state, 1),
        },
        State::Text => match rest {
            ['\\', _, ..] => (State::Text, 2),
            ['"', ..] => (State::Code, 1),
            _ => (State::Text, 1),
        },
        State::RawText { hashes } => {
            let closes = rest.first() == Some(&'"')
                && rest.len() > hashes
                && rest[1..=hashes].iter().all(|c| *c == '#');
            if closes { (State::Code, 1) } else { (state, 1) }
        }
    }
}

fn step_in_code(chars: &[char], at: usize) -> (State, usize) {
    let rest = &chars[at..];
    let after_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
    match rest {
        ['/', '/', ..] => (State::LineComment, rest.len()),
        ['/', '*', ..] => (State::BlockComment { depth: 1 }, 2),
        ['"', ..] => (State::Text, 1),
        ['b', 'r', ..] if !after_word => raw_text(rest, 2).unwrap_or((State::Code, 1)),
        ['r', ..] if !after_word => raw_text(rest, 1).unwrap_or((State::Code, 1)),
        ['\'', '\\', ..] => {
            let end = rest.iter().skip(3).position(|c| *c == '\'');
            (State::Code, end.map_or(1, |end| end + 4))
        }
        ['\'', _, '\'', ..] => (State::Code, 3),
        _ => (State::Code, 1),
    }
}

fn raw_text(rest: &[char], prefix: usize) -> Option<(State, usize)> {
    let hashes = rest[prefix..].iter().take_while(|c| **c == '#').count();
    let opens = rest.get(prefix + hashes) == Some(&'"');
    opens.then_some((State::RawText { hashes }, prefix + hashes + 1))
}

#[cfg(test)]
mod tests {
    use super::mask;

    fn check(text: &str, code: &str, comments: &str) {
        let masked = mask(text);
        let tidy = |lines: &[String]| {
            lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
        };
        assert_eq!(tidy(&masked.code), code, "code of {text:?}");
        assert_eq!(tidy(&masked.comments), comments, "comments of {text:?}");
    }

    #[test]
    fn comments_are_not_code() {
        check("a(); // b", "a();", "     // b");
        check("a /* b\nc /* d */ */ e", "a\n             e", "  /* b\nc /* d */ */");
    }

    #[test]
    fn what_stands_in_literals_is_not_code() {
        check(r#"a("// b", '"', 'x', '\'')"#, r#"a("    ",    ,    ,     )"#, "");
        check("a(\"b\nc\\\"\", d)", "a(\"\n   \", d)", "\n");
        check("a(r#\"b\"c\"#, d)", "a(      \"#, d)", "");
    }

    #[test]
    fn a_lifetime_is_code() {
        check("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}", "");
    }
}
