//! No file is forgotten: one that no `mod` names is never compiled, and its tests look green.

use std::collections::{BTreeMap, BTreeSet};

use super::{File, Masked, Source, Violation};

/// Rule: every Rust file of a crate is declared by the module above it or is where a program
/// begins; a crate has one test program, whose files its `main.rs` declares.
pub(super) fn check(sources: &[Source<'_>], files: &[File]) -> Vec<Violation> {
    let declared: BTreeSet<String> = sources
        .iter()
        .flat_map(|source| children(source).into_iter().flat_map(|child| child.candidates))
        .collect();
    let mut programs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut found = Vec::new();
    for source in sources {
        let Some((krate, inner)) = in_crate(source.path) else { continue };
        let manifest = format!("{krate}/Cargo.toml");
        let manifest = super::files::text_of(files, &manifest).unwrap_or_default();
        let by_hand = manifest.contains("autotests = false");
        match inner.split('/').collect::<Vec<_>>().as_slice() {
            ["tests", "main.rs"] | ["tests", _, "main.rs"] => {
                programs.entry(krate).or_default().push(source.path);
            }
            ["tests", _] if !by_hand => programs.entry(krate).or_default().push(source.path),
            _ if is_root(inner) || declared.contains(source.path) => {}
            _ => {
                let what = "no `mod` names this file, so it is never compiled";
                found.push(fault(source.path, what));
            }
        }
    }
    for paths in programs.into_values().filter(|paths| paths.len() > 1) {
        let what = "one test program of several: declare them in one, with `autotests = false`";
        found.extend(paths.into_iter().map(|path| fault(path, what)));
    }
    found
}

fn fault(path: &str, what: &str) -> Violation {
    Violation { path: path.to_owned(), line: 0, what: what.to_owned(), ratchet: None }
}

/// `crates/plan` and `src/lib.rs` for `crates/plan/src/lib.rs`.
fn in_crate(path: &str) -> Option<(&str, &str)> {
    let name = path.strip_prefix("crates/")?.split('/').next()?;
    let (krate, inner) = path.split_at("crates/".len() + name.len());
    Some((krate, inner.strip_prefix('/')?))
}

/// Where a program or a library begins.
fn is_root(inner: &str) -> bool {
    let parts: Vec<&str> = inner.split('/').collect();
    matches!(
        parts.as_slice(),
        ["build.rs"]
            | ["src", "lib.rs" | "main.rs"]
            | ["src", "bin", _]
            | ["src", "bin", _, "main.rs"]
            | ["examples" | "benches", _]
            | ["examples" | "benches", _, "main.rs"]
    )
}

/// A `mod name;` and the files that it can mean.
struct Child {
    line: usize,
    candidates: [String; 2],
}

fn children(source: &Source<'_>) -> Vec<Child> {
    let mut found = Vec::new();
    let original: Vec<&str> = source.text.lines().collect();
    for (at, line) in source.masked.code.iter().enumerate() {
        let Some(declaration) = line.trim().strip_suffix(';') else { continue };
        let Some((before, name)) = declaration.rsplit_once("mod ") else { continue };
        let visible = before.is_empty() || before.starts_with("pub");
        if !visible || !name.chars().all(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let path = attributes_above(&source.masked.code, at).find_map(|at| {
            original.get(at)?.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]")
        });
        let candidates = match path {
            Some(path) => [join(folder_of(source.path), path), String::new()],
            None => {
                let folder = folder_of_children(source.path);
                [format!("{folder}/{name}.rs"), format!("{folder}/{name}/mod.rs")]
            }
        };
        found.push(Child { line: at, candidates });
    }
    found
}

/// Lines with attributes directly above a line.
fn attributes_above(code: &[String], line: usize) -> impl Iterator<Item = usize> + '_ {
    (0..line).rev().take_while(|at| code[*at].trim().starts_with("#["))
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Where a file's modules lie: beside it if it is a root or a `mod.rs`, else in a folder of its
/// name.
fn folder_of_children(path: &str) -> String {
    let beside = ["lib.rs", "main.rs", "mod.rs", "build.rs"];
    let name = path.rsplit('/').next().unwrap_or(path);
    if beside.contains(&name) {
        folder_of(path).to_owned()
    } else {
        path.trim_end_matches(".rs").to_owned()
    }
}

fn join(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').collect();
    for part in path.split('/') {
        if part == ".." {
            parts.pop();
        } else if part != "." {
            parts.push(part);
        }
    }
    parts.join("/")
}

/// By line, whether it is compiled for tests only, as far as the file itself tells.
pub(super) fn test_lines(path: &str, masked: &Masked) -> Vec<bool> {
    let inner = in_crate(path).map_or(path, |(_, inner)| inner);
    let whole = inner.starts_with("tests/")
        || inner.starts_with("benches/")
        || masked.code.iter().any(|line| line.trim() == "#![cfg(test)]");
    let mut marks = vec![whole; masked.code.len()];
    for (at, line) in masked.code.iter().enumerate() {
        if line.contains("#[cfg(test)]") {
            let end = end_of_item(&masked.code, at).unwrap_or(at);
            marks[at..=end].fill(true);
        }
    }
    marks
}

/// The last line of the item that an attribute on this line belongs to.
fn end_of_item(code: &[String], line: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, text) in code.iter().enumerate().skip(line) {
        let text = if at == line { text.split_once("#[cfg(test)]")?.1 } else { text };
        for c in text.chars() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 && matches!(c, '}' | ';') {
                return Some(at);
            }
        }
    }
    None
}

