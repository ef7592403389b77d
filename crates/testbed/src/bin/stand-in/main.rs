//! The one program in every stand-in image: a server that answers, whatever it is called.
//!
//! Compose files in the wild start images with any `command:` and `entrypoint:`, and probe them
//! with whatever tool the real image carries. So this program looks at the name it was called by
//! and at its first argument: a shell runs in busybox, a known probe (`curl`, `pg_isready`, ...)
//! asks the server of the same container, and everything else *is* the server, unless one runs
//! already, in which case it is a probe too (`docker exec app python manage.py check`).
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "printing is what this program does")]

mod behaviour;
mod probe;
mod server;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

const BUSYBOX: &str = "/bin/busybox";
/// Set by the supervisor for its child, so that the child does not supervise again.
const SUPERVISED: &str = "STANDIN_SUPERVISED";
const SHELLS: &[&str] = &["sh", "ash", "bash", "dash"];
/// Busybox tools that a Compose file may name as the command itself.
const TOOLS: &[&str] = &[
    "cat", "chown", "cp", "date", "echo", "env", "false", "id", "ls", "mkdir", "printf", "sleep",
    "tail", "test", "touch", "true",
];
/// Process 1 gets no default action for a signal, and setting one needs `unsafe`. A shell can.
/// A script whose commands the image does not have falls back to the server.
const SUPERVISOR: &str = r#"
if [ "$STANDIN_STOP" = ignore ]; then trap '' TERM INT; else trap 'exit 0' TERM INT; fi
trap 'echo "stand-in: told to reload"' HUP USR1 USR2
run() {
    "$@" &
    child=$!
    while :; do
        wait "$child"; code=$?
        kill -0 "$child" 2>/dev/null || return "$code"
    done
}
run "$@"; code=$?
case $code in
    126|127) echo "stand-in: no such program here, serving instead"
             run "$0" --serve; code=$? ;;
esac
exit "$code"
"#;

/// What this call is to do.
#[derive(Debug, PartialEq, Eq)]
enum Role {
    /// Run a shell or a busybox tool with these arguments, the first being its name.
    Busybox(Vec<OsString>),
    /// Ask the server, in the manner of the named tool.
    Probe(String, Vec<OsString>),
    Serve,
    /// Serve, unless a server runs already.
    ServeOrProbe(Vec<OsString>),
}

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let role = role(&arguments);
    if matches!(role, Role::Probe(..)) {
        return act(role);
    }
    if std::process::id() == 1 && std::env::var_os(SUPERVISED).is_none() {
        return supervise(&arguments);
    }
    act(role)
}

/// The role that the name and the first argument ask for.
fn role(arguments: &[OsString]) -> Role {
    let (called, rest) = match arguments {
        [] => return Role::Serve,
        [called, rest @ ..] => (base_name(called), rest),
    };
    if called != "stand-in" {
        return role_of(&called, arguments).unwrap_or_else(|| Role::ServeOrProbe(rest.to_vec()));
    }
    match rest.first().map(base_name).as_deref() {
        Some("--serve") => Role::Serve,
        Some("--probe") => Role::Probe("healthcheck".to_owned(), Vec::new()),
        Some(first) => role_of(first, rest).unwrap_or_else(|| Role::ServeOrProbe(rest.to_vec())),
        None => Role::ServeOrProbe(Vec::new()),
    }
}

fn role_of(name: &str, arguments: &[OsString]) -> Option<Role> {
    if SHELLS.contains(&name) || TOOLS.contains(&name) {
        let shell = if SHELLS.contains(&name) { "sh" } else { name };
        let mut all = vec![OsString::from(shell)];
        all.extend(arguments.iter().skip(1).cloned());
        Some(Role::Busybox(all))
    } else if probe::is_probe(name) {
        Some(Role::Probe(name.to_owned(), arguments.iter().skip(1).cloned().collect()))
    } else {
        None
    }
}

fn act(role: Role) -> ExitCode {
    match role {
        Role::Busybox(arguments) => exec(Command::new(BUSYBOX).args(arguments)),
        Role::Probe(name, arguments) => probe::run(&name, &arguments),
        Role::Serve => server::serve(&[]),
        Role::ServeOrProbe(arguments) if server::ask().is_none() => server::serve(&arguments),
        Role::ServeOrProbe(arguments) => probe::run("healthcheck", &arguments),
    }
}

/// Puts a shell in our place that handles signals and runs us again as its child.
fn supervise(arguments: &[OsString]) -> ExitCode {
    let mut again = arguments.to_vec();
    if let (Some(first), Ok(own)) = (again.first_mut(), std::env::current_exe())
        && base_name(first) == "stand-in"
    {
        *first = own.into_os_string();
    }
    exec(
        Command::new(BUSYBOX)
            .args(["sh", "-c", SUPERVISOR, "/stand-in"])
            .args(again)
            .env(SUPERVISED, "1"),
    )
}

fn exec(command: &mut Command) -> ExitCode {
    let why = command.exec();
    eprintln!("stand-in: cannot start {}: {why}", command.get_program().to_string_lossy());
    ExitCode::from(127)
}

fn base_name(path: &OsString) -> String {
    Path::new(path).file_name().unwrap_or(path).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    fn check(line: &str, expected: &str) {
        let arguments: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        assert_eq!(format!("{:?}", role(&arguments)), expected, "{line}");
    }

    #[test]
    fn the_name_and_the_first_argument_choose_the_role() {
        check("/stand-in", "ServeOrProbe([])");
        check("/stand-in server --foo", r#"ServeOrProbe(["server", "--foo"])"#);
        check("/stand-in --serve", "Serve");
        check("/stand-in --probe", r#"Probe("healthcheck", [])"#);
        check("/stand-in /bin/bash -c true", r#"Busybox(["sh", "-c", "true"])"#);
        check("/stand-in sleep 5", r#"Busybox(["sleep", "5"])"#);
        check("/usr/bin/curl -f http://x/", r#"Probe("curl", ["-f", "http://x/"])"#);
        check("/usr/bin/python3 app.py", r#"ServeOrProbe(["app.py"])"#);
        check("bash run.sh", r#"Busybox(["sh", "run.sh"])"#);
    }
}
