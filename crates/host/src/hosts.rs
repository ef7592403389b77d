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
    /// Socket of this machine's Engine for hosts that do not name one (`DOCKER_HOST`).
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
                let socket = socket.as_ref().map(PathBuf::from).or(self.docker_socket.clone());
                let socket = socket.unwrap_or_else(|| PathBuf::from(DOCKER_SOCKET));
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
