//! The Docker Engine's API over a transport: requests with a time limit, and the way made again
//! when it was lost.

use std::{future::Future, sync::Arc, time::Duration};

use bollard::Docker;
use hob_plan::observed::Engine;
use tokio::time::timeout;

use super::failure;
use crate::{ApiLevel, HostErrorKind, folder::Script, transport::Transport};

/// For requests that the Engine answers from memory, with a lot of other work on the host.
pub(super) const SHORT: Duration = Duration::from_secs(30);
/// For the first word: a hung Engine is found out quickly.
const FIRST: Duration = Duration::from_secs(10);
/// After this the way itself is looked at.
const SOON: Duration = Duration::from_secs(3);
/// Only a backstop: every request has its own limit.
const BACKSTOP_SECS: u64 = 24 * 3600;

/// What `/version` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// As plans want it.
    pub(crate) engine: Engine,
    /// Lowest API that it accepts.
    pub(crate) api_min: (u16, u16),
}

/// The Engine, and what it speaks.
pub(crate) struct EngineClient {
    transport: Arc<Transport>,
    docker: Docker,
    version: Version,
}

impl EngineClient {
    /// Uses the way that an earlier run left, or makes one.
    pub(crate) async fn open(transport: Arc<Transport>) -> Result<Self, HostErrorKind> {
        let first = match ask_by_old_way(&transport).await {
            Some(Err(failure::Failed::Way(_))) => {
                transport.open().await?;
                ask_version(&transport).await
            }
            Some(answer) => answer,
            None => {
                transport.renew().await?;
                ask_version(&transport).await
            }
        };
        let (docker, version) = match first {
            Ok(answer) => answer,
            Err(failed) => return Err(why_no_engine(&transport, failed).await),
        };
        if version.engine.api < ApiLevel::OLDEST.api {
            let (major, minor) = version.engine.api;
            return Err(HostErrorKind::EngineTooOld(format!("{major}.{minor}")));
        }
        Ok(Self { transport, docker, version })
    }

    /// What it spoke when the connection was made.
    pub(crate) fn api(&self) -> (u16, u16) {
        self.version.engine.api
    }

    /// What it was when the connection was made. To ask again costs an Engine more than all lists
    /// of a look together: it runs containerd and runc for their versions.
    pub(crate) fn engine(&self) -> &Engine {
        &self.version.engine
    }

    /// What it was when the connection was made, and what it accepts.
    pub(crate) fn seen(&self) -> &Version {
        &self.version
    }

    /// For streams, which look after their own limits.
    pub(crate) fn docker(&self) -> &Docker {
        &self.docker
    }

    /// A request that is answered at once.
    pub(crate) async fn ask<T, Answer>(
        &self,
        request: impl Fn(Docker) -> Answer,
    ) -> Result<T, HostErrorKind>
    where
        Answer: Future<Output = Result<T, bollard::errors::Error>>,
    {
        self.ask_within(SHORT, request).await
    }

    /// A request that may take `within`. If the way to the Engine was lost it is made again and the
    /// request repeated once: it has to be safe to repeat. What is not goes through
    /// [`Self::change`].
    pub(crate) async fn ask_within<T, Answer>(
        &self,
        within: Duration,
        request: impl Fn(Docker) -> Answer,
    ) -> Result<T, HostErrorKind>
    where
        Answer: Future<Output = Result<T, bollard::errors::Error>>,
    {
        let answer = match self.once(within, &request).await {
            Err(failure::Failed::Way(_)) => {
                self.transport.open().await?;
                self.once(within, &request).await
            }
            answer => answer,
        };
        match answer {
            Ok(answer) => Ok(answer),
            Err(failed) => Err(why_no_engine(&self.transport, failed).await),
        }
    }

    /// A request that changes something and cannot be made twice: where the answer to it was lost,
    /// or did not come in time, what is there decides. `done` looks whether it is as was asked.
    pub(crate) async fn change<T, Answer, Done>(
        &self,
        within: Duration,
        request: impl Fn(Docker) -> Answer,
        done: impl Fn() -> Done,
    ) -> Result<(), HostErrorKind>
    where
        Answer: Future<Output = Result<T, bollard::errors::Error>>,
        Done: Future<Output = Result<bool, HostErrorKind>>,
    {
        match self.once(within, &request).await {
            Ok(_) => return Ok(()),
            Err(failure::Failed::Way(_)) => {}
            Err(failure::Failed::Kind(HostErrorKind::TimedOut(secs))) => {
                return if done().await? { Ok(()) } else { Err(HostErrorKind::TimedOut(secs)) };
            }
            Err(failed) => return Err(why_no_engine(&self.transport, failed).await),
        }
        self.transport.open().await?;
        if done().await? {
            return Ok(());
        }
        match self.once(within, &request).await {
            Ok(_) => Ok(()),
            // The first was still under way, and has come to its end by now.
            Err(_) if done().await.unwrap_or(false) => Ok(()),
            Err(failed) => Err(why_no_engine(&self.transport, failed).await),
        }
    }

