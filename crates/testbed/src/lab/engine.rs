//! A Docker Engine on this machine: the one that is there, or one that is installed and started.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::Command;

use super::dirs::Dirs;
use super::docker;
use super::error::{LabError, Result};
use super::files;
use super::packages;
use super::progress::Progress;

/// A cold Engine on a busy machine; usual is under 5 s.
const READY_LIMIT: Duration = Duration::from_secs(90);
/// System folders that the `PATH` of an ordinary user may lack.
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/// Sees to it that a Docker Engine answers on the default socket, or where `DOCKER_HOST` says.
///
/// # Errors
/// Where none answers and none may be installed or started here; the error says what to type.
pub async fn ensure_engine(dirs: &Dirs, progress: &Progress) -> Result<()> {
    let _lock = dirs.lock_cache().await?;
    let Some(why) = unreachable().await else { return Ok(()) };
    if let Some(address) = std::env::var_os("DOCKER_HOST").filter(|value| !value.is_empty()) {
        return Err(LabError::NoEngine {
            why: format!("DOCKER_HOST is {}, and: {why}", address.to_string_lossy()),
            hint: "start that Engine, or `unset DOCKER_HOST` to use the one of this machine".into(),
        });
    }
    if !packages::is_root() {
        return Err(LabError::NoEngine { hint: hint_for_user(&why), why });
    }
    if find("dockerd").is_none() || find("docker").is_none() {
        if !packages::is_debian() {
            return Err(LabError::NoEngine {
                why: "it is not installed, and only Debian and Ubuntu are known here".into(),
                hint: "install Docker Engine 20.10 or newer, and start it".into(),
            });
        }
        let mut wanted = vec!["docker.io", "iptables"];
        if packages::has("docker-cli").await {
            wanted.push("docker-cli");
        }
        packages::install(&wanted, progress).await?;
        // A machine with systemd has started it by now.
        if unreachable().await.is_none() {
            return Ok(());
        }
    }
    progress.during("starting the Docker Engine", start(dirs)).await
}

/// Makes sure that an Engine answers, and changes nothing on this machine.
pub(crate) async fn require_engine() -> Result<()> {
    match unreachable().await {
        None => Ok(()),
        Some(why) => Err(LabError::NoEngine {
            why,
            hint: "cargo xtask hosts up   (as root it installs and starts one)".into(),
        }),
    }
}

/// Why the Engine cannot be used; `None` when it can.
async fn unreachable() -> Option<String> {
    match docker::version().await {
        Ok(output) if output.ok() => None,
        Ok(output) => Some(output.stderr.trim().to_owned()),
        Err(why) => Some(why.full()),
    }
}

fn hint_for_user(why: &str) -> String {
    if why.to_lowercase().contains("permission denied") {
        "sudo usermod -aG docker $USER   (then log in again)".to_owned()
    } else if find("dockerd").is_some() {
        "sudo systemctl start docker   (without systemd: sudo setsid -f dockerd)".to_owned()
    } else {
        "sudo apt-get install docker.io && sudo usermod -aG docker $USER   (then log in again)"
            .to_owned()
    }
}

async fn start(dirs: &Dirs) -> Result<()> {
    let doing = "starting the Docker Engine";
    let log = dirs.cache().join("dockerd.log");
    let mut command = if Path::new("/run/systemd/system").is_dir() {
        let mut command = Command::new("systemctl");
        command.args(["start", "docker"]);
        command
    } else {
        let mut command = Command::new("setsid");
        command.arg("--fork").arg(find("dockerd").unwrap_or_else(|| "dockerd".into()));
        command
    };
    let file = files::create(&log)?;
    let copy = file.try_clone().map_err(LabError::file("opening", &log))?;
    command.env("PATH", search_path()).stdin(Stdio::null()).stdout(file).stderr(copy);
    let failed =
        |source| LabError::Start { doing: doing.into(), program: "dockerd".into(), source };
    command.status().await.map_err(failed)?;
    let started = Instant::now();
    while unreachable().await.is_some() {
        if started.elapsed() > READY_LIMIT {
            let hint = format!("\n  look at: {}", log.display());
            return Err(LabError::TimedOut { doing: doing.into(), limit: READY_LIMIT, hint });
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Ok(())
}

/// The program in `PATH` or in the system's folders.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    std::env::split_paths(&search_path())
        .map(|folder| folder.join(program))
        .find(|path| path.is_file())
}

fn search_path() -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let system = SYSTEM_FOLDERS.iter().map(PathBuf::from);
    let all: Vec<PathBuf> = std::env::split_paths(&path).chain(system).collect();
    std::env::join_paths(all).unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_rights_is_told_about_the_group() {
        let why = "Got permission denied while trying to connect to the Docker daemon socket";
        assert!(hint_for_user(why).starts_with("sudo usermod -aG docker"));
    }
}
