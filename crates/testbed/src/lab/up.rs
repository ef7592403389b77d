//! Bringing a lab up, down, and away. Every step may have been done before.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::container::{self, Container, FileIn, Was};
use super::dirs::Dirs;
use super::docker::{LABEL, containers_of, docker, inspect};
use super::error::{LabError, Result};
use super::host::LabHost;
use super::name::ImageName;
use super::network::Network;
use super::progress::Progress;
use super::registry::Registry;
use super::spec::{HostSpec, LabSpec, check_name};
use super::ssh::{Entry, SshFiles, config_text, ensure_key, known_hosts_text};
use super::standin::{Layer, StandIn};
use super::{engine, files, image, packages};

/// Hosts that start at once; more would only wait for each other.
const STARTS_MAX: usize = 8;
/// An Engine believes what it last read from `/etc/hosts` for five seconds.
const HOSTS_CACHE: Duration = Duration::from_millis(5_200);
const HOST_LABEL: &str = "hob.testbed.host";

/// Sees to everything that labs need and that is made once a machine: a Docker Engine, an SSH
/// client, the host image and the stand-in layer. As root on Debian or Ubuntu it installs what is
/// missing.
///
/// # Errors
/// Where something is missing and may not be installed; the error says what to type.
pub async fn prepare(dirs: &Dirs, progress: &Progress) -> Result<()> {
    engine::ensure_engine(dirs, progress).await?;
    if engine::find("ssh-keygen").is_none() {
        packages::install(&["openssh-client"], progress).await?;
    }
    let image = image::ensure(dirs, progress).await?;
    Layer::ensure(dirs, &image, progress).await.map(drop)
}

/// A lab that is up.
#[derive(Debug, Clone)]
pub struct Lab {
    name: String,
    state: PathBuf,
    hosts: Vec<LabHost>,
    registry: Registry,
}

/// A container of the testbed as Docker lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The lab it belongs to.
    pub lab: String,
    /// The host it plays; empty for the registry.
    pub host: String,
    /// Docker's words: `Up 3 minutes`.
    pub status: String,
}

/// Everything that all hosts of a lab have in common.
struct Common {
    lab: String,
    image: String,
    network: Network,
    rights: Vec<String>,
    authorized_key: String,
    authority: Vec<u8>,
    names: String,
    state: PathBuf,
}

impl Lab {
    /// Brings the lab up: what runs and is well stays, what is not is healed, the rest is made.
    /// Installs nothing on this machine: [`prepare`] does.
    ///
    /// # Errors
    /// Where there is no Engine or no host image, or a host does not get ready in time.
    pub async fn up(spec: &LabSpec, dirs: &Dirs, progress: &Progress) -> Result<Self> {
        spec.check()?;
        engine::require_engine().await?;
        let state = dirs.state(&spec.name);
        let _lock = dirs.lock_state(&spec.name).await?;
        let image = image::require().await?;
        let (layer, rights) =
            tokio::try_join!(Layer::ensure(dirs, &image, progress), rights(&image))?;
        let network = Network::ensure(&spec.name).await?;
        let address = network.registry();
        let start = Registry::start(&spec.name, &network.name, address, &image, Arc::new(layer));
        let (registry, _) = tokio::try_join!(start, remove_others(spec, progress))?;
        let servers: BTreeSet<String> =
            registry.servers().await?.into_iter().chain(servers_of(&spec.images)).collect();
        let ssh = SshFiles::in_folder(&state);
        let common = Common {
            lab: spec.name.clone(),
            names: names_text(registry.address(), &servers, &network, &spec.hosts),
            image,
            network,
            rights,
            authorized_key: ensure_key(&ssh.key).await?,
            authority: registry.authority().await?,
            state: state.clone(),
        };
        let ((), hosts) = tokio::try_join!(
            fill(&registry, &spec.images, progress),
            start_all(&common, &spec.hosts, progress)
        )?;
        let (hosts, entries): (Vec<LabHost>, Vec<Entry>) = hosts.into_iter().unzip();
        files::write(&ssh.known_hosts, known_hosts_text(&entries).as_bytes(), 0o644)?;
        files::write(&ssh.config, config_text(&ssh, &entries).as_bytes(), 0o644)?;
        Ok(Self { name: spec.name.clone(), state, hosts, registry })
    }

