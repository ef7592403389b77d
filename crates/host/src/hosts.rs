//! Opening real hosts.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use hob_model::{
    HostName,
    desired::{Connect, DesiredHost},
};

use crate::{
    Host, HostError, HostErrorKind, Hosts,
    docker::DockerHost,
    own_files,
    transport::{DOCKER_SOCKET, Destination, Local, Ssh, Transport},
};

/// Hosts as they are: this machine's Engine, and others through OpenSSH. The caller reads the
/// environment and the command line; nothing is read from there here.
#[derive(Clone, Debug)]
pub struct RealHosts {
    /// SSH configuration instead of the user's own.
    pub ssh_config: Option<PathBuf>,
    /// Where sockets of connections lie; see [`private_runtime_dir`].
    pub runtime_dir: PathBuf,
    /// Where this machine's Engine listens, for hosts that do not name a socket: `DOCKER_HOST` as
    /// it is, `unix:///path` or the path itself. Any other address is an error once such a host is
    /// opened.
    pub docker_socket: Option<PathBuf>,
    /// Docker's `config.json` of this machine, for the credentials of registries.
    pub docker_config: Option<PathBuf>,
}

#[async_trait]
impl Hosts for RealHosts {
    async fn open(&self, name: &HostName, host: &DesiredHost) -> Result<Arc<dyn Host>, HostError> {
        let transport = self.transport(&host.connect).map_err(|kind| HostError {
            host: name.clone(),
            doing: "connecting".to_owned(),
            kind,
        })?;
        let credentials = self.docker_config.clone();
        let host = DockerHost::open(name.clone(), &host.root, transport, credentials).await?;
        Ok(Arc::new(host))
    }
}

impl RealHosts {
    fn transport(&self, connect: &Connect) -> Result<Transport, HostErrorKind> {
        match connect {
            Connect::Local { socket } => {
                let socket = match (socket, &self.docker_socket) {
                    (Some(socket), _) => PathBuf::from(socket),
                    (None, Some(address)) => local_socket(address)?,
                    (None, None) => PathBuf::from(DOCKER_SOCKET),
                };
                Ok(Transport::Local(Local::new(socket)))
            }
            Connect::Ssh { user, host, port } => {
                let destination = Destination::new(user.as_deref(), host, *port)?;
                let ssh = Ssh::new(destination, self.ssh_config.clone(), &self.runtime_dir)?;
                Ok(Transport::Ssh(Box::new(ssh)))
            }
        }
    }
}

/// The socket that an address such as that in `DOCKER_HOST` names.
fn local_socket(address: &Path) -> Result<PathBuf, HostErrorKind> {
    let text = address.to_string_lossy();
    let path = text.strip_prefix("unix://").map_or(address, Path::new);
    if path.is_absolute() {
        return Ok(path.to_owned());
    }
    // The rest of it may hold a name and a password.
    let scheme = text.split_once("://").map_or("host:port", |(scheme, _)| scheme);
    Err(HostErrorKind::DockerHost { scheme: scheme.chars().take(20).collect() })
}

/// Makes the folder for the sockets of connections, which nobody else can enter: below
/// `xdg_runtime_dir` (`XDG_RUNTIME_DIR`) if there is one, else below `/tmp`.
///
/// # Errors
/// If it cannot be made, or is there and somebody else's or open to others.
pub fn private_runtime_dir(xdg_runtime_dir: Option<&Path>) -> io::Result<PathBuf> {
    let me = own_files::own_user_id()?;
    let folder = match xdg_runtime_dir.filter(|folder| folder.is_dir()) {
        Some(folder) => folder.join("hob"),
        None => PathBuf::from(format!("/tmp/hob-{me}")),
    };
    match fs::DirBuilder::new().mode(0o700).create(&folder) {
        Err(why) if why.kind() != io::ErrorKind::AlreadyExists => {
            return Err(own_files::named(&folder, &why));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(&folder).map_err(|why| own_files::named(&folder, &why))?;
    if !found.is_dir() || found.uid() != me || found.permissions().mode() & 0o077 != 0 {
        let why = format!("{} is not a folder that only its owner can enter", folder.display());
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    }
    Ok(folder)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests may panic")]

    use super::*;

    #[test]
    fn docker_host_names_a_socket_or_nothing_that_hob_takes() {
        let check = |address: &str| match local_socket(Path::new(address)) {
            Ok(socket) => socket.display().to_string(),
            Err(why) => why.to_string(),
        };
        assert_eq!(check("unix:///run/user/7/docker.sock"), "/run/user/7/docker.sock");
        assert_eq!(check("/run/docker.sock"), "/run/docker.sock");
        let refused = |scheme: &str| {
            format!("DOCKER_HOST is a {scheme} address, and `connect: local` needs a unix:// one")
        };
        assert_eq!(check("tcp://ida:secret@nas:2375"), refused("tcp"));
        assert_eq!(check("ssh://deploy@nas"), refused("ssh"));
        assert_eq!(check("nas:2375"), refused("host:port"));
        assert_eq!(check("unix://docker.sock"), refused("unix"));
    }

    #[test]
    fn the_runtime_folder_is_private() {
        let above = tempfile::tempdir().unwrap();
        let folder = private_runtime_dir(Some(above.path())).unwrap();
        assert_eq!(folder, above.path().join("hob"));
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(private_runtime_dir(Some(above.path())).unwrap(), folder);
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(private_runtime_dir(Some(above.path())).is_err());
    }
}
