//! `.env` files: text and known variables in, variables and findings out.

use std::collections::BTreeMap;

use crate::finding::{Finding, Place};
use crate::limits::{MOST_TEXT, is_full};
use crate::template::{ProblemKind, substitute};

/// The variables of a `.env` file, and what is wrong in it. `file` is the name that findings
/// give it; `environment` is what `$NAME` and a bare `NAME` refer to before the file's own keys.
/// A bare `NAME` that is not in `environment` is left out.
pub fn parse(
    text: &str,
    file: &str,
    environment: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, Vec<Finding>) {
    parse_after(text, file, environment, &BTreeMap::new())
}

/// [`parse`] for a file that follows others: `earlier` holds what those gave, and is what a
/// reference means if neither `environment` nor the file itself has the name.
pub fn parse_after(
    text: &str,
    file: &str,
    environment: &BTreeMap<String, String>,
    earlier: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, Vec<Finding>) {
    let Read { values, findings, .. } = read(text, file, environment, earlier);
    (values, findings)
}

/// The lines, counted from 1, on which the variables of a file are set.
pub fn lines(text: &str) -> BTreeMap<String, u32> {
    read(text, "", &BTreeMap::new(), &BTreeMap::new()).lines
}

/// What is in a file, and on which line.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) values: BTreeMap<String, String>,
    /// The line, counted from 1, on which a value begins that counts.
    pub(crate) lines: BTreeMap<String, u32>,
    pub(crate) findings: Vec<Finding>,
}

/// [`parse_after`], with the lines.
pub(crate) fn read(
    text: &str,
    file: &str,
    environment: &BTreeMap<String, String>,
    earlier: &BTreeMap<String, String>,
) -> Read {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
    let mut reader = Reader {
        rest: &text,
        line: 1,
        file,
        environment,
        earlier,
        bytes: 0,
        read: Read::default(),
    };
    while !reader.rest.is_empty() {
        if reader.entry().is_none() {
            break;
        }
    }
    reader.read
}

/// [`parse`] for `format: raw`: values are taken as written, quotes included.
pub fn parse_raw(
    text: &str,
    file: &str,
    environment: &BTreeMap<String, String>,
) -> (BTreeMap<String, String>, Vec<Finding>) {
    let Read { values, findings, .. } = read_raw(text, file, environment);
    (values, findings)
}

/// [`parse_raw`], with the lines.
pub(crate) fn read_raw(text: &str, file: &str, environment: &BTreeMap<String, String>) -> Read {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut read = Read::default();
    for (line, number) in text.lines().zip(1..) {
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key, Some(value.to_string())),
            None => (line, environment.get(line).cloned()),
        };
        if key.is_empty() || key.contains(char::is_whitespace) {
            let place = Place { file: file.to_string(), line: number, column: 1, len: 1 };
            let message = "the key on this line is empty or contains white space";
            let hint = "the form is KEY=value, with nothing around the equals sign";
            read.findings.push(Finding::error("env-key", message).at(place).hint(hint));
            continue;
        }
        if let Some(value) = value {
            read.values.insert(key.to_string(), value);
            read.lines.insert(key.to_string(), number);
        }
    }
    read
}

