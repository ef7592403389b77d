//! Whoever may panic outside tests says why it cannot happen.

use super::{Source, Violation};

/// What ends a program. A string literal after `expect` tells it from methods of that name.
const CALLS: &[&str] = &[".unwrap()", ".expect(\"", "panic!(", "unreachable!(", "unimplemented!("];
/// How far above the call its explanation may stand.
const LINES_ABOVE: usize = 3;

/// Rule: no `unwrap`, `expect` or `panic` outside tests without `// why` beside or above it.
pub(super) fn check(source: &Source<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    for (at, line) in source.masked.code.iter().enumerate() {
        if source.test_lines[at] {
            continue;
        }
        let Some(call) = CALLS.iter().find(|call| line.contains(**call)) else { continue };
        let near = at.saturating_sub(LINES_ABOVE)..=at;
        if !source.masked.comments[near].iter().any(|comment| comment.contains("// why")) {
            let name = call.trim_matches(|c: char| !c.is_alphanumeric());
            found.push(Violation {
                path: source.path.to_owned(),
                line: at + 1,
                what: format!("{name} without a `// why` beside or above it"),
                ratchet: None,
            });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::testing::of_source;

    #[test]
    fn a_panic_needs_its_reason() {
        assert_eq!(
            of_source(check, "src/a.rs", "fn f() {\n    x.unwrap();\n}"),
            "src/a.rs:2: unwrap without a `// why` beside or above it"
        );
        assert_eq!(
            of_source(check, "src/a.rs", "x.expect(\"y\");"),
            "src/a.rs:1: expect without a `// why` beside or above it"
        );
        assert_eq!(of_source(check, "src/a.rs", "// why: it is checked above.\nx.unwrap();"), "");
        assert_eq!(of_source(check, "src/a.rs", "parser.expect(Token::Colon); \"x.unwrap()\""), "");
    }

    #[test]
    fn tests_may_panic() {
        assert_eq!(of_source(check, "tests/a.rs", "x.unwrap();"), "");
        let inside = "#[cfg(test)]\nmod tests {\n    fn f() { x.unwrap() }\n}\nfn g() { panic!() }";
        assert_eq!(
            of_source(check, "src/a.rs", inside),
            "src/a.rs:5: panic without a `// why` beside or above it"
        );
    }
}
