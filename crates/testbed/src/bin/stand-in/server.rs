//! The server: answers HTTP on its ports, and tells probes in the same container how it is.

use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::behaviour::{Behaviour, Port};

/// Connections served at once; more are closed unanswered.
const CONNECTIONS_MAX: usize = 64;
const CLIENT_TIMEOUT: Duration = Duration::from_secs(5);
const REQUEST_BYTES_MAX: usize = 16 * 1024;
/// Threads of this program do next to nothing; 500 containers on one machine do add up.
const STACK_BYTES: usize = 128 * 1024;

struct Server {
    behaviour: Behaviour,
    started: Instant,
    connections: AtomicUsize,
}

/// Runs the server until its behaviour, or a signal, ends it.
pub(crate) fn serve(arguments: &[OsString]) -> ExitCode {
    let behaviour = match Behaviour::read(|name| std::env::var(name).ok()) {
        Ok(behaviour) => behaviour,
        Err(why) => {
            eprintln!("stand-in: {why}");
            return ExitCode::from(2);
        }
    };
    for line in &behaviour.print {
        println!("{line}");
    }
    let done = |word: &str| arguments.iter().any(|argument| argument.to_str() == Some(word));
    if let Some(word) = behaviour.oneshot.iter().find(|word| done(word)) {
        println!("{}: {word}: done", behaviour.name);
        return ExitCode::SUCCESS;
    }
    if let (Some(code), Duration::ZERO) = (behaviour.exit, behaviour.exit_after) {
        println!("{}: ends with {code}", behaviour.name);
        return ExitCode::from(code);
    }
    run(behaviour)
}

fn run(behaviour: Behaviour) -> ExitCode {
    let started = Instant::now();
    let server = Arc::new(Server { behaviour, started, connections: AtomicUsize::new(0) });
    let probes = address().and_then(|address| UnixListener::bind_addr(&address).ok());
    if let Some(listener) = probes {
        let server = Arc::clone(&server);
        background(move || tell_probes(&server, &listener));
    }
    let Behaviour { name, start, exit, exit_after, ports, .. } = &server.behaviour;
    let end = exit.map(|code| (code, started + *exit_after));
    if !start.is_zero() {
        println!("{name}: starting");
        rest(*start, end);
    }
    for port in ports {
        if let Err(code) = listen(&server, *port) {
            return code;
        }
    }
    println!("{name}: ready");
    loop {
        rest(Duration::from_secs(3600), end);
        if let Some((code, at)) = end
            && Instant::now() >= at
        {
            eprintln!("{name}: ends with {code}");
            return ExitCode::from(code);
        }
    }
}

/// Sleeps for the span, or until the end if that comes first.
fn rest(span: Duration, end: Option<(u8, Instant)>) {
    let left = end.map(|(_, at)| at.saturating_duration_since(Instant::now()));
    thread::sleep(left.map_or(span, |left| left.min(span)));
}

fn listen(server: &Arc<Server>, port: Port) -> Result<(), ExitCode> {
    let opened = match port {
        Port::Tcp(number) => tcp(number).map(|listener| {
            let server = Arc::clone(server);
            background(move || accept(&server, &listener));
        }),
        Port::Udp(number) => udp(number).map(|socket| background(move || echo(&socket))),
    };
    let name = &server.behaviour.name;
    match opened {
        Ok(()) => Ok(()),
        // Ports below 1024 belong to root where containers share the network of the host.
        Err(why) if why.kind() == ErrorKind::PermissionDenied => {
            eprintln!("{name}: not listening on {port:?}: {why}");
            Ok(())
        }
        Err(why) => {
            eprintln!("{name}: cannot listen on {port:?}: {why}");
            Err(ExitCode::FAILURE)
        }
    }
}

/// Both families where the kernel has IPv6, else IPv4 alone.
fn tcp(port: u16) -> std::io::Result<TcpListener> {
    TcpListener::bind(("::", port)).or_else(|why| match why.kind() {
        ErrorKind::AddrInUse => Err(why),
        _ => TcpListener::bind(("0.0.0.0", port)),
    })
}

fn udp(port: u16) -> std::io::Result<UdpSocket> {
    UdpSocket::bind(("::", port)).or_else(|why| match why.kind() {
        ErrorKind::AddrInUse => Err(why),
        _ => UdpSocket::bind(("0.0.0.0", port)),
    })
}

fn accept(server: &Arc<Server>, listener: &TcpListener) {
    for stream in listener.incoming().flatten() {
        if server.connections.fetch_add(1, Ordering::SeqCst) >= CONNECTIONS_MAX {
            server.connections.fetch_sub(1, Ordering::SeqCst);
            continue;
        }
        let server = Arc::clone(server);
        background(move || {
            // A client that goes away in the middle is its own affair.
            let _ = answer(&server, stream);
            server.connections.fetch_sub(1, Ordering::SeqCst);
        });
    }
}

fn echo(socket: &UdpSocket) {
    let mut buffer = [0; 2048];
    while let Ok((length, from)) = socket.recv_from(&mut buffer) {
        let _ = socket.send_to(&buffer[..length], from);
    }
}

fn answer(server: &Server, mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(CLIENT_TIMEOUT))?;
    stream.set_write_timeout(Some(CLIENT_TIMEOUT))?;
    let mut request = Vec::new();
    let mut buffer = [0; 1024];
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        let length = stream.read(&mut buffer)?;
        if length == 0 || request.len() > REQUEST_BYTES_MAX {
            break;
        }
        request.extend_from_slice(&buffer[..length]);
    }
    let text = String::from_utf8_lossy(&request);
    let path = text.split_whitespace().nth(1).unwrap_or("/");
    let healthy = server.behaviour.health.at(server.started.elapsed());
    let status = if healthy { "200 OK" } else { "500 Internal Server Error" };
    let body = body(&server.behaviour.name, path, healthy);
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    )
}

/// What a client reads. Health checks in the wild search for `ok`, `healthy`, `true`.
pub(crate) fn body(name: &str, path: &str, healthy: bool) -> String {
    let status = if healthy { "ok" } else { "failing" };
    let path = path.escape_default();
    format!(
        "{{\"name\":\"{name}\",\"path\":\"{path}\",\"status\":\"{status}\",\"up\":{healthy}}}\n"
    )
}

/// Answers every probe with one byte: `+` healthy, `-` not; a name to show follows.
fn tell_probes(server: &Server, listener: &UnixListener) {
    for mut stream in listener.incoming().flatten() {
        let up = server.started.elapsed();
        let well = up >= server.behaviour.start && server.behaviour.health.at(up);
        let _ = write!(stream, "{}{}", if well { '+' } else { '-' }, server.behaviour.name);
    }
}

/// Whether the server of this container is healthy, and its name. `None`: no server runs.
pub(crate) fn ask() -> Option<(bool, String)> {
    let mut stream = UnixStream::connect_addr(&address()?).ok()?;
    stream.set_read_timeout(Some(CLIENT_TIMEOUT)).ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    Some((text.starts_with('+'), text.get(1..).unwrap_or_default().to_owned()))
}

/// An abstract socket needs no writable directory. It belongs to the network namespace, which
/// containers may share, so the process namespace is part of its name.
fn address() -> Option<SocketAddr> {
    let namespace = std::fs::read_link("/proc/self/ns/pid").unwrap_or_default();
    SocketAddr::from_abstract_name(format!("stand-in {}", namespace.display())).ok()
}

/// A thread that cannot be had (a limit on processes) costs an answer, not the server.
fn background(work: impl FnOnce() + Send + 'static) {
    let _ = thread::Builder::new().stack_size(STACK_BYTES).spawn(work);
}
