//! Where texts leave: data to stdout, talk to stderr, colours only where they are wanted.

use std::{
    io::{self, BufRead, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use anstream::adapter::strip_str;
use serde::Serialize;

use crate::{error::CommandError, fold::fold, redact::Redactor, world::Terminal};

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// The streams of a run and what is wanted of them.
pub(crate) struct Ui {
    pub(crate) stdout: Mutex<Box<dyn Write + Send>>,
    pub(crate) stderr: Mutex<Box<dyn Write + Send>>,
    pub(crate) stdin: Arc<Mutex<Box<dyn BufRead + Send>>>,
    pub(crate) terminal: Terminal,
    /// Whether colours are wanted on stdout and on stderr.
    pub(crate) colors: (bool, bool),
    /// What is not to be shown.
    pub(crate) redactor: Mutex<Redactor>,
    /// Whether data are wanted as JSON.
    pub(crate) json: bool,
    /// Whether progress may be shown by bars.
    pub(crate) bars: bool,
}

/// Columns, where nobody says how many there are.
const WIDTH_DEFAULT: usize = 100;

/// More than this is not read from standard input.
const INPUT_BYTES_MAX: u64 = 16 << 20;

impl Ui {
    /// Writes data. A reader that has seen enough is no error.
    pub(crate) fn data(&self, text: &str) -> Result<(), CommandError> {
        let text = &self.redacted(text);
        let text = if self.colors.0 { text.to_owned() } else { strip_str(text).to_string() };
        let mut stdout = lock(&self.stdout);
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CommandError::remote("standard output cannot be written").caused_by(error))
            }
            _ => Ok(()),
        }
    }

    /// Writes data that people read: on a terminal, lines that are too long for it are folded.
    pub(crate) fn page(&self, text: &str) -> Result<(), CommandError> {
        let text = &self.redacted(text);
        match self.terminal.width {
            Some(_) if self.terminal.stdout => self.data(&fold(text, self.width())),
            _ => self.data(text),
        }
    }

    /// Writes data as JSON, with a line end.
    pub(crate) fn json(&self, value: &impl Serialize) -> Result<(), CommandError> {
        let mut value = serde_json::to_value(value)?;
        self.redactor().redact_json(&mut value);
        let text = serde_json::to_string_pretty(&value)?;
        self.data(&format!("{text}\n"))
    }

    /// Says something. Nobody hears if that fails.
    pub(crate) fn talk(&self, text: &str) {
        let text = &self.redacted(text);
        let folded = match self.terminal.width {
            Some(_) if self.terminal.stderr => fold(text, self.width()),
            _ => text.clone(),
        };
        let text = if self.colors.1 { folded } else { strip_str(&folded).to_string() };
        let mut stderr = lock(&self.stderr);
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }

    /// Hides these values from now on, in whatever is written.
    pub(crate) fn hide(&self, values: impl IntoIterator<Item = String>) {
        self.redactor().add(values);
    }

    /// Hides nothing any more: somebody asked to see.
    pub(crate) fn reveal(&self) {
        *self.redactor() = Redactor::default();
    }

    /// A text without what is hidden.
    pub(crate) fn redacted(&self, text: &str) -> String {
        self.redactor().redact(text)
    }

    fn redactor(&self) -> MutexGuard<'_, Redactor> {
        self.redactor.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks a question that is answered by yes or no; anything but yes is no.
    pub(crate) async fn confirm(&self, question: &str) -> bool {
        self.talk(&format!("{question} [y/N] "));
        let stdin = Arc::clone(&self.stdin);
        // Reading waits for a person, and must not keep Ctrl-C from being heard.
        let reading = tokio::task::spawn_blocking(move || {
            let mut answer = String::new();
            lock(&stdin).read_line(&mut answer).map(|_| answer)
        });
        match reading.await {
            Ok(Ok(answer)) => matches!(answer.trim(), "y" | "Y" | "yes" | "Yes"),
            _ => false,
        }
    }

    /// A line that somebody types, without its end.
    pub(crate) async fn line(&self) -> String {
        let stdin = Arc::clone(&self.stdin);
        let reading = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            lock(&stdin).read_line(&mut line).map(|_| line)
        });
        match reading.await {
            Ok(Ok(line)) => line.trim_end_matches(['\n', '\r']).to_owned(),
            _ => String::new(),
        }
    }

    /// Everything that stands on standard input.
    pub(crate) fn input(&self) -> Result<String, CommandError> {
        let mut text = String::new();
        let mut stdin = lock(&self.stdin);
        match Read::take(&mut *stdin, INPUT_BYTES_MAX + 1).read_to_string(&mut text) {
            Ok(read) if read as u64 <= INPUT_BYTES_MAX => Ok(text),
            Ok(_) => Err(CommandError::config(format!(
                "standard input is larger than {} MiB",
                INPUT_BYTES_MAX >> 20
            ))),
            Err(error) => Err(CommandError::config("reading standard input").caused_by(error)),
        }
    }

    /// Columns for talk.
    pub(crate) fn width(&self) -> usize {
        self.terminal.width.map_or(WIDTH_DEFAULT, usize::from).clamp(40, 200)
    }
}

fn lock<T: ?Sized>(stream: &Mutex<Box<T>>) -> MutexGuard<'_, Box<T>> {
    // Half a line may have been written; there is nothing to repair.
    stream.lock().unwrap_or_else(PoisonError::into_inner)
}
