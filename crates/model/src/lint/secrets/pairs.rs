//! Names and values on a line, in whatever syntax: YAML, JSON, TOML, INI, variables, arguments.

/// What kind of text a file is, as far as it matters for telling names and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// Names and values: YAML, JSON, TOML, INI, variables.
    Config,
    /// A program: only values in quotes are values, the rest are expressions.
    Code,
    /// Text for people: names and values in it are examples.
    Prose,
}

/// Ends of names of programs.
const CODE: [&str; 16] = [
    ".sh", ".bash", ".py", ".js", ".ts", ".mjs", ".go", ".rs", ".rb", ".php", ".pl", ".lua",
    ".ps1", ".tsx", ".nix", ".java",
];

/// Ends of names of what people read or look at.
const PROSE: [&str; 9] = [".md", ".txt", ".rst", ".adoc", ".html", ".css", ".svg", ".csv", ".lock"];

impl FileKind {
    /// By the file's name.
    pub fn of(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
        let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
        if ends(&CODE) || name == "dockerfile" || name == "justfile" || name == "makefile" {
            Self::Code
        } else if ends(&PROSE) || name == "license" || name.ends_with("-lock.json") {
            Self::Prose
        } else {
            Self::Config
        }
    }
}

/// A name, its value without quotes, and where in the line the value begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pair<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    pub(super) start: usize,
}

/// The pairs of a line. None of a comment: what stands there is not in force.
pub(super) fn of(line: &str, kind: FileKind) -> impl Iterator<Item = Pair<'_>> {
    let trimmed = line.trim_start();
    let is_comment = trimmed.starts_with(['#', ';']) || trimmed.starts_with("//");
    let line = if is_comment || kind == FileKind::Prose { "" } else { line };
    let signs = line.match_indices([':', '=']).map(|(at, _)| at);
    signs.filter_map(move |at| pair(line, at, kind))
}

fn pair(line: &str, at: usize, kind: FileKind) -> Option<Pair<'_>> {
    let (before, after) = (line.get(..at)?, line.get(at + 1..)?);
    let is_colon = line.as_bytes().get(at) == Some(&b':');
    if is_colon && !after.starts_with([' ', '\t', '"', '\'']) {
        return None;
    }
    // `==`, `!=`, `:=`, `=>` are no signs between a name and its value, nor is the second of two.
    if before.ends_with(['=', '!', '<', '>', ':']) || after.starts_with(['=', '>', '~']) {
        return None;
    }
    let name = name_before(before)?;
    let gap = after.len() - after.trim_start().len();
    let value = after.trim_start();
    let start = at + 1 + gap;
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let inner = value.get(1..)?;
        let end = inner.find(quote).unwrap_or(inner.len());
        return Some(Pair { name, value: inner.get(..end)?, start: start + 1 });
    }
    if kind == FileKind::Code {
        return None;
    }
    let value = bare(value, before);
    Some(Pair { name, value, start })
}

/// The name that ends where a sign begins.
fn name_before(before: &str) -> Option<&str> {
    let trimmed = before.trim_end().trim_end_matches(['"', '\'']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let from = trimmed
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_part(*c))
        .last()
        .map(|(from, _)| from)?;
    // `${NAME:-...}` uses a variable, and what follows an equals sign is a value already.
    let in_front = trimmed.get(..from)?;
    if in_front.ends_with("${") || in_front.ends_with('=') {
        return None;
    }
    let name = trimmed.get(from..)?.trim_start_matches('-');
    (!name.is_empty() && name.len() <= 80).then_some(name)
}

/// A value without quotes: to the comment, or to the end of its part of a list in one line.
fn bare<'a>(value: &'a str, before: &str) -> &'a str {
    let end = value.find(" #").unwrap_or(value.len());
    let value = value.get(..end).unwrap_or(value);
    let is_open =
        |open: char, close: char| before.matches(open).count() > before.matches(close).count();
    let value = if is_open('{', '}') || is_open('[', ']') {
        value.split([',', ']']).next().unwrap_or(value).trim_end_matches([' ', '}'])
    } else {
        value
    };
    // The quote that was opened before the name: `- "NAME=value"`.
    value.trim_end().trim_end_matches([',', '"', '\''])
}

/// Words of a name that say that a long random value of it is no secret.
const OPEN: [&str; 27] = [
    "sha",
    "sha1",
    "sha256",
    "sha512",
    "digest",
    "checksum",
    "hash",
    "commit",
    "rev",
    "revision",
    "version",
    "image",
    "tag",
    "id",
    "uid",
    "uuid",
    "guid",
    "fingerprint",
    "url",
    "path",
    "public",
    "pub",
    "pubkey",
    "recipient",
    "integrity",
    "etag",
    "resolved",
];

/// Whether a name that does not say "secret" may still be that of one: variables, and names with
/// "key" or the like in them.
pub(super) fn may_be_key(name: &str) -> bool {
    let lower = name.to_lowercase();
    let has = |known: &[&str]| lower.split(['_', '-', '.']).any(|word| known.contains(&word));
    if has(&OPEN) {
        return false;
    }
    let is_variable =
        name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
    is_variable || has(&["key", "keys", "salt", "seed", "claim", "pepper", "auth"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: &[(&str, &str)]) {
        let found: Vec<_> =
            of(line, FileKind::Config).map(|pair| (pair.name, pair.value)).collect();
        assert_eq!(found, expected, "{line}");
        for pair in of(line, FileKind::Config) {
            assert!(line[pair.start..].starts_with(pair.value), "{line}");
        }
    }

    #[test]
    fn pairs_in_every_syntax() {
        check("  DB_PASSWORD: hunter2 # mine", &[("DB_PASSWORD", "hunter2")]);
        check("  - DB_PASSWORD=a=b", &[("DB_PASSWORD", "a=b")]);
        check("  - \"DB_PASSWORD=hunter2\"", &[("DB_PASSWORD", "hunter2")]);
        check("  \"token\": \"abc\",", &[("token", "abc")]);
        check("key = 'it is'", &[("key", "it is")]);
        check(
            "environment: { A: b, TOKEN: cde }",
            &[("environment", "{ A: b, TOKEN: cde }"), ("A", "b"), ("TOKEN", "cde")],
        );
        check("command: run --token=abc", &[("command", "run --token=abc"), ("token", "abc")]);
        check("# TOKEN=abc", &[]);
        check("image: web:1.2", &[("image", "web:1.2")]);
    }

    #[test]
    fn programs_have_values_in_quotes_only() {
        let found: Vec<_> = of("password = ask()", FileKind::Code).collect();
        assert_eq!(found, []);
        let found: Vec<_> = of("password = \"hunter2\"", FileKind::Code).collect();
        assert_eq!(found.len(), 1);
        assert_eq!(FileKind::of("a/deploy.sh"), FileKind::Code);
        assert_eq!(FileKind::of("README.md"), FileKind::Prose);
        assert_eq!(FileKind::of("a/.env"), FileKind::Config);
    }
}
