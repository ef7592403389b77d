//! The workbench: an open host, a tiny image, and cleaning up.

use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use bollard::{
    Docker,
    query_parameters::{
        CreateImageOptionsBuilder, ListContainersOptionsBuilder, ListNetworksOptionsBuilder,
        ListVolumesOptionsBuilder, RemoveContainerOptionsBuilder, RemoveVolumeOptions,
    },
};
use futures_util::StreamExt;
use hob_host::{Ask, Host, HostErrorKind, Hosts, OpProgress, RealHosts, StepRun};
use hob_model::{
    ContainerName,
    desired::{Connect, DesiredHost},
    spec::{ContainerSpec, HealthCheck},
};
use hob_plan::{
    Expectation, Op,
    observed::{HostState, Verdict},
    ownership::Identity,
};
use tempfile::TempDir;

/// Has `sh`, `sleep` and `cat`, and nothing else.
pub(crate) const IMAGE: &str = "hob-host-test/tiny:1";

/// What a test works with.
#[derive(Clone)]
pub(crate) struct Bench {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) docker: Docker,
    /// The homelab, and the beginning of the name of everything made.
    pub(crate) homelab: String,
    /// Hob's folder.
    pub(crate) root: PathBuf,
}

/// Runs a test and takes away what it made, also when it panicked.
pub(crate) async fn with<Test, Done>(test: Test)
where
    Test: FnOnce(Bench) -> Done,
    Done: Future<Output = ()> + Send + 'static,
{
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let homelab = format!("hobtest-{}-{number}", std::process::id());
    let folder = TempDir::new().unwrap();
    let docker = Docker::connect_with_unix_defaults().expect("tier 5 needs a Docker Engine");
    import_tiny(&docker).await;
    let root = folder.path().join("hob");
    let host = open(&root, None, folder.path()).await.unwrap();
    let bench = Bench { host, docker: docker.clone(), homelab: homelab.clone(), root };
    let result = tokio::spawn(test(bench)).await;
    clean(&docker, &homelab).await;
    if let Err(panic) = result {
        std::panic::resume_unwind(panic.into_panic());
    }
}

/// The Engine to test against: the usual one, or that of `DOCKER_HOST`.
fn engine_socket() -> Option<PathBuf> {
    let address = std::env::var("DOCKER_HOST").ok()?;
    Some(PathBuf::from(address.strip_prefix("unix://")?))
}

/// Opens this machine as a host.
pub(crate) async fn open(
    root: &Path,
    socket: Option<String>,
    runtime: &Path,
) -> Result<Arc<dyn Host>, HostErrorKind> {
    let hosts = RealHosts {
        ssh_config: None,
        runtime_dir: runtime.to_owned(),
        docker_socket: engine_socket(),
        docker_config: None,
    };
    let host = DesiredHost {
        connect: Connect::Local { socket },
        root: root.to_str().unwrap().to_owned(),
        networks: BTreeMap::new(),
        stacks: BTreeMap::new(),
        storage: Vec::new(),
    };
    hosts.open(&"here".into(), &host).await.map_err(|error| error.kind)
}

impl Bench {
    /// A container's name.
    pub(crate) fn name(&self, name: &str) -> ContainerName {
        ContainerName::new(format!("{}-{name}", self.homelab))
    }

    pub(crate) fn identity(&self) -> Identity {
        Identity {
            homelab: self.homelab.clone(),
            stack: "web".into(),
            project: self.homelab.clone(),
            service: "web".into(),
        }
    }

    pub(crate) async fn perform(&self, op: &Op) -> Result<(), HostErrorKind> {
        self.perform_with(op, None).await.map(|_| ())
    }

    /// Performs with a verdict already reached, and gives back the one reached after it.
    pub(crate) async fn perform_with(
        &self,
        op: &Op,
        verdict: Option<Verdict>,
    ) -> Result<Option<Verdict>, HostErrorKind> {
        let ignore = |_: OpProgress| {};
        let mut run = StepRun::new(&ignore);
        if let (Op::Record { name, .. }, Some(verdict)) = (op, verdict) {
            run.reached(name, verdict);
        }
        self.host.perform(op, &mut run).await.map_err(|error| error.kind)?;
        Ok(match op {
            Op::Await { name, .. } => run.verdict(name),
            _ => None,
        })
    }

