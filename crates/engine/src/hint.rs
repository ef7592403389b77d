//! What to try when something goes wrong on a host.

use hob_host::HostErrorKind;

/// What to try, if there is something to try.
pub fn hint(kind: &HostErrorKind) -> Option<String> {
    Some(match kind {
        HostErrorKind::Unreachable(_) | HostErrorKind::TimedOut(_) => {
            "is the machine up, and does ssh with the address in hob.yaml reach it?".to_owned()
        }
        HostErrorKind::HostKeyChanged => {
            "if the machine was set up anew, remove the old key with ssh-keygen -R and connect \
             once with ssh to see the new one; if not, somebody may be in between"
                .to_owned()
        }
        HostErrorKind::HostKeyUnknown => {
            "connect once with ssh and compare the key with the machine's own".to_owned()
        }
        HostErrorKind::LoginRefused { user } => {
            format!("is your public key in ~/.ssh/authorized_keys of user {user} on the host?")
        }
        HostErrorKind::NoEngine { .. } => {
            "install Docker Engine on the host, and start it: systemctl enable --now docker"
                .to_owned()
        }
        HostErrorKind::NoRights { user, .. } => {
            format!("on the host, as root: usermod -aG docker {user}; then log in again")
        }
        HostErrorKind::EngineTooOld(_) => {
            "install Docker Engine 20.10 or newer on the host".to_owned()
        }
        HostErrorKind::NoImage { .. } => {
            "check the name and tag of the image, and that the host may pull it".to_owned()
        }
        HostErrorKind::PortTaken { .. } => {
            "stop what holds the port, or publish another one; hob check tells who holds it"
                .to_owned()
        }
        HostErrorKind::DiskFull(_) => {
            "make space on the host, for example with docker image prune".to_owned()
        }
        HostErrorKind::RootFolder { path, .. } => {
            format!("on the host, as root: make {path} and give it to the deploy user")
        }
        HostErrorKind::NotOurs { name } => {
            format!("rename the service, or remove container {name} by hand")
        }
        HostErrorKind::BadVerdict { .. } => {
            "mend the service in the repository, and apply again".to_owned()
        }
        HostErrorKind::Engine(_) | HostErrorKind::Other(_) => return None,
    })
}
