//! Building images with the Engine's own builder. BuildKit would need a session over gRPC, with
//! forty more crates to compile; what only it can do is refused where the repository is read.

mod archive;
mod log;

use std::collections::{BTreeMap, HashMap};

use bollard::{
    BollardRequest, Docker, auth::DockerCredentials, errors::Error,
    query_parameters::BuildImageOptionsBuilder,
};
use futures_util::StreamExt;
use hob_model::{
    ImageRef,
    dockerfile::Dockerfile,
    spec::{BuildContext, BuildSpec},
};
use hob_plan::{
    NewBuild,
    ownership::{BUILD, image_labels},
};
use tokio::time::{Duration, Instant, timeout};

use self::log::Log;
use super::{DockerHost, credentials, engine, failure};
use crate::{HostErrorKind, OpProgress};

/// Progress is told no oftener than this.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// When the builder has answered, nobody waits longer for what is still being sent.
const SENDER_ENDS: Duration = Duration::from_secs(1);

/// Told of progress.
type Tell<'a> = &'a (dyn Fn(OpProgress) + Send + Sync);

impl DockerHost {
    /// Builds an image, unless it was built in exactly this way already.
    pub(super) async fn build(&self, new: &NewBuild, tell: Tell<'_>) -> Result<(), HostErrorKind> {
        let build = &new.spec;
        if self.is_built(build).await? {
            return Ok(());
        }
        if build.registry_first && self.pull(&build.image, None, tell).await.is_ok() {
            return Ok(());
        }
        let logins = self.logins(build).await?;
        let more = Query::of(build);
        let docker =
            self.engine.docker().clone().with_request_modifier(move |request| {
                more.add_to(engine::spell_credentials(request))
            });
        self.send(&docker, new, logins, tell).await
    }

    async fn send(
        &self,
        docker: &Docker,
        new: &NewBuild,
        logins: HashMap<String, DockerCredentials>,
        tell: Tell<'_>,
    ) -> Result<(), HostErrorKind> {
        let build = &new.spec;
        let labels: HashMap<String, String> = image_labels(new).into_iter().collect();
        let args = arguments(build, &self.engine.engine().arch);
        let mut options = BuildImageOptionsBuilder::new()
            .dockerfile(&build.dockerfile)
            .t(build.image.familiar().as_str())
            .rm(true)
            .forcerm(true)
            .nocache(build.no_cache)
            .labels(&labels)
            .buildargs(&args);
        if build.pull {
            options = options.pull("true");
        }
        if let Some(target) = &build.target {
            options = options.target(target);
        }
        if let Some(network) = &build.network {
            options = options.networkmode(network);
        }
        if !build.cache_from.is_empty() {
            options = options.cachefrom(&build.cache_from);
        }
        let (body, sender) = match &build.context {
            BuildContext::Files(files) => {
                let (body, sender) = archive::stream(files);
                let body = body.map(|piece| piece.map(Into::into));
                (bollard::body_try_stream(body), Some(sender))
            }
            BuildContext::Remote(address) => {
                options = options.remote(address.expose());
                (bollard::body_full(Vec::new().into()), None)
            }
        };
        let mut log = Log::new(args.values().cloned());
        let built =
            follow(docker.build_image(options.build(), Some(logins), Some(body)), &mut log, tell);
        let built = built.await;
        // What went wrong on this side is why it went wrong on the other.
        if let Some(sender) = sender
            && let Ok(Ok(Err(why))) = timeout(SENDER_ENDS, sender).await
        {
            return Err(HostErrorKind::Other(format!("sending what to build from: {why}")));
        }
        built.map_err(|error| match failure::kind(error) {
            HostErrorKind::Engine(why) => log.failed(&build.image, why),
            kind => kind,
        })
    }

    async fn is_built(&self, build: &BuildSpec) -> Result<bool, HostErrorKind> {
        let name = build.image.familiar();
        let found = self.engine.find(|docker| {
            let name = name.to_string();
            async move { docker.inspect_image(&name).await }
        });
        let labels = found.await?.and_then(|image| image.config).and_then(|config| config.labels);
        let digest = labels.and_then(|labels| labels.get(BUILD).cloned());
        Ok(digest.is_some_and(|digest| digest == build.digest().as_str()))
    }

