//! How a host is reached, as `hob.yaml` writes it.

use crate::desired::Connect;

/// Why a text says nothing about how to reach a host, and what to write.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BadConnect {
    pub(super) message: String,
    pub(super) hint: String,
}

const FORMS: &str = "write local, local:///path/to/docker.sock or ssh://[user@]host[:port]";

/// Reads `local`, `local:///path.sock` or `ssh://[user@]host[:port]`.
///
/// Host and user end up as arguments of `ssh`, so nothing that could be taken for an option and
/// nothing but the characters of names and addresses is let through.
pub(super) fn parse(text: &str) -> Result<Connect, BadConnect> {
    if text == "local" {
        return Ok(Connect::Local { socket: None });
    }
    if let Some(path) = text.strip_prefix("local://") {
        if path.starts_with('/') && path.len() > 1 {
            return Ok(Connect::Local { socket: Some(path.to_owned()) });
        }
        return Err(bad("the path of the socket is not absolute", "write local:///path/to.sock"));
    }
    if let Some(rest) = text.strip_prefix("ssh://") {
        return ssh(rest);
    }
    Err(match text.split_once("://") {
        Some((scheme, _)) => bad(&format!("Hob cannot connect over {scheme}"), FORMS),
        None if text.contains(['@', '.']) => match ssh(text) {
            Ok(_) => bad("how to connect is not said", &format!("write ssh://{text}")),
            Err(why) => why,
        },
        None => bad(&format!("{text:?} does not say how to connect"), FORMS),
    })
}

fn ssh(rest: &str) -> Result<Connect, BadConnect> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    if rest.contains('/') {
        return Err(bad("there is a path after the host", "write ssh://[user@]host[:port]"));
    }
    let (user, address) = match rest.rsplit_once('@') {
        Some((user, address)) => (Some(user), address),
        None => (None, rest),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err(bad(
            "there is a password in the address",
            "take it out: Hob uses SSH keys, and the file is in Git",
        ));
    }
    let (host, port) = host_and_port(address)?;
    if let Some(user) = user
        && !is_word(user)
    {
        return Err(bad(&format!("{user:?} is no user name"), "write ssh://user@host"));
    }
    if !(is_word(host) || is_ipv6(host)) {
        return Err(bad(&format!("{host:?} is no host name"), "write ssh://[user@]host[:port]"));
    }
    Ok(Connect::Ssh { user: user.map(str::to_owned), host: host.to_owned(), port })
}

fn host_and_port(address: &str) -> Result<(&str, Option<u16>), BadConnect> {
    let (host, port) = match address.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match address.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (address, None),
        },
    };
    let port = match port {
        None => None,
        Some(text) => match text.parse::<u16>() {
            Ok(port) if port > 0 => Some(port),
            _ => return Err(bad(&format!("{text:?} is no port"), "use a number up to 65535")),
        },
    };
    Ok((host, port))
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn is_ipv6(text: &str) -> bool {
    text.contains(':') && text.parse::<std::net::Ipv6Addr>().is_ok()
}

fn bad(message: &str, hint: &str) -> BadConnect {
    BadConnect { message: message.to_owned(), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match parse(text) {
            Ok(Connect::Local { socket }) => format!("local {}", socket.unwrap_or_default()),
            Ok(Connect::Ssh { user, host, port }) => {
                let port = port.map(|port| port.to_string()).unwrap_or_default();
                format!("ssh {} {host} {port}", user.unwrap_or_default())
            }
            Err(BadConnect { message, hint }) => format!("{message}: {hint}"),
        };
        assert_eq!(shown.trim_end(), expected, "{text}");
    }

    #[test]
    fn hosts_are_local_or_reached_over_ssh() {
        check("local", "local");
        check("local:///run/user/1000/docker.sock", "local /run/user/1000/docker.sock");
        check("ssh://nas", "ssh  nas");
        check("ssh://deploy@home.example.com:2222", "ssh deploy home.example.com 2222");
        check("ssh://deploy@[fd00::1]:22/", "ssh deploy fd00::1 22");
    }

    #[test]
    fn what_ssh_could_take_for_an_option_is_refused() {
        let form = "write ssh://[user@]host[:port]";
        check("ssh://-oProxyCommand=x", &format!("\"-oProxyCommand=x\" is no host name: {form}"));
        check("ssh://-l@nas", "\"-l\" is no user name: write ssh://user@host");
        check("ssh://", &format!("\"\" is no host name: {form}"));
        check("ssh://nas;reboot", &format!("\"nas;reboot\" is no host name: {form}"));
    }

    #[test]
    fn other_forms_are_explained() {
        check("deploy@nas.lan", "how to connect is not said: write ssh://deploy@nas.lan");
        check(
            "me:secret@nas.lan",
            "there is a password in the address: \
             take it out: Hob uses SSH keys, and the file is in Git",
        );
        check("nas", &format!("\"nas\" does not say how to connect: {FORMS}"));
        check("tcp://nas:2375", &format!("Hob cannot connect over tcp: {FORMS}"));
        check("ssh://nas:99999", "\"99999\" is no port: use a number up to 65535");
        check("ssh://nas/var", "there is a path after the host: write ssh://[user@]host[:port]");
        check(
            "local://docker.sock",
            "the path of the socket is not absolute: \
             write local:///path/to.sock",
        );
        check(
            "ssh://me:pw@nas",
            "there is a password in the address: \
             take it out: Hob uses SSH keys, and the file is in Git",
        );
    }
}
