//! Patterns that files of the repository fit or do not.

use hob_compose::files;

/// A path relative to the repository in which `*` stands for any part of a name and `**` for any
/// number of folders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Glob(String);

impl Glob {
    /// Reads a pattern; `None` if it leads out of the repository.
    pub fn parse(text: &str) -> Option<Self> {
        let is_outside = text.starts_with(['/', '~']) || text.split('/').any(|part| part == "..");
        (!is_outside).then(|| Self(files::normalise(text)))
    }

    /// Whether a file, or a folder that it is in, fits.
    pub fn covers(&self, file: &str) -> bool {
        let parts: Vec<&str> = self.0.split('/').collect();
        let names: Vec<&str> = file.split('/').collect();
        (1..=names.len()).any(|deep| fits(&parts, &names[..deep]))
    }
}

/// Whether a path fits. Reached is the set of positions in the pattern after each name, so that
/// many `**` cost no more than few.
fn fits(parts: &[&str], names: &[&str]) -> bool {
    let mut reached = vec![false; parts.len() + 1];
    reached[0] = true;
    skip_empty(parts, &mut reached);
    for name in names {
        let mut next = vec![false; parts.len() + 1];
        for (at, part) in parts.iter().enumerate().filter(|(at, _)| reached[*at]) {
            if *part == "**" {
                next[at] = true;
            } else if name_fits(part, name) {
                next[at + 1] = true;
            }
        }
        skip_empty(parts, &mut next);
        reached = next;
    }
    reached[parts.len()]
}

/// `**` may stand for no folder at all.
fn skip_empty(parts: &[&str], reached: &mut [bool]) {
    for (at, part) in parts.iter().enumerate() {
        reached[at + 1] |= reached[at] && *part == "**";
    }
}

/// Whether a name fits a part with `*` in it: the pieces between stand in it in order, the first
/// at its start and the last at its end.
fn name_fits(part: &str, name: &str) -> bool {
    let Some((first, rest)) = part.split_once('*') else { return part == name };
    let Some(mut left) = name.strip_prefix(first) else { return false };
    let (middle, last) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*') {
        match left.find(piece) {
            Some(at) => left = &left[at + piece.len()..],
            None => return false,
        }
    }
    left.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pattern: &str, fit: &[&str], unfit: &[&str]) {
        let glob = Glob::parse(pattern).unwrap();
        for file in fit {
            assert!(glob.covers(file), "{pattern} covers {file}");
        }
        for file in unfit {
            assert!(!glob.covers(file), "{pattern} does not cover {file}");
        }
    }

    #[test]
    fn files_and_what_is_in_folders_fit() {
        check("stacks/web", &["stacks/web/compose.yaml", "stacks/web"], &["stacks/web2/x", "web"]);
        check("stacks/*/compose.yaml", &["stacks/web/compose.yaml"], &["stacks/a/b/compose.yaml"]);
        check("**/.env", &[".env", "a/.env", "a/b/.env"], &["a/b.env", "x.env"]);
        check("stacks/old/**", &["stacks/old/a/b"], &["stacks/older/a"]);
        check("a/**/b", &["a/b", "a/x/b", "a/x/y/b/c"], &["a/x/c", "b"]);
        check("*-db*.y*ml", &["web-db.yml", "x-db2.yaml"], &["web.yml", "x-db.yal"]);
        check("ab*ba", &["abba", "ab1ba"], &["aba"]);
        check("./a/", &["a/b"], &["b"]);
    }

    #[test]
    fn many_wildcards_are_cheap() {
        let glob = Glob::parse(&["**"; 200].join("/")).unwrap();
        assert!(glob.covers(&["a"; 200].join("/")));
        let glob = Glob::parse(&format!("{}/b", ["**"; 200].join("/"))).unwrap();
        assert!(!glob.covers(&["a"; 200].join("/")));
    }

    #[test]
    fn patterns_stay_in_the_repository() {
        for pattern in ["/etc", "../x", "a/../b", "~/x"] {
            assert_eq!(Glob::parse(pattern), None, "{pattern}");
        }
    }
}
