//! What the loader has to say about its input: findings with a place, a reason and a hint.

use serde::{Deserialize, Serialize};

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The project cannot be used as it is written.
    Error,
    /// The project loads, but probably not as its author meant it.
    Warning,
    /// Worth knowing, nothing to do.
    Note,
}

/// A stretch of one line in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// The file as the caller named it.
    pub file: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column in characters, counted from 1.
    pub column: u32,
    /// Length in characters; at least 1, never past the end of the line.
    pub len: u32,
}

/// Another place that belongs to a finding, such as the first of two definitions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Related {
    /// Where it is.
    pub place: Place,
    /// What stands there.
    pub message: String,
}

/// One thing that is wrong or remarkable in the input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// Stable name of the kind of finding, in kebab-case.
    pub code: &'static str,
    /// What is wrong, in one sentence without a final full stop.
    pub message: String,
    /// Where, if there is a place.
    pub place: Option<Place>,
    /// The attribute concerned, such as `services.web.ports[0]`; empty for a whole file.
    pub path: String,
    /// What to write or do instead.
    pub hint: Option<String>,
    /// Further places that explain it.
    pub related: Vec<Related>,
}

impl Finding {
    /// A finding of severity [`Severity::Error`].
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message.into())
    }

    /// A finding of severity [`Severity::Warning`].
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message.into())
    }

    /// A finding of severity [`Severity::Note`].
    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, message.into())
    }

    fn new(severity: Severity, code: &'static str, message: String) -> Self {
        Self {
            severity,
            code,
            message,
            place: None,
            path: String::new(),
            hint: None,
            related: Vec::new(),
        }
    }

    /// The same finding, at a place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same finding, about an attribute.
    #[must_use]
    pub fn on(mut self, path: impl ToString) -> Self {
        self.path = path.to_string();
        self
    }

    /// The same finding, with a way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same finding, with one more place.
    #[must_use]
    pub fn related(mut self, place: Place, message: impl Into<String>) -> Self {
        self.related.push(Related { place, message: message.into() });
        self
    }

    /// One line per finding, as tests and logs like it:
    /// `file:line:column: error[code] path: message (hint)`.
    pub fn line(&self) -> String {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let mut text = String::new();
        if let Some(place) = &self.place {
            text += &format!("{}:{}:{}: ", place.file, place.line, place.column);
        }
        text += &format!("{severity}[{}]", self.code);
        if !self.path.is_empty() {
            text += &format!(" {}", self.path);
        }
        text += &format!(": {}", self.message);
        if let Some(hint) = &self.hint {
            text += &format!(" ({hint})");
        }
        text
    }
}

/// Whether any of the findings is an error.
pub fn has_errors(findings: &[Finding]) -> bool {
    findings.iter().any(|finding| finding.severity == Severity::Error)
}

/// Orders findings for reading: by the order of the files, then line and column; those without a
/// place come last. Equal findings are reported once.
pub fn sort(findings: &mut Vec<Finding>, files: &[String]) {
    let rank = |place: &Place| {
        (files.iter().position(|file| *file == place.file).unwrap_or(files.len()), place.clone())
    };
    findings.sort_by_cached_key(|finding| {
        let place = finding.place.as_ref().map(rank);
        (place.is_none(), place, finding.path.clone(), finding.code, finding.message.clone())
    });
    findings.dedup();
}
