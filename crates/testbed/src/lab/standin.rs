//! Stand-in images: what a registry of the testbed hands out under the names of real software.
//!
//! All share one layer: a static program that serves and probes (`src/bin/stand-in`), busybox,
//! and links for what Compose files call. What differs is the image's configuration.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::dirs::Dirs;
use super::docker::docker;
use super::error::{LabError, Result};
use super::files;
use super::image::sha256;
use super::name::ImageName;
use super::ports::{Port, well_known};
use super::progress::Progress;
use super::run::Run;

const SOURCES: [(&str, &str); 4] = [
    ("main.rs", include_str!("../bin/stand-in/main.rs")),
    ("behaviour.rs", include_str!("../bin/stand-in/behaviour.rs")),
    ("probe.rs", include_str!("../bin/stand-in/probe.rs")),
    ("server.rs", include_str!("../bin/stand-in/server.rs")),
];
/// Programs that images carry and Compose files call: each is the stand-in under another name.
const NAMES: &[&str] = &[
    "ash",
    "bash",
    "bun",
    "caddy",
    "celery",
    "cscli",
    "curl",
    "dash",
    "deno",
    "dig",
    "drill",
    "dumb-init",
    "gosu",
    "gunicorn",
    "healthcheck",
    "healthcheck.sh",
    "influx",
    "java",
    "mariadb-admin",
    "mc",
    "mongo",
    "mongosh",
    "mysqladmin",
    "nc",
    "ncat",
    "nginx",
    "node",
    "npm",
    "npx",
    "nslookup",
    "perl",
    "pg_isready",
    "pgrep",
    "php",
    "pidof",
    "psql",
    "python",
    "python3",
    "rabbitmq-diagnostics",
    "rclone",
    "redis-cli",
    "redis-server",
    "ruby",
    "sh",
    "tini",
    "traefik",
    "valkey-cli",
    "valkey-server",
    "vault",
    "wget",
    "yarn",
];
/// Programs outside the search path that health checks and entry points name.
const PATHS: &[&str] = &[
    "app/healthcheck",
    "docker-entrypoint.sh",
    "entrypoint.sh",
    "healthcheck",
    "healthcheck.sh",
    "init",
];
/// Folders of programs, all the same one, so that every absolute path finds its program.
const PROGRAM_FOLDERS: &[&str] = &["bin", "sbin", "usr/sbin", "usr/local/bin", "usr/local/sbin"];
/// User names that Compose files put into `user:`.
const USERS: &[(&str, u32)] = &[
    ("root", 0),
    ("daemon", 1),
    ("www-data", 33),
    ("nobody", 65534),
    ("redis", 999),
    ("postgres", 70),
    ("mysql", 998),
    ("node", 1000),
    ("nginx", 101),
    ("grafana", 472),
];

/// How a stand-in behaves. The default answers on the usual port of the software it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StandIn {
    /// Where it listens; `None`: the well-known port of the image's name, else 80.
    pub ports: Option<Vec<Port>>,
    /// Whether it answers 200 or 500.
    pub health: Health,
    /// How long after its start it begins to listen.
    pub start: Duration,
    /// The exit code and how long after the start, for crashes and one-shots.
    pub exit: Option<(u8, Duration)>,
    /// Lines it prints at its start.
    pub print: Vec<String>,
    /// Arguments that make it a one-shot which is done at once: `migrate`.
    pub oneshot: Vec<String>,
    /// Whether it takes no notice of SIGTERM, so that only SIGKILL ends it.
    pub ignores_sigterm: bool,
    /// Whether the image has a health check of its own, at this interval.
    pub healthcheck: Option<Duration>,
    /// Absolute paths of more programs in the image, for entry points and health checks that name
    /// one: each is the stand-in.
    pub programs: Vec<String>,
    /// More environment variables of the image.
    pub env: Vec<(String, String)>,
    /// A label that changes the digest and nothing else: another build of the same software.
    pub revision: String,
}

/// Whether a stand-in is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Health {
    /// Always.
    #[default]
    Ok,
    /// Never: every answer is a 500.
    Never,
    /// From so long after its start.
    After(Duration),
    /// Until so long after its start.
    Until(Duration),
}

