//! Argument vectors for `ssh`. Nothing here becomes part of a shell's text.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use hob_model::Digest;

use crate::HostErrorKind;

/// Longest path of a Unix socket, less what `ssh` adds while it makes one.
const SOCKET_PATH_BYTES_MAX: usize = 107 - 18;

/// Where to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    user: Option<String>,
    host: String,
    port: Option<u16>,
}

impl Destination {
    /// Refuses what `ssh` would take for an option.
    pub(crate) fn new(
        user: Option<&str>,
        host: &str,
        port: Option<u16>,
    ) -> Result<Self, HostErrorKind> {
        let bad = |text: &str| {
            text.is_empty()
                || text.starts_with('-')
                || text.chars().any(|letter| letter.is_control() || letter.is_whitespace())
        };
        if bad(host) {
            return Err(HostErrorKind::Other(format!("{host:?} is no host name")));
        }
        if let Some(user) = user.filter(|user| bad(user)) {
            return Err(HostErrorKind::Other(format!("{user:?} is no user name")));
        }
        Ok(Self { user: user.map(str::to_owned), host: host.to_owned(), port })
    }

    /// As people write it.
    pub(crate) fn shown(&self) -> String {
        let user = self.user.as_ref().map(|user| format!("{user}@")).unwrap_or_default();
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{user}{}{port}", self.host)
    }

    /// The user, if the homelab names one.
    pub(crate) fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }
}

/// Where the ends of a connection lie on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    /// Socket of the connection's master.
    pub(crate) control: PathBuf,
    /// Socket that leads to the host's Engine.
    pub(crate) socket: PathBuf,
    /// What the master complains about.
    pub(crate) log: PathBuf,
    /// Held while a master is started.
    pub(crate) lock: PathBuf,
}

impl Ends {
    /// The same for every run with the same destination and configuration, so that a run finds the
    /// connection of the one before.
    pub(crate) fn new(
        runtime_dir: &Path,
        destination: &Destination,
        config: Option<&Path>,
    ) -> Result<Self, HostErrorKind> {
        let config = config.map(|path| path.display().to_string());
        let digest = Digest::of(format!("{destination:?} {config:?}").as_bytes());
        let end = |extension: &str| runtime_dir.join(format!("{}.{extension}", digest.short()));
        let ends =
            Self { control: end("ctl"), socket: end("sock"), log: end("log"), lock: end("lock") };
        let socket = ends.socket.as_os_str();
        let usable = socket.len() <= SOCKET_PATH_BYTES_MAX
            && socket.to_str().is_some_and(|path| !path.contains(':'));
        if usable {
            Ok(ends)
        } else {
            Err(HostErrorKind::Other(format!(
                "sockets cannot lie in {}: the path is too long or has a colon in it",
                runtime_dir.display()
            )))
        }
    }
}

/// Options of every call. Host keys are always checked; nobody is asked anything.
pub(crate) fn common(ends: &Ends, config: Option<&Path>) -> Vec<OsString> {
    let mut args: Vec<OsString> = Vec::new();
    if let Some(config) = config {
        args.extend(["-F".into(), config.into()]);
    }
    args.push("-T".into());
    // `ssh` expands percent signs in this path.
    let control = ends.control.display().to_string().replace('%', "%%");
    args.extend(["-S".into(), control.into()]);
    for option in [
        "BatchMode=yes",
        "StrictHostKeyChecking=yes",
        "ConnectTimeout=10",
        "ServerAliveInterval=5",
        "ServerAliveCountMax=3",
        "ForwardAgent=no",
        "ForwardX11=no",
        "PermitLocalCommand=no",
        "RemoteCommand=none",
        "Tunnel=no",
        "LogLevel=ERROR",
    ] {
        args.extend(["-o".into(), option.into()]);
    }
    args
}