    /// Stops the hosts and the registry of the lab. Their data stays: `up` goes on with it.
    ///
    /// # Errors
    /// Where Docker does not do as asked.
    pub async fn down(dirs: &Dirs, name: &str) -> Result<usize> {
        check_name("lab", name)?;
        let all = containers_of(name).await?;
        if !all.is_empty() {
            let _lock = dirs.lock_state(name).await?;
            docker(format!("stopping {name}"), ["stop", "--time=0"]).args(&all).must().await?;
        }
        Ok(all.len())
    }

    /// Removes everything of the lab from this machine, its data and its keys too.
    ///
    /// # Errors
    /// As [`Lab::down`].
    pub async fn destroy(dirs: &Dirs, name: &str) -> Result<usize> {
        check_name("lab", name)?;
        let lock = dirs.lock_state(name).await?;
        let all = containers_of(name).await?;
        if !all.is_empty() {
            let run = docker(format!("removing {name}"), ["rm", "--force", "--volumes"]);
            run.args(&all).must().await?;
        }
        for kind in ["volume", "network"] {
            let filter = format!("label={LABEL}={name}");
            let doing = format!("listing what is left of {name}");
            let left = docker(doing, [kind, "ls", "--quiet", "--filter", &filter]).must().await?;
            if !left.stdout.trim().is_empty() {
                let run = docker(format!("removing what is left of {name}"), [kind, "rm"]);
                run.args(left.stdout.split_whitespace()).must().await?;
            }
        }
        let state = dirs.state(name);
        drop(lock);
        files::remove_folder(&state)?;
        Ok(all.len())
    }

    /// The name of the lab.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// All hosts, in the order of the specification.
    #[must_use]
    pub fn hosts(&self) -> &[LabHost] {
        &self.hosts
    }

    /// The host of this name.
    ///
    /// # Errors
    /// Where the lab has no such host.
    pub fn host(&self, name: &str) -> Result<&LabHost> {
        let found = self.hosts.iter().find(|host| host.name() == name);
        found.ok_or_else(|| LabError::Asked(format!("lab {} has no host {name:?}", self.name)))
    }

    /// The registry, to fill it with more, or to move tags.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Puts the stand-in behind the name, and sees to it that the hosts find its server. That takes
    /// some seconds for a server which no image of [`LabSpec::images`] named.
    ///
    /// # Errors
    /// As [`Registry::put`].
    pub async fn put(&self, name: &ImageName, standin: &StandIn) -> Result<String> {
        let before = self.registry.servers().await?;
        let digest = self.registry.put(name, standin).await?;
        let after = self.registry.servers().await?;
        if after != before {
            let more: String =
                after.difference(&before).map(|s| line(self.registry.address(), s)).collect();
            for host in &self.hosts {
                let old = host.exec(&["cat", "/testbed/hosts"]).await?.stdout;
                host.write_file("/testbed/hosts", (old + &more).as_bytes()).await?;
                host.refresh_names().await?;
            }
            tokio::time::sleep(HOSTS_CACHE).await;
        }
        Ok(digest)
    }

    /// The configuration to hand to `ssh -F` and `hob --ssh-config`.
    #[must_use]
    pub fn ssh_config(&self) -> PathBuf {
        SshFiles::in_folder(&self.state).config
    }

    /// The folder with the keys and files of this lab.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }
}