impl StandIn {
    /// The layer with the links to more programs; none where there are none.
    pub(crate) fn own_layer(&self) -> Option<Layer> {
        if self.programs.is_empty() {
            return None;
        }
        let mut tar = Tar(tar::Builder::new(Vec::new()));
        for path in &self.programs {
            // Writing to memory fails for a path that is too long, which no image has either.
            let _ = tar.link(path.trim_start_matches('/'), "/stand-in");
        }
        tar.0.into_inner().ok().map(Layer::new)
    }

    /// The configuration of the image as registries keep it.
    pub(crate) fn config(&self, name: &ImageName, layers: &[&Layer]) -> Vec<u8> {
        let diff_ids: Vec<&str> = layers.iter().map(|layer| layer.digest.as_str()).collect();
        let ports = self.ports.clone().unwrap_or_else(|| well_known(name));
        let exposed: Map<String, Value> =
            ports.iter().map(|port| (port.exposed(), json!({}))).collect();
        let mut config = json!({
            "Env": self.variables(name, &ports),
            "Entrypoint": ["/stand-in"],
            "ExposedPorts": exposed,
            "WorkingDir": "/",
            "Labels": {
                "org.opencontainers.image.title": name.to_string(),
                "org.opencontainers.image.revision": self.revision,
            },
        });
        if let Some(interval) = self.healthcheck {
            config["Healthcheck"] = json!({
                "Test": ["CMD", "/stand-in", "--probe"],
                "Interval": nanoseconds(interval),
                "Timeout": nanoseconds(Duration::from_secs(3)),
                "Retries": 3,
            });
        }
        let image = json!({
            "architecture": architecture(),
            "os": "linux",
            "created": "2024-01-01T00:00:00Z",
            "config": config,
            "rootfs": { "type": "layers", "diff_ids": diff_ids },
        });
        image.to_string().into_bytes()
    }

    fn variables(&self, name: &ImageName, ports: &[Port]) -> Vec<String> {
        let mut all = vec![
            "PATH=/usr/bin".to_owned(),
            format!("STANDIN_NAME={}", name.short()),
            format!("STANDIN_PORTS={}", join(ports.iter().map(ToString::to_string), ",")),
        ];
        let mut set = |key: &str, value: String| all.push(format!("STANDIN_{key}={value}"));
        match self.health {
            Health::Ok => {}
            Health::Never => set("HEALTH", "never".to_owned()),
            Health::After(wait) => set("HEALTH", format!("after:{}", wait.as_millis())),
            Health::Until(end) => set("HEALTH", format!("until:{}", end.as_millis())),
        }
        if !self.start.is_zero() {
            set("START_MS", self.start.as_millis().to_string());
        }
        if let Some((code, after)) = self.exit {
            set("EXIT", code.to_string());
            set("EXIT_MS", after.as_millis().to_string());
        }
        if !self.print.is_empty() {
            set("PRINT", self.print.join("\n"));
        }
        if !self.oneshot.is_empty() {
            set("ONESHOT", self.oneshot.join(","));
        }
        if self.ignores_sigterm {
            set("STOP", "ignore".to_owned());
        }
        all.extend(self.env.iter().map(|(key, value)| format!("{key}={value}")));
        all
    }
}

/// The manifest that ties a configuration to its layers.
pub(crate) fn manifest(config: &[u8], layers: &[&Layer]) -> Vec<u8> {
    let part = |layer: &&Layer| {
        json!({
            "mediaType": "application/vnd.oci.image.layer.v1.tar",
            "size": layer.bytes.len(),
            "digest": layer.digest,
        })
    };
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "size": config.len(),
            "digest": sha256(config),
        },
        "layers": layers.iter().map(part).collect::<Vec<_>>(),
    });
    manifest.to_string().into_bytes()
}

/// The media type of [`manifest`].
pub(crate) const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// A layer of an image: an archive that is not compressed.
#[derive(Debug)]
pub(crate) struct Layer {
    pub(crate) bytes: Vec<u8>,
    pub(crate) digest: String,
}