/// Options of every call that is not to become a master, whatever the user's configuration says
/// of masters: one that did would lie on the control socket without the way to the Engine.
pub(crate) fn client(is_new: bool) -> Vec<OsString> {
    let mut args: Vec<OsString> = Vec::new();
    for option in ["ControlMaster=no", "ControlPersist=no"] {
        args.extend(["-o".into(), option.into()]);
    }
    for option in ["StdinNull=no", "ForkAfterAuthentication=no"].iter().filter(|_| is_new) {
        args.extend(["-o".into(), option.into()]);
    }
    args
}

/// Options of a call that runs a script.
pub(crate) fn session(is_new: bool) -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["-o".into(), "ClearAllForwardings=yes".into()];
    if is_new {
        args.extend(["-o".into(), "SessionType=default".into()]);
    }
    args
}

/// Whether an OpenSSH that calls itself so (`ssh -V`) has options of its own for what `-N`, `-n`
/// and `-f` say: since 8.7 a configuration may set them, and older ones do not know their names.
pub(crate) fn is_new(version: &str) -> bool {
    let number = || {
        let (_, rest) = version.split_once("OpenSSH_")?;
        let (major, rest) = rest.split_once('.')?;
        let minor: String = rest.chars().take_while(char::is_ascii_digit).collect();
        Some((major.parse::<u32>().ok()?, minor.parse::<u32>().ok()?))
    };
    number().is_some_and(|number| number >= (8, 7))
}

/// Where to, and after it what to run there.
pub(crate) fn destination(destination: &Destination, command: Option<&str>) -> Vec<OsString> {
    let mut args: Vec<OsString> = Vec::new();
    if let Some(user) = &destination.user {
        args.extend(["-l".into(), user.into()]);
    }
    if let Some(port) = destination.port {
        args.extend(["-p".into(), port.to_string().into()]);
    }
    args.extend(["--".into(), OsString::from(&destination.host)]);
    args.extend(command.map(OsString::from));
    args
}

/// Options that start a master in the background. Forwardings of the user's own configuration are
/// none of its business.
pub(crate) fn master() -> Vec<OsString> {
    let mut args: Vec<OsString> = vec!["-M".into(), "-N".into(), "-f".into()];
    for option in ["ControlPersist=60", "ClearAllForwardings=yes", "StreamLocalBindMask=0177"] {
        args.extend(["-o".into(), option.into()]);
    }
    args
}

