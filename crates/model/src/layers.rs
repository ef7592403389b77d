//! Layer patterns: where the files of a stack lie in the repository.

use std::fmt;

use hob_compose::{FileError, Files, Kind, files};

use crate::homelab::HOMELAB_FILE;

const HOST: &str = "{host}";
const STACK: &str = "{stack}";

/// How many places one pattern may look at; more means a wildcard over something huge.
const VISITS_MAX: usize = 20_000;

/// A path relative to the repository in which `{host}` and `{stack}` stand for names and `*` for
/// any part of a folder's or file's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

/// A file that a pattern found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    /// Its absolute path.
    pub(crate) path: String,
    /// What `{stack}` stood for.
    pub(crate) stack: Option<String>,
}

impl Pattern {
    /// Reads a pattern; the error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.starts_with(['/', '~']) {
            return Err("the path is not relative to the repository".into());
        }
        if text.split('/').any(|part| part == "..") {
            return Err("the path leads out of the repository".into());
        }
        if text.contains("**") {
            return Err("** is not supported: * stands for one folder".into());
        }
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            let tail = &rest[at..];
            let known = [HOST, STACK].into_iter().find(|name| tail.starts_with(name));
            let Some(known) = known else {
                let end = tail.find('}').map_or(tail.len(), |end| end + 1);
                return Err(format!("{} stands for nothing", &tail[..end]));
            };
            rest = &tail[known.len()..];
        }
        Ok(Self(files::normalise(text)))
    }

    /// The pattern as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it leads to files of one stack, not to a host's own file.
    pub fn is_of_stack(&self) -> bool {
        self.0.contains(STACK)
    }

    /// Whether it leads to files of one host, not to shared ones.
    pub fn is_of_host(&self) -> bool {
        self.0.contains(HOST)
    }

    /// The pattern with the names put in.
    pub(crate) fn fill(&self, host: &str, stack: &str) -> Self {
        Self(self.0.replace(HOST, host).replace(STACK, stack))
    }

    /// The pattern with the host's name put in.
    pub(crate) fn fill_host(&self, host: &str) -> Self {
        Self(self.0.replace(HOST, host))
    }

    /// The pattern for any host.
    pub(crate) fn any_host(&self) -> Self {
        Self(self.0.replace(HOST, "*"))
    }

    /// The files below `root` that the pattern leads to, in the order of their paths, without
    /// `hob.yaml`. A `{stack}` that was not filled in stands for any name.
    pub(crate) fn find(&self, files: &dyn Files, root: &str) -> Result<Vec<Found>, FileError> {
        let parts: Vec<&str> = self.0.split('/').collect();
        let mut walk = Walk { files, found: Vec::new(), visits_left: VISITS_MAX };
        walk.step(root, &parts, None)?;
        // `{stack}.yaml` would take it for a stack called hob.
        let own = files::join(root, HOMELAB_FILE);
        walk.found.retain(|found| found.path != own);
        Ok(walk.found)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

struct Walk<'a> {
    files: &'a dyn Files,
    found: Vec<Found>,
    visits_left: usize,
}

impl Walk<'_> {
    fn step(&mut self, dir: &str, parts: &[&str], stack: Option<&str>) -> Result<(), FileError> {
        let Some((part, rest)) = parts.split_first() else { return Ok(()) };
        self.visits_left = match self.visits_left.checked_sub(1) {
            Some(left) => left,
            None => {
                let reason = format!("the pattern leads to more than {VISITS_MAX} places");
                return Err(FileError { path: dir.into(), reason });
            }
        };
        let part = match stack {
            Some(name) => part.replace(STACK, name),
            None => (*part).to_owned(),
        };
        if !part.contains('*') && !part.contains(STACK) {
            return self.enter(&files::join(dir, &part), rest, stack);
        }
        if self.files.kind(dir)? != Some(Kind::Directory) {
            return Ok(());
        }
        for name in self.files.list(dir)? {
            if name.starts_with('.') && !part.starts_with('.') {
                continue;
            }
            if let Some(captured) = matches(&part, &name) {
                let stack = captured.or(stack).map(str::to_owned);
                self.enter(&files::join(dir, &name), rest, stack.as_deref())?;
            }
        }
        Ok(())
    }

    fn enter(&mut self, path: &str, rest: &[&str], stack: Option<&str>) -> Result<(), FileError> {
        match self.files.kind(path)? {
            Some(Kind::File { .. }) if rest.is_empty() => {
                self.found.push(Found { path: path.to_owned(), stack: stack.map(str::to_owned) });
                Ok(())
            }
            Some(Kind::Directory) if !rest.is_empty() => self.step(path, rest, stack),
            _ => Ok(()),
        }
    }
}

