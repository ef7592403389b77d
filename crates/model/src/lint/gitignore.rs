//! Which files Git leaves out, as far as `.gitignore` says: what is in no commit is not in the
//! repository.

use std::collections::BTreeMap;

/// The patterns of the `.gitignore` files of a repository, by folder; the root's is empty.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    by_folder: BTreeMap<String, Vec<Pattern>>,
}

/// One line.
#[derive(Debug)]
struct Pattern {
    /// Its parts between slashes.
    parts: Vec<String>,
    is_negated: bool,
    folders_only: bool,
    /// Whether it begins where the file lies; it may begin anywhere below if not.
    is_anchored: bool,
}

impl Ignored {
    pub(super) fn add(&mut self, folder: &str, text: &str) {
        let patterns = text.lines().filter_map(Pattern::read).collect();
        self.by_folder.insert(folder.to_owned(), patterns);
    }

    pub(super) fn knows(&self, folder: &str) -> bool {
        self.by_folder.contains_key(folder)
    }

    /// Whether a file is left out: it, or a folder that it lies in.
    pub(super) fn has(&self, path: &str) -> bool {
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        ends.filter_map(|end| path.get(..end))
            .any(|part| self.decides(part, part.len() < path.len()))
    }

    fn decides(&self, path: &str, is_folder: bool) -> bool {
        let mut is_ignored = false;
        for folder in folders(path) {
            let patterns = self.by_folder.get(folder).map(Vec::as_slice).unwrap_or_default();
            let below = if folder.is_empty() { path } else { &path[folder.len() + 1..] };
            for pattern in patterns.iter().filter(|pattern| pattern.fits(below, is_folder)) {
                is_ignored = !pattern.is_negated;
            }
        }
        is_ignored
    }
}

/// The folders that a file lies in, the outermost first: the repository's own is empty.
pub(super) fn folders(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once("").chain(path.match_indices('/').filter_map(|(at, _)| path.get(..at)))
}

impl Pattern {
    fn read(line: &str) -> Option<Self> {
        let line = line.trim_end();
        if line.is_empty() || line.starts_with('#') {
            return None;
        }
        let (is_negated, line) = match line.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let (folders_only, line) = match line.strip_suffix('/') {
            Some(rest) => (true, rest),
            None => (false, line),
        };
        let is_anchored = line.contains('/');
        let line = line.trim_start_matches('/');
        let parts: Vec<String> = line.split('/').map(str::to_owned).collect();
        Some(Self { parts, is_negated, folders_only, is_anchored })
    }

    fn fits(&self, path: &str, is_folder: bool) -> bool {
        if self.folders_only && !is_folder {
            return false;
        }
        let names: Vec<&str> = path.split('/').collect();
        let parts: Vec<&str> = self.parts.iter().map(String::as_str).collect();
        if self.is_anchored {
            return fits_all(&parts, &names);
        }
        names.last().is_some_and(|name| parts.first().is_some_and(|part| fits_name(part, name)))
    }
}

/// Whether parts of a pattern fit all parts of a path; `**` fits any number of them.
fn fits_all(parts: &[&str], names: &[&str]) -> bool {
    match (parts.split_first(), names.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            (0..=names.len()).any(|skipped| fits_all(rest, &names[skipped..]))
        }
        (Some((part, rest)), Some((name, others))) => {
            fits_name(part, name) && fits_all(rest, others)
        }
        _ => false,
    }
}

/// Whether a pattern with `*` and `?` fits a name. Linear in both but for the last star.
fn fits_name(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), name.chars().collect());
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(c) if *c == '?' || *c == name[n] => (p, n) = (p + 1, n + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, n) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(patterns: &str, path: &str, expected: bool) {
        let mut ignored = Ignored::default();
        ignored.add("", patterns);
        assert_eq!(ignored.has(path), expected, "{patterns:?} {path}");
    }

    #[test]
    fn patterns_as_git_reads_them() {
        check(".env", "stacks/web/.env", true);
        check("*.env", "stacks/web/prod.env", true);
        check("/.env", "stacks/web/.env", false);
        check("/.env", ".env", true);
        check("stacks/*/.env", "stacks/web/.env", true);
        check("stacks/*/.env", "stacks/a/b/.env", false);
        check("**/secrets/*.key", "a/b/secrets/tls.key", true);
        check("secrets/", "a/secrets/x", true);
        check("secrets/", "a/secrets", false);
        check(".env\n!stacks/web/.env", "stacks/web/.env", false);
        check("# .env\n", ".env", false);
        check(".env*\n!.env.example", "a/.env.local", true);
        check(".env*\n!.env.example", "a/.env.example", false);
    }

    #[test]
    fn folders_have_their_own() {
        let mut ignored = Ignored::default();
        ignored.add("stacks/web", "/.env");
        assert!(ignored.has("stacks/web/.env"));
        assert!(!ignored.has("stacks/web/sub/.env"));
        assert!(!ignored.has(".env"));
    }
}
