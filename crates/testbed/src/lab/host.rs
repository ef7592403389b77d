//! A test host in the hands of a story: what runs on it, and what can be done to it.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;

use super::docker::docker;
use super::error::{LabError, Result};
use super::run::{Output, Run};

/// How long a host may take from its start until sshd and its Engine answer.
const READY_LIMIT: Duration = Duration::from_secs(90);
const POLL: Duration = Duration::from_millis(150);
const SCRIPT: &str = "/testbed/host.sh";

/// One host of a lab.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabHost {
    pub(crate) name: String,
    pub(crate) container: String,
    pub(crate) network: String,
    pub(crate) address: Ipv4Addr,
    pub(crate) ssh_port: u16,
}

impl LabHost {
    /// Its name in `ssh_config`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its address on the network of the lab.
    #[must_use]
    pub fn address(&self) -> Ipv4Addr {
        self.address
    }

    /// The container on this machine that plays it.
    #[must_use]
    pub fn container(&self) -> &str {
        &self.container
    }

    /// Runs the Docker client on the host, as root; whatever it ends with is in the output.
    ///
    /// # Errors
    /// Where the client cannot be run at all or does not end.
    pub async fn docker(&self, arguments: &[&str]) -> Result<Output> {
        self.inside(&["docker"]).args(arguments).output().await
    }

    /// Runs a program on the host, as root; whatever it ends with is in the output.
    ///
    /// # Errors
    /// As [`LabHost::docker`].
    pub async fn exec(&self, arguments: &[&str]) -> Result<Output> {
        self.inside(arguments).output().await
    }

    /// Writes a file on the host, as root, and the folders above it.
    ///
    /// # Errors
    /// Where the host does not run or the disk does not take it.
    pub async fn write_file(&self, path: &str, bytes: &[u8]) -> Result<()> {
        const WRITE: &str = r#"mkdir -p "$(dirname "$1")" && cat >"$1""#;
        let run = docker(format!("writing {path} on {}", self.name), ["exec", "--interactive"]);
        let run = run.args([&self.container, "/bin/sh", "-c", WRITE, "sh", path]);
        run.input(bytes).must().await.map(drop)
    }

    /// Waits until sshd and the host's Engine answer.
    ///
    /// # Errors
    /// When they do not in good time.
    pub async fn wait_ready(&self) -> Result<()> {
        let started = Instant::now();
        let mut waiting_for = "sshd";
        loop {
            if waiting_for == "sshd" && self.ssh_answers().await {
                waiting_for = "the Docker Engine";
            }
            if waiting_for != "sshd" && self.engine_answers().await {
                return Ok(());
            }
            if started.elapsed() > READY_LIMIT {
                let container = &self.container;
                return Err(LabError::TimedOut {
                    doing: format!("waiting for {waiting_for} of {}", self.name),
                    limit: READY_LIMIT,
                    hint: format!(
                        "\n  look at: docker logs {container}; \
                         docker exec {container} tail /var/log/dockerd.log"
                    ),
                });
            }
            tokio::time::sleep(POLL).await;
        }
    }

    async fn ssh_answers(&self) -> bool {
        let hello = async {
            let mut stream = TcpStream::connect((self.address, self.ssh_port)).await.ok()?;
            let mut start = [0; 4];
            stream.read_exact(&mut start).await.ok()?;
            Some(start == *b"SSH-")
        };
        let answer = tokio::time::timeout(Duration::from_secs(2), hello).await;
        matches!(answer, Ok(Some(true)))
    }

    async fn engine_answers(&self) -> bool {
        let run = self.inside(&["docker", "version"]).limit(Duration::from_secs(10));
        run.output().await.is_ok_and(|output| output.ok())
    }

    fn inside(&self, arguments: &[&str]) -> Run {
        let doing = format!("running {} on {}", arguments.first().unwrap_or(&""), self.name);
        docker(doing, ["exec", &self.container]).args(arguments)
    }

    async fn script(&self, arguments: &[&str]) -> Result<()> {
        self.inside(&[SCRIPT]).args(arguments).must().await.map(drop)
    }

    async fn outer(&self, verb: &str) -> Result<()> {
        let doing = format!("{verb} {}", self.name);
        docker(doing, [verb, &self.container]).must().await.map(drop)
    }
}