impl Layer {
    fn new(bytes: Vec<u8>) -> Self {
        Self { digest: sha256(&bytes), bytes }
    }

    /// The layer that all stand-in images share, from the cache; made first if it is not there.
    /// `host_image` has busybox.
    pub(crate) async fn ensure(dirs: &Dirs, host_image: &str, progress: &Progress) -> Result<Self> {
        let _lock = dirs.lock_cache().await?;
        let mut inputs = format!("{NAMES:?}{PATHS:?}{PROGRAM_FOLDERS:?}{USERS:?}{host_image}");
        inputs.extend(SOURCES.iter().map(|(_, text)| *text));
        let name = format!("stand-in-{}.tar", &sha256(inputs.as_bytes())[7..19]);
        let path = dirs.cache().join(name);
        if !path.is_file() {
            let work = make_layer(dirs, host_image, &path);
            progress.during("making the stand-in layer (once)", work).await?;
        }
        files::read(&path).map(Self::new)
    }
}

async fn make_layer(dirs: &Dirs, host_image: &str, path: &Path) -> Result<()> {
    let inside = |program: &'static [&'static str]| {
        docker("reading busybox from the host image", ["run", "--rm", "--network=none"])
            .args(["--entrypoint", program[0], host_image])
            .args(&program[1..])
            .must()
    };
    let folder = files::temporary_folder(&dirs.cache(), "stand-in-")?;
    let (program, busybox, applets) = tokio::try_join!(
        compile(folder.path()),
        inside(&["/bin/cat", "/bin/busybox"]),
        inside(&["/bin/busybox", "--list"]),
    )?;
    let program = files::read(&program)?;
    let tar = layer_tar(&program, &busybox.bytes, &applets.stdout);
    files::write(path, &tar.map_err(LabError::file("packing", path))?, 0o644)
}

/// A static program with nothing but the standard library: the compiler alone makes it.
async fn compile(folder: &Path) -> Result<PathBuf> {
    for (name, text) in SOURCES {
        files::write(&folder.join(name), text.as_bytes(), 0o644)?;
    }
    let output = folder.join("stand-in");
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Run::new("compiling the stand-in", rustc)
        .args(["--edition", "2024", "--crate-name", "stand_in", "--cap-lints", "allow"])
        .args(["-C", "opt-level=s", "-C", "panic=abort", "-C", "strip=symbols"])
        .args(["-C", "target-feature=+crt-static", "-o"])
        .arg(&output)
        .arg(folder.join("main.rs"))
        .must()
        .await?;
    Ok(output)
}

fn layer_tar(program: &[u8], busybox: &[u8], applets: &str) -> std::io::Result<Vec<u8>> {
    let mut tar = Tar(tar::Builder::new(Vec::new()));
    for folder in [
        "app",
        "etc",
        "home",
        "mnt",
        "opt",
        "root",
        "run",
        "srv",
        "usr",
        "usr/bin",
        "usr/local",
        "usr/share",
        "var",
        "var/lib",
        "var/log",
        "var/run",
    ] {
        tar.folder(folder, 0o755)?;
    }
    tar.folder("tmp", 0o1777)?;
    tar.folder("var/tmp", 0o1777)?;
    for folder in PROGRAM_FOLDERS {
        tar.link(folder, "/usr/bin")?;
    }
    tar.file("stand-in", program, 0o755)?;
    tar.file("usr/bin/busybox", busybox, 0o755)?;
    for name in applets.lines().filter(|name| !NAMES.contains(name) && *name != "busybox") {
        tar.link(&format!("usr/bin/{name}"), "/usr/bin/busybox")?;
    }
    for name in NAMES {
        tar.link(&format!("usr/bin/{name}"), "/stand-in")?;
    }
    for path in PATHS {
        tar.link(path, "/stand-in")?;
    }
    let users = |line: fn(&str, u32) -> String| -> String {
        USERS.iter().map(|(name, id)| line(name, *id)).collect()
    };
    let passwd = users(|name, id| format!("{name}:x:{id}:{id}::/root:/bin/sh\n"));
    let group = users(|name, id| format!("{name}:x:{id}:\n"));
    tar.file("etc/passwd", passwd.as_bytes(), 0o644)?;
    tar.file("etc/group", group.as_bytes(), 0o644)?;
    tar.file("etc/nsswitch.conf", b"hosts: files dns\n", 0o644)?;
    tar.0.into_inner()
}

