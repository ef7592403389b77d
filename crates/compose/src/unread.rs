//! Why a file that is named cannot be read: it is not there, or it is there and cannot be used.
//! What to do differs, and so do the codes.

use crate::files::{FileError, Files, Kind};
use crate::finding::Finding;

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// There is nothing at its path.
    Absent(String),
    /// There is something else, or something that is not to be had.
    Unreadable {
        /// What is wrong.
        why: String,
        /// What to do about it.
        hint: &'static str,
    },
}

impl Unread {
    fn refused(shown: &str, error: &FileError) -> Self {
        let why = format!("cannot read {shown}: {}", error.reason);
        Self::Unreadable { why, hint: "make it an ordinary file that you may read" }
    }

    /// The finding. Code and hint are those of a file that is not there, if that is the reason.
    pub(crate) fn finding(self, code: &'static str, hint: impl FnOnce() -> String) -> Finding {
        match self {
            Self::Absent(why) => Finding::error(code, why).hint(hint()),
            Self::Unreadable { why, hint } => Finding::error("unreadable-file", why).hint(hint),
        }
    }
}

/// Whether there is a file, by the name that it is shown under.
pub(crate) fn look(files: &dyn Files, path: &str, shown: &str) -> Result<(), Unread> {
    match files.kind(path) {
        Ok(Some(Kind::File { .. })) => Ok(()),
        Ok(Some(Kind::Directory)) => {
            let why = format!("{shown} is a directory");
            Err(Unread::Unreadable { why, hint: "name a file in it" })
        }
        Ok(None) => Err(Unread::Absent(format!("there is no file {shown}"))),
        Err(error) => Err(Unread::refused(shown, &error)),
    }
}

/// What is in a file that is there.
pub(crate) fn bytes(files: &dyn Files, path: &str, shown: &str) -> Result<Vec<u8>, Unread> {
    files.read(path).map_err(|error| Unread::refused(shown, &error))
}

/// The text of a file.
pub(crate) fn text(files: &dyn Files, path: &str) -> Result<String, Unread> {
    look(files, path, path)?;
    String::from_utf8(bytes(files, path, path)?).map_err(|_| Unread::Unreadable {
        why: format!("{path} is not text in UTF-8"),
        hint: "save it as UTF-8",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::MemoryFiles;

    /// A folder of which nothing may be read.
    struct Locked;

    impl Files for Locked {
        fn kind(&self, _: &str) -> Result<Option<Kind>, FileError> {
            Ok(Some(Kind::File { executable: false }))
        }

        fn read(&self, path: &str) -> Result<Vec<u8>, FileError> {
            Err(FileError { path: path.into(), reason: "permission denied".into() })
        }

        fn list(&self, _: &str) -> Result<Vec<String>, FileError> {
            Ok(Vec::new())
        }
    }

    fn check(files: &dyn Files, path: &str, expected: &str) {
        let found = text(files, path).unwrap_err();
        let finding = found.finding("missing-file", || "correct the path".to_string());
        let hint = finding.hint.unwrap_or_default();
        assert_eq!(format!("{}: {} ({hint})", finding.code, finding.message), expected);
    }

    #[test]
    fn what_to_do_depends_on_why() {
        let files = MemoryFiles::new().with("/p/latin", b"caf\xe9").with("/p/folder/x", "");
        check(&files, "/p/no", "missing-file: there is no file /p/no (correct the path)");
        check(&files, "/p/folder", "unreadable-file: /p/folder is a directory (name a file in it)");
        check(
            &files,
            "/p/latin",
            "unreadable-file: /p/latin is not text in UTF-8 (save it as UTF-8)",
        );
        check(
            &Locked,
            "/p/x",
            "unreadable-file: cannot read /p/x: permission denied (make it an ordinary file that \
             you may read)",
        );
    }
}
