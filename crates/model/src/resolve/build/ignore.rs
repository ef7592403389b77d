//! `.dockerignore`: which files of a folder are not sent. Pure, and exactly as Docker reads it.
//! (Rules: docs.docker.com, "Build context", and moby/patternmatcher.)
//!
//! Every line is a pattern for a path from the top of the context; the last one that matches a
//! path or a folder above it decides. `!` takes back what an earlier line has left out.

use std::fmt;

/// Longest pattern and most patterns: more than that is no file that a person wrote.
const PATTERN_CHARS_MAX: usize = 1_000;
const PATTERNS_MAX: usize = 5_000;

/// The patterns of a `.dockerignore`, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ignore {
    patterns: Vec<Pattern>,
}

/// A line that cannot be read as a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadPattern {
    pub(super) line: u32,
    why: &'static str,
    pattern: String,
}

impl fmt::Display for BadPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is no pattern: {}", self.pattern, self.why)
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pattern {
    /// Takes back what was left out before.
    is_exception: bool,
    /// As it is matched, for telling what can lie below a folder.
    text: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Char(char),
    /// `?`: one character of a name.
    One,
    /// `*`: any characters of a name.
    Star,
    /// `**` before more: nothing, or any folders.
    Folders,
    /// `**` at the end: anything.
    Rest,
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

/// How each pattern stands to a folder, for what lies in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Matched(Vec<bool>);

impl Ignore {
    /// Reads the text of a `.dockerignore`.
    pub(super) fn parse(text: &str) -> Result<Self, BadPattern> {
        let mut patterns = Vec::new();
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (number, line) in text.lines().enumerate() {
            // Only a # in the first column makes a comment.
            let pattern = line.trim();
            if line.starts_with('#') || pattern.is_empty() {
                continue;
            }
            let bad = |why| BadPattern {
                line: u32::try_from(number + 1).unwrap_or(u32::MAX),
                why,
                pattern: pattern.chars().take(PATTERN_CHARS_MAX).collect(),
            };
            if pattern.chars().count() > PATTERN_CHARS_MAX || patterns.len() >= PATTERNS_MAX {
                return Err(bad("there are too many, or it is too long"));
            }
            patterns.push(Pattern::parse(pattern).map_err(bad)?);
        }
        Ok(Self { patterns })
    }

    /// Whether a path is left out, and what is to be handed in for what lies in it if it is a
    /// folder. `above` is the answer for the folder that it lies in.
    pub(super) fn excludes(&self, path: &str, above: &Matched) -> (bool, Matched) {
        let mut is_out = false;
        let mut matched = vec![false; self.patterns.len()];
        for (at, pattern) in self.patterns.iter().enumerate() {
            let is_match = above.0.get(at).copied().unwrap_or(false)
                // A pattern that could change nothing is not asked.
                || (pattern.is_exception == is_out && pattern.matches(path));
            if is_match {
                is_out = !pattern.is_exception;
            }
            if let Some(slot) = matched.get_mut(at) {
                *slot = is_match;
            }
        }
        (is_out, Matched(matched))
    }

    /// Whether an exception may take back something below a folder that is left out.
    pub(super) fn may_take_back_below(&self, folder: &str) -> bool {
        self.patterns.iter().filter(|pattern| pattern.is_exception).any(|pattern| {
            let fixed = pattern.text.split(['*', '?', '[', '\\']).next().unwrap_or_default();
            let below = format!("{folder}/");
            fixed.starts_with(&below)
                || (fixed.len() < pattern.text.len() && below.starts_with(fixed))
        })
    }
}

impl Pattern {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let (is_exception, text) = match text.strip_prefix('!') {
            Some(rest) => (true, rest.trim()),
            None => (false, text),
        };
        if text.is_empty() {
            return Err("nothing stands after the !");
        }
        let text = clean(text);
        let text = match text.strip_prefix('/') {
            Some(rest) if !rest.is_empty() => rest.to_owned(),
            _ => text,
        };
        Ok(Self { is_exception, parts: parts(&text)?, text })
    }

    /// Positions that each part can lead to, part after part: the effort grows with the length of
    /// pattern and path, whatever they are.
    fn matches(&self, path: &str) -> bool {
        let path: Vec<char> = path.chars().collect();
        let mut at = vec![false; path.len() + 1];
        at[0] = true;
        for part in &self.parts {
            at = part.step(&path, &at);
        }
        at[path.len()]
    }
}

