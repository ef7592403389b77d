//! The machine's own apt configuration: where packages for the host image come from.
//!
//! Host images are of the same release as the machine, from the mirrors it uses itself, so that a
//! machine behind a mirror or a proxy needs nothing more. Archives of other projects are left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::error::{LabError, Result};
use super::files;
use super::run::Run;

/// One line of `sources.list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) uri: String,
    pub(crate) suite: String,
    pub(crate) components: String,
    pub(crate) signed_by: Option<String>,
}

impl Source {
    fn line(&self) -> String {
        let Source { uri, suite, components, signed_by } = self;
        match signed_by {
            Some(key) => format!("deb [signed-by={key}] {uri} {suite} {components}"),
            None => format!("deb {uri} {suite} {components}"),
        }
    }
}

/// What the machine knows about packages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Apt {
    /// The code name of the release: `bookworm`.
    pub(crate) release: String,
    pub(crate) sources: Vec<Source>,
    /// Settings of apt that reach the mirrors: proxies, checks, retries.
    pub(crate) settings: String,
}

impl Apt {
    /// Reads `/etc/os-release` and `/etc/apt`.
    pub(crate) async fn of_this_machine() -> Result<Self> {
        let path = Path::new("/etc/os-release");
        let text = files::read_text(path)?;
        let release = code_name(&text).ok_or_else(|| {
            LabError::Asked("/etc/os-release names no VERSION_CODENAME".to_owned())
        })?;
        let mut sources = Vec::new();
        for path in source_files()? {
            let text = files::read_text(&path)?;
            let deb822 = path.extension().is_some_and(|end| end == "sources");
            sources.extend(if deb822 { parse_deb822(&text) } else { parse_lines(&text) });
        }
        sources.retain(|source| belongs_to(&source.suite, &release));
        if sources.is_empty() {
            let why = format!("/etc/apt names no package source of the release {release}");
            return Err(LabError::Asked(why));
        }
        let dump = Run::new("reading the settings of apt", "apt-config").arg("dump").must().await?;
        Ok(Self { release, sources, settings: settings(&dump.stdout) })
    }

    /// The text of a `sources.list`.
    pub(crate) fn list(&self) -> String {
        self.sources.iter().map(|source| source.line() + "\n").collect()
    }
}

/// The value of `VERSION_CODENAME`.
pub(crate) fn code_name(os_release: &str) -> Option<String> {
    let value = os_release.lines().find_map(|line| line.strip_prefix("VERSION_CODENAME="))?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty()).then(|| value.to_owned())
}

fn source_files() -> Result<Vec<PathBuf>> {
    let mut found = vec![PathBuf::from("/etc/apt/sources.list")];
    let folder = Path::new("/etc/apt/sources.list.d");
    if folder.is_dir() {
        found.extend(files::list(folder)?);
    }
    let known = |path: &Path| path.extension().is_some_and(|end| end == "list" || end == "sources");
    found.retain(|path| path.is_file() && known(path));
    Ok(found)
}

/// The release itself, its updates and its security archive, under Debian's and Ubuntu's names.
fn belongs_to(suite: &str, release: &str) -> bool {
    match suite.strip_prefix(release) {
        Some(rest) => matches!(rest, "" | "-updates" | "-security"),
        None => false,
    }
}

fn parse_lines(text: &str) -> Vec<Source> {
    text.lines().filter_map(parse_line).collect()
}

fn parse_line(line: &str) -> Option<Source> {
    let rest = line.split('#').next()?.trim().strip_prefix("deb ")?.trim_start();
    let (options, rest) = match rest.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => ("", rest),
    };
    let mut words = rest.split_whitespace();
    let (uri, suite) = (words.next()?.to_owned(), words.next()?.to_owned());
    let components = words.collect::<Vec<_>>().join(" ");
    let signed_by = options
        .split_whitespace()
        .find_map(|option| option.strip_prefix("signed-by="))
        .map(str::to_owned);
    Some(Source { uri, suite, components, signed_by })
}

