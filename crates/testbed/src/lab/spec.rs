//! What a lab is to be.

use std::collections::BTreeMap;

use super::error::{LabError, Result};
use super::image::sha256;
use super::name::ImageName;

/// Hosts in one network of this machine.
pub(crate) const HOSTS_MAX: usize = 100;

/// A lab: hosts on one private network, and a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabSpec {
    /// Lower-case letters, digits and dashes. Labs of other names are not touched.
    pub name: String,
    /// All of its hosts; one that is not here any more goes away.
    pub hosts: Vec<HostSpec>,
    /// Image names that the registry answers for with the default stand-in.
    pub images: Vec<ImageName>,
}

impl LabSpec {
    /// A lab of plain hosts with these names.
    #[must_use]
    pub fn new<S: AsRef<str>>(name: &str, hosts: impl IntoIterator<Item = S>) -> Self {
        let hosts = hosts.into_iter().map(|host| HostSpec::new(host.as_ref())).collect();
        Self { name: name.to_owned(), hosts, images: Vec::new() }
    }

    pub(crate) fn check(&self) -> Result<()> {
        check_name("lab", &self.name)?;
        if self.hosts.len() > HOSTS_MAX {
            let wanted = self.hosts.len();
            return Err(LabError::Asked(format!(
                "{wanted} hosts, but a lab has {HOSTS_MAX} at most"
            )));
        }
        let mut seen = std::collections::BTreeSet::new();
        for host in &self.hosts {
            check_name("host", &host.name)?;
            check_name("user", &host.user)?;
            if host.name == "registry" {
                return Err(LabError::Asked("a host cannot be called \"registry\"".to_owned()));
            }
            for name in std::iter::once(&host.name).chain(&host.aliases) {
                let plain = |c: char| c.is_ascii_alphanumeric() || ".:-_".contains(c);
                if name.is_empty() || !name.chars().all(plain) {
                    return Err(LabError::Asked(format!("{name:?} is not a name of a host")));
                }
                if !seen.insert(name) {
                    return Err(LabError::Asked(format!("two hosts are called {name:?}")));
                }
            }
        }
        Ok(())
    }
}

/// Names become parts of paths, of container names and of shell settings.
pub(crate) fn check_name(what: &str, name: &str) -> Result<()> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > 40 || name.starts_with('-') || !name.chars().all(plain) {
        return Err(LabError::Asked(format!(
            "{what} {name:?}: give it 1 to 40 lower-case letters, digits and dashes"
        )));
    }
    Ok(())
}

/// One host of a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostSpec {
    /// Lower-case letters, digits and dashes.
    pub name: String,
    /// Other names in `ssh_config`: addresses and domain names from a homelab's files.
    pub aliases: Vec<String>,
    /// Whether systemd is its process 1.
    pub systemd: bool,
    /// Bytes of memory for the host and all its containers.
    pub memory_limit: Option<u64>,
    /// Bytes of each of two disks, `/var/lib/docker` and `/opt/hob`. They live in memory and are
    /// lost when the host stops, but can be filled without harm.
    pub disk_limit: Option<u64>,
    /// Environment variables of every login.
    pub env: BTreeMap<String, String>,
    /// The deploy user: in the group `docker`, owner of `/opt/hob`, no rights beyond that.
    pub user: String,
    /// Where sshd listens.
    pub ssh_port: u16,
}

impl HostSpec {
    /// A plain host: no systemd, no limits, user `deploy`, port 22.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            aliases: Vec::new(),
            systemd: false,
            memory_limit: None,
            disk_limit: None,
            env: BTreeMap::new(),
            user: "deploy".to_owned(),
            ssh_port: 22,
        }
    }

    /// A user name that logs in everywhere and has no rights on the Docker socket.
    pub const STRANGER: &'static str = "stranger";

    pub(crate) fn users(&self) -> String {
        format!("{} docker\n{} none\n", self.user, Self::STRANGER)
    }

    /// Read by a shell: values are numbers and checked names.
    pub(crate) fn settings(&self) -> String {
        let Self { user, ssh_port, disk_limit, .. } = self;
        let disk_limit = disk_limit.map(|bytes| bytes.to_string()).unwrap_or_default();
        format!("owner={user}\nssh_port={ssh_port}\ndisk_limit={disk_limit}\n")
    }

    pub(crate) fn environment(&self) -> String {
        self.env.iter().map(|(key, value)| format!("{key}={value:?}\n")).collect()
    }
}

/// The third byte where a lab begins to look for a free network: `10.213.x.0/24`.
pub(crate) fn first_subnet(lab: &str) -> u8 {
    let digest = sha256(lab.as_bytes());
    digest.get(7..9).and_then(|two| u8::from_str_radix(two, 16).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    #[test]
    fn names_are_checked() {
        assert!(LabSpec::new("demo", ["pi5", "pi-zero-1"]).check().is_ok());
        for (lab, hosts) in [("Demo", vec!["a"]), ("demo", vec!["a b"]), ("demo", vec!["a", "a"])] {
            assert!(LabSpec::new(lab, hosts).check().is_err());
        }
        let mut spec = LabSpec::new("demo", ["a"]);
        spec.hosts[0].aliases = vec!["a.example".into(), "192.168.1.4".into()];
        assert!(spec.check().is_ok());
        spec.hosts[0].aliases = vec!["*".into()];
        assert!(spec.check().is_err());
    }

    #[test]
    fn settings_are_for_a_shell() {
        let mut host = HostSpec::new("a");
        host.disk_limit = Some(1024);
        assert_eq!(host.settings(), "owner=deploy\nssh_port=22\ndisk_limit=1024\n");
    }
}