impl Part {
    /// Where in the path this part can end, given where it can begin.
    fn step(&self, path: &[char], from: &[bool]) -> Vec<bool> {
        let mut to = vec![false; from.len()];
        // Whether it can have begun anywhere before.
        let mut begun = false;
        for at in 0..from.len() {
            let (before, last) = match at.checked_sub(1) {
                Some(before) => (from[before], path.get(before).copied()),
                None => (false, None),
            };
            to[at] = match self {
                Self::Char(char) => before && last == Some(*char),
                Self::One => before && last != Some('/'),
                Self::Class { negated, ranges } => {
                    let is_in = |c: char| ranges.iter().any(|(a, z)| (*a..=*z).contains(&c));
                    before && last.is_some_and(|char| is_in(char) != *negated)
                }
                Self::Star => from[at] || (at > 0 && to[at - 1] && last != Some('/')),
                Self::Folders => from[at] || (begun && last == Some('/')),
                Self::Rest => from[at] || begun,
            };
            begun |= from[at];
        }
        to
    }
}

fn parts(text: &str) -> Result<Vec<Part>, &'static str> {
    let mut parts = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(char) = rest.next() {
        parts.push(match char {
            '*' if rest.next_if_eq(&'*').is_some() => {
                rest.next_if_eq(&'/');
                if rest.peek().is_none() { Part::Rest } else { Part::Folders }
            }
            '*' => Part::Star,
            '?' => Part::One,
            '\\' => Part::Char(rest.next().ok_or("a \\ stands at its end")?),
            '[' => class(&mut rest)?,
            char => Part::Char(char),
        });
    }
    Ok(parts)
}

fn class(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Part, &'static str> {
    const OPEN: &str = "a [ is not closed";
    let negated = rest.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    loop {
        let first = match rest.next() {
            Some('\\') => rest.next().ok_or(OPEN)?,
            None | Some('-' | ']') => return Err(OPEN),
            Some(char) => char,
        };
        let last = if rest.next_if_eq(&'-').is_some() {
            match rest.next() {
                Some('\\') => rest.next().ok_or(OPEN)?,
                Some(']') | None => return Err("a range in [ ] has no end"),
                Some(char) => char,
            }
        } else {
            first
        };
        ranges.push((first, last));
        if rest.next_if_eq(&']').is_some() {
            return Ok(Part::Class { negated, ranges });
        }
    }
}