fn parse_deb822(text: &str) -> Vec<Source> {
    let mut sources = Vec::new();
    for stanza in text.split("\n\n") {
        let fields = fields(stanza);
        let words = |name: &str| -> Vec<String> {
            let value = fields.get(name).map_or("", String::as_str);
            value.split_whitespace().map(str::to_owned).collect()
        };
        let off = fields.get("enabled").is_some_and(|value| value.eq_ignore_ascii_case("no"));
        if off || !words("types").iter().any(|kind| kind == "deb") {
            continue;
        }
        // A key that stands in the file itself has no path that could be handed on.
        let signed_by = fields.get("signed-by").filter(|key| key.starts_with('/')).cloned();
        for uri in words("uris") {
            for suite in words("suites") {
                sources.push(Source {
                    uri: uri.clone(),
                    suite,
                    components: words("components").join(" "),
                    signed_by: signed_by.clone(),
                });
            }
        }
    }
    sources
}

/// The fields of one stanza, names in lower case, continued lines joined.
fn fields(stanza: &str) -> BTreeMap<String, String> {
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    let mut last = String::new();
    for line in stanza.lines().filter(|line| !line.starts_with('#')) {
        if line.starts_with(char::is_whitespace) {
            if let Some(value) = fields.get_mut(&last) {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            last = name.trim().to_lowercase();
            fields.insert(last.clone(), value.trim().to_owned());
        }
    }
    fields
}

/// The lines of `apt-config dump` that decide whether and how a mirror is reached.
fn settings(dump: &str) -> String {
    let wanted = ["Check-Valid-Until", "Check-Date", "http::", "https::", "Retries", "ForceIPv"];
    let keep = |line: &&str| {
        line.strip_prefix("Acquire::").is_some_and(|rest| {
            !line.ends_with(" \"\";") && wanted.iter().any(|start| rest.starts_with(start))
        })
    };
    dump.lines().filter(keep).map(|line| format!("{line}\n")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    fn lines(sources: &[Source]) -> Vec<String> {
        sources.iter().map(Source::line).collect()
    }

    #[test]
    fn one_line_sources_are_read() {
        let text = "# a comment\n\
            deb http://mirror.test/debian bookworm main contrib # why\n\
            deb-src http://mirror.test/debian bookworm main\n\
            deb [arch=amd64 signed-by=/k.gpg] http://mirror.test/security bookworm-security main\n";
        assert_eq!(
            lines(&parse_lines(text)),
            [
                "deb http://mirror.test/debian bookworm main contrib",
                "deb [signed-by=/k.gpg] http://mirror.test/security bookworm-security main",
            ]
        );
    }

    #[test]
    fn deb822_sources_are_read() {
        let text = "Types: deb deb-src\n# note\nURIs: http://mirror.test/debian\n\
            Suites: trixie trixie-updates\nComponents: main\nSigned-By: /k.gpg\n\n\
            Types: deb\nURIs: http://other.test\nSuites: trixie\nComponents: x\nEnabled: no\n";
        assert_eq!(
            lines(&parse_deb822(text)),
            [
                "deb [signed-by=/k.gpg] http://mirror.test/debian trixie main",
                "deb [signed-by=/k.gpg] http://mirror.test/debian trixie-updates main",
            ]
        );
    }

    #[test]
    fn a_key_inside_the_file_is_not_taken_for_a_path() {
        let text = "Types: deb\nURIs: http://m.test\nSuites: noble\nComponents: main\n\
            Signed-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n";
        assert_eq!(lines(&parse_deb822(text)), ["deb http://m.test noble main"]);
    }

    #[test]
    fn archives_of_others_are_left_out() {
        let kept = |suite: &str| belongs_to(suite, "bookworm");
        assert!(kept("bookworm") && kept("bookworm-updates") && kept("bookworm-security"));
        assert!(!kept("bookworm-pgdg") && !kept("nodistro") && !kept("bookworm-backports"));
    }

    #[test]
    fn the_release_and_the_settings_are_found() {
        let text = "ID=debian\nVERSION_CODENAME=bookworm\n";
        assert_eq!(code_name(text).unwrap(), "bookworm");
        assert_eq!(code_name("ID=arch\n"), None);
        let dump = "APT::Architecture \"amd64\";\nAcquire::http::Proxy \"http://p:3142\";\n\
            Acquire::https \"\";\nAcquire::Check-Date \"false\";\nAcquire::Languages \"none\";\n";
        assert_eq!(
            settings(dump),
            "Acquire::http::Proxy \"http://p:3142\";\nAcquire::Check-Date \"false\";\n"
        );
    }
}
