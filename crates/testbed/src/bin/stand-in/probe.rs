//! The tools that health checks in the wild call, all asking the one server of the container.

use std::ffi::OsString;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use crate::server;

const TIMEOUT: Duration = Duration::from_secs(3);
const ANSWER_BYTES_MAX: u64 = 1024 * 1024;
/// Tools that are never the server itself, whatever their arguments.
const PROBES: &[&str] = &[
    "curl",
    "dig",
    "drill",
    "healthcheck",
    "healthcheck.sh",
    "mariadb-admin",
    "mysqladmin",
    "nc",
    "ncat",
    "nslookup",
    "pg_isready",
    "pgrep",
    "pidof",
    "psql",
    "redis-cli",
    "valkey-cli",
    "wget",
];

/// Whether a program of this name only ever asks.
pub(crate) fn is_probe(name: &str) -> bool {
    PROBES.contains(&name)
}

/// Asks in the manner of the named tool: exit code 0 when the answer is good.
pub(crate) fn run(name: &str, arguments: &[OsString]) -> ExitCode {
    let words: Vec<String> = arguments.iter().map(|a| a.to_string_lossy().into_owned()).collect();
    match (name, Target::of(&words)) {
        ("curl" | "wget", Some(target)) if !target.is_local() => fetch(name, &words, &target),
        _ => ask_the_server(name, &words),
    }
}

fn ask_the_server(name: &str, words: &[String]) -> ExitCode {
    let Some((healthy, server)) = server::ask() else {
        eprintln!("{name}: nothing is served here");
        return ExitCode::FAILURE;
    };
    if !healthy {
        eprintln!("{name}: {server} is not healthy");
        return ExitCode::FAILURE;
    }
    match name {
        "redis-cli" | "valkey-cli" => println!("PONG"),
        "mysqladmin" | "mariadb-admin" => println!("mysqld is alive"),
        "pg_isready" => println!("/var/run/postgresql:5432 - accepting connections"),
        "pgrep" | "pidof" => println!("1"),
        "curl" | "wget" => show(words, 200, &server::body(&server, "/", true)),
        _ => {}
    }
    ExitCode::SUCCESS
}

fn fetch(name: &str, words: &[String], target: &Target) -> ExitCode {
    match get(target) {
        Ok((status, body)) => {
            show(words, status, &body);
            if (200..400).contains(&status) { ExitCode::SUCCESS } else { ExitCode::from(22) }
        }
        Err(why) => {
            eprintln!("{name}: {}:{}: {why}", target.host, target.port);
            ExitCode::from(7)
        }
    }
}

/// Prints as curl and wget do: the body unless it goes elsewhere, the status where asked for.
fn show(words: &[String], status: u16, body: &str) {
    let quiet = ["-o", "-O", "--output", "--spider", "-I", "--head"];
    if !words.iter().any(|word| quiet.contains(&word.as_str()) || word.starts_with("-O/")) {
        print!("{body}");
    }
    if words.iter().any(|word| word.contains("%{http_code}")) {
        println!("{status}");
    }
}

/// Where a URL on the command line points.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    host: String,
    port: u16,
    path: String,
    tls: bool,
}

impl Target {
    fn of(words: &[String]) -> Option<Self> {
        let whole = words.iter().find(|word| word.contains("://"));
        let bare = || words.iter().rev().find(|word| !word.starts_with('-'));
        let url = whole.or_else(bare)?;
        let (scheme, rest) = url.split_once("://").unwrap_or(("http", url));
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let tls = scheme == "https";
        let otherwise = if tls { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, port.parse().ok()?),
            _ => (authority, otherwise),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Some(Self { host, port, path: path.to_owned(), tls })
    }

    /// On this container itself, whose ports are not known here: the server is asked instead.
    fn is_local(&self) -> bool {
        let own = std::env::var("HOSTNAME").unwrap_or_default();
        matches!(self.host.as_str(), "localhost" | "::1" | "0.0.0.0")
            || self.host.starts_with("127.")
            || self.host == own
    }
}

/// The status and the body. Behind TLS only the connection is tried: 200 if it opens.
fn get(target: &Target) -> std::io::Result<(u16, String)> {
    let mut last = std::io::Error::other("no such host");
    for address in (target.host.as_str(), target.port).to_socket_addrs()?.take(4) {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(_) if target.tls => return Ok((200, String::new())),
            Ok(stream) => return exchange(stream, target),
            Err(why) => last = why,
        }
    }
    Err(last)
}

fn exchange(mut stream: TcpStream, target: &Target) -> std::io::Result<(u16, String)> {
    stream.set_read_timeout(Some(TIMEOUT))?;
    let Target { host, path, .. } = target;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer)?;
    let text = String::from_utf8_lossy(&answer);
    let status = text.split_whitespace().nth(1).and_then(|word| word.parse().ok());
    let body = text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let status = status.ok_or_else(|| std::io::Error::other("no HTTP answer"))?;
    Ok((status, body.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    fn check(line: &str, host: &str, port: u16, path: &str) {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let found = Target::of(&words).unwrap();
        assert_eq!((found.host.as_str(), found.port, found.path.as_str()), (host, port, path));
    }

    #[test]
    fn the_target_is_found_among_the_arguments() {
        check("-fsS http://db:8080/health", "db", 8080, "/health");
        check("-f https://u:p@web/ -m 5", "web", 443, "/");
        check("--spider -q localhost:3000", "localhost", 3000, "/");
        check("-f http://[::1]:9000/x", "::1", 9000, "/x");
        check("-H A:b -f http://127.0.0.1", "127.0.0.1", 80, "/");
    }

    #[test]
    fn loopback_is_local() {
        let local = |host: &str| {
            Target { host: host.to_owned(), port: 1, path: String::new(), tls: false }.is_local()
        };
        assert!(local("127.0.0.53") && local("localhost") && !local("db"));
    }
}