/// All containers of the testbed on this machine.
///
/// # Errors
/// Where there is no Docker Engine.
pub async fn list() -> Result<Vec<Listed>> {
    let format =
        format!("{{{{.Label {LABEL:?}}}}}\t{{{{.Label {HOST_LABEL:?}}}}}\t{{{{.Status}}}}");
    let filter = format!("label={LABEL}");
    let run = docker("listing the testbed", ["ps", "--all", "--filter", &filter]);
    let output = run.args(["--format", &format]).must().await?;
    let parse = |line: &str| {
        let mut words = line.split('\t').map(str::to_owned);
        Some(Listed { lab: words.next()?, host: words.next()?, status: words.next()? })
    };
    let mut all: Vec<Listed> = output.stdout.lines().filter_map(parse).collect();
    all.sort_by(|a, b| (&a.lab, &a.host).cmp(&(&b.lab, &b.host)));
    Ok(all)
}

async fn fill(registry: &Registry, images: &[ImageName], progress: &Progress) -> Result<()> {
    if images.is_empty() {
        return Ok(());
    }
    let what = format!("filling the registry with {} images", images.len());
    progress.during(&what, registry.fill(images)).await
}

async fn start_all(
    common: &Common,
    hosts: &[HostSpec],
    progress: &Progress,
) -> Result<Vec<(LabHost, Entry)>> {
    let mut all: Vec<(usize, (LabHost, Entry))> = stream::iter(hosts.iter().enumerate())
        .map(|(index, spec)| async move {
            let done = start_host(common, index, spec, progress).await?;
            Ok::<_, LabError>((index, done))
        })
        .buffer_unordered(STARTS_MAX)
        .try_collect()
        .await?;
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, done)| done).collect())
}

async fn start_host(
    common: &Common,
    index: usize,
    spec: &HostSpec,
    progress: &Progress,
) -> Result<(LabHost, Entry)> {
    let started = Instant::now();
    let address = common.network.host(index);
    let key_file = common.state.join(format!("host_{}", spec.name));
    let key = ensure_key(&key_file).await?;
    let secret = files::read(&key_file)?;
    let container = container_of(common, spec, address, secret);
    let host = LabHost {
        name: spec.name.clone(),
        container: container.name.clone(),
        network: common.network.name.clone(),
        address,
        ssh_port: spec.ssh_port,
    };
    let live = [FileIn::new("testbed/hosts", 0o644, common.names.as_str())];
    let was = container.ensure().await?;
    if was == Was::Paused {
        host.unpause().await?;
    }
    if was != Was::New && !is_connected(&host).await? {
        host.connect().await?;
    }
    container::copy(&host.container, &live).await?;
    match was {
        Was::New | Was::Stopped => container::start(&container.name).await?,
        Was::Paused | Was::Running => host.heal().await?,
    }
    host.wait_ready().await?;
    let verb = match was {
        Was::New => "new",
        Was::Stopped => "started again",
        Was::Paused | Was::Running => "ran already",
    };
    let seconds = started.elapsed().as_secs_f32();
    progress.say(&format!("{}: ready at {address} ({verb}, {seconds:.1} s)", spec.name));
    let mut names = vec![spec.name.clone()];
    names.extend(spec.aliases.iter().cloned());
    let (port, user) = (spec.ssh_port, spec.user.clone());
    Ok((host, Entry { names, address: address.to_string(), port, user, key }))
}

