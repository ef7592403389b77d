//! `cargo xtask tidy`: rules of this repository that no compiler knows.
//!
//! A rule is a pure function from files to [`Violation`]s, with tests of its own. What cannot be
//! met today is counted in `tidy-ratchet.txt`, where numbers may only become smaller.

mod architecture;
mod attributes;
mod bans;
mod files;
mod lengths;
mod manifests;
mod mask;
mod modules;
mod panics;
mod ratchet;
mod weight;
mod words;

use std::{fmt, path::Path};

use mask::{Masked, mask};

/// A file of the repository.
pub(crate) struct File {
    /// From the repository's root, with `/`.
    pub(crate) path: String,
    pub(crate) bytes: Vec<u8>,
}

/// A Rust file, taken apart once for all rules.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    pub(crate) masked: Masked,
    /// By line, whether it belongs to tests only.
    pub(crate) test_lines: Vec<bool>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Violation {
    pub(crate) path: String,
    /// From 1; 0 for the whole file.
    pub(crate) line: usize,
    pub(crate) what: String,
    /// The rule's name in the ratchet, for rules that may be broken as often as it says.
    pub(crate) ratchet: Option<&'static str>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, what, ratchet: _ } = self;
        match line {
            0 => write!(f, "{path}: {what}"),
            line => write!(f, "{path}:{line}: {what}"),
        }
    }
}

/// What tidy has to say.
pub(crate) struct Report {
    /// What has to be mended, one a line.
    pub(crate) faults: Vec<String>,
    /// What is tolerated by the ratchet.
    pub(crate) tolerated: Vec<String>,
    /// How many files were looked at.
    pub(crate) files: usize,
}

/// Looks at every file of the repository.
pub(crate) fn tidy(root: &Path) -> Result<Report, String> {
    let files = files::all(root)?;
    let metadata = files::cargo_metadata(root)?;
    let mut violations = check(&files);
    violations.extend(architecture::check(&files, &metadata));
    violations.sort();
    let allowed = files::text_of(&files, ratchet::PATH).unwrap_or_default();
    let (faults, tolerated) = ratchet::judge(allowed, violations);
    Ok(Report { faults, tolerated, files: files.len() })
}

fn check(files: &[File]) -> Vec<Violation> {
    let sources = sources(files);
    let mut found = Vec::new();
    for source in &sources {
        found.extend(lengths::check(source));
        found.extend(panics::check(source));
        found.extend(attributes::check(source));
    }
    for file in files {
        found.extend(weight::check(file));
        found.extend(words::check(file));
    }
    found.extend(modules::check(&sources, files));
    found.extend(bans::check(files));
    found.extend(manifests::check(files));
    found
}

/// The Rust files, with what belongs to tests marked.
fn sources(files: &[File]) -> Vec<Source<'_>> {
    let texts: Vec<(&str, &str)> = files
        .iter()
        .filter(|file| file.path.ends_with(".rs"))
        .filter_map(|file| Some((file.path.as_str(), std::str::from_utf8(&file.bytes).ok()?)))
        .collect();
    let mut sources: Vec<Source<'_>> = texts
        .into_iter()
        .map(|(path, text)| {
            let masked = mask(text);
            let test_lines = modules::test_lines(path, &masked);
            Source { path, text, masked, test_lines }
        })
        .collect();
    modules::mark_test_files(&mut sources);
    sources
}

#[cfg(test)]
pub(crate) mod testing {
    use super::{File, Source, Violation, sources};

    pub(crate) fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), bytes: text.as_bytes().to_vec() }
    }

    /// What a rule for Rust files says of one file.
    pub(crate) fn of_source(
        rule: impl Fn(&Source<'_>) -> Vec<Violation>,
        path: &str,
        text: &str,
    ) -> String {
        let files = [file(path, text)];
        lines(sources(&files).iter().flat_map(rule))
    }

    pub(crate) fn lines(violations: impl IntoIterator<Item = Violation>) -> String {
        violations.into_iter().map(|violation| violation.to_string()).collect::<Vec<_>>().join("\n")
    }
}
