//! Names that come from a repository or from a host, checked before a script or the Engine sees
//! them.

use hob_model::{ContainerName, StackName, StackPath};

use crate::HostErrorKind;

/// Longest path that Linux takes.
const PATH_BYTES_MAX: usize = 4096;
/// Longest name of a file.
const NAME_BYTES_MAX: usize = 255;

/// Hob's folder on a host: an absolute, plain path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Root(String);

impl Root {
    /// Refuses anything but an absolute path without `..`.
    pub(crate) fn new(path: &str) -> Result<Self, HostErrorKind> {
        let trimmed = path.trim_end_matches('/');
        match trimmed.strip_prefix('/') {
            Some(rest) if rest.split('/').all(is_file_name) => Ok(Self(trimmed.to_owned())),
            _ => {
                Err(HostErrorKind::Other(format!("{path:?} is no absolute path for Hob's folder")))
            }
        }
    }

    /// The path, without a slash at its end.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The folder of a stack.
    pub(crate) fn stack(&self, stack: &StackName) -> String {
        format!("{}/{stack}", self.0)
    }
}

/// A path below a stack's folder: relative, no `.` or `..`, nothing that a line-based script or
/// `sha256sum` would misread (control characters, backslashes).
pub(crate) fn check_path(path: &StackPath) -> Result<(), HostErrorKind> {
    let text = path.as_str();
    if text.len() < PATH_BYTES_MAX / 2 && text.split('/').all(is_file_name) {
        Ok(())
    } else {
        Err(HostErrorKind::Other(format!("{text:?} is no file name that Hob can carry to a host")))
    }
}

/// A stack's name becomes the name of a folder.
pub(crate) fn check_stack(stack: &StackName) -> Result<(), HostErrorKind> {
    check_name("a stack", stack.as_str())
}

/// A container's name becomes the name of a file, and a part of a request's path.
pub(crate) fn check_container(name: &ContainerName) -> Result<(), HostErrorKind> {
    check_name("a container", name.as_str())
}

/// What the Engine takes as the name of a container, network or volume.
pub(crate) fn check_name(of: &str, name: &str) -> Result<(), HostErrorKind> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let starts_well = name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric());
    if starts_well && name.len() < NAME_BYTES_MAX - 20 && name.bytes().all(plain) {
        Ok(())
    } else {
        Err(HostErrorKind::Other(format!("{name:?} is no name for {of}")))
    }
}

fn is_file_name(name: &str) -> bool {
    !matches!(name, "" | "." | "..")
        && name.len() <= NAME_BYTES_MAX
        && !name.chars().any(|letter| letter.is_control() || letter == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_their_folder() {
        let check = |path: &str| check_path(&StackPath::from(path)).is_ok();
        for good in ["compose.yaml", "config/a b.yml", "-x", "a/.env", "ü", "...", "it's"] {
            assert!(check(good), "{good:?}");
        }
        let bad = [
            "",
            "/etc/passwd",
            "..",
            "a/../b",
            "a//b",
            "a/",
            "./a",
            "a\nb",
            "a\0b",
            "a\\b",
            "\u{7f}",
        ];
        for bad in bad {
            assert!(!check(bad), "{bad:?}");
        }
        assert!(!check(&"x".repeat(256)));
        assert!(!check(&"x/".repeat(2000)));
    }

    #[test]
    fn names_are_plain() {
        let check = |name: &str| check_stack(&StackName::from(name)).is_ok();
        for good in ["web", "a.b", "A_1-2", "0"] {
            assert!(check(good), "{good:?}");
        }
        for bad in ["", ".hob", "-rf", "a/b", "..", "a b", "a\nb", "ü", "a'b"] {
            assert!(!check(bad), "{bad:?}");
        }
    }

    #[test]
    fn hobs_folder_is_absolute() {
        let check = |path: &str| Root::new(path).ok().map(|root| root.0);
        assert_eq!(check("/opt/hob/").as_deref(), Some("/opt/hob"));
        assert_eq!(check("/srv/my things/hob").as_deref(), Some("/srv/my things/hob"));
        for bad in ["", "/", "opt/hob", "/opt/../etc", "~/hob", "/opt//hob", "/a\nb"] {
            assert_eq!(check(bad), None, "{bad:?}");
        }
    }
}
