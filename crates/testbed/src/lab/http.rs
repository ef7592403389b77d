//! The few lines of HTTP that filling the local registry takes: one request a connection.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::error::{LabError, Result};

const LIMIT: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let same = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }
}

/// Sends one request. HTTP/1.0, so that the answer is whole when the connection closes.
pub(crate) async fn request(
    (server, port): (IpAddr, u16),
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Answer> {
    let doing = || format!("{method} {path}");
    let failed = |why: String| LabError::Registry { doing: doing(), why };
    let work = async {
        let mut stream = TcpStream::connect(SocketAddr::new(server, port)).await?;
        let mut head = format!("{method} {path} HTTP/1.0\r\nHost: {server}:{port}\r\n");
        for (name, value) in headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(body).await?;
        let mut answer = Vec::new();
        stream.take(ANSWER_BYTES_MAX).read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    match tokio::time::timeout(LIMIT, work).await {
        Err(_) => Err(failed(format!("no answer within {} s", LIMIT.as_secs()))),
        Ok(Err(why)) => Err(failed(why.to_string())),
        Ok(Ok(bytes)) => parse(&bytes).ok_or_else(|| failed("not an HTTP answer".to_owned())),
    }
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let pair = |line: &str| {
        line.split_once(':').map(|(key, value)| (key.to_owned(), value.trim().to_owned()))
    };
    let headers = lines.filter_map(pair).collect();
    Some(Answer { status, headers, body: bytes.get(end + 4..)?.to_vec() })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    #[test]
    fn answers_are_taken_apart() {
        let found = parse(b"HTTP/1.0 202 Accepted\r\nLocation: /v2/x\r\n\r\nbody").unwrap();
        assert_eq!((found.status, found.header("location")), (202, Some("/v2/x")));
        assert_eq!(found.body, b"body");
        assert_eq!(parse(b"SSH-2.0-OpenSSH"), None);
    }
}
