//! Hob's folder on a host: the files of the stacks, and beside them in `.hob/` what Hob keeps.
//!
//! ```text
//! <root>/                                   0750: closed to other users of the host
//! <root>/<stack>/...                        files of the repository, folders 0755: a container may
//!                                           mount them whole and run as any user
//! <root>/.hob/lock                          held by the run that acts on the host, 0600
//! <root>/.hob/key                           key of the digests that stand for secrets, 0600
//! <root>/.hob/stacks/<stack>/files          manifest: which files are Hob's, one a line
//! <root>/.hob/stacks/<stack>/applied/*.json record of each container that passed its verdict
//! ```
//!
//! Everything is done by small constant POSIX scripts that get what they work on over standard
//! input; on this machine and over SSH they are the same. Here are the scripts, what goes in and
//! what comes out, as pure functions; a transport runs them.

mod archive;
mod checked;
mod lock;
mod seen;

use std::time::Duration;

use hob_model::{ContainerName, StackName, StackPath};
use hob_plan::observed::Applied;

pub(crate) use archive::archive;
pub(crate) use checked::{Root, check_container, check_name, check_path, check_stack};
pub(crate) use lock::{Asking, BEAT, LockSaid, lock_input, parse_lock};
pub(crate) use seen::{FolderSeen, parse_key, parse_observed};

use crate::HostErrorKind;

/// One of the scripts. Nothing else is ever run on a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Script {
    /// See [`parse_observed`].
    Observe,
    /// See [`parse_key`].
    Key,
    /// Adds to a manifest.
    Own,
    /// Puts files into place.
    Write,
    /// Removes files.
    Remove,
    /// Keeps a record.
    Record,
    /// Removes a record.
    Forget,
    /// What the checks ask.
    Facts,
    /// Why an Engine does not answer.
    Probe,
    /// Whether a port answers.
    Knock,
    /// Holds the lock of the host, see [`parse_lock`].
    Lock,
}

impl Script {
    /// All of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 11] = [
        Self::Observe,
        Self::Key,
        Self::Own,
        Self::Write,
        Self::Remove,
        Self::Record,
        Self::Forget,
        Self::Facts,
        Self::Probe,
        Self::Knock,
        Self::Lock,
    ];

    /// The text, for `sh -c`. It has no single quote in it, so that single quotes can carry it
    /// through a login shell.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Observe => include_str!("scripts/observe.sh"),
            Self::Key => include_str!("scripts/key.sh"),
            Self::Own => include_str!("scripts/own.sh"),
            Self::Write => include_str!("scripts/write.sh"),
            Self::Remove => include_str!("scripts/remove.sh"),
            Self::Record => include_str!("scripts/record.sh"),
            Self::Forget => include_str!("scripts/forget.sh"),
            Self::Facts => include_str!("scripts/facts.sh"),
            Self::Probe => include_str!("scripts/probe.sh"),
            Self::Knock => include_str!("scripts/knock.sh"),
            Self::Lock => include_str!("scripts/lock.sh"),
        }
    }

    /// How long it may take, apart from what the way to the host takes; [`Self::Lock`] until it
    /// says something, besides what it was told to wait.
    pub(crate) fn time(self) -> Duration {
        match self {
            Self::Write => Duration::from_secs(300),
            Self::Observe => Duration::from_secs(60),
            Self::Key
            | Self::Own
            | Self::Remove
            | Self::Record
            | Self::Forget
            | Self::Facts
            | Self::Probe
            | Self::Knock
            | Self::Lock => Duration::from_secs(30),
        }
    }

    /// Bytes that it may write: a host that says more is not believed.
    pub(crate) fn output_bytes_max(self) -> u64 {
        match self {
            Self::Observe => 64 << 20,
            Self::Facts => 4 << 20,
            Self::Key
            | Self::Own
            | Self::Write
            | Self::Remove
            | Self::Record
            | Self::Forget
            | Self::Probe
            | Self::Knock
            | Self::Lock => 4 << 10,
        }
    }
}

