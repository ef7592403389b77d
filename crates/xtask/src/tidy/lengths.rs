//! Files, functions and lines that can be read at a glance.

use super::{Source, Violation};

const FILE_LINES_WANTED: usize = 500;
const FILE_LINES_MAX: usize = 1_000;
const FUNCTION_LINES_MAX: usize = 70;
const COLUMNS_MAX: usize = 100;

/// Rule: files of fewer than 500 lines (1,000 at the most), functions of at most 70, lines of at
/// most 100 columns.
pub(super) fn check(source: &Source<'_>) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut say = |line, what: String, ratchet| {
        found.push(Violation { path: source.path.to_owned(), line, what, ratchet });
    };
    let lines = source.text.lines().count();
    if lines > FILE_LINES_MAX {
        say(0, format!("{lines} lines, more than {FILE_LINES_MAX}"), None);
    } else if lines > FILE_LINES_WANTED {
        let what = format!("{lines} lines, more than {FILE_LINES_WANTED}");
        say(0, what, Some("long-files"));
    }
    for (at, line) in source.text.lines().enumerate() {
        // Text that tests compare with is as wide as it is.
        let is_recorded = source.test_lines[at] && begins_in_text(line, &source.masked.code[at]);
        let columns = line.chars().count();
        if columns > COLUMNS_MAX && !is_recorded {
            let what = format!("{columns} columns, more than {COLUMNS_MAX}");
            say(at + 1, what, Some("long-lines"));
        }
    }
    for Function { name, line, lines } in functions(&source.masked.code) {
        if lines > FUNCTION_LINES_MAX {
            let what = format!("{name} has {lines} lines, more than {FUNCTION_LINES_MAX}");
            say(line, what, Some("long-functions"));
        }
    }
    found
}

/// Whether a line goes on with a literal that began above it.
fn begins_in_text(line: &str, code: &str) -> bool {
    let begin = |text: &str| text.find(|c: char| !c.is_whitespace());
    begin(code).is_none_or(|code| begin(line).is_some_and(|line| line < code))
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

/// Functions with a body, from the line of `fn` to the one that closes it.
fn functions(code: &[String]) -> Vec<Function> {
    let mut found = Vec::new();
    for (at, line) in code.iter().enumerate() {
        for (column, _) in line.match_indices("fn ") {
            let before = line[..column].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let rest = &line[column + 3..];
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if name.is_empty() {
                continue;
            }
            if let Some(end) = end_of_body(code, at, column) {
                found.push(Function { name, line: at + 1, lines: end - at + 1 });
            }
        }
    }
    found
}

/// The line on which the block closes that opens first after this place; none if a semicolon at
/// the outer level comes before.
fn end_of_body(code: &[String], line: usize, column: usize) -> Option<usize> {
    let mut depth = 0_usize;
    let mut brackets = 0_usize;
    for (at, text) in code.iter().enumerate().skip(line) {
        let text = if at == line { &text[column..] } else { text };
        for c in text.chars() {
            match c {
                '{' => depth += 1,
                '}' => {
                    depth = depth.checked_sub(1)?;
                    if depth == 0 {
                        return Some(at);
                    }
                }
                '(' | '[' => brackets += 1,
                ')' | ']' => brackets = brackets.saturating_sub(1),
                ';' if depth == 0 && brackets == 0 => return None,
                _ => {}
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::testing::of_source;

    #[test]
    fn a_file_may_have_five_hundred_lines() {
        assert_eq!(of_source(check, "a.rs", &"x\n".repeat(500)), "");
        assert_eq!(of_source(check, "a.rs", &"x\n".repeat(501)), "a.rs: 501 lines, more than 500");
        assert_eq!(
            of_source(check, "a.rs", &"x\n".repeat(1001)),
            "a.rs: 1001 lines, more than 1000"
        );
    }

    #[test]
    fn a_line_may_have_a_hundred_columns() {
        assert_eq!(of_source(check, "a.rs", &format!("\n{}", "ä".repeat(100))), "");
        assert_eq!(
            of_source(check, "a.rs", &format!("\n{}", "ä".repeat(101))),
            "a.rs:2: 101 columns, more than 100"
        );
        let recorded = format!("let x = \"\n{}\";", "x".repeat(101));
        assert_eq!(of_source(check, "tests/a.rs", &recorded), "");
    }

    #[test]
    fn a_function_may_have_seventy_lines() {
        let function = |lines: usize| {
            format!("fn short();\nfn f(a: [u8; 2])\n{{{}}}\nfn g() {{}}", "\n".repeat(lines - 2))
        };
        assert_eq!(of_source(check, "a.rs", &function(70)), "");
        assert_eq!(of_source(check, "a.rs", &function(71)), "a.rs:2: f has 71 lines, more than 70");
        let braces = format!("fn f() {{ let x = \"}}\"; {}}}", "\n".repeat(70));
        assert_eq!(of_source(check, "a.rs", &braces), "a.rs:1: f has 71 lines, more than 70");
    }
}
