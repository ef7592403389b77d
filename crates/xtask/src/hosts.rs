//! `cargo xtask hosts`: real Docker hosts in containers, to try things on by hand.

use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use clap::{Args, Subcommand};
use hob_testbed::lab::{Dirs, HostSpec, ImageName, Lab, LabError, LabSpec, list, prepare};

use crate::{Outcome, say};

#[derive(Debug, Subcommand)]
pub(crate) enum Chore {
    /// Bring hosts up; those that run and are well stay as they are.
    Up(Up),
    /// List the hosts of all labs.
    List,
    /// Stop the hosts of a lab; `up` goes on with their data.
    Down(Down),
    /// Log in to a host, or run a command on it.
    Ssh(Ssh),
}

#[derive(Debug, Args)]
pub(crate) struct Up {
    /// How many hosts, called host1, host2, ...
    #[arg(default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=100))]
    count: u8,
    /// Names of the hosts, instead of a number.
    #[arg(long, value_delimiter = ',', conflicts_with = "count")]
    names: Vec<String>,
    /// Hosts with systemd as process 1.
    #[arg(long)]
    systemd: bool,
    /// Another name that every registry of the lab answers for; may be repeated.
    #[arg(long = "image", default_values = ["busybox", "nginx", "redis:7", "postgres:16"])]
    images: Vec<String>,
    #[command(flatten)]
    lab: LabName,
}

#[derive(Debug, Args)]
pub(crate) struct Down {
    /// Remove the hosts, their disks, keys and network altogether.
    #[arg(long)]
    destroy: bool,
    #[command(flatten)]
    lab: LabName,
}

#[derive(Debug, Args)]
pub(crate) struct Ssh {
    /// The host.
    host: String,
    /// A command to run there.
    #[arg(trailing_var_arg = true)]
    command: Vec<String>,
    #[command(flatten)]
    lab: LabName,
}

#[derive(Debug, Args)]
struct LabName {
    /// Which lab; labs know nothing of each other.
    #[arg(long = "lab", default_value = "hands", value_name = "NAME")]
    name: String,
}

pub(crate) fn run(chore: Chore) -> Outcome {
    let dirs = Dirs::usual();
    let runtime = tokio::runtime::Runtime::new().map_err(|why| why.to_string())?;
    let done = match chore {
        Chore::Up(up) => runtime.block_on(bring_up(&dirs, up)),
        Chore::List => runtime.block_on(show()),
        Chore::Down(down) => runtime.block_on(bring_down(&dirs, down)),
        Chore::Ssh(ssh) => return log_in(&dirs, ssh),
    };
    done.map(|()| ExitCode::SUCCESS).map_err(|why| why.full())
}

async fn bring_up(dirs: &Dirs, up: Up) -> Result<(), LabError> {
    let Up { count, names, systemd, images, lab } = up;
    let names = match names.is_empty() {
        true => (1..=count).map(|number| format!("host{number}")).collect(),
        false => names,
    };
    let hosts = names.iter().map(|name| HostSpec { systemd, ..HostSpec::new(name) }).collect();
    let images = images.iter().map(|name| name.parse()).collect::<Result<Vec<ImageName>, _>>()?;
    let spec = LabSpec { name: lab.name, hosts, images };
    let progress = say::progress();
    progress.say(&format!("bringing up {} hosts", spec.hosts.len()));
    prepare(dirs, &progress).await?;
    let lab = Lab::up(&spec, dirs, &progress).await?;
    let config = lab.ssh_config();
    let (config, first) = (config.display(), lab.hosts().first().map_or("", |host| host.name()));
    say::line("");
    say::line(&format!("{} hosts are up: {}", lab.hosts().len(), names.join(", ")));
    say::line(&format!("  log in    ssh -F {config} {first}"));
    say::line(&format!("  with Hob  hob --ssh-config {config} ..."));
    say::line(&format!("  state     {}", lab.state().display()));
    say::line("  stop      cargo xtask hosts down   (--destroy removes everything)");
    say::result(&config.to_string());
    Ok(())
}

async fn show() -> Result<(), LabError> {
    let all = list().await?;
    if all.is_empty() {
        say::line("no hosts; try: cargo xtask hosts up 3");
    }
    for host in all {
        let name = if host.host.is_empty() { "(registry)" } else { &host.host };
        say::result(&format!("{:<12} {name:<16} {}", host.lab, host.status));
    }
    Ok(())
}

async fn bring_down(dirs: &Dirs, down: Down) -> Result<(), LabError> {
    let name = &down.lab.name;
    let (count, verb) = if down.destroy {
        (Lab::destroy(dirs, name).await?, "removed")
    } else {
        (Lab::down(dirs, name).await?, "stopped")
    };
    match count {
        0 => say::line(&format!("lab {name} has no hosts")),
        _ => say::line(&format!("{verb} {count} containers of lab {name}")),
    }
    Ok(())
}

fn log_in(dirs: &Dirs, ssh: Ssh) -> Outcome {
    let config = dirs.state(&ssh.lab.name).join("ssh_config");
    if !config.is_file() {
        return Err(format!("lab {} is not up\n  try: cargo xtask hosts up", ssh.lab.name));
    }
    let mut command = Command::new("ssh");
    command.arg("-F").arg(&config).arg("--").arg(&ssh.host).args(&ssh.command);
    Err(format!("cannot run ssh: {}", command.exec()))
}