struct Reader<'a> {
    rest: &'a str,
    line: u32,
    file: &'a str,
    environment: &'a BTreeMap<String, String>,
    earlier: &'a BTreeMap<String, String>,
    /// Of all values so far.
    bytes: usize,
    read: Read,
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.line += u32::try_from(taken.matches('\n').count()).unwrap_or(0);
        self.rest = rest;
        taken
    }

    fn skip(&mut self, what: impl Fn(char) -> bool) {
        let length = self.rest.find(|c| !what(c)).unwrap_or(self.rest.len());
        self.take(length);
    }

    fn rest_of_line(&mut self) -> &'a str {
        let length = self.rest.find('\n').unwrap_or(self.rest.len());
        self.take(length)
    }

    fn error(&mut self, code: &'static str, message: String, line: u32, hint: &str) {
        let place = Place { file: self.file.to_string(), line, column: 1, len: 1 };
        let finding = Finding::error(code, message).at(place);
        self.read.findings.push(if hint.is_empty() { finding } else { finding.hint(hint) });
    }

    /// One entry or comment; `None` at the end or where nothing more can be read.
    fn entry(&mut self) -> Option<()> {
        self.skip(char::is_whitespace);
        if self.rest.is_empty() || is_full(&self.read.findings) {
            return None;
        }
        if self.bytes > MOST_TEXT {
            let place = Place { file: self.file.to_string(), line: self.line, column: 1, len: 1 };
            self.read.findings.push(too_much_text().at(place));
            return None;
        }
        if self.rest.starts_with('#') {
            self.rest_of_line();
            return Some(());
        }
        let after_export =
            self.rest.strip_prefix("export").filter(|rest| rest.starts_with([' ', '\t']));
        if let Some(rest) = after_export {
            self.rest = rest;
            self.skip(|c| c == ' ' || c == '\t');
        }
        let line = self.line;
        let length = self.rest.find(['=', ':', '\n']).unwrap_or(self.rest.len());
        let key = self.take(length).trim_end();
        if let Some(bad) = key.chars().find(|c| !is_key_character(*c)) {
            // The line is not repeated: it may hold a secret.
            let message = format!("the key on this line contains {bad:?}");
            let hint = "a key is made of letters, digits and _ . - [ ]; the form is KEY=value";
            self.error("env-key", message, line, hint);
            self.rest_of_line();
            return Some(());
        }
        if !self.rest.starts_with(['=', ':']) {
            if let Some(value) = self.environment.get(key).or_else(|| self.earlier.get(key)) {
                self.set(key, value.clone(), line);
            }
            return Some(());
        }
        self.take(1);
        self.skip(|c| c == ' ' || c == '\t');
        let value = self.value(line)?;
        if key.is_empty() {
            self.error("env-key", "a value without a key".into(), line, "the form is KEY=value");
        } else {
            self.set(key, value, line);
        }
        Some(())
    }

    fn set(&mut self, key: &str, value: String, line: u32) {
        self.bytes += value.len();
        self.read.values.insert(key.to_string(), value);
        self.read.lines.insert(key.to_string(), line);
    }

    fn value(&mut self, line: u32) -> Option<String> {
        let quote = match self.rest.chars().next() {
            Some(quote @ ('\'' | '"')) => quote,
            _ => {
                let text = without_comment(self.rest_of_line());
                return Some(self.expand(text.trim_end(), line));
            }
        };
        let Some(end) = closing_quote(&self.rest[1..], quote) else {
            let message = format!("the value that starts with {quote} has no closing {quote}");
            self.error("env-quote", message, line, "close the quote");
            return None;
        };
        let written = &self.take(end + 2)[1..=end];
        // What follows the closing quote is read as an entry of its own.
        if quote == '\'' {
            return Some(written.replace("\\'", "'"));
        }
        let unescaped = unescape(written);
        Some(self.expand(&unescaped, line))
    }

    fn expand(&mut self, text: &str, line: u32) -> String {
        let mut problems = Vec::new();
        let sources = [self.environment, &self.read.values, self.earlier];
        let lookup =
            |name: &str| sources.iter().find_map(|source| source.get(name)).map(String::as_str);
        let value = substitute(text, &lookup, &mut problems);
        for problem in problems {
            let place = Place { file: self.file.to_string(), line, column: 1, len: 1 };
            let finding = match problem.kind {
                ProblemKind::Undefined { name } => Finding::warning(
                    "undefined-variable",
                    format!("the variable {name} is not set, so it is empty here"),
                )
                .hint(format!("set {name}, or write $$ for a dollar sign")),
                ProblemKind::Required { name, message } => Finding::error(
                    "required-variable",
                    format!("the variable {name} is required: {message}"),
                ),
                ProblemKind::TooLong => too_much_text(),
                ProblemKind::Invalid => {
                    Finding::error("invalid-template", "a variable on this line cannot be read")
                        .hint("write ${NAME} or ${NAME:-default}, and $$ for a dollar sign")
                }
            };
            self.read.findings.push(finding.at(place));
        }
        value
    }
}

