//! Where a piece of the tree was written.

use std::fmt;
use std::sync::Arc;

use crate::finding::Place;

/// A text that was parsed, under the name that findings give it.
#[derive(Debug)]
pub struct Source {
    /// The file name as the caller gave it.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// A stretch of a [`Source`].
#[derive(Clone)]
pub struct Span {
    pub(crate) source: Arc<Source>,
    /// Line of the first character, counted from 1.
    pub line: u32,
    /// Column of the first character, counted from 1.
    pub column: u32,
    /// Offset of the first byte.
    pub(crate) start: u32,
    /// Offset behind the last byte.
    pub(crate) end: u32,
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source.name, self.line, self.column)
    }
}

impl Span {
    /// A span for values that were not written in any file, such as defaults.
    pub fn none() -> Self {
        let source = Arc::new(Source { name: String::new(), text: String::new() });
        Self { source, line: 1, column: 1, start: 0, end: 0 }
    }

    /// The beginning of a line of a file whose text is not to be shown.
    pub(crate) fn of_line(file: &Arc<Source>, line: u32) -> Self {
        Self { source: Arc::clone(file), line, column: 1, start: 0, end: 0 }
    }

    /// From here to the end of another span, if that is further on in the same text.
    pub(crate) fn to(&self, other: &Self) -> Self {
        let mut all = self.clone();
        if Arc::ptr_eq(&self.source, &other.source) && self.start <= other.start {
            all.end = all.end.max(other.end);
        }
        all
    }

    /// The name of the file.
    pub fn file(&self) -> &str {
        &self.source.name
    }

    /// The text as it stands in the file, quotes and all.
    pub fn text(&self) -> &str {
        self.source.text.get(self.start as usize..self.end as usize).unwrap_or_default()
    }

    /// Where it stands in the text, in bytes, after a byte order mark.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }

    /// The place for a finding: the part of the span on its first line.
    pub fn place(&self) -> Place {
        let first_line = self.text().lines().next().unwrap_or_default().chars().count();
        Place {
            file: self.source.name.clone(),
            line: self.line,
            column: self.column,
            len: u32::try_from(first_line).unwrap_or(u32::MAX).max(1),
        }
    }

    /// The place of a part of the span, by bytes from its beginning.
    pub(crate) fn place_at(&self, at: usize, length: usize) -> Place {
        let text = self.text();
        let before = text.get(..at).unwrap_or_default();
        let lines = before.matches('\n').count();
        let column = match before.rsplit_once('\n') {
            Some((_, last)) => last.chars().count() + 1,
            None => before.chars().count() + self.column as usize,
        };
        let part = text.get(at..at + length).unwrap_or_default();
        Place {
            file: self.source.name.clone(),
            line: self.line + u32::try_from(lines).unwrap_or(0),
            column: u32::try_from(column).unwrap_or(self.column),
            len: u32::try_from(part.chars().count()).unwrap_or(1).max(1),
        }
    }

    /// The place of the `nth` occurrence (from 0) of `needle` inside the span, or of the whole
    /// span if the text does not stand there literally (an escape sequence, say).
    pub fn place_of(&self, needle: &str, nth: usize) -> Place {
        let text = self.text();
        let Some((at, _)) = text.match_indices(needle).nth(nth) else { return self.place() };
        self.place_at(at, needle.len())
    }
}