/// Writes entries without times and owners, so that the same content has the same digest.
struct Tar(tar::Builder<Vec<u8>>);

impl Tar {
    fn folder(&mut self, path: &str, mode: u32) -> std::io::Result<()> {
        let mut header = header(tar::EntryType::Directory, 0, mode);
        self.0.append_data(&mut header, format!("{path}/"), std::io::empty())
    }

    fn file(&mut self, path: &str, bytes: &[u8], mode: u32) -> std::io::Result<()> {
        let mut header = header(tar::EntryType::Regular, bytes.len() as u64, mode);
        self.0.append_data(&mut header, path, bytes)
    }

    fn link(&mut self, path: &str, target: &str) -> std::io::Result<()> {
        let mut header = header(tar::EntryType::Symlink, 0, 0o777);
        self.0.append_link(&mut header, path, target)
    }
}

fn header(kind: tar::EntryType, size: u64, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header
}

/// The architecture of this machine in the words of image configurations.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn nanoseconds(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX)
}

fn join(words: impl Iterator<Item = String>, between: &str) -> String {
    words.collect::<Vec<_>>().join(between)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may panic")]
    use super::*;

    fn base() -> Layer {
        Layer { bytes: vec![0; 7], digest: "sha256:00".to_owned() }
    }

    fn config(standin: &StandIn) -> Value {
        let name: ImageName = "jellyfin/jellyfin:10.9".parse().unwrap();
        serde_json::from_slice(&standin.config(&name, &[&base()])).unwrap()
    }

    #[test]
    fn the_default_serves_the_well_known_port() {
        let found = config(&StandIn::default());
        assert_eq!(
            found["config"]["Env"],
            json!(["PATH=/usr/bin", "STANDIN_NAME=jellyfin", "STANDIN_PORTS=8096"])
        );
        assert_eq!(found["config"]["ExposedPorts"], json!({"8096/tcp": {}}));
        assert_eq!(found["rootfs"]["diff_ids"], json!(["sha256:00"]));
        assert!(found["config"].get("Healthcheck").is_none());
    }

    #[test]
    fn behaviour_stands_in_the_environment() {
        let found = config(&StandIn {
            ports: Some(vec![Port::Tcp(1), Port::Udp(53)]),
            health: Health::After(Duration::from_secs(2)),
            exit: Some((3, Duration::from_millis(500))),
            healthcheck: Some(Duration::from_secs(1)),
            ..StandIn::default()
        });
        assert_eq!(
            found["config"]["Env"].as_array().unwrap()[2..],
            [
                json!("STANDIN_PORTS=1,53/udp"),
                json!("STANDIN_HEALTH=after:2000"),
                json!("STANDIN_EXIT=3"),
                json!("STANDIN_EXIT_MS=500")
            ]
        );
        assert_eq!(found["config"]["Healthcheck"]["Interval"], json!(1_000_000_000));
    }

    #[test]
    fn the_manifest_names_its_parts_by_digest_and_size() {
        let standin = StandIn { programs: vec!["/app/run".into()], ..StandIn::default() };
        let own = standin.own_layer().unwrap();
        let found: Value = serde_json::from_slice(&manifest(b"{}", &[&base(), &own])).unwrap();
        assert_eq!(
            found["config"]["digest"],
            "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        );
        assert_eq!(found["layers"][0]["size"], 7);
        assert_eq!(found["layers"][1]["digest"], json!(own.digest));
        assert!(StandIn::default().own_layer().is_none());
    }

    #[test]
    fn another_revision_is_another_digest() {
        let one = StandIn::default();
        let two = StandIn { revision: "2".to_owned(), ..StandIn::default() };
        assert_ne!(config(&one), config(&two));
        assert_eq!(layer_tar(b"a", b"b", "ls\n").unwrap(), layer_tar(b"a", b"b", "ls\n").unwrap());
    }
}
