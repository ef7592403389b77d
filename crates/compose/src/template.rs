//! `${VARIABLE}` in one text. Every operator of the specification and their nesting; no I/O, no
//! tree: text and variables in, text and problems out.

use crate::limits::{DEEPEST_TEMPLATE, MOST_ADDED_TO_TEXT, MOST_PROBLEMS};

/// Something wrong in a template. `at` is the byte offset in the whole text, `text` what stands
/// there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) kind: ProblemKind,
    pub(crate) at: usize,
    pub(crate) text: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    /// The variable is not set and there is no default.
    Undefined { name: String },
    /// `${NAME:?message}` and the variable is missing.
    Required { name: String, message: String },
    /// Not a template that can be read.
    Invalid,
    /// Variables make the text too long; what comes after them is left out.
    TooLong,
}

/// Characters of what cannot be read that are shown.
const SHOWN: usize = 100;

/// Replaces every variable of `text`. What cannot be read stays as it is.
pub(crate) fn substitute<'v>(
    text: &str,
    lookup: &dyn Fn(&str) -> Option<&'v str>,
    problems: &mut Vec<Problem>,
) -> String {
    expand(text, 0, 0, lookup, problems)
}

fn expand<'v>(
    text: &str,
    offset: usize,
    depth: usize,
    lookup: &dyn Fn(&str) -> Option<&'v str>,
    problems: &mut Vec<Problem>,
) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        if result.len() > text.len() + MOST_ADDED_TO_TEXT {
            let at = offset + (text.len() - rest.len());
            note(problems, Problem { kind: ProblemKind::TooLong, at, text: String::new() });
            return result;
        }
        result += &rest[..dollar];
        let at = offset + (text.len() - rest.len()) + dollar;
        let after = &rest[dollar + 1..];
        if let Some(tail) = after.strip_prefix('$') {
            result.push('$');
            rest = tail;
        } else if after.starts_with('{') {
            let scope = Scope { at, depth, lookup };
            let (value, length) = scope.braced(after, problems);
            result += &value;
            rest = &after[length..];
        } else {
            let name = name_at(after);
            if name.is_empty() {
                result.push('$');
            } else {
                match lookup(name) {
                    Some(value) => result += value,
                    None => note(problems, undefined(name, at, format!("${name}"))),
                }
            }
            rest = &after[name.len()..];
        }
    }
    result + rest
}

/// Remembers a problem, unless enough of its kind are known.
fn note(problems: &mut Vec<Problem>, problem: Problem) {
    let is_undefined = |problem: &Problem| matches!(problem.kind, ProblemKind::Undefined { .. });
    let kind = is_undefined(&problem);
    if problems.iter().filter(|known| is_undefined(known) == kind).count() < MOST_PROBLEMS {
        problems.push(problem);
    }
}

fn undefined(name: &str, at: usize, text: String) -> Problem {
    Problem { kind: ProblemKind::Undefined { name: name.to_string() }, at, text }
}

/// The variable name that a text begins with; empty if there is none.
pub(crate) fn name_at(text: &str) -> &str {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return "";
    }
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    &text[..end]
}

struct Scope<'s, 'v> {
    at: usize,
    depth: usize,
    lookup: &'s dyn Fn(&str) -> Option<&'v str>,
}

impl Scope<'_, '_> {
    /// The value of `{...}` at the beginning of `text`, and how much of `text` it took.
    fn braced(&self, text: &str, problems: &mut Vec<Problem>) -> (String, usize) {
        let Some(close) = closing_brace(text) else {
            return self.invalid(text, text.len(), problems);
        };
        let length = close + 1;
        let inner = &text[1..close];
        let name = name_at(inner);
        let tail = &inner[name.len()..];
        if name.is_empty() || self.depth > DEEPEST_TEMPLATE {
            return self.invalid(text, length, problems);
        }
        let value = (self.lookup)(name);
        let (colon, operator) = match tail.strip_prefix(':') {
            Some(tail) => (true, tail),
            None => (false, tail),
        };
        let present = if colon { value.filter(|value| !value.is_empty()) } else { value };
        let mut operand = operator.chars();
        let kind = operand.next();
        let operand = operand.as_str();
        // A line break ends a template, as it does in Docker Compose.
        if operand.contains('\n') {
            return self.invalid(text, length, problems);
        }
        // `$`, `{`, the name and the operator stand before the operand.
        let operand_at = self.at + 2 + (inner.len() - operand.len());
        let nested = |problems: &mut Vec<Problem>| {
            expand(operand, operand_at, self.depth + 1, self.lookup, problems)
        };
        // An operand is read even where it does not count: what is required in it is required.
        let unused = |problems: &mut Vec<Problem>| {
            let mut found = Vec::new();
            nested(&mut found);
            found.retain(|problem| !matches!(problem.kind, ProblemKind::Undefined { .. }));
            found.into_iter().for_each(|problem| note(problems, problem));
        };
        let result = match (kind, present) {
            (None, Some(value)) if !colon => value.to_string(),
            (None, None) if !colon => {
                note(problems, undefined(name, self.at, format!("${{{name}")));
                String::new()
            }
            (Some('-' | '?'), Some(value)) => {
                unused(problems);
                value.to_string()
            }
            (Some('-'), None) | (Some('+'), Some(_)) => nested(problems),
            (Some('+'), None) => {
                unused(problems);
                String::new()
            }
            (Some('?'), None) => {
                let message = nested(problems);
                let kind = ProblemKind::Required { name: name.to_string(), message };
                note(problems, Problem { kind, at: self.at, text: format!("${{{name}") });
                String::new()
            }
            _ => return self.invalid(text, length, problems),
        };
        (result, length)
    }

