//! Secrets in clear text: where they stand and how they were told, never what they are.

mod formats;
mod names;
mod pairs;
mod values;

pub use pairs::FileKind;

use pairs::Pair;

/// How much of a line is looked at; what is longer was not written by hand.
const LINE_MAX: usize = 4_000;

/// How many secrets of one file are told.
const HITS_MAX: usize = 50;

/// A secret in clear text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1, where the secret begins.
    pub column: u32,
    /// Its length in characters.
    pub len: u32,
    /// How it was told.
    pub clue: Clue,
}

/// How a secret was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clue {
    /// A private key in PEM.
    PrivateKey,
    /// It looks like what this maker issues; the words stand in a sentence.
    Format(&'static str),
    /// The password of a URL.
    Url,
    /// The name of the value says so.
    Name(String),
    /// The value of this name looks as if a machine had made it.
    Random(String),
}

impl Clue {
    /// What is wrong, in one sentence without a full stop. The secret is not in it.
    pub fn message(&self) -> String {
        match self {
            Self::PrivateKey => "a private key is in clear text".to_owned(),
            Self::Format(what) => format!("{what} is in clear text"),
            Self::Url => "the password of an address is in clear text".to_owned(),
            Self::Name(name) => format!("the value of {name} is in clear text"),
            Self::Random(name) => {
                format!("the value of {name} looks like a key, and is in clear text")
            }
        }
    }
}

/// The secrets in a text, in its order; linear in its length.
pub fn scan(text: &str, kind: FileKind) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut lines = text.lines().zip(1..).peekable();
    while let Some((line, number)) = lines.next() {
        if hits.len() >= HITS_MAX {
            break;
        }
        let line = cut(line);
        if let Some(at) = private_key(line) {
            let rest = line.get(at..).unwrap_or_default();
            let inside = rest.split_once("KEY-----").map_or("", |(_, inside)| inside);
            let next = lines.peek().map(|(next, _)| next.trim()).unwrap_or_default();
            if is_key_text(inside) || is_key_text(next) {
                hits.push(hit(line, number, at..line.len(), Clue::PrivateKey));
            }
            continue;
        }
        let mut on_line = of_line(line, number, kind);
        on_line.sort_by_key(|hit| hit.column);
        hits.extend(on_line);
    }
    hits.truncate(HITS_MAX);
    hits
}

fn cut(line: &str) -> &str {
    match line.char_indices().find(|(at, _)| *at >= LINE_MAX) {
        Some((at, _)) => &line[..at],
        None => line,
    }
}

/// Every way of telling, each secret once.
fn of_line(line: &str, number: u32, kind: FileKind) -> Vec<Hit> {
    let mut hits: Vec<Hit> = Vec::new();
    let mut add = |range: std::ops::Range<usize>, clue: Clue| {
        let new = hit(line, number, range, clue);
        let meets =
            |old: &Hit| old.column < new.column + new.len && new.column < old.column + old.len;
        if !hits.iter().any(meets) {
            hits.push(new);
        }
    };
    for (start, word) in words(line) {
        if let Some((at, name)) = token(word) {
            add(start + at..start + word.len(), Clue::Format(name));
        }
    }
    for (start, url) in urls(line) {
        if let Some((name, at)) = formats::address(url) {
            add(start + at..start + url.len(), Clue::Format(name));
        } else if let Some(password) = password(url)
            && values::is_secret(&url[password.clone()])
        {
            add(start + password.start..start + password.end, Clue::Url);
        }
    }
    for pair in pairs::of(line, kind) {
        let Pair { name, value, start } = pair;
        let (value, start) = default_of(value, start);
        if names::is_secret(name) {
            if values::is_secret(value) {
                add(start..start + value.len(), Clue::Name(name.to_owned()));
            }
        } else if pairs::may_be_key(name) && values::is_random(value) {
            add(start..start + value.len(), Clue::Random(name.to_owned()));
        }
    }
    hits
}

/// What `${NAME:-value}` says if the variable is not set.
fn default_of(value: &str, start: usize) -> (&str, usize) {
    let inner = value.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let default = inner.and_then(|inner| {
        let at = inner.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
        let rest = &inner[at..];
        let sign = [":-", "-"].into_iter().find(|sign| rest.starts_with(sign))?;
        Some((&rest[sign.len()..], start + 2 + at + sign.len()))
    });
    default.unwrap_or((value, start))
}

/// The token that a word is, or that stands behind its colon.
fn token(word: &str) -> Option<(usize, &'static str)> {
    let bot = word.strip_prefix("bot").unwrap_or(word);
    if let Some(name) = formats::of(bot) {
        return Some((word.len() - bot.len(), name));
    }
    let mut at = 0;
    for part in word.split(':') {
        if part.len() >= 20
            && let Some(name) = formats::of(part)
        {
            return Some((at, name));
        }
        at += part.len() + 1;
    }
    None
}

/// The words of a line that are long enough for a token, with where each begins.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | ':');
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + line.get(rest..)?.find(is_part)?;
        let tail = line.get(start..)?;
        let len = tail.find(|c| !is_part(c)).unwrap_or(tail.len());
        rest = start + len;
        Some((start, tail.get(..len)?))
    })
    .filter(|(_, word)| word.len() >= 20)
}

/// The addresses of a line, with where each begins.
fn urls(line: &str) -> impl Iterator<Item = (usize, &str)> {
    line.match_indices("://").filter_map(|(at, _)| {
        let before = line.get(..at)?;
        let scheme = before.rfind(|c: char| !(c.is_ascii_alphanumeric() || c == '+'));
        let start = scheme.map_or(0, |at| {
            at + before.get(at..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8)
        });
        let tail = line.get(start..)?;
        let end = tail.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ')'));
        Some((start, tail.get(..end.unwrap_or(tail.len()))?))
    })
}

/// Where in a URL its password is.
fn password(url: &str) -> Option<std::ops::Range<usize>> {
    let begin = url.find("://")? + 3;
    let rest = url.get(begin..)?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let at = authority.rfind('@')?;
    let colon = authority.get(..at)?.find(':')?;
    (authority.len() > at + 1).then_some(begin + colon + 1..begin + at)
}

fn private_key(line: &str) -> Option<usize> {
    let at = line.find("-----BEGIN ")?;
    let title = line.get(at..)?;
    let is_secret = title.contains("PRIVATE KEY-----") || title.contains("PRIVATE KEY BLOCK-----");
    (is_secret && !title.contains("ENCRYPTED")).then_some(at)
}

/// What follows the title of a key, unless it is dots for somebody to fill in.
fn is_key_text(text: &str) -> bool {
    let letters = text.bytes().filter(u8::is_ascii_alphanumeric).count();
    letters >= 24 && !text.starts_with("-----END") && !values::is_placeholder(text)
}

fn hit(line: &str, number: u32, range: std::ops::Range<usize>, clue: Clue) -> Hit {
    let count = |text: Option<&str>| {
        u32::try_from(text.unwrap_or_default().chars().count()).unwrap_or(u32::MAX)
    };
    Hit {
        line: number,
        column: count(line.get(..range.start)) + 1,
        len: count(line.get(range)).max(1),
        clue,
    }
}

#[cfg(test)]
mod tests;