fn too_much_text() -> Finding {
    Finding::error("too-much-text", "the values of this file are longer than anybody needs")
        .hint("variables that contain each other grow with every line")
}

fn is_key_character(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '-' | '[' | ']')
}

/// A `#` starts a comment after a space.
fn without_comment(text: &str) -> &str {
    text.split_once(" #").map_or(text, |(value, _)| value)
}

fn closing_quote(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return Some(at);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// The escapes of a double-quoted value. `\$` becomes `$$`, which interpolation turns into `$`.
fn unescape(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        result += &rest[..at];
        let after = &rest[at + 1..];
        let Some(c) = after.chars().next() else {
            rest = &rest[at..];
            break;
        };
        rest = &after[c.len_utf8()..];
        match c {
            'a' => result.push('\u{7}'),
            'b' => result.push('\u{8}'),
            'f' => result.push('\u{c}'),
            'n' => result.push('\n'),
            'r' => result.push('\r'),
            't' => result.push('\t'),
            'v' => result.push('\u{b}'),
            '$' => result += "$$",
            '"' | '\\' => result.push(c),
            '0' => {
                let count = rest.chars().take(3).take_while(char::is_ascii_digit).count();
                let (digits, after) = rest.split_at(count);
                match u8::from_str_radix(digits, 8) {
                    Ok(code) if count == 3 => result.push(char::from(code)),
                    // The zero is lost all the same.
                    _ => result += &format!("\\{digits}"),
                }
                rest = after;
            }
            other => {
                result.push('\\');
                result.push(other);
            }
        }
    }
    result + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `OS` is set to `os` outside of the file.
    fn check(text: &str, expected: &str) {
        let environment = BTreeMap::from([("OS".to_string(), "os".to_string())]);
        let (values, findings) = parse(text, ".env", &environment);
        let mut lines: Vec<String> =
            values.iter().map(|(key, value)| format!("{key}={value:?}")).collect();
        lines.extend(findings.iter().map(|f| f.line()));
        assert_eq!(lines.join("\n"), expected, "{text}");
    }

    #[test]
    fn unquoted_values_end_at_a_comment() {
        check("A=1\nB: 2\n  export C=3\n\n# no\n D=4", "A=\"1\"\nB=\"2\"\nC=\"3\"\nD=\"4\"");
        check("A=a#b c # d", "A=\"a#b c\"");
        check("A=#x", "A=\"#x\"");
        check("A= \nB=b", "A=\"\"\nB=\"b\"");
        check("\u{feff}A=x\r\nB=y\r\n", "A=\"x\"\nB=\"y\"");
    }

    #[test]
    fn quotes_decide_about_escapes_and_variables() {
        check("A='$OS \\' \\n'", "A=\"$OS ' \\\\n\"");
        check("A=\"$OS \\$OS \\n \\\"\"", "A=\"os $OS \\n \\\"\"");
        check("A=\"two\nlines\"\nB=b", "A=\"two\\nlines\"\nB=\"b\"");
        check("A=\"x\" # c\nB=b", "A=\"x\"\nB=\"b\"");
        check("A=\"\\0101\"", "A=\"A\"");
    }

    #[test]
    fn references_see_the_outside_before_the_file() {
        check("OS=file\nA=$OS-${B:-d}\nB=b\nC=$B", "A=\"os-d\"\nB=\"b\"\nC=\"b\"\nOS=\"file\"");
        check("OS\nN", "OS=\"os\"");
    }

    #[test]
    fn faults_have_a_line() {
        check(
            "A=1\nB C=2\nD=3",
            "A=\"1\"\nD=\"3\"\n.env:2:1: error[env-key]: the key on this line contains ' ' \
             (a key is made of letters, digits and _ . - [ ]; the form is KEY=value)",
        );
        check(
            "A=1\nB=\"x\nC=3",
            "A=\"1\"\n.env:2:1: error[env-quote]: the value that starts with \" has no closing \" \
             (close the quote)",
        );
        check(
            "A=$X",
            "A=\"\"\n.env:1:1: warning[undefined-variable]: the variable X is not set, so it is \
             empty here (set X, or write $$ for a dollar sign)",
        );
    }
}