    fn invalid(&self, text: &str, length: usize, problems: &mut Vec<Problem>) -> (String, usize) {
        let text = format!("${}", &text[..length]);
        let shown: String = text.chars().take(SHOWN).collect();
        note(problems, Problem { kind: ProblemKind::Invalid, at: self.at, text: shown });
        (text, length)
    }
}

/// Braces are counted whatever they belong to, as Docker Compose does.
pub(crate) fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `SET` is `value`, `EMPTY` is empty, everything else is unset.
    fn check(text: &str, expected: &str) {
        let lookup = |name: &str| match name {
            "SET" => Some("value"),
            "EMPTY" => Some(""),
            _ => None,
        };
        let mut problems = Vec::new();
        let mut result = substitute(text, &lookup, &mut problems);
        for problem in problems {
            let what = match problem.kind {
                ProblemKind::Undefined { name } => format!("undefined {name}"),
                ProblemKind::Required { name, message } => format!("required {name}: {message}"),
                ProblemKind::Invalid => format!("invalid {}", problem.text),
                ProblemKind::TooLong => "too long".to_string(),
            };
            assert!(text[problem.at..].starts_with(&problem.text), "{text}: {}", problem.at);
            result += &format!(" | {}: {what}", problem.at);
        }
        assert_eq!(result, expected, "{text}");
    }

    #[test]
    fn every_operator_has_three_cases() {
        check("$SET ${SET} ${EMPTY}.", "value value .");
        check("$N", " | 0: undefined N");
        check("a ${N} b", "a  b | 2: undefined N");
        check("${N:-d}${EMPTY:-d}${SET:-d}", "ddvalue");
        check("${N-d}${EMPTY-d}${SET-d}", "dvalue");
        check("${N:+a}${EMPTY:+a}${SET:+a}", "a");
        check("${N+a}${EMPTY+a}${SET+a}", "aa");
        check("${SET:?e}${SET?e}${EMPTY?e}", "valuevalue");
        check("${N:?no $SET}", " | 0: required N: no value");
        check("${EMPTY:?e}", " | 0: required EMPTY: e");
        check("x ${N?e}", "x  | 2: required N: e");
    }

    #[test]
    fn operands_nest_and_the_first_operator_counts() {
        check("${N:-${M:-c}}", "c");
        check("${N:-{}}", "{}");
        check("${N:-b:?c}", "b:?c");
        check("${N:-x$SET}", "xvalue");
        check("${N:-${M}}", " | 5: undefined M");
        check("${SET:-${M}}", "value");
        check("${SET:+<$$>}", "<$>");
    }

    #[test]
    fn a_dollar_that_starts_nothing_is_literal() {
        for text in ["x$", "$(date)", "$1", "$.", "$ a"] {
            check(text, text);
        }
        check("$$ $$SET $$$SET", "$ $SET $value");
        check("$2y$05$abcdefgh/ijk", "$2y$05/ijk | 6: undefined abcdefgh");
    }

    #[test]
    fn a_brace_that_matches_nothing_is_invalid() {
        for text in ["${1}", "${A:}", "${A.b}", "${ A}", "${V:=d}", "${}"] {
            check(text, &format!("{text} | 0: invalid {text}"));
        }
        check("${A", "${A | 0: invalid ${A");
        check("${A:-one\ntwo}", "${A:-one\ntwo} | 0: invalid ${A:-one\ntwo}");
    }

    #[test]
    fn nesting_has_a_limit() {
        let text = format!("{}x{}", "${N:-".repeat(10_000), "}".repeat(10_000));
        let mut problems = Vec::new();
        substitute(&text, &|_| None, &mut problems);
        assert!(matches!(problems[..], [Problem { kind: ProblemKind::Invalid, .. }]));
    }
}
