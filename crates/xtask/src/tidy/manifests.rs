//! Every library that Hob is built on is there for a reason, and in one version.

use super::{File, Violation};

/// Rule: a library in the workspace's table has a comment above it that says why it is there, and
/// crates take libraries from that table only. Packages outside of the workspace say it themselves.
pub(super) fn check(files: &[File]) -> Vec<Violation> {
    let manifests = files.iter().filter(|file| file.path.ends_with("Cargo.toml"));
    let mut found = Vec::new();
    for file in manifests {
        let text = String::from_utf8_lossy(&file.bytes);
        let lines: Vec<&str> = text.lines().collect();
        for (at, name) in dependencies(&lines) {
            let line = lines[at];
            let is_ours = line.contains("path = ");
            let is_said = at > 0 && lines[at - 1].starts_with('#') || line.contains(" # ");
            let is_table = file.path == "Cargo.toml" || !file.path.starts_with("crates/");
            let what = if is_table {
                (!is_ours && !is_said)
                    .then(|| format!("no comment above {name} says why it is there"))
            } else {
                let shared = line.contains("workspace = true");
                (!shared).then(|| format!("{name} has to come from the workspace's table"))
            };
            found.extend(what.map(|what| Violation {
                path: file.path.clone(),
                line: at + 1,
                what,
                ratchet: None,
            }));
        }
    }
    found
}

/// Lines that name a library, and its name.
fn dependencies<'a>(lines: &[&'a str]) -> Vec<(usize, &'a str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if let Some(section) = line.strip_prefix('[') {
            inside = section.trim_end_matches(']').ends_with("dependencies");
        } else if inside
            && let Some((name, _)) = line.split_once(['.', ' ', '='])
            && name.starts_with(|c: char| c.is_ascii_lowercase())
        {
            found.push((at, name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::testing::{file, lines};

    #[test]
    fn a_library_has_its_reason() {
        let root = "[workspace.dependencies]\nown = { path = \"crates/own\" }\n\n# Counts.\n\
                    counter = \"1\"\nother = { version = \"2\" }\n[profile.dev]\ndebug = false\n";
        assert_eq!(
            lines(check(&[file("Cargo.toml", root)])),
            "Cargo.toml:6: no comment above other says why it is there"
        );
    }

    #[test]
    fn a_package_outside_says_it_itself() {
        let manifest = "[workspace]\n[dependencies]\n# Ours.\na = \"1\"\nb = \"2\"\n";
        assert_eq!(
            lines(check(&[file("fuzz/Cargo.toml", manifest)])),
            "fuzz/Cargo.toml:5: no comment above b says why it is there"
        );
    }

    #[test]
    fn a_library_has_one_version() {
        let manifest = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\n\
                        c = { workspace = true, features = [\"x\"] }\n[dev-dependencies]\nd = \"1\"\n";
        assert_eq!(
            lines(check(&[file("crates/a/Cargo.toml", manifest)])),
            "crates/a/Cargo.toml:7: d has to come from the workspace's table"
        );
    }
}