    async fn once<T, Answer>(
        &self,
        within: Duration,
        request: &impl Fn(Docker) -> Answer,
    ) -> Result<T, failure::Failed>
    where
        Answer: Future<Output = Result<T, bollard::errors::Error>>,
    {
        match timeout(within, request(self.docker.clone())).await {
            Ok(answer) => answer.map_err(failure::classify),
            Err(_) => Err(failure::Failed::Kind(HostErrorKind::TimedOut(within.as_secs()))),
        }
    }

    /// Whether something is there: `None` for the Engine's 404.
    pub(crate) async fn find<T, Answer>(
        &self,
        request: impl Fn(Docker) -> Answer,
    ) -> Result<Option<T>, HostErrorKind>
    where
        Answer: Future<Output = Result<T, bollard::errors::Error>>,
    {
        self.unless(404, SHORT, request).await
    }

    /// A request that may take `within`, and `None` if the Engine answers with this HTTP status.
    pub(crate) async fn unless<T, Answer>(
        &self,
        status: u16,
        within: Duration,
        request: impl Fn(Docker) -> Answer,
    ) -> Result<Option<T>, HostErrorKind>
    where
        Answer: Future<Output = Result<T, bollard::errors::Error>>,
    {
        self.ask_within(within, |docker| {
            let answer = request(docker);
            async move {
                match answer.await {
                    Ok(found) => Ok(Some(found)),
                    Err(why) if failure::status(&why) == Some(status) => Ok(None),
                    Err(why) => Err(why),
                }
            }
        })
        .await
    }
}

/// Asks by the way that is there; `None` if nothing at all comes by it.
async fn ask_by_old_way(
    transport: &Transport,
) -> Option<Result<(Docker, Version), failure::Failed>> {
    let mut answer = std::pin::pin!(ask_version(transport));
    if let Ok(answer) = timeout(SOON, &mut answer).await {
        return Some(answer);
    }
    let is_dead = async {
        if transport.is_alive().await {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        answer = answer => Some(answer),
        () = is_dead => None,
    }
}

async fn ask_version(transport: &Transport) -> Result<(Docker, Version), failure::Failed> {
    let path = transport.socket().to_string_lossy();
    let docker = Docker::connect_with_unix(&path, BACKSTOP_SECS, bollard::API_DEFAULT_VERSION)
        .map_err(failure::classify)?
        .with_request_modifier(spell_credentials);
    let answer = timeout(FIRST, docker.version())
        .await
        .map_err(|_| failure::Failed::Kind(HostErrorKind::TimedOut(FIRST.as_secs())))?;
    let version = answer.map_err(failure::classify)?;
    let version = read_version(&version).map_err(failure::Failed::Kind)?;
    Ok((docker, version))
}

/// The Engine takes credentials in the URL-safe spelling of base64 only; the client writes the
/// other one.
pub(super) fn spell_credentials(mut request: bollard::BollardRequest) -> bollard::BollardRequest {
    for header in ["X-Registry-Auth", "X-Registry-Config"] {
        if let Some(value) = request.headers_mut().get_mut(header) {
            let spelt = value.to_str().map(|text| text.replace('+', "-").replace('/', "_").parse());
            if let Ok(Ok(mut spelt)) = spelt {
                std::mem::swap(value, &mut spelt);
            }
        }
    }
    request
}

fn read_version(version: &bollard::models::SystemVersion) -> Result<Version, HostErrorKind> {
    let api = version.api_version.as_deref().unwrap_or_default();
    let number = parse_api(api).ok_or_else(|| {
        HostErrorKind::Engine(format!("its API version is {api:?}, which is no version"))
    })?;
    let minimum = version.min_api_version.as_deref().and_then(parse_api).unwrap_or(number);
    let engine = Engine {
        version: version.version.clone().unwrap_or_default(),
        api: number,
        arch: version.arch.clone().unwrap_or_default(),
    };
    Ok(Version { engine, api_min: minimum })
}

fn parse_api(text: &str) -> Option<(u16, u16)> {
    let (major, minor) = text.split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// The way is there but nobody answers: the host itself knows why.
async fn why_no_engine(transport: &Transport, failed: failure::Failed) -> HostErrorKind {
    let why = match failed {
        failure::Failed::Kind(kind) => return kind,
        failure::Failed::Way(why) => why,
    };
    let socket = transport.engine_socket().to_owned();
    let probe = match transport.run(Script::Probe, format!("{socket}\n").into_bytes()).await {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(kind) => return kind,
    };
    let mut lines = probe.lines();
    let user = lines.next().unwrap_or_default().to_owned();
    match lines.next() {
        Some("none") => HostErrorKind::NoEngine { socket, why: "there is no such socket".into() },
        Some("rights") => HostErrorKind::NoRights { user, socket },
        _ if matches!(transport, Transport::Ssh(_)) => {
            let why = format!("{why} (or its sshd forbids the way: AllowStreamLocalForwarding)");
            HostErrorKind::NoEngine { socket, why }
        }
        _ => HostErrorKind::NoEngine { socket, why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions_are_numbers() {
        assert_eq!(parse_api("1.41"), Some((1, 41)));
        assert_eq!(parse_api("1.100"), Some((1, 100)));
        assert_eq!(parse_api("1"), None);
        assert_eq!(parse_api("one.two"), None);
    }
}