/// Faults, and their ends. `Lab::up` ends them all.
#[allow(clippy::missing_errors_doc, reason = "they fail where the host does not run")]
impl LabHost {
    /// Ends the Engine in order; its containers stop.
    pub async fn stop_engine(&self) -> Result<()> {
        self.script(&["engine-stop"]).await
    }

    /// Starts the Engine, and puts back the programs of [`LabHost::remove_docker`].
    pub async fn start_engine(&self) -> Result<()> {
        self.script(&["engine-start"]).await?;
        self.wait_ready().await
    }

    /// Kills the Engine. Its containers live on; systemd, where there is one, starts it again.
    pub async fn kill_engine(&self) -> Result<()> {
        self.script(&["engine-kill"]).await
    }

    /// The Engine takes connections and answers nothing.
    pub async fn freeze_engine(&self) -> Result<()> {
        self.script(&["engine-freeze"]).await
    }

    /// Ends [`LabHost::freeze_engine`].
    pub async fn thaw_engine(&self) -> Result<()> {
        self.script(&["engine-thaw"]).await
    }

    /// Neither Engine nor client are there, as on a machine without Docker.
    pub async fn remove_docker(&self) -> Result<()> {
        self.script(&["docker-remove"]).await
    }

    /// Freezes the whole host: connections open and nothing answers.
    pub async fn pause(&self) -> Result<()> {
        self.outer("pause").await
    }

    /// Ends [`LabHost::pause`].
    pub async fn unpause(&self) -> Result<()> {
        self.outer("unpause").await
    }

    /// Pulls the network cable.
    pub async fn disconnect(&self) -> Result<()> {
        let doing = format!("disconnecting {}", self.name);
        let arguments = ["network", "disconnect", &self.network, &self.container];
        docker(doing, arguments).must().await.map(drop)
    }

    /// Ends [`LabHost::disconnect`]; the address is the same as before.
    pub async fn connect(&self) -> Result<()> {
        let doing = format!("connecting {}", self.name);
        let address = self.address.to_string();
        let arguments = ["network", "connect", "--ip", &address, &self.network, &self.container];
        docker(doing, arguments).must().await.map(drop)
    }

    /// Cuts the power.
    pub async fn kill(&self) -> Result<()> {
        self.outer("kill").await
    }

    /// Powers the host on again and waits until it is ready.
    pub async fn start(&self) -> Result<()> {
        self.outer("start").await?;
        self.wait_ready().await
    }

    /// Fills the disks of a host with `disk_limit`; others refuse.
    pub async fn fill_disk(&self) -> Result<()> {
        self.script(&["disk-fill"]).await
    }

    /// Ends [`LabHost::fill_disk`].
    pub async fn free_disk(&self) -> Result<()> {
        self.script(&["disk-free"]).await
    }

    /// The key of this user is no longer accepted.
    pub async fn lock_user(&self, user: &str) -> Result<()> {
        self.script(&["user-lock", user]).await
    }

    /// Ends [`LabHost::lock_user`] for all users.
    pub async fn unlock_users(&self) -> Result<()> {
        self.script(&["user-unlock"]).await
    }

    /// New logins of this user have no rights on the Docker socket.
    pub async fn leave_docker_group(&self, user: &str) -> Result<()> {
        self.script(&["group-leave", user]).await
    }

    /// Ends [`LabHost::leave_docker_group`].
    pub async fn join_docker_group(&self, user: &str) -> Result<()> {
        self.script(&["group-join", user]).await
    }

    /// The host shows another key than the one in `known_hosts`.
    pub async fn change_host_key(&self) -> Result<()> {
        self.script(&["host-key-change"]).await
    }

    /// Another program listens on this TCP port of the host.
    pub async fn take_port(&self, port: u16) -> Result<()> {
        self.script(&["port-take", &port.to_string()]).await
    }

    /// Ends [`LabHost::take_port`] for all ports.
    pub async fn free_ports(&self) -> Result<()> {
        self.script(&["ports-free"]).await
    }

    /// Writes `/etc/hosts` anew.
    pub(crate) async fn refresh_names(&self) -> Result<()> {
        self.script(&["names"]).await
    }

    /// Ends every fault that lives inside the host.
    pub(crate) async fn heal(&self) -> Result<()> {
        self.script(&["heal"]).await
    }
}
