//! How a text is written in YAML: plain, in quotes, or line by line.

use std::fmt::Write;

use crate::tree::{Data, is_timestamp, resolve};

/// The ways of writing a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    SingleQuoted,
    DoubleQuoted,
    Literal,
}

/// The way that the YAML library of Docker Compose chooses.
pub(super) fn style_of(text: &str) -> Style {
    let facts = Facts::of(text);
    if text.contains('\n') {
        return if facts.is_literal { Style::Literal } else { Style::DoubleQuoted };
    }
    let is_text = matches!(resolve(text), Data::String(_)) && !is_number(text);
    if !is_text || is_timestamp(text) || is_base_60(text) || is_old_boolean(text) {
        return Style::DoubleQuoted;
    }
    match facts {
        Facts { is_plain: true, .. } => Style::Plain,
        Facts { is_single_quoted: true, .. } => Style::SingleQuoted,
        _ => Style::DoubleQuoted,
    }
}

/// The text on one line.
pub(super) fn flow(text: &str, style: Style) -> String {
    match style {
        Style::Plain => text.to_string(),
        Style::SingleQuoted => format!("'{}'", text.replace('\'', "''")),
        Style::DoubleQuoted | Style::Literal => double_quoted(text),
    }
}

/// The text in double quotes, with escapes for what cannot be printed.
pub(super) fn double_quoted(text: &str) -> String {
    let mut out = "\"".to_string();
    for c in text.chars() {
        let short = match c {
            '\0' => '0',
            '\u{7}' => 'a',
            '\u{8}' => 'b',
            '\t' => 't',
            '\n' => 'n',
            '\u{b}' => 'v',
            '\u{c}' => 'f',
            '\r' => 'r',
            '\u{1b}' => 'e',
            '"' | '\\' => c,
            '\u{85}' => 'N',
            '\u{2028}' => 'L',
            '\u{2029}' => 'P',
            c if is_printable(c) => {
                out.push(c);
                continue;
            }
            c => {
                // Writing into a text cannot fail.
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(out, "\\x{code:02X}"),
                    code @ ..=0xffff => write!(out, "\\u{code:04X}"),
                    code => write!(out, "\\U{code:08X}"),
                };
                continue;
            }
        };
        out.push('\\');
        out.push(short);
    }
    out.push('"');
    out
}

/// Which ways of writing a text keep it what it is.
struct Facts {
    is_plain: bool,
    is_single_quoted: bool,
    is_literal: bool,
}

impl Facts {
    fn of(text: &str) -> Self {
        let mut has_indicator = text.starts_with("---") || text.starts_with("...");
        let (mut has_break, mut has_tab, mut has_special) = (false, false, false);
        let (mut break_then_space, mut space_then_break) = (false, false);
        let mut before = ' ';
        let mut rest = text.chars();
        let mut is_first = true;
        while let Some(c) = rest.next() {
            let space_follows = rest.clone().next().is_none_or(is_blank);
            has_indicator |= match c {
                '?' | '-' if is_first => space_follows,
                '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"'
                | '%' | '@' | '`'
                    if is_first =>
                {
                    true
                }
                ':' => space_follows,
                '#' => is_blank(before),
                _ => false,
            };
            has_tab |= c == '\t';
            has_special |= c != '\t' && !is_printable(c);
            has_break |= is_break(c);
            break_then_space |= c == ' ' && !is_first && is_break(before);
            space_then_break |= is_break(c) && !is_first && before == ' ';
            before = c;
            is_first = false;
        }
        let edge = |c: Option<char>| c.is_some_and(|c| c == ' ' || is_break(c));
        let has_edge = edge(text.chars().next()) || edge(text.chars().next_back());
        let is_fragile = space_then_break || has_tab || has_special;
        Self {
            is_plain: !(has_edge || break_then_space || is_fragile || has_break || has_indicator),
            is_single_quoted: !(break_then_space || is_fragile),
            is_literal: !(text.ends_with(' ') || space_then_break || has_special),
        }
    }
}

fn is_break(c: char) -> bool {
    matches!(c, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t') || is_break(c)
}

/// The library takes characters of more than 16 bits for unprintable ones.
fn is_printable(c: char) -> bool {
    matches!(c, '\n' | ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
        && c != '\u{feff}'
}

/// A number that is too large to be one here.
fn is_number(text: &str) -> bool {
    let digits = text.replace('_', "");
    text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'))
        && digits.parse::<u64>().is_ok()
}

/// What YAML 1.1 took for minutes and seconds.
fn is_base_60(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (text, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '_');
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or_default();
    let mut more = 0;
    let are_small = parts.all(|part| {
        more += 1;
        part.len() <= 2 && part.parse().is_ok_and(|number: u8| number < 60)
    });
    first.starts_with(|c: char| c.is_ascii_digit())
        && is_digits(first)
        && is_digits(fraction)
        && more > 0
        && are_small
}

/// What YAML 1.1 took for true and false.
fn is_old_boolean(text: &str) -> bool {
    let (capital, upper) = (text.to_lowercase(), text.to_uppercase());
    let is_word = matches!(capital.as_str(), "y" | "n" | "yes" | "no" | "on" | "off");
    let mut title = capital.clone();
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    is_word && (text == capital || text == upper || text == title)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let style = style_of(text);
        let shown = match style {
            Style::Literal => "literal".to_string(),
            style => flow(text, style),
        };
        assert_eq!(shown, expected, "{text:?}");
    }

    #[test]
    fn what_would_be_something_else_is_quoted() {
        for text in ["12", "1.5", "0x1F", "~", "", "y", "No", "OFF", "null", "True", "1:20", "08"] {
            check(text, &format!("\"{text}\""));
        }
        for text in ["2024-01-01", "12e3", "1_000", ".5", "+1", "0o7", "12345678901234567890"] {
            check(text, &format!("\"{text}\""));
        }
        for text in ["_1", "<<", "=", "yEs", "nginx:1.27", "it's", "a,b", "?x", ":a", "--", "x.1"] {
            check(text, text);
        }
    }

    #[test]
    fn signs_of_yaml_are_quoted() {
        for text in [" lead", "trail ", "a: b", "a #b", "- x", "@at", "*s", "{a}", "!x", "-", "a:"]
        {
            check(text, &format!("'{text}'"));
        }
        check("a'b: c", "'a''b: c'");
        check("---", "'---'");
        check("\u{2028}", "'\u{2028}'");
    }

    #[test]
    fn what_cannot_be_printed_is_escaped() {
        check("a\tb", "\"a\\tb\"");
        check("\u{1b}\u{1}", "\"\\e\\x01\"");
        check("\u{1F600}", "\"\\U0001F600\"");
        check("é\u{a0}x", "é\u{a0}x");
        check("tr \nx", "\"tr \\nx\"");
        check("a\n\tb", "literal");
        check("a\n b", "literal");
    }
}
