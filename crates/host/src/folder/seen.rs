//! What [`super::Script::Observe`] and [`super::Script::Key`] say, read back. The host is not
//! trusted to say it well: whatever does not fit is an error.

use std::{
    collections::BTreeMap,
    io::{Cursor, Read},
    str,
};

use hob_model::{ContainerName, Digest, StackName, StackPath};
use hob_plan::observed::{Applied, FileSeen, HostKey, StackFolder};

use super::checked::{check_container, check_path, check_stack};
use crate::HostErrorKind;

/// What lies in Hob's folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FolderSeen {
    pub(crate) key: Option<HostKey>,
    pub(crate) homelab: Option<String>,
    pub(crate) stacks: BTreeMap<StackName, StackFolder>,
}

/// Reads the output of [`super::Script::Observe`].
pub(crate) fn parse_observed(output: &[u8]) -> Result<FolderSeen, HostErrorKind> {
    let mut seen = FolderSeen::default();
    let mut modes = BTreeMap::new();
    let mut rest = output;
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n');
        let (line, after) = end
            .and_then(|end| Some((rest.get(..end)?, rest.get(end + 1..)?)))
            .ok_or_else(|| strange("it ends too early"))?;
        rest = after;
        let line = str::from_utf8(line).map_err(|_| strange("a file name is not UTF-8"))?;
        match line.split_once(' ') {
            None if line == "e" => break,
            None if line == "t" => {
                seen.read_archive(rest)?;
                break;
            }
            Some(("u", path)) => seen.put(path, FileSeen::Unreadable)?,
            Some(("n", path)) => seen.put(path, FileSeen::NotAFile)?,
            Some(("s", mode_and_path)) => {
                let (mode, path) = mode_and_path
                    .split_once(' ')
                    .and_then(|(mode, path)| Some((u32::from_str_radix(mode, 8).ok()?, path)))
                    .ok_or_else(|| strange(line))?;
                modes.insert(path.to_owned(), mode);
            }
            Some((digest, path)) if is_digest(digest) => {
                let path = path.strip_prefix([' ', '*']).unwrap_or(path);
                let mode = modes.remove(path).ok_or_else(|| strange(line))?;
                let digest = Digest::from_hex(digest);
                seen.put(path, FileSeen::File { digest, mode })?;
            }
            _ => return Err(strange(line)),
        }
    }
    match modes.into_keys().next() {
        None => Ok(seen),
        Some(path) => Err(HostErrorKind::Other(format!("{path} changed while Hob looked at it"))),
    }
}

/// Reads the output of [`super::Script::Key`].
pub(crate) fn parse_key(output: &[u8]) -> Result<HostKey, HostErrorKind> {
    let text = str::from_utf8(output).map_err(|_| strange("key"))?.trim();
    if !is_digest(text) {
        return Err(HostErrorKind::Other(
            "the file .hob/key in Hob's folder is damaged; remove it to get a new one".to_owned(),
        ));
    }
    let bytes = (0..text.len())
        .step_by(2)
        .filter_map(|at| text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()));
    Ok(HostKey::new(bytes.collect()))
}

impl FolderSeen {
    fn put(&mut self, path: &str, file: FileSeen) -> Result<(), HostErrorKind> {
        let (stack, path) = in_stack(path)?;
        self.stacks.entry(stack).or_default().files.insert(path, file);
        Ok(())
    }

