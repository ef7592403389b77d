//! An Engine of paper: a socket on which every request is answered as a test says, or not at all.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{UnixListener, UnixStream},
    task::JoinHandle,
};

use super::DockerHost;
use crate::transport::{Local, Transport};

/// How a request is answered.
#[derive(Clone, Debug)]
pub(crate) enum Reply {
    /// With a status and a body.
    Says(u16, Value),
    /// The connection breaks.
    Breaks,
    /// Not at all.
    Never,
    /// By leaving HTTP: these bytes, and the end.
    Upgrades(Vec<u8>),
    /// With these pieces, after which the answer ends or the connection breaks.
    Streams { pieces: Vec<Vec<u8>>, ends: bool },
}

/// What answers a request such as `GET /containers/web/json`.
type Answer = Box<dyn FnMut(&str) -> Reply + Send>;

/// Answers until it is dropped.
pub(crate) struct PaperEngine {
    _folder: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for PaperEngine {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl PaperEngine {
    /// An Engine of API 1.51 that sends no events, and the host that has it.
    pub(crate) async fn start(
        answer: impl FnMut(&str) -> Reply + Send + 'static,
    ) -> (Self, DockerHost) {
        Self::speaking("1.51", answer).await
    }

    pub(crate) async fn speaking(
        api: &'static str,
        mut answer: impl FnMut(&str) -> Reply + Send + 'static,
    ) -> (Self, DockerHost) {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("docker.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        let answer: Answer = Box::new(move |request| match request {
            "GET /version" => Reply::Says(200, version(api)),
            request if request.starts_with("GET /events") => Reply::Never,
            request => {
                noted.lock().unwrap().push(request.to_owned());
                answer(request)
            }
        });
        let answer = Arc::new(Mutex::new(answer));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer)));
            }
        });
        let transport = Transport::Local(Local::new(socket));
        let root = folder.path().join("hob");
        let root = root.to_str().unwrap();
        let host = DockerHost::open("paper".into(), root, transport, None).await.unwrap();
        (Self { _folder: folder, asked, task }, host)
    }

    /// What it was asked, events and its version apart.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn version(api: &str) -> Value {
    json!({ "Version": "28.5.2", "ApiVersion": api, "MinAPIVersion": "1.24", "Arch": "amd64" })
}

async fn serve(mut stream: UnixStream, answer: Arc<Mutex<Answer>>) {
    while let Some(request) = read_request(&mut stream).await {
        let reply = (answer.lock().unwrap())(&request);
        let (bytes, goes_on) = match reply {
            Reply::Says(status, body) => {
                let body = if body.is_null() { String::new() } else { body.to_string() };
                let length = body.len();
                let head = format!(
                    "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\n\
                     Content-Length: {length}\r\n\r\n"
                );
                (format!("{head}{body}").into_bytes(), true)
            }
            Reply::Breaks => return,
            Reply::Never => {
                tokio::time::sleep(Duration::from_secs(1 << 30)).await;
                return;
            }
            Reply::Upgrades(raw) => {
                let head = "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
                ([head.as_bytes(), &raw].concat(), false)
            }
            Reply::Streams { pieces, ends } => {
                let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\
                            Content-Type: application/vnd.docker.raw-stream\r\n\r\n";
                let mut bytes = head.as_bytes().to_vec();
                for piece in pieces {
                    bytes.extend(format!("{:x}\r\n", piece.len()).into_bytes());
                    bytes.extend(piece);
                    bytes.extend(b"\r\n");
                }
                bytes.extend(if ends { b"0\r\n\r\n".as_slice() } else { b"" });
                (bytes, ends)
            }
        };
        if stream.write_all(&bytes).await.is_err() || !goes_on {
            return;
        }
    }
}

/// Reads a request and its body: `METHOD /path?query`, without the version of the API.
async fn read_request(stream: &mut UnixStream) -> Option<String> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8_lossy(&bytes[..head]).to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |length| length.trim().parse::<usize>().unwrap());
    while bytes.len() < head + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let line = String::from_utf8_lossy(&bytes[..head]).lines().next()?.to_owned();
    let mut words = line.split(' ');
    let (method, path) = (words.next()?, words.next()?);
    let rest = path.strip_prefix("/v1.").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    Some(format!("{method} {}", rest.unwrap_or(path)))
}
