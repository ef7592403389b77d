//! Whoever switches a lint off says why.

use super::{Source, Violation};

/// Rule: no `allow(...)` or `expect(...)` of a lint without a reason in it.
pub(super) fn check(source: &Source<'_>) -> Vec<Violation> {
    let code = source.masked.code.join("\n");
    let mut found = Vec::new();
    for word in ["allow(", "expect("] {
        for (at, _) in code.match_indices(word) {
            let is_attribute = code[..at].ends_with("#[")
                || code[..at].ends_with("#![")
                || code[..at].rfind("cfg_attr(").is_some_and(|cfg| !code[cfg..at].contains(']'));
            if !is_attribute || inside(&code[at + word.len()..]).contains("reason") {
                continue;
            }
            found.push(Violation {
                path: source.path.to_owned(),
                line: code[..at].matches('\n').count() + 1,
                what: format!("{}...) without `reason = \"...\"`", word),
                ratchet: None,
            });
        }
    }
    found
}

/// The text up to the parenthesis that closes what is open.
fn inside(text: &str) -> &str {
    let mut depth = 1;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &text[..at];
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::testing::of_source;

    #[test]
    fn an_allow_needs_its_reason() {
        let fault = "a.rs:1: allow(...) without `reason = \"...\"`";
        assert_eq!(of_source(check, "a.rs", "#[allow(dead_code)]\nfn f() {}"), fault);
        assert_eq!(of_source(check, "a.rs", "#![cfg_attr(test, allow(dead_code))]"), fault);
        assert_eq!(
            of_source(check, "a.rs", "#[allow(\n    dead_code,\n    reason = \"x\"\n)]"),
            ""
        );
        assert_eq!(of_source(check, "a.rs", "x.expect(\"y\"); allow(z);"), "");
    }
}