/// Marks the files that belong to tests because of where they are declared.
pub(super) fn mark_test_files(sources: &mut [Source<'_>]) {
    loop {
        let in_tests: BTreeSet<String> = sources
            .iter()
            .flat_map(|source| {
                let is_test = |child: &Child| source.test_lines[child.line];
                children(source).into_iter().filter(is_test).flat_map(|child| child.candidates)
            })
            .collect();
        let mut changed = false;
        for source in sources.iter_mut().filter(|source| in_tests.contains(source.path)) {
            changed |= source.test_lines.iter().any(|mark| !mark);
            source.test_lines.fill(true);
        }
        if !changed {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::{
        File, sources,
        testing::{file, lines},
    };

    fn check_files(files: &[(&str, &str)]) -> String {
        let files: Vec<File> = files.iter().map(|(path, text)| file(path, text)).collect();
        lines(check(&sources(&files), &files))
    }

    #[test]
    fn a_forgotten_file_is_named() {
        let found = check_files(&[
            ("crates/a/src/lib.rs", "mod b;\npub(crate) mod c;\n// mod d;"),
            ("crates/a/src/b.rs", "mod e;"),
            ("crates/a/src/b/e.rs", "#[path = \"../odd/f.rs\"]\nmod f;\nmod g;"),
            ("crates/a/src/c/mod.rs", ""),
            ("crates/a/src/d.rs", ""),
            ("crates/a/src/odd/f.rs", ""),
            ("crates/a/src/odd/g.rs", ""),
            ("crates/a/src/bin/tool.rs", ""),
        ]);
        assert_eq!(
            found,
            "crates/a/src/d.rs: no `mod` names this file, so it is never compiled\n\
             crates/a/src/odd/g.rs: no `mod` names this file, so it is never compiled"
        );
    }

    #[test]
    fn a_crate_has_one_test_program() {
        let found = check_files(&[
            ("crates/a/Cargo.toml", "autotests = false"),
            ("crates/a/tests/main.rs", "mod b;"),
            ("crates/a/tests/b.rs", ""),
            ("crates/a/tests/c.rs", ""),
            ("crates/d/tests/main.rs", "mod e;"),
            ("crates/d/tests/e.rs", ""),
            ("crates/f/tests/only.rs", ""),
            ("crates/g/tests/laws/main.rs", "mod law;"),
            ("crates/g/tests/laws/law.rs", ""),
        ]);
        let several = "one test program of several: declare them in one, with `autotests = false`";
        assert_eq!(
            found,
            format!(
                "crates/a/tests/c.rs: no `mod` names this file, so it is never compiled\n\
                 crates/d/tests/main.rs: {several}\ncrates/d/tests/e.rs: {several}"
            )
        );
    }

    #[test]
    fn files_below_a_test_module_are_tests() {
        let files = [
            file("crates/a/src/lib.rs", "#[cfg(test)]\nmod sample;\nfn f() {}"),
            file("crates/a/src/sample.rs", "mod deep;"),
            file("crates/a/src/sample/deep.rs", "fn g() {}"),
        ];
        let marks: Vec<Vec<bool>> =
            sources(&files).into_iter().map(|source| source.test_lines).collect();
        assert_eq!(marks, [vec![true, true, false], vec![true], vec![true]]);
    }
}