/// Options that ask a master to lead a local socket to the Engine's, or no longer.
pub(crate) fn forward(verb: &str, ends: &Ends, engine_socket: &str) -> Vec<OsString> {
    vec![
        "-O".into(),
        verb.into(),
        "-L".into(),
        format!("{}:{engine_socket}", ends.socket.display()).into(),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use std::io::Write;

    use super::*;
    use crate::own_files;

    fn shown(args: Vec<OsString>) -> String {
        args.iter()
            .map(|arg| arg.to_str().unwrap())
            .collect::<Vec<_>>()
            .join("\n")
            .replace("-o\n", "-o ")
    }

    #[test]
    fn a_destination_is_never_an_option() {
        let check = |user, host| Destination::new(user, host, None).is_ok();
        assert!(check(Some("deploy"), "nas.example.com"));
        assert!(check(None, "nas"));
        for bad in ["", "-oProxyCommand=x", "a b", "a\nb"] {
            assert!(!check(None, bad), "{bad:?}");
            assert!(!check(Some(bad), "nas"), "{bad:?}");
        }
    }

    #[test]
    fn arguments_are_complete_and_in_order() {
        let to = Destination::new(Some("deploy"), "nas", Some(2222)).unwrap();
        let ends = Ends::new(Path::new("/run/user/7/100%/hob"), &to, None).unwrap();
        let args = [
            common(&ends, Some(Path::new("/c f"))),
            client(true),
            session(true),
            destination(&to, Some("sh")),
        ];
        let args = args.concat();
        insta::assert_snapshot!("call", shown(args));
        insta::assert_snapshot!("master", shown(master()));
        insta::assert_snapshot!(
            "forward",
            shown(forward("forward", &ends, "/var/run/docker.sock"))
        );
    }

    #[test]
    fn options_are_only_given_to_those_who_know_them() {
        assert!(is_new("OpenSSH_9.2p1 Debian-2+deb12u6, OpenSSL 3.0.19 27 Jan 2026\n"));
        assert!(is_new("OpenSSH_8.7p1, OpenSSL 3.0.1") && is_new("OpenSSH_10.0p2"));
        assert!(!is_new("OpenSSH_8.4p1 Debian-5") && !is_new("Sun_SSH_1.1") && !is_new(""));
        let old = shown([client(false), session(false)].concat());
        assert_eq!(old, "-o ControlMaster=no\n-o ControlPersist=no\n-o ClearAllForwardings=yes");
    }

    /// What `ssh -G` says comes of our arguments and a configuration that is made for tunnels.
    #[test]
    fn the_users_configuration_cannot_turn_a_call_into_something_else() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("config");
        let hostile = "Host *\n ControlMaster auto\n ControlPersist 1h\n ControlPath ~/c-%C\n \
                       RemoteCommand top\n RequestTTY force\n PermitLocalCommand yes\n Tunnel yes\n \
                       LocalForward 1234 localhost:80\n ForwardAgent yes\n User ida\n";
        let newer = " SessionType none\n StdinNull yes\n ForkAfterAuthentication yes\n";
        let version = std::process::Command::new("ssh").arg("-V").output().unwrap().stderr;
        let is_new = is_new(&String::from_utf8_lossy(&version));
        let hostile = format!("{hostile}{}", if is_new { newer } else { "" });
        own_files::create(&config).unwrap().write_all(hostile.as_bytes()).unwrap();
        let to = Destination::new(None, "nas", None).unwrap();
        let ends = Ends::new(folder.path(), &to, Some(&config)).unwrap();
        let effective = |options: Vec<OsString>| {
            let mut ssh = std::process::Command::new("ssh");
            ssh.arg("-G").args(common(&ends, Some(&config))).args(options);
            let output = ssh.args(destination(&to, None)).output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            String::from_utf8(output.stdout).unwrap()
        };
        let call = effective([client(is_new), session(is_new)].concat());
        let control = format!("controlpath {}", ends.control.display());
        let mut expected = vec!["user ida", "controlmaster false", "requesttty false", &control];
        expected.extend(["permitlocalcommand no", "tunnel false", "forwardagent no"]);
        if is_new {
            let newer = ["sessiontype default", "stdinnull no", "forkafterauthentication no"];
            expected.extend(newer);
        }
        for line in expected {
            assert!(call.lines().any(|found| found == line), "{line}\n{call}");
        }
        assert!(!call.contains("localforward") && !call.contains("remotecommand top"), "{call}");
        let master = effective(master());
        let mut expected = vec!["controlmaster true", "controlpersist 60", &control];
        expected.extend(is_new.then_some("sessiontype none"));
        for line in expected {
            assert!(master.lines().any(|found| found == line), "{line}\n{master}");
        }
        assert!(!master.contains("localforward"), "{master}");
    }

    #[test]
    fn connections_of_different_destinations_are_apart() {
        let ends = |user, config: Option<&str>| {
            let to = Destination::new(user, "nas", None).unwrap();
            Ends::new(Path::new("/run"), &to, config.map(Path::new)).unwrap().control
        };
        assert_eq!(ends(None, None), ends(None, None));
        assert_ne!(ends(None, None), ends(Some("a"), None));
        assert_ne!(ends(None, None), ends(None, Some("/c")));
        let to = Destination::new(None, "nas", None).unwrap();
        assert!(Ends::new(Path::new(&"/long".repeat(20)), &to, None).is_err());
        assert!(Ends::new(Path::new("/a:b"), &to, None).is_err());
    }
}
