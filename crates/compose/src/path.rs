//! The way from the root of a tree to a value.

use std::fmt;

/// A path made of borrowed steps: each frame of a recursive walk holds one.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    up: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Item(usize),
}

/// No rule of the specification looks deeper than this.
const DEEPEST_RULE: usize = 16;

impl<'a> Path<'a> {
    pub(crate) const ROOT: Path<'static> = Path { up: None, step: Step::Root };

    pub(crate) fn key<'b>(&'b self, name: &'b str) -> Path<'b> {
        Path { up: Some(self), step: Step::Key(name) }
    }

    pub(crate) fn item(&self, index: usize) -> Path<'_> {
        Path { up: Some(self), step: Step::Item(index) }
    }

    /// Calls `rule` with the names of the steps, `[]` for an item, to be matched by patterns; with
    /// nothing for a path that is deeper than any rule.
    pub(crate) fn matches<R>(&self, rule: impl FnOnce(&[&str]) -> R) -> R {
        let mut parts = [""; DEEPEST_RULE];
        let mut at = DEEPEST_RULE;
        let mut frame = Some(self);
        while let Some(path) = frame {
            let part = match path.step {
                Step::Root => break,
                Step::Key(name) => name,
                Step::Item(_) => "[]",
            };
            if at == 0 {
                return rule(&[]);
            }
            at -= 1;
            parts[at] = part;
            frame = path.up;
        }
        rule(&parts[at..])
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(up) = self.up else { return Ok(()) };
        up.fmt(f)?;
        match self.step {
            Step::Root => Ok(()),
            Step::Key(name) if up.up.is_none() => write!(f, "{name}"),
            Step::Key(name) => write!(f, ".{name}"),
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}