/// A path without `.`, `..` and doubled slashes, purely by its text.
fn clean(path: &str) -> String {
    hob_compose::files::normalise(path)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use super::*;

    /// What is sent of some files, as a walk through the folders finds it.
    fn sent(patterns: &str, files: &[&str]) -> Vec<String> {
        let ignore = Ignore::parse(patterns).unwrap();
        let is_sent = |path: &&&str| {
            let mut above = Matched::default();
            let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
            let mut out = false;
            for end in ends {
                (out, above) = ignore.excludes(&path[..end], &above);
                if out && end < path.len() && !ignore.may_take_back_below(&path[..end]) {
                    return false;
                }
            }
            !out
        };
        files.iter().filter(is_sent).map(|path| (*path).to_owned()).collect()
    }

    #[track_caller]
    fn check(patterns: &str, files: &str, expected: &str) {
        let files: Vec<&str> = files.split_whitespace().collect();
        let expected: Vec<&str> = expected.split_whitespace().collect();
        assert_eq!(sent(patterns, &files), expected, "{patterns}");
    }

    #[test]
    fn the_documented_examples_hold() {
        check(
            "# comment\n*/temp*\n*/*/temp*\ntemp?\n",
            "a/temporary.txt a/temp a/b/temporary.txt tempa tempo temp a/b/c/temp x",
            "temp a/b/c/temp x",
        );
        check("*.md\n!README.md", "README.md a.md sub/a.md", "README.md sub/a.md");
        check(
            "*.md\n!README*.md\nREADME-secret.md",
            "README.md README-secret.md x.md",
            "README.md",
        );
        check("*.md\nREADME-secret.md\n!README*.md", "README-secret.md x.md", "README-secret.md");
        check("**/*.go", "a.go b/c.go b/d/e.go b/d/e.rs", "b/d/e.rs");
    }

    #[test]
    fn slashes_and_dots_are_cleaned() {
        let files = "foo/bar foo/baz bar";
        check("/foo/bar", files, "foo/baz bar");
        check("foo/bar/", files, "foo/baz bar");
        check("./foo//bar", files, "foo/baz bar");
        check("foo/../bar", files, "foo/bar foo/baz");
        check("../bar", files, files);
        check(".", files, files);
        check("/", files, files);
        check("  foo  ", files, "bar");
    }

    #[test]
    fn comments_blanks_and_marks() {
        check("\u{feff}# all\n\n   \nfoo", "foo bar #x", "bar #x");
        check(" #x", "#x bar", "bar");
        check("foo\r\nbar\r\n", "foo bar baz", "baz");
        check("! foo", "foo", "foo");
        check("foo\n! foo", "foo bar", "foo bar");
    }

    #[test]
    fn a_folder_takes_what_is_in_it_along() {
        check("node_modules", "node_modules/a/b x/node_modules/c d", "x/node_modules/c d");
        check("**/node_modules", "node_modules/a x/node_modules/c d", "d");
        check("a/**", "a/b a/b/c ab", "ab");
        check("**", "a b/c", "");
        check("**\n!b", "a b/c b/d/e", "b/c b/d/e");
        check("*\n!src", "src/main.c src/a/b.c x y/z", "src/main.c src/a/b.c");
    }

    #[test]
    fn exceptions_reach_into_folders() {
        check("docs\n!docs/README.md", "docs/README.md docs/a docs/b/c", "docs/README.md");
        check("docs\n!docs/*/keep", "docs/a/keep docs/a/b docs/keep", "docs/a/keep");
        check("a\n!**/keep", "a/b/keep a/keep a/c", "a/b/keep a/keep");
        check("a\n!a/b\na/b/c", "a/b/c a/b/d a/e", "a/b/d");
        check("a/b\n!a\na/b", "a/b a/c", "a/c");
    }

    #[test]
    fn wildcards_stay_in_a_name() {
        check("a*", "ab a/b ba", "ba");
        check("*/b", "a/b b a/c/b", "b a/c/b");
        check("a?c", "abc a/c ac", "a/c ac");
        check("[a-c]?", "ax bx dx a", "dx a");
        check("[^a]x", "ax bx", "ax");
        check("a[.]b", "a.b axb", "axb");
        check("\\*", "* a", "a");
        check("a.b", "a.b axb", "axb");
        check("x**", "x xy xy/z y", "y");
        check("a**b", "ab axb a/x/b a/b", "axb");
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (text, line) in [("!", 1), ("a\n[", 2), ("[a-", 1), ("\\", 1), ("[]", 1)] {
            assert_eq!(Ignore::parse(text).unwrap_err().line, line, "{text}");
        }
        let long = "a".repeat(PATTERN_CHARS_MAX + 1);
        assert!(Ignore::parse(&long).is_err());
    }

    #[test]
    fn a_hostile_pattern_costs_little() {
        let ignore = Ignore::parse(&"*a".repeat(400)).unwrap();
        let path = "a".repeat(2_000) + "b";
        assert!(!ignore.excludes(&path, &Matched::default()).0);
    }
}
