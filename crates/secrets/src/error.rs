//! What can go wrong with a file of secrets. No text here quotes a value.

/// Of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a file of secrets cannot be read or written.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Error {
    /// The text is not what it is said to be.
    #[error("{file}{}: {what}", place(.line))]
    Syntax {
        /// The file, as the caller named it.
        file: String,
        /// Counted from 1, where it is known.
        line: Option<u32>,
        /// What is wrong.
        what: String,
    },
    /// A part of the format that is not supported here.
    #[error("{file}: {what}")]
    Unsupported {
        /// The file, as the caller named it.
        file: String,
        /// What it uses, and what to do instead.
        what: String,
    },
    /// None of the keys opens it.
    #[error(
        "{file}: {}; it is for {}",
        keys_in_words(*.keys),
        if .recipients.is_empty() { "nobody's age key".to_owned() } else { .recipients.join(", ") }
    )]
    NoKey {
        /// The file, as the caller named it.
        file: String,
        /// How many keys were tried.
        keys: usize,
        /// Who could open it.
        recipients: Vec<String>,
    },
    /// The text was changed by somebody who does not have the key.
    #[error("{file}: {what}; it was changed without its key, or two versions were merged")]
    Forged {
        /// The file, as the caller named it.
        file: String,
        /// What does not fit.
        what: String,
    },
    /// There is no such value, or it is not one that can be set.
    #[error("{file}: {name}: {what}")]
    Name {
        /// The file, as the caller named it.
        file: String,
        /// The name of the value.
        name: String,
        /// What is wrong with it.
        what: String,
    },
    /// A key is not one.
    #[error("{0}")]
    Key(String),
    /// The operating system gave no random bytes.
    #[error("there are no random bytes: {0}")]
    Random(String),
}

fn place(line: &Option<u32>) -> String {
    line.map(|line| format!(":{line}")).unwrap_or_default()
}

/// That none of so many keys opens a file.
pub fn keys_in_words(keys: usize) -> String {
    match keys {
        0 => "there is no key to open this file with".to_owned(),
        1 => "your key does not open this file".to_owned(),
        more => format!("none of your {more} keys opens this file"),
    }
}
