//! What a builder says: the last lines of it, and at which instruction it was.

use std::collections::VecDeque;

use hob_model::ImageRef;

use crate::HostErrorKind;

/// Lines that are kept.
const LINES_MAX: usize = 400;
/// Characters that are kept of a line.
const LINE_CHARS_MAX: usize = 400;
/// A shorter value stands for itself too often to be hidden.
const HIDDEN_CHARS_MIN: usize = 4;

/// What the builder says of its own layers and containers, which are gone by then.
const NOISE: [&str; 2] = [" ---> ", "Removing intermediate container "];

/// The output of a build.
pub(super) struct Log {
    lines: VecDeque<String>,
    left_out: usize,
    /// What has no line end yet.
    open: String,
    instruction: Option<String>,
    /// Values that are not shown: a build argument may be a password.
    hidden: Vec<String>,
}

impl Log {
    pub(super) fn new(hidden: impl Iterator<Item = String>) -> Self {
        let mut hidden: Vec<String> =
            hidden.filter(|value| value.chars().count() >= HIDDEN_CHARS_MIN).collect();
        // The longest first: one may be part of another.
        hidden.sort_by_key(|value| std::cmp::Reverse(value.len()));
        Self { lines: VecDeque::new(), left_out: 0, open: String::new(), instruction: None, hidden }
    }

    /// Takes what was said in.
    pub(super) fn take(&mut self, text: &str) {
        self.open += text;
        while let Some((line, rest)) = self.open.split_once('\n') {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            self.line(&line);
            self.open = rest;
        }
        if self.open.len() > LINE_CHARS_MAX * 8 {
            let line = std::mem::take(&mut self.open);
            self.line(&line);
        }
    }

    /// Takes in what is told of a pull.
    pub(super) fn status(&mut self, status: &str) {
        if status.starts_with("Pulling from") || status.starts_with("Status:") {
            self.line(status);
        }
    }

    fn line(&mut self, line: &str) {
        // What a progress bar wrote over is gone.
        let line = line.trim_end().rsplit('\r').next().unwrap_or_default();
        if line.is_empty() || NOISE.iter().any(|start| line.starts_with(start)) {
            return;
        }
        let shown = match step(line) {
            // In all there are more steps than the Dockerfile has: each label is one.
            Some((number, instruction)) => {
                let instruction = self.shown(instruction);
                let shown = format!("Step {number}: {instruction}");
                self.instruction = Some(instruction);
                shown
            }
            None => self.shown(line),
        };
        self.lines.push_back(shown);
        if self.lines.len() > LINES_MAX {
            self.lines.pop_front();
            self.left_out += 1;
        }
    }

    fn shown(&self, text: &str) -> String {
        let hide = |text: String, value: &String| text.replace(value.as_str(), "***");
        let text = self.hidden.iter().fold(text.to_owned(), hide);
        let plain = text.chars().filter(|c| !c.is_control() || *c == '\t');
        plain.take(LINE_CHARS_MAX).collect()
    }

    /// The line said last.
    pub(super) fn last(&self) -> Option<&str> {
        self.lines.back().map(String::as_str)
    }

    /// The failure of the build, with all that is known of it.
    pub(super) fn failed(mut self, image: &ImageRef, why: String) -> HostErrorKind {
        let open = std::mem::take(&mut self.open);
        self.line(&open);
        let mut last_lines: Vec<String> = Vec::new();
        if self.left_out > 0 {
            last_lines.push(format!("({} earlier lines)", self.left_out));
        }
        let mut why = self.shown(&why);
        if let Some(instruction) = &self.instruction {
            why += &format!(" (at `{instruction}`)");
        }
        last_lines.extend(self.lines);
        HostErrorKind::BuildFailed { image: image.to_string(), why, last_lines: last_lines.into() }
    }
}

/// `Step 3/6 : RUN make`.
fn step(line: &str) -> Option<(&str, &str)> {
    let (step, instruction) = line.strip_prefix("Step ")?.split_once(" : ")?;
    Some((step.split_once('/')?.0, instruction))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "tests may panic")]

    use super::*;

    #[test]
    fn the_failing_instruction_and_its_lines_are_known() {
        let mut log = Log::new(["s3cret".to_owned(), "abc".to_owned()].into_iter());
        log.take("Step 1/2 : FROM a\n ---> 12\nStep 2/2 : RUN mak");
        assert_eq!(log.last(), Some("Step 1: FROM a"));
        log.take("e s3cret abc\n 10%\r 20%\n\u{1b}[31mred\nno end");
        let HostErrorKind::BuildFailed { last_lines, why, .. } =
            log.failed(&"app".into(), "it said s3cret".to_owned())
        else {
            panic!("it is another failure");
        };
        assert_eq!(why, "it said *** (at `RUN make *** abc`)");
        let all = ["Step 1: FROM a", "Step 2: RUN make *** abc", " 20%", "[31mred", "no end"];
        assert_eq!(*last_lines, all);
    }

    #[test]
    fn a_talkative_build_is_cut() {
        let mut log = Log::new(std::iter::empty());
        for number in 0..LINES_MAX + 10 {
            log.take(&format!("{number} {}\n", "x".repeat(1_000)));
        }
        assert_eq!(log.lines.len(), LINES_MAX);
        assert_eq!(log.left_out, 10);
        assert_eq!(log.last().map(str::len), Some(LINE_CHARS_MAX));
    }
}
