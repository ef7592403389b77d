//! What the Engine means by what it says.

use bollard::errors::Error;

use super::redact;
use crate::HostErrorKind;

/// A request failed: on the way, or at the Engine.
#[derive(Debug)]
pub(crate) enum Failed {
    /// The Engine was not reached, or the connection broke.
    Way(String),
    /// The Engine refused, or something else.
    Kind(HostErrorKind),
}

/// The HTTP status that the Engine answered with.
pub(crate) fn status(error: &Error) -> Option<u16> {
    match error {
        Error::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

/// Turns an error of the client into what it means.
pub(crate) fn classify(error: Error) -> Failed {
    match error {
        Error::DockerResponseServerError { message, .. }
        | Error::DockerStreamError { error: message } => Failed::Kind(meaning(&message)),
        Error::SocketNotFoundError(_) => Failed::Way("there is no such socket".to_owned()),
        Error::HyperLegacyError { .. }
        | Error::HyperResponseError { .. }
        | Error::IOError { .. } => Failed::Way(chain(&error)),
        other => Failed::Kind(HostErrorKind::Engine(chain(&other))),
    }
}

/// Turns an error into what is wrong, for streams, where nothing is repeated.
pub(crate) fn kind(error: Error) -> HostErrorKind {
    match classify(error) {
        Failed::Kind(kind) => kind,
        Failed::Way(why) => {
            HostErrorKind::Unreachable(format!("the connection to its Docker Engine broke: {why}"))
        }
    }
}

/// What an Engine's message is about, as far as its owner can do something about it.
pub(crate) fn meaning(message: &str) -> HostErrorKind {
    let message = redact::clean_options(message.trim());
    if message.contains("no space left on device") {
        return HostErrorKind::DiskFull(message);
    }
    let port_taken =
        message.contains("port is already allocated") || message.contains("address already in use");
    if port_taken && let Some(port) = taken_port(&message) {
        return HostErrorKind::PortTaken { port };
    }
    HostErrorKind::Engine(message)
}

/// The port in `Bind for 0.0.0.0:8080 failed: port is already allocated`, in `listen tcp4
/// 0.0.0.0:8080: bind: address already in use` and in what newer Engines say of them. The address
/// is left out if it stands for all.
fn taken_port(message: &str) -> Option<String> {
    let from = [
        "Bind for ",
        "listen tcp4 ",
        "listen tcp6 ",
        "listen tcp ",
        "listen udp4 ",
        "listen udp6 ",
        "listen udp ",
        "failed to bind host port for ",
        "failed to bind host port ",
    ]
    .iter()
    .find_map(|before| message.find(before).map(|at| at + before.len()))?;
    let rest = message.get(from..)?;
    let address = rest.split([' ', ',']).next()?.trim_end_matches(':');
    let address = address.split('/').next()?;
    // Newer Engines add the container's end: `0.0.0.0:8080:172.17.0.2:80`.
    let parts: Vec<&str> = address.split(':').collect();
    let (host, port) = match parts.as_slice() {
        [host, port] | [host, port, _, _] if !host.starts_with('[') => ((*host).to_owned(), *port),
        _ => {
            let (host, port) = address.split_once("]:")?;
            (format!("{host}]"), port.split(':').next()?)
        }
    };
    port.parse::<u16>().ok()?;
    match host.as_str() {
        "0.0.0.0" | "[::]" | "" => Some(port.to_owned()),
        host => Some(format!("{host}:{port}")),
    }
}

/// An error and its causes, each said once.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: &str) {
        assert_eq!(meaning(message).to_string(), expected);
    }

    #[test]
    fn a_taken_port_is_named() {
        check(
            "driver failed programming external connectivity on endpoint web (0a1b): Bind for \
             0.0.0.0:8080 failed: port is already allocated",
            "port 8080 of the host is taken",
        );
        check(
            "driver failed programming external connectivity on endpoint web (0a1b): Error \
             starting userland proxy: listen tcp4 127.0.0.1:53: bind: address already in use",
            "port 127.0.0.1:53 of the host is taken",
        );
        check(
            "failed to set up container networking: driver failed programming external \
             connectivity on endpoint web: failed to bind host port for 0.0.0.0:80:172.18.0.2:80/tcp: \
             address already in use",
            "port 80 of the host is taken",
        );
        check(
            "failed to bind host port 0.0.0.0:80/tcp: address already in use",
            "port 80 of the host is taken",
        );
        check(
            "Error starting userland proxy: listen tcp6 [::1]:53: bind: address already in use",
            "port [::1]:53 of the host is taken",
        );
    }

    #[test]
    fn other_messages_pass() {
        check(
            "write /var/lib/docker/tmp/x: no space left on device\n",
            "no space left on the host: write /var/lib/docker/tmp/x: no space left on device",
        );
        check("network a not found", "the Docker Engine said: network a not found");
        check(
            "failed to mount local volume: data: addr=nas,password=hunter2: invalid argument",
            "the Docker Engine said: failed to mount local volume: data: addr=nas,\
             password=<hidden>: invalid argument",
        );
        check("address already in use", "the Docker Engine said: address already in use");
    }
}
