//! What `ssh` means by what it says.

use crate::HostErrorKind;

/// Lines of what `ssh` said that go into a message.
const LINES_MAX: usize = 4;

/// Turns the error output of an `ssh` that failed (exit code 255) into what went wrong. `user` is
/// who Hob asked to log in as.
pub(crate) fn classify(stderr: &str, user: Option<&str>) -> HostErrorKind {
    let says = |text: &str| stderr.contains(text);
    if says("REMOTE HOST IDENTIFICATION HAS CHANGED")
        || says("has changed and you have requested strict checking")
        || says("REVOKED HOST KEY")
    {
        return HostErrorKind::HostKeyChanged;
    }
    if says("key is known for") || says("Host key verification failed") {
        return HostErrorKind::HostKeyUnknown;
    }
    if says("Permission denied (")
        || says("Too many authentication failures")
        || says("No supported authentication methods")
    {
        let user = refused_user(stderr).or(user).unwrap_or("(as the SSH configuration says)");
        return HostErrorKind::LoginRefused { user: user.to_owned() };
    }
    let why = lines(stderr);
    let unreachable = [
        "Could not resolve hostname",
        "Name or service not known",
        "Connection refused",
        "Connection timed out",
        "Operation timed out",
        "timed out during banner exchange",
        "Timeout, server",
        "No route to host",
        "Network is unreachable",
        "Host is unreachable",
        "Host is down",
        "Connection reset",
        "Connection closed",
        "closed by remote host",
        "Broken pipe",
        "kex_exchange_identification",
    ];
    if unreachable.iter().any(|text| says(text)) {
        return HostErrorKind::Unreachable(why);
    }
    HostErrorKind::Other(match why.as_str() {
        "" => "ssh ended without a word".to_owned(),
        why => format!("ssh: {why}"),
    })
}

/// Whether the connection ended before it began, as it does when a jump host or a proxy command
/// fails.
pub(super) fn is_about_proxy(stderr: &str) -> bool {
    stderr.contains("kex_exchange_identification") || stderr.contains("UNKNOWN port")
}

/// What was said, in one line. The first lines may be those of a proxy command.
fn lines(stderr: &str) -> String {
    let lines = stderr.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines = lines.map(|line| line.strip_prefix("ssh: ").unwrap_or(line));
    lines.take(LINES_MAX).collect::<Vec<_>>().join("; ")
}

/// The user in `deploy@nas: Permission denied (publickey).`
fn refused_user(stderr: &str) -> Option<&str> {
    let line = stderr.lines().find(|line| line.contains(": Permission denied ("))?;
    let (user, _) = line.split_once('@')?;
    Some(user.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stderr: &str, expected: &str) {
        assert_eq!(classify(stderr, Some("asked")).to_string(), expected);
    }

    #[test]
    fn host_keys() {
        check(
            "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\n\
             @    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n\
             Offending ED25519 key in /home/a/.ssh/known_hosts:3\n\
             Host key for nas has changed and you have requested strict checking.\n\
             Host key verification failed.\n",
            "its SSH host key is not the one that is known",
        );
        check(
            "No ED25519 host key is known for [127.0.0.1]:2201 and you have requested strict \
             checking.\r\nHost key verification failed.\r\n",
            "its SSH host key is not known",
        );
    }

    #[test]
    fn logins() {
        check(
            "deploy@10.0.0.2: Permission denied (publickey,password).\r\n",
            "it does not let user deploy in",
        );
        check("Permission denied (publickey).\n", "it does not let user asked in");
        check(
            "Received disconnect from 10.0.0.2 port 22:2: Too many authentication failures\n",
            "it does not let user asked in",
        );
    }

    #[test]
    fn ways() {
        check(
            "ssh: Could not resolve hostname nas.example.invalid: Name or service not known\r\n",
            "cannot be reached: Could not resolve hostname nas.example.invalid: \
             Name or service not known",
        );
        check(
            "ssh: connect to host 127.0.0.1 port 1: Connection refused\r\n",
            "cannot be reached: connect to host 127.0.0.1 port 1: Connection refused",
        );
        check(
            "Connection timed out during banner exchange\r\n\
             Connection to 127.0.0.1 port 2201 timed out\r\n",
            "cannot be reached: Connection timed out during banner exchange; \
             Connection to 127.0.0.1 port 2201 timed out",
        );
        check(
            "kex_exchange_identification: Connection closed by remote host\n\
             Connection closed by 127.0.0.1 port 2201\n",
            "cannot be reached: kex_exchange_identification: Connection closed by remote host; \
             Connection closed by 127.0.0.1 port 2201",
        );
        check(
            "client_loop: send disconnect: Broken pipe\n",
            "cannot be reached: client_loop: send disconnect: Broken pipe",
        );
    }

    #[test]
    fn the_rest_is_passed_on() {
        check(
            "/home/a/.ssh/config: line 3: Bad configuration option: foo\n",
            "ssh: /home/a/.ssh/config: line 3: Bad configuration option: foo",
        );
        check("", "ssh ended without a word");
    }
}
