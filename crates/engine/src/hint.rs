//! What to try about a host that cannot be used, with its own address in the commands.

use hob_host::HostErrorKind;
use hob_model::desired::{Connect, DesiredHost};

/// What to try, if there is something to try.
pub fn hint(kind: &HostErrorKind, host: &DesiredHost) -> Option<String> {
    let Connect::Ssh { user, host: address, port } = &host.connect else { return kind.hint() };
    let port = port.filter(|port| *port != 22);
    let mut ssh = String::from("ssh ");
    if let Some(port) = port {
        ssh += &format!("-p {port} ");
    }
    if let Some(user) = user {
        ssh += &format!("{user}@");
    }
    ssh += address;
    Some(match kind {
        HostErrorKind::Unreachable(_) | HostErrorKind::TimedOut(_) => {
            format!("is the machine up, and does {ssh} reach it?")
        }
        HostErrorKind::HostKeyChanged => {
            let known = match port {
                Some(port) => format!("\"[{address}]:{port}\""),
                None => address.clone(),
            };
            format!(
                "if the machine was set up anew: ssh-keygen -R {known}, then {ssh}, which shows \
                 the new key; it must be one that ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub \
                 shows on the machine itself. If it was not set up anew, somebody may be in between"
            )
        }
        HostErrorKind::HostKeyUnknown => format!(
            "connect once: {ssh}; the key that it shows must be one that ssh-keygen -lf \
             /etc/ssh/ssh_host_ed25519_key.pub shows on the machine itself"
        ),
        HostErrorKind::LoginRefused { user } => format!(
            "does {ssh} let you in? If not, your public key is missing in ~/.ssh/authorized_keys \
             of user {user} on the host: ssh-copy-id puts it there"
        ),
        kind => return kind.hint(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::desired_of;

    fn check(connect: &str, kind: &HostErrorKind) -> String {
        let desired =
            desired_of(&format!("homelab: home\nhosts: {{ nas: {{ connect: '{connect}' }} }}\n"));
        hint(kind, &desired.hosts["nas"]).unwrap_or_default()
    }

    #[test]
    fn commands_have_the_address_in_them() {
        let gone = HostErrorKind::Unreachable("no route to host".into());
        assert_eq!(
            check("ssh://ida@nas.lan", &gone),
            "is the machine up, and does ssh ida@nas.lan reach it?"
        );
        let text = check("ssh://ida@nas.lan:2222", &HostErrorKind::HostKeyChanged);
        assert!(text.contains("ssh-keygen -R \"[nas.lan]:2222\", then ssh -p 2222 ida@nas.lan,"));
        let text = check("ssh://nas.lan", &HostErrorKind::HostKeyChanged);
        assert!(text.contains("ssh-keygen -R nas.lan, then ssh nas.lan,"), "{text}");
    }

    #[test]
    fn other_errors_keep_their_hints() {
        let full = HostErrorKind::DiskFull("x".into());
        assert_eq!(Some(check("ssh://nas.lan", &full)), full.hint());
        assert_eq!(Some(check("local", &full)), full.hint());
    }
}