    /// Performs what must succeed, and again: every operation is safe to repeat.
    pub(crate) async fn twice(&self, op: &Op) {
        self.perform(op).await.unwrap_or_else(|why| panic!("{op:?}: {why}"));
        self.perform(op).await.unwrap_or_else(|why| panic!("again {op:?}: {why}"));
    }

    pub(crate) fn create(&self, name: &str, spec: ContainerSpec) -> Op {
        Op::CreateContainer {
            name: self.name(name),
            identity: self.identity(),
            spec: Arc::new(spec),
            inherit: BTreeMap::new(),
        }
    }

    /// Creates and starts.
    pub(crate) async fn run(&self, name: &str, spec: ContainerSpec) {
        self.perform(&self.create(name, spec)).await.unwrap();
        self.perform(&Op::Start(self.name(name))).await.unwrap();
    }

    pub(crate) async fn observe(&self) -> HostState {
        self.host.observe(&Ask::default()).await.unwrap()
    }
}

/// A service that runs this shell script, without a network.
pub(crate) fn script(text: &str) -> ContainerSpec {
    ContainerSpec {
        command: Some(vec!["sh".into(), "-c".into(), text.into()]),
        init: Some(true),
        stop_grace: Some(Duration::from_secs(1)),
        ..ContainerSpec::new(IMAGE)
    }
}

/// A health check that runs this shell script every 200 ms.
pub(crate) fn health(text: &str, retries: u32) -> HealthCheck {
    HealthCheck {
        test: Some(vec!["CMD".into(), "sh".into(), "-c".into(), text.into()]),
        interval: Some(Duration::from_millis(200)),
        timeout: Some(Duration::from_secs(5)),
        retries: Some(retries),
        start_period: None,
        start_interval: None,
    }
}

pub(crate) const EXPECT: Expectation = Expectation {
    may_complete: false,
    must_complete: false,
    must_be_healthy: false,
    settle: Duration::from_secs(1),
    budget: Duration::from_secs(20),
};

/// An image made of this machine's own `sh`, `sleep` and `cat`, so that no registry is needed.
async fn import_tiny(docker: &Docker) {
    // Tests run side by side, also in processes of their own.
    let lock = std::fs::File::create(std::env::temp_dir().join("hob-host-test.lock")).unwrap();
    let _lock =
        tokio::task::spawn_blocking(move || lock.lock().map(|()| lock)).await.unwrap().unwrap();
    if docker.inspect_image(IMAGE).await.is_ok() {
        return;
    }
    let mut tar = tar::Builder::new(Vec::new());
    let programs = ["/bin/sh", "/bin/sleep", "/bin/cat"];
    let mut files: Vec<String> = programs.map(str::to_owned).into();
    for program in programs {
        let libraries = std::process::Command::new("ldd").arg(program).output().unwrap();
        let text = String::from_utf8(libraries.stdout).unwrap();
        files.extend(text.split_whitespace().filter(|word| word.starts_with('/')).map(Into::into));
    }
    files.sort();
    files.dedup();
    for file in files {
        let content = std::fs::read(&file).unwrap();
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o755);
        tar.append_data(&mut header, file.trim_start_matches('/'), content.as_slice()).unwrap();
    }
    let (repository, tag) = IMAGE.split_once(':').unwrap();
    let options = CreateImageOptionsBuilder::new()
        .from_src("-")
        .repo(repository)
        .tag(tag)
        .changes(vec!["ENV PATH=/bin".to_owned()])
        .build();
    let body = bollard::body_full(tar.into_inner().unwrap().into());
    let mut import = std::pin::pin!(docker.create_image(Some(options), Some(body), None));
    while let Some(item) = import.next().await {
        item.unwrap();
    }
}

async fn clean(docker: &Docker, homelab: &str) {
    let filters = HashMap::from([("name", vec![homelab])]);
    let all = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    for container in docker.list_containers(Some(all)).await.unwrap() {
        let options = RemoveContainerOptionsBuilder::new().force(true).v(true).build();
        let _ = docker.remove_container(&container.id.unwrap(), Some(options)).await;
    }
    let networks = ListNetworksOptionsBuilder::new().filters(&filters).build();
    for network in docker.list_networks(Some(networks)).await.unwrap() {
        let _ = docker.remove_network(&network.name.unwrap()).await;
    }
    let volumes = ListVolumesOptionsBuilder::new().filters(&filters).build();
    for volume in docker.list_volumes(Some(volumes)).await.unwrap().volumes.unwrap_or_default() {
        let _ = docker.remove_volume(&volume.name, None::<RemoveVolumeOptions>).await;
    }
}