    /// What this machine's Docker knows about the registries that the Dockerfile starts from.
    async fn logins(
        &self,
        build: &BuildSpec,
    ) -> Result<HashMap<String, DockerCredentials>, HostErrorKind> {
        let mut logins = HashMap::new();
        let Some(config) = &self.credentials else { return Ok(logins) };
        let args: BTreeMap<String, String> =
            build.args.iter().map(|(name, value)| (name.clone(), value.expose().clone())).collect();
        for base in Dockerfile::parse(&build.dockerfile_text).bases(&args) {
            let image = ImageRef::new(base);
            if let Some(login) = credentials::of(config, image.registry()).await? {
                let registry = match image.registry() {
                    "docker.io" => credentials::DOCKER_HUB,
                    registry => registry,
                };
                logins.insert(registry.to_owned(), login);
            }
        }
        Ok(logins)
    }
}

/// Reads what the builder says until it is done.
async fn follow(
    said: impl futures_util::Stream<Item = Result<bollard::models::BuildInfo, Error>>,
    log: &mut Log,
    tell: Tell<'_>,
) -> Result<(), Error> {
    let mut said = std::pin::pin!(said);
    let mut told: Option<Instant> = None;
    while let Some(info) = said.next().await {
        let info = info?;
        if let Some(text) = &info.stream {
            log.take(text);
        } else if let Some(status) = &info.status {
            log.status(status);
        }
        if told.is_none_or(|told| told.elapsed() >= TELL_EVERY)
            && let Some(line) = log.last()
        {
            told = Some(Instant::now());
            tell(OpProgress::Building { line: line.to_owned() });
        }
    }
    Ok(())
}

/// The build arguments, and those for the platform that the Dockerfile declares and BuildKit would
/// set.
fn arguments(build: &BuildSpec, arch: &str) -> HashMap<String, String> {
    let mut args: HashMap<String, String> =
        build.args.iter().map(|(name, value)| (name.clone(), value.expose().clone())).collect();
    for name in Dockerfile::parse(&build.dockerfile_text).platform_args() {
        let kind = name.trim_start_matches("BUILD").trim_start_matches("TARGET");
        let value = match kind {
            "PLATFORM" => format!("linux/{arch}"),
            "OS" => "linux".to_owned(),
            "ARCH" => arch.to_owned(),
            _ => String::new(),
        };
        args.entry(name.to_owned()).or_insert(value);
    }
    args
}

/// What the client's options have no place for.
struct Query(Vec<(&'static str, String)>);

impl Query {
    fn of(build: &BuildSpec) -> Self {
        let mut pairs: Vec<(&'static str, String)> =
            build.tags.iter().map(|tag| ("t", tag.familiar().to_string())).collect();
        pairs.extend(build.extra_hosts.iter().map(|line| ("extrahosts", line.clone())));
        pairs.extend(build.shm_bytes.map(|bytes| ("shmsize", bytes.to_string())));
        if !build.ulimits.is_empty() {
            let limits = build.ulimits.iter().map(|(name, (soft, hard))| {
                serde_json::json!({ "Name": name, "Soft": soft, "Hard": hard })
            });
            let limits = serde_json::Value::Array(limits.collect());
            pairs.push(("ulimits", limits.to_string()));
        }
        Self(pairs)
    }

    fn add_to(&self, mut request: BollardRequest) -> BollardRequest {
        let pairs = self.0.iter().map(|(name, value)| format!("&{name}={}", encoded(value)));
        let longer = request.uri().to_string() + &pairs.collect::<String>();
        if let Ok(uri) = longer.parse() {
            *request.uri_mut() = uri;
        }
        request
    }
}

/// Percent-encoded, as a value of a query.
fn encoded(value: &str) -> String {
    value
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded() {
        assert_eq!(encoded("a:b/c [é]"), "a%3Ab%2Fc%20%5B%C3%A9%5D");
    }
}
