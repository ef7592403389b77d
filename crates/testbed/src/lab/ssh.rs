//! Keys, `known_hosts`, and the `ssh_config` through which alone the names of a lab resolve.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::error::Result;
use super::files;
use super::run::Run;

/// The files of SSH in the folder of a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SshFiles {
    pub(crate) config: PathBuf,
    pub(crate) known_hosts: PathBuf,
    pub(crate) key: PathBuf,
}

impl SshFiles {
    pub(crate) fn in_folder(state: &Path) -> Self {
        Self {
            config: state.join("ssh_config"),
            known_hosts: state.join("known_hosts"),
            key: state.join("id_ed25519"),
        }
    }
}

/// One host as SSH sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The host's own name first, then its other names.
    pub(crate) names: Vec<String>,
    pub(crate) address: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    /// The public host key: type and base64.
    pub(crate) key: String,
}

/// The configuration: the entries, and a wall behind them, so that a name which is not a host of
/// the lab is never looked up, let alone dialled.
pub(crate) fn config_text(files: &SshFiles, entries: &[Entry]) -> String {
    let mut text = String::new();
    for Entry { names, address, port, user, key: _ } in entries {
        let own = names.first().map_or("", String::as_str);
        let _ = write!(
            text,
            "Host {}\n  HostName {address}\n  Port {port}\n  User {user}\n  \
             HostKeyAlias {own}\n  ProxyCommand none\n\n",
            names.join(" "),
        );
    }
    let SshFiles { config: _, known_hosts, key } = files;
    let _ = write!(
        text,
        "Host *\n  IdentityFile {}\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
         UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n  StrictHostKeyChecking yes\n  \
         UpdateHostKeys no\n  BatchMode yes\n  \
         ProxyCommand sh -c 'echo \"this name is not a host of the testbed\" >&2; exit 1'\n",
        quoted(key),
        quoted(known_hosts),
    );
    text
}

/// One line a host, under the name that `HostKeyAlias` gives it.
pub(crate) fn known_hosts_text(entries: &[Entry]) -> String {
    let line = |entry: &Entry| {
        entry.names.first().map(|own| format!("{own} {}\n", entry.key)).unwrap_or_default()
    };
    entries.iter().map(line).collect()
}

/// `%` and quotes mean something to ssh.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('%', "%%"))
}

/// The public half of the key in this file; the pair is made first if it is not there.
pub(crate) async fn ensure_key(path: &Path) -> Result<String> {
    let mut public = path.as_os_str().to_owned();
    public.push(".pub");
    let public = PathBuf::from(public);
    if !path.is_file() || !public.is_file() {
        files::remove_if_any(path);
        Run::new("making an SSH key", "ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-C", "hob-testbed", "-f"])
            .arg(path)
            .must()
            .await?;
    }
    let text = files::read_text(&public)?;
    Ok(text.split_whitespace().take(2).collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hosts_of_the_lab_can_be_dialled() {
        let entries = [Entry {
            names: vec!["pi5".into(), "pi5.tailnet.ts.net".into(), "192.168.1.100".into()],
            address: "10.213.0.10".into(),
            port: 2222,
            user: "deploy".into(),
            key: "ssh-ed25519 AAAA".into(),
        }];
        let files = SshFiles::in_folder(Path::new("/s 1/lab"));
        let text = config_text(&files, &entries);
        let expected = "\
Host pi5 pi5.tailnet.ts.net 192.168.1.100
  HostName 10.213.0.10
  Port 2222
  User deploy
  HostKeyAlias pi5
  ProxyCommand none

Host *
  IdentityFile \"/s 1/lab/id_ed25519\"
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile \"/s 1/lab/known_hosts\"
  GlobalKnownHostsFile none
  StrictHostKeyChecking yes
  UpdateHostKeys no
  BatchMode yes
  ProxyCommand sh -c 'echo \"this name is not a host of the testbed\" >&2; exit 1'
";
        assert_eq!(text, expected);
        assert_eq!(known_hosts_text(&entries), "pi5 ssh-ed25519 AAAA\n");
    }
}