/// What an exit code of a script means.
pub(crate) fn script_failure(code: Option<i32>, stderr: &str, root: &Root) -> HostErrorKind {
    let why = last_line(stderr);
    if stderr.contains("No space left on device") || stderr.contains("Disk quota exceeded") {
        return HostErrorKind::DiskFull(why);
    }
    match code {
        Some(3) => HostErrorKind::RootFolder { path: root.as_str().to_owned(), why },
        Some(127) => HostErrorKind::Other(format!("a basic tool is not there: {why}")),
        Some(code) if why.is_empty() => HostErrorKind::Other(format!("exit code {code}")),
        Some(_) => HostErrorKind::Other(why),
        None => HostErrorKind::Other("it was killed".to_owned()),
    }
}

/// The last line that says something.
pub(crate) fn last_line(text: &str) -> String {
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// Input of [`Script::Key`].
pub(crate) fn claim_input(root: &Root, homelab: &str) -> Result<Vec<u8>, HostErrorKind> {
    if homelab.is_empty() || homelab.chars().any(char::is_control) {
        return Err(HostErrorKind::Other(format!("{homelab:?} is no name for a homelab")));
    }
    Ok(lines_input(root, std::iter::once(homelab)))
}

/// The first line of every script's input.
fn root_input(root: &Root) -> Vec<u8> {
    format!("{}\n", root.as_str()).into_bytes()
}

/// Input of [`Script::Observe`] and, with paths below nothing, of [`Script::Facts`].
pub(crate) fn lines_input<'a>(root: &Root, lines: impl Iterator<Item = &'a str>) -> Vec<u8> {
    let mut input = root_input(root);
    for line in lines {
        input.extend_from_slice(line.as_bytes());
        input.push(b'\n');
    }
    input
}

/// Input of [`Script::Own`] and [`Script::Remove`], and the first lines of [`Script::Write`].
pub(crate) fn stack_input<'a>(
    root: &Root,
    stack: &StackName,
    paths: impl IntoIterator<Item = &'a StackPath>,
) -> Result<Vec<u8>, HostErrorKind> {
    check_stack(stack)?;
    let mut input = lines_input(root, std::iter::once(stack.as_str()));
    for path in paths {
        check_path(path)?;
        input.extend_from_slice(format!("{stack}/{path}\n").as_bytes());
    }
    Ok(input)
}

/// Input of [`Script::Record`].
pub(crate) fn record_input(
    root: &Root,
    stack: &StackName,
    name: &ContainerName,
    record: &Applied,
) -> Result<Vec<u8>, HostErrorKind> {
    let json = serde_json::to_vec(record)
        .map_err(|why| HostErrorKind::Other(format!("the record cannot be written: {why}")))?;
    let mut input = container_input(root, stack, name)?;
    input.extend_from_slice(format!("{}\n", json.len()).as_bytes());
    input.extend_from_slice(&json);
    Ok(input)
}

/// Input of [`Script::Forget`].
pub(crate) fn container_input(
    root: &Root,
    stack: &StackName,
    name: &ContainerName,
) -> Result<Vec<u8>, HostErrorKind> {
    check_stack(stack)?;
    check_container(name)?;
    Ok(lines_input(root, [stack.as_str(), name.as_str()].into_iter()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use super::*;

    #[test]
    fn scripts_can_stand_in_single_quotes() {
        for script in Script::ALL {
            assert!(!script.text().contains('\''), "{script:?}");
        }
    }

    #[test]
    fn failures_say_what_to_look_at() {
        let root = Root::new("/opt/hob").unwrap();
        let check = |code, stderr: &str, expected: &str| {
            assert_eq!(script_failure(code, stderr, &root).to_string(), expected);
        };
        check(
            Some(3),
            "mkdir: cannot create directory '/opt/hob': Permission denied\n",
            "/opt/hob cannot be written: mkdir: cannot create directory '/opt/hob': \
             Permission denied",
        );
        check(
            Some(3),
            "tar: files/a: Cannot write: No space left on device\n",
            "no space left on the host: tar: files/a: Cannot write: No space left on device",
        );
        check(Some(4), "/opt/hob/web is a symbolic link\n", "/opt/hob/web is a symbolic link");
        check(
            Some(127),
            "sh: 1: tar: not found\n",
            "a basic tool is not there: sh: 1: tar: not found",
        );
        check(Some(1), "", "exit code 1");
        check(None, "", "it was killed");
    }
}
