//! What this machine's Docker knows about registries: `config.json`, and the helpers it names.

use std::{collections::BTreeMap, path::Path, process::Stdio, time::Duration};

use bollard::auth::DockerCredentials;
use serde::Deserialize;
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

use crate::{HostErrorKind, own_files};

/// Docker's name for its own registry.
pub(super) const DOCKER_HUB: &str = "https://index.docker.io/v1/";
/// A helper may have to ask a key ring.
const HELPER: Duration = Duration::from_secs(20);

/// The parts of `config.json` that say who we are.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Config {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Entry {
    auth: Option<String>,
    username: Option<String>,
    password: Option<String>,
    identitytoken: Option<String>,
}

/// A helper's answer.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HelperAnswer {
    username: String,
    secret: String,
}

/// Credentials for a registry, if the file at `config` knows some. No file is no credentials.
pub(super) async fn of(
    config: &Path,
    registry: &str,
) -> Result<Option<DockerCredentials>, HostErrorKind> {
    let cannot = |why: std::io::Error| HostErrorKind::Other(why.to_string());
    let Some(text) = own_files::read(config).map_err(cannot)? else { return Ok(None) };
    // why: an error of the parser could quote a password.
    let config: Config = serde_json::from_slice(&text).map_err(|why| {
        let (path, line) = (config.display(), why.line());
        HostErrorKind::Other(format!("{path} cannot be read: line {line} is no such JSON"))
    })?;
    let server = if registry == "docker.io" { DOCKER_HUB } else { registry };
    if let Some(helper) = config.cred_helpers.get(registry) {
        return ask_helper(helper, server).await;
    }
    if let Some(found) = listed(&config, server) {
        return Ok(Some(found));
    }
    match &config.creds_store {
        Some(helper) => ask_helper(helper, server).await,
        None => Ok(None),
    }
}

/// The entry for a registry, which may be written as an address.
fn listed(config: &Config, server: &str) -> Option<DockerCredentials> {
    let host = |name: &str| {
        let name = name.trim_start_matches("https://").trim_start_matches("http://");
        name.split('/').next().unwrap_or_default().to_owned()
    };
    let entry = config.auths.get(server).or_else(|| {
        let same = |(name, _): &(&String, &Entry)| host(name) == host(server);
        config.auths.iter().find(same).map(|(_, entry)| entry)
    })?;
    let Entry { auth, username, password, identitytoken } = entry;
    let decoded = auth.as_deref().and_then(decode_base64);
    let pair = decoded.as_deref().and_then(|text| text.split_once(':'));
    let (user, secret) = match (pair, username, password) {
        (Some((user, secret)), _, _) => (user.to_owned(), secret.to_owned()),
        (None, Some(user), Some(secret)) => (user.clone(), secret.clone()),
        _ => return None,
    };
    Some(DockerCredentials {
        username: Some(user),
        password: Some(secret.trim_end_matches('\0').to_owned()),
        identitytoken: identitytoken.clone(),
        serveraddress: Some(server.to_owned()),
        ..DockerCredentials::default()
    })
}

/// Asks `docker-credential-<helper> get`; a helper that knows nothing is no error.
async fn ask_helper(
    helper: &str,
    server: &str,
) -> Result<Option<DockerCredentials>, HostErrorKind> {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if helper.is_empty() || !helper.chars().all(plain) {
        return Err(HostErrorKind::Other(format!("{helper:?} is no credential helper")));
    }
    let program = format!("docker-credential-{helper}");
    let failed = |why: String| HostErrorKind::Other(format!("{program} cannot be asked: {why}"));
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .map_err(|why| failed(why.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        // why: a helper that does not read says so by its exit code.
        let _ = stdin.write_all(server.as_bytes()).await;
    }
    let output = timeout(HELPER, child.wait_with_output())
        .await
        .map_err(|_| failed(format!("no answer within {} s", HELPER.as_secs())))?
        .map_err(|why| failed(why.to_string()))?;
    let answer = serde_json::from_slice::<HelperAnswer>(&output.stdout).ok();
    let Some(HelperAnswer { username, secret }) = answer.filter(|_| output.status.success()) else {
        return Ok(None);
    };
    let is_token = username == "<token>";
    Ok(Some(DockerCredentials {
        username: (!is_token).then_some(username),
        password: (!is_token).then(|| secret.clone()),
        identitytoken: is_token.then_some(secret),
        serveraddress: Some(server.to_owned()),
        ..DockerCredentials::default()
    }))
}

/// Standard base64; `None` for anything else.
fn decode_base64(text: &str) -> Option<String> {
    let digits = text.trim_end_matches('=').bytes().map(|byte| {
        Some(u32::from(match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        }))
    });
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for digit in digits {
        bits = (bits << 6) | digit?;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]

    use super::*;

    fn check(config: &str, server: &str) -> Option<(String, String)> {
        let config: Config = serde_json::from_str(config).unwrap();
        let found = listed(&config, server)?;
        Some((found.username.unwrap(), found.password.unwrap()))
    }

    #[test]
    fn entries_are_found_by_registry() {
        let config = r#"{"auths": {
            "https://index.docker.io/v1/": {"auth": "dXNlcjpwYXNz"},
            "https://ghcr.io/": {"auth": "YTpiOmM="},
            "plain.example.com": {"username": "u", "password": "p"},
            "empty.example.com": {}
        }, "HttpHeaders": {}}"#;
        let pair = |user: &str, pass: &str| Some((user.to_owned(), pass.to_owned()));
        assert_eq!(check(config, DOCKER_HUB), pair("user", "pass"));
        assert_eq!(check(config, "ghcr.io"), pair("a", "b:c"));
        assert_eq!(check(config, "plain.example.com"), pair("u", "p"));
        assert_eq!(check(config, "empty.example.com"), None);
        assert_eq!(check(config, "quay.io"), None);
    }

    #[tokio::test]
    async fn no_file_is_no_credentials_and_a_broken_one_is_not_quoted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        assert_eq!(of(&path, "docker.io").await.unwrap(), None);
        #[expect(clippy::disallowed_methods, reason = "a test")]
        std::fs::write(&path, r#"{"auths": {"ghcr.io": "hunter2"}}"#).unwrap();
        let message = of(&path, "ghcr.io").await.unwrap_err().to_string();
        assert!(
            message.ends_with("config.json cannot be read: line 1 is no such JSON"),
            "{message}"
        );
    }

    #[test]
    fn base64_is_read() {
        assert_eq!(decode_base64("").as_deref(), Some(""));
        assert_eq!(decode_base64("aG9i").as_deref(), Some("hob"));
        assert_eq!(decode_base64("aG9iIQ==").as_deref(), Some("hob!"));
        assert_eq!(decode_base64("a b"), None);
    }
}