fn container_of(common: &Common, spec: &HostSpec, address: Ipv4Addr, key: Vec<u8>) -> Container {
    let name = format!("hob-testbed-{}-{}", common.lab, spec.name);
    let mut options = vec![
        format!("--hostname={}", spec.name),
        format!("--label={HOST_LABEL}={}", spec.name),
        format!("--network={}", common.network.name),
        format!("--ip={address}"),
        "--env=container=docker".to_owned(),
        "--tmpfs=/run:exec,mode=755".to_owned(),
        "--tmpfs=/run/lock".to_owned(),
    ];
    options.extend(common.rights.iter().cloned());
    if let Some(bytes) = spec.memory_limit {
        options.extend([format!("--memory={bytes}"), format!("--memory-swap={bytes}")]);
    }
    let mode = if spec.systemd { "systemd" } else { "plain" };
    let command = ["/bin/bash", "/testbed/host.sh", "boot", mode];
    Container {
        lab: common.lab.clone(),
        image: common.image.clone(),
        data: spec.disk_limit.is_none().then_some("/var/lib/docker"),
        options,
        command: command.map(str::to_owned).to_vec(),
        files: vec![
            FileIn::new("testbed/host.sh", 0o755, include_str!("scripts/host.sh")),
            FileIn::new("testbed/settings", 0o644, spec.settings()),
            FileIn::new("testbed/users", 0o644, spec.users()),
            FileIn::new("testbed/environment", 0o644, spec.environment()),
            FileIn::new("testbed/authorized_keys", 0o644, format!("{}\n", common.authorized_key)),
            FileIn::new("testbed/host_key", 0o600, key),
            FileIn::new("testbed/ca.pem", 0o644, common.authority.as_slice()),
        ],
        name,
    }
}

/// What lets a container run an Engine. Privileged is the usual way; where the machine itself
/// lacks a capability that fails, and this is the same thing in single steps.
async fn rights(image: &str) -> Result<Vec<String>> {
    let privileged = ["--privileged", "--cgroupns=private"];
    let trial = docker("trying a privileged container", ["run", "--rm", "--network=none"]);
    let trial = trial.args(privileged).args([image, "/bin/true"]).output().await?;
    if trial.ok() {
        return Ok(privileged.map(str::to_owned).to_vec());
    }
    let steps = [
        "--cap-add=ALL",
        "--cap-drop=SYS_RESOURCE",
        "--security-opt=seccomp=unconfined",
        "--security-opt=apparmor=unconfined",
        "--security-opt=systempaths=unconfined",
        "--cgroupns=private",
        "--device-cgroup-rule=a *:* rwm",
    ];
    let devices = ["/dev/fuse", "/dev/net/tun"].into_iter().filter(|path| Path::new(path).exists());
    let devices = devices.map(|path| format!("--device={path}"));
    Ok(steps.into_iter().map(str::to_owned).chain(devices).collect())
}

async fn is_connected(host: &LabHost) -> Result<bool> {
    let format = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}} {{end}}";
    let networks = inspect("container", &host.container, format).await?.unwrap_or_default();
    Ok(networks.split_whitespace().any(|name| name == host.network))
}

/// Hosts that are no longer in the specification go, and their disks with them.
async fn remove_others(spec: &LabSpec, progress: &Progress) -> Result<()> {
    let prefix = format!("hob-testbed-{}-", spec.name);
    for name in containers_of(&spec.name).await? {
        let short = name.strip_prefix(&prefix).unwrap_or(&name);
        if short != "registry" && !spec.hosts.iter().any(|host| host.name == short) {
            progress.say(&format!("{short}: removed, it is not asked for any more"));
            container::remove(&name).await?;
            docker(format!("removing volume {name}"), ["volume", "rm", &name]).output().await?;
        }
    }
    Ok(())
}

fn servers_of(images: &[ImageName]) -> impl Iterator<Item = String> {
    images.iter().flat_map(ImageName::servers)
}

/// What `/etc/hosts` says on every host: the registry's names and the hosts'.
fn names_text(
    registry: Ipv4Addr,
    servers: &BTreeSet<String>,
    network: &Network,
    hosts: &[HostSpec],
) -> String {
    let mut text: String = servers.iter().map(|server| line(registry, server)).collect();
    for (index, host) in hosts.iter().enumerate() {
        for name in std::iter::once(&host.name).chain(&host.aliases) {
            if name.parse::<std::net::IpAddr>().is_err() {
                text.push_str(&line(network.host(index), name));
            }
        }
    }
    text
}

fn line(address: Ipv4Addr, name: &str) -> String {
    format!("{address} {name}\n")
}
