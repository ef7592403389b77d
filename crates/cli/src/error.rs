//! The one place that turns what went wrong into words, hints and an exit code.

use hob_host::{HostError, HostErrorKind};
use hob_model::desired::Desired;
use serde_json::{Value, json};

use crate::{
    disk::DiskError,
    exit::Exit,
    render::findings::Findings,
    style::{self, paint},
};

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The owner's: something in the repository or on the command line.
    Config,
    /// Hob could, and will not.
    Refused,
    /// A host's, the network's, this machine's.
    Remote,
    /// Ours.
    Internal,
}

/// Why a command ended without doing what it should.
#[derive(Debug)]
pub(crate) struct CommandError {
    pub(crate) kind: Kind,
    /// What Hob was doing and what is wrong, in one sentence without a final full stop.
    pub(crate) message: String,
    /// Why, from the nearest to the farthest cause.
    pub(crate) causes: Vec<String>,
    /// What to try.
    pub(crate) hints: Vec<String>,
    /// What is wrong in the repository.
    pub(crate) findings: Option<Box<Findings>>,
}

impl CommandError {
    fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            findings: None,
        }
    }

    pub(crate) fn config(message: impl Into<String>) -> Self {
        Self::new(Kind::Config, message)
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(Kind::Refused, message)
    }

    pub(crate) fn remote(message: impl Into<String>) -> Self {
        Self::new(Kind::Remote, message)
    }

    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self::new(Kind::Internal, message)
    }

    /// The repository cannot be used as it is.
    pub(crate) fn repository(findings: Findings) -> Self {
        let errors = style::count(findings.errors(), "error");
        let mut error = Self::config(format!("the repository has {errors}"));
        error.findings = Some(Box::new(findings));
        error
    }

    /// The Compose files cannot be used as they are.
    pub(crate) fn project(findings: Findings) -> Self {
        let errors = style::count(findings.errors(), "error");
        let mut error = Self::config(format!("the Compose files have {errors}"));
        error.findings = Some(Box::new(findings));
        error
    }

    /// The same error, with one more cause behind those that it has.
    #[must_use]
    pub(crate) fn caused_by(mut self, cause: impl ToString) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// The same error, with one more thing to try.
    #[must_use]
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The exit code: there is one for all errors.
    pub(crate) fn exit(&self) -> Exit {
        Exit::Error
    }

    /// The error in words, findings first.
    pub(crate) fn text(&self, width: usize) -> String {
        let mut text = String::new();
        if let Some(findings) = &self.findings {
            text += &findings.brief(width);
        }
        let heading = match self.kind {
            Kind::Config | Kind::Remote => "error",
            Kind::Refused => "refused",
            Kind::Internal => "internal error",
        };
        text += &format!("{} {}\n", paint(style::ERROR, format!("{heading}:")), self.message);
        for cause in &self.causes {
            text += &format!("  caused by: {cause}\n");
        }
        for hint in &self.hints {
            text += &format!("{} {hint}\n", paint(style::HINT, "hint:"));
        }
        if self.kind == Kind::Internal {
            text += "This is a mistake in Hob itself; please report it.\n";
        }
        text
    }

    /// The error as data.
    pub(crate) fn json(&self) -> Value {
        let kind = match self.kind {
            Kind::Config => "config",
            Kind::Refused => "refused",
            Kind::Remote => "remote",
            Kind::Internal => "internal",
        };
        let mut value = json!({ "error": {
            "kind": kind,
            "message": self.message,
            "causes": self.causes,
            "hints": self.hints,
        }});
        if let (Some(findings), Some(object)) = (&self.findings, value.as_object_mut()) {
            object.insert("findings".to_owned(), findings.json());
        }
        value
    }
}

impl From<HostError> for CommandError {
    fn from(error: HostError) -> Self {
        let lines = last_lines(&error.kind).to_vec();
        let mut made =
            Self::remote(format!("{}: {}", error.host, error.doing)).caused_by(&error.kind);
        made.causes.extend(lines);
        made.hints.extend(error.kind.hint());
        made
    }
}

impl CommandError {
    /// Something went wrong with a host whose address is known.
    pub(crate) fn of_host(error: HostError, desired: &Desired) -> Self {
        let of_address = desired.hosts.get(&error.host);
        let hint = of_address.and_then(|host| hob_engine::hint(&error.kind, host));
        let mut made = Self::from(error);
        if let Some(hint) = hint {
            made.hints = vec![hint];
        }
        made
    }
}

impl From<DiskError> for CommandError {
    fn from(error: DiskError) -> Self {
        Self::config(error.to_string()).caused_by(error.reason())
    }
}

impl From<serde_json::Error> for CommandError {
    fn from(error: serde_json::Error) -> Self {
        Self::internal("data cannot be written as JSON").caused_by(error)
    }
}

/// The last lines that a container with a bad verdict or a builder wrote.
pub(crate) fn last_lines(kind: &HostErrorKind) -> &[String] {
    match kind {
        HostErrorKind::BadVerdict { last_lines, .. }
        | HostErrorKind::BuildFailed { last_lines, .. } => last_lines,
        _ => &[],
    }
}