    /// Reads the tar of the key, the homelab, the manifests and the records.
    fn read_archive(&mut self, bytes: &[u8]) -> Result<(), HostErrorKind> {
        let broken = |why: std::io::Error| strange(&format!("archive: {why}"));
        let mut archive = tar::Archive::new(Cursor::new(bytes));
        for entry in archive.entries().map_err(broken)? {
            let mut entry = entry.map_err(broken)?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = entry.path().map_err(broken)?.to_string_lossy().into_owned();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).map_err(broken)?;
            self.take_member(&path, &content)?;
        }
        Ok(())
    }

    fn take_member(&mut self, path: &str, content: &[u8]) -> Result<(), HostErrorKind> {
        let parts: Vec<&str> = path.split('/').collect();
        match parts.as_slice() {
            [".hob", "key"] => self.key = Some(parse_key(content)?),
            [".hob", "homelab"] => {
                let text = str::from_utf8(content).map_err(|_| strange(path))?;
                self.homelab = text.lines().next().map(str::to_owned);
            }
            [".hob", "stacks", stack, "files"] => {
                let text = str::from_utf8(content).map_err(|_| strange(path))?;
                for line in text.lines() {
                    let (stack, file) = in_stack(line)?;
                    self.stacks.entry(stack).or_default().owned.insert(file);
                }
                check_stack(&StackName::from(*stack))?;
            }
            [".hob", "stacks", stack, "applied", file] => {
                // Whatever else lies there is a record that was being written when a run ended.
                let Some(name) = file.strip_suffix(".json").filter(|name| !name.starts_with('.'))
                else {
                    return Ok(());
                };
                let (stack, name) = (StackName::from(*stack), ContainerName::from(name));
                check_stack(&stack)?;
                check_container(&name)?;
                // A record that cannot be read explains nothing, and the container counts as
                // unverified; the next verdict writes it anew.
                if let Ok(record) = serde_json::from_slice::<Applied>(content) {
                    self.stacks.entry(stack).or_default().applied.insert(name, record);
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// Splits `stack/path`.
fn in_stack(text: &str) -> Result<(StackName, StackPath), HostErrorKind> {
    let (stack, path) = text.split_once('/').ok_or_else(|| strange(text))?;
    let (stack, path) = (StackName::from(stack), StackPath::from(path));
    check_stack(&stack)?;
    check_path(&path)?;
    Ok((stack, path))
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn strange(what: &str) -> HostErrorKind {
    let what: String = what.chars().take(200).collect();
    HostErrorKind::Other(format!("the host's answer about Hob's folder is not understood: {what}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use super::*;

    fn check(output: &str) -> String {
        match parse_observed(output.as_bytes()) {
            Ok(seen) => seen
                .stacks
                .iter()
                .flat_map(|(stack, folder)| {
                    folder.files.iter().map(move |(path, file)| format!("{stack}/{path} {file:?}"))
                })
                .collect::<Vec<_>>()
                .join("\n"),
            Err(why) => format!("error: {why}"),
        }
    }

    const DIGEST: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn files_are_read_with_mode_and_digest() {
        let output = format!(
            "u web/a\nn web/b\ns 644 web/c d\ns 4755 db/e\n{DIGEST}  web/c d\n{DIGEST}  db/e\ne\n"
        );
        insta::assert_snapshot!(check(&output), @r#"
        db/e File { digest: Digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), mode: 2541 }
        web/a Unreadable
        web/b NotAFile
        web/c d File { digest: Digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), mode: 420 }
        "#);
        assert_eq!(check("e\n"), "");
    }

    #[test]
    fn a_half_or_hostile_answer_is_an_error() {
        let strange = "error: the host's answer about Hob's folder is not understood: ";
        assert_eq!(check(""), format!("{strange}it ends too early"));
        assert_eq!(check("u web/a\n"), format!("{strange}it ends too early"));
        assert_eq!(check("Welcome to Debian!\ne\n"), format!("{strange}Welcome to Debian!"));
        assert_eq!(check(&format!("{DIGEST}  web/a\ne\n")), format!("{strange}{DIGEST}  web/a"));
        assert_eq!(check("s 644 web/a\ne\n"), "error: web/a changed while Hob looked at it");
        assert_eq!(
            check("u web/../../etc/passwd\ne\n"),
            "error: \"../../etc/passwd\" is no file name that Hob can carry to a host"
        );
        assert_eq!(
            check("t\nno tar at all"),
            format!("{strange}archive: failed to read entire block")
        );
    }

    #[test]
    fn a_key_is_thirty_two_bytes() {
        assert!(parse_key(DIGEST.as_bytes()).is_ok());
        assert!(parse_key(b"").is_err());
        assert!(parse_key(b"xyz").is_err());
    }
}