/// Whether one part of a pattern fits a name, and if so what `{stack}` stands for in it.
fn matches<'n>(part: &str, name: &'n str) -> Option<Option<&'n str>> {
    if let Some(rest) = part.strip_prefix(STACK) {
        return ends(name).filter(|end| *end > 0).find_map(|end| {
            let tail = rest.replace(STACK, &name[..end]);
            matches(&tail, &name[end..]).map(|_| Some(&name[..end]))
        });
    }
    let Some(first) = part.chars().next() else { return name.is_empty().then_some(None) };
    if first == '*' {
        return ends(name).find_map(|end| matches(&part[1..], &name[end..]));
    }
    let rest = name.strip_prefix(first)?;
    matches(&part[first.len_utf8()..], rest)
}

/// Every position in a name at which a wildcard may end.
fn ends(name: &str) -> impl Iterator<Item = usize> {
    name.char_indices().map(|(at, _)| at).chain([name.len()])
}

#[cfg(test)]
mod tests {
    use hob_compose::MemoryFiles;

    use super::*;

    fn repository() -> MemoryFiles {
        [
            "/r/compose/media/jellyfin/compose.yaml",
            "/r/compose/core/traefik/compose.yaml",
            "/r/compose/core/README.md",
            "/r/hosts/nas/compose.yaml",
            "/r/hosts/nas/web/compose.yaml",
            "/r/flat/web.yml",
            "/r/flat/db.yml",
            "/r/hob.yaml",
            "/r/mail.yaml",
            "/r/flat/hob.yaml",
            "/r/.git/web/compose.yaml",
        ]
        .into_iter()
        .fold(MemoryFiles::new(), |files, path| files.with(path, ""))
    }

    fn check(pattern: &str, expected: &str) {
        let shown = match Pattern::parse(pattern) {
            Err(message) => message,
            Ok(pattern) => pattern
                .find(&repository(), "/r")
                .unwrap()
                .into_iter()
                .map(|found| format!("{}={}", found.stack.unwrap_or_default(), found.path))
                .collect::<Vec<_>>()
                .join(" "),
        };
        assert_eq!(shown, expected, "{pattern}");
    }

    #[test]
    fn patterns_find_files_and_tell_the_stack() {
        check(
            "compose/*/{stack}/compose.yaml",
            "traefik=/r/compose/core/traefik/compose.yaml \
             jellyfin=/r/compose/media/jellyfin/compose.yaml",
        );
        check("compose/*/traefik/compose.yaml", "=/r/compose/core/traefik/compose.yaml");
        check("./flat/{stack}.yml", "db=/r/flat/db.yml web=/r/flat/web.yml");
        check("hosts/nas/compose.yaml", "=/r/hosts/nas/compose.yaml");
        check("hosts/nas", "");
        check("{stack}.yaml", "mail=/r/mail.yaml");
        check("*/{stack}.yaml", "hob=/r/flat/hob.yaml");
        check("*/web/compose.yaml", "");
        check("hosts/*/{stack}/compose.yaml", "web=/r/hosts/nas/web/compose.yaml");
    }

    #[test]
    fn patterns_that_lead_nowhere_are_refused() {
        check("/etc/compose.yaml", "the path is not relative to the repository");
        check("../{stack}/compose.yaml", "the path leads out of the repository");
        check("stacks/{name}/compose.yaml", "{name} stands for nothing");
        check("stacks/{stack/compose.yaml", "{stack/compose.yaml stands for nothing");
        check("**/compose.yaml", "** is not supported: * stands for one folder");
    }

    #[test]
    fn names_are_put_in() {
        let pattern = Pattern::parse("hosts/{host}/{stack}/compose.yaml").unwrap();
        assert!(pattern.is_of_stack() && pattern.is_of_host());
        assert_eq!(pattern.fill("nas", "web").as_str(), "hosts/nas/web/compose.yaml");
        assert_eq!(pattern.fill_host("nas").as_str(), "hosts/nas/{stack}/compose.yaml");
    }
}
