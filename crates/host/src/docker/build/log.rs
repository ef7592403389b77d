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
    /// Whether the beginning of that line has been told already, and the rest is left out.
    is_cut: bool,
    instruction: Option<String>,
    /// Values that are not shown: a build argument may be a password.
    hidden: Vec<String>,
}

impl Log {
    pub(super) fn new(hidden: impl Iterator<Item = String>) -> Self {
        // Output is looked at line by line, so what has several is hidden line by line.
        let in_lines = |value: String| {
            let lines: Vec<String> =
                value.split(['\n', '\r']).map(|line| line.trim().to_owned()).collect();
            lines.into_iter().chain([value])
        };
        let mut hidden: Vec<String> = hidden
            .flat_map(in_lines)
            .filter(|value| value.chars().count() >= HIDDEN_CHARS_MIN)
            .collect();
        // The longest first: one may be part of another.
        hidden.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        hidden.dedup();
        Self {
            lines: VecDeque::new(),
            left_out: 0,
            open: String::new(),
            is_cut: false,
            instruction: None,
            hidden,
        }
    }

    /// Takes what was said in.
    pub(super) fn take(&mut self, text: &str) {
        self.open += text;
        while let Some((line, rest)) = self.open.split_once('\n') {
            let (line, rest) = (line.to_owned(), rest.to_owned());
            if !std::mem::take(&mut self.is_cut) {
                self.line(&line);
            }
            self.open = rest;
        }
        if self.is_cut {
            self.open.clear();
        } else if self.open.len() > LINE_CHARS_MAX * 8 + self.longest_hidden() {
            self.cut();
        }
    }

    fn longest_hidden(&self) -> usize {
        self.hidden.first().map_or(0, String::len)
    }

    /// Takes the beginning of a line for the whole. At the end of it there may be half a value, so
    /// as much as a value can be is left away.
    fn cut(&mut self) {
        let line = std::mem::take(&mut self.open);
        // What a progress bar wrote over is gone, and what follows may fit.
        if let Some((_, rest)) = line.rsplit_once('\r') {
            self.open = rest.to_owned();
            return;
        }
        let hidden = self.hide(&line);
        let end = hidden.len().saturating_sub(self.longest_hidden());
        let end = (0..=end).rev().find(|at| hidden.is_char_boundary(*at)).unwrap_or(0);
        self.line(hidden.get(..end).unwrap_or_default());
        self.is_cut = true;
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

    fn hide(&self, text: &str) -> String {
        let hide = |text: String, value: &String| text.replace(value.as_str(), "***");
        self.hidden.iter().fold(text.to_owned(), hide)
    }

    fn shown(&self, text: &str) -> String {
        let text = self.hide(text);
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
    fn a_value_of_several_lines_is_hidden_in_each() {
        let mut log = Log::new(["-----KEY-----\r\n  abcdef\nxy\n".to_owned()].into_iter());
        log.take("+ echo -----KEY-----\n  abcdef\nxy\n");
        assert_eq!(Vec::from(log.lines), ["+ echo ***", "  ***", "xy"]);
    }

    #[test]
    fn a_long_line_is_cut_and_no_value_with_it() {
        let value = "0123456789".repeat(10);
        let limit = LINE_CHARS_MAX * 8 + value.len();
        // Wherever the value is when the line is cut, and whatever was hidden before.
        for before in ["x".repeat(limit - 50), value.repeat(limit / value.len())] {
            let mut log = Log::new([value.clone()].into_iter());
            let line = format!("{before}{value} and on\nlast\n");
            for piece in line.as_bytes().chunks(33) {
                log.take(std::str::from_utf8(piece).unwrap_or_default());
            }
            assert!(!log.lines.iter().any(|line| line.contains("0123")), "{:?}", log.lines);
            assert_eq!(log.last(), Some("last"));
            assert_eq!(log.lines.len(), 2);
        }
    }

    #[test]
    fn a_progress_bar_is_followed() {
        let mut log = Log::new(std::iter::empty());
        for percent in 0..2_000 {
            log.take(&format!("{percent} %\r"));
        }
        log.take("done\n");
        assert_eq!(log.last(), Some("done"));
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
