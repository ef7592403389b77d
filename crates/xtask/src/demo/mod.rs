//! `cargo xtask demo`: from nothing to a homelab of five hosts, deployed over SSH and verified;
//! then a change that touches one service, and an update that fails and is rolled back.

mod repository;
mod told;

use std::{
    path::PathBuf,
    process::{Command, ExitCode},
    time::Duration,
};

use clap::Args;
use hob_testbed::lab::{Dirs, ImageName, Lab, StandIn, lab_for, prepare, read_homelab};

use crate::{
    Outcome,
    place::{root, target},
    say,
};
use repository::Copy;
use told::Told;

/// The lab that plays the homelab.
const LAB: &str = "demo";
/// The homelab that is played.
const HOMELAB: &str = "homelabs/pi-gitops";

/// Memory of a Pi Zero 2.
const PI_ZERO_BYTES: u64 = 512 << 20;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Remove everything that the demo made.
    #[arg(long)]
    down: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Outcome {
    let dirs = Dirs::usual();
    let runtime = tokio::runtime::Runtime::new().map_err(|why| why.to_string())?;
    if arguments.down {
        let removed = runtime.block_on(Lab::destroy(&dirs, LAB)).map_err(|why| why.full())?;
        repository::remove()?;
        say::line(&format!("removed {removed} containers of the demo, and its files"));
        return Ok(ExitCode::SUCCESS);
    }
    let hob = build()?;
    let copy = Copy::fresh(&root().join(HOMELAB))?;
    let lab = runtime.block_on(bring_up(&dirs, &copy))?;
    let told = Told { hob, copy, ssh_config: lab.ssh_config() };
    first_deploy(&told)?;
    one_changed_file(&told)?;
    runtime.block_on(publish_broken_update(&lab))?;
    broken_update(&told)?;
    back_to_the_beginning(&told)?;
    look_around(&told, &lab);
    Ok(ExitCode::SUCCESS)
}

/// Builds the command as it is used.
fn build() -> Result<PathBuf, String> {
    say::line("== Building hob");
    let status = Command::new(env!("CARGO"))
        .args(["build", "--package", "hob-cli", "--bin", "hob"])
        .current_dir(root())
        .status()
        .map_err(|why| format!("running cargo: {why}"))?;
    if !status.success() {
        return Err("hob does not build; see above".to_owned());
    }
    Ok(target().join("debug/hob"))
}

async fn bring_up(dirs: &Dirs, copy: &Copy) -> Result<Lab, String> {
    say::line("");
    say::line("== Five hosts, each with sshd and a Docker Engine of its own, and a registry");
    say::line("   (containers on this machine; nothing outside it is reached)");
    let progress = say::progress();
    let up = async {
        let desired = read_homelab(&copy.path)?;
        let (mut spec, images) = lab_for(LAB, &desired)?;
        for host in spec.hosts.iter_mut().filter(|host| host.name.starts_with("pizero")) {
            host.memory_limit = Some(PI_ZERO_BYTES);
        }
        prepare(dirs, &progress).await?;
        // What an earlier demo left is removed, so that this one begins with bare hosts.
        Lab::destroy(dirs, LAB).await?;
        let lab = Lab::up(&spec, dirs, &progress).await?;
        let filling = format!("a stand-in for each of {} images", images.len());
        progress.during(&filling, lab.registry().put_all(&images)).await?;
        Ok(lab)
    };
    up.await.map_err(|why: hob_testbed::lab::LabError| why.full())
}

fn first_deploy(told: &Told) -> Result<(), String> {
    told.chapter("The repository and the hosts are checked");
    told.hob(&["check"], 0)?;
    told.chapter("What would be done, where, in what order, and why");
    told.hob(&["plan"], 2)?;
    told.chapter("It is done: pull, create, start, wait for the verdict of every service");
    told.hob(&["apply", "--yes"], 0)?;
    told.chapter("Is it so? Containers, health, networks, ports");
    told.hob(&["verify"], 0)?;
    told.chapter("A second run has nothing to do");
    told.hob(&["plan"], 0)
}

const TILES: &str = "hosts/pi5/homepage/config/services.yaml";
const TILE: &str = "\n- Garden:\n    - Weather:\n        href: http://weather.home.example\n";

fn one_changed_file(told: &Told) -> Result<(), String> {
    const FILE: &str = "hosts/pi5/homepage/config/services.yaml";
    told.chapter("One configuration file changes: one service is touched, and no other");
    told.copy
        .append(FILE, "\n- Garden:\n    - Weather:\n        href: http://weather.home.example\n")?;
    told.aside(&format!("(a tile was added to {FILE})"));
    told.hob(&["plan"], 2)?;
    told.hob(&["apply", "--yes"], 0)
}

/// The image of the broken update: its program ends a second after its start.
const GOOD_TAG: &str = "v1.4.6";
const BROKEN_TAG: &str = "v1.5.0";
const IMAGE: &str = "ghcr.io/gethomepage/homepage";

async fn publish_broken_update(lab: &Lab) -> Result<(), String> {
    let put = async {
        let name: ImageName = format!("{IMAGE}:{BROKEN_TAG}").parse()?;
        let exit = Some((1, Duration::from_secs(1)));
        let print = vec!["fatal: settings.yaml: unknown version 7".to_owned()];
        lab.put(&name, &StandIn { exit, print, ..StandIn::default() }).await
    };
    put.await.map(|_| ()).map_err(|why| why.full())
}

fn broken_update(told: &Told) -> Result<(), String> {
    const FILE: &str = "hosts/pi5/homepage/compose.yaml";
    told.chapter("An update turns out to be broken: the old container is put back");
    told.copy.replace(FILE, GOOD_TAG, BROKEN_TAG)?;
    told.aside(&format!("(the image in {FILE} is now {BROKEN_TAG}, which crashes)"));
    told.hob(&["apply", "--yes"], 1)?;
    told.aside("It failed, and said why. The service runs as before:");
    told.hob(&["status", "--host", "pi5", "--stack", "homepage"], 0)?;
    told.copy.replace(FILE, BROKEN_TAG, GOOD_TAG)?;
    told.aside("(the change is taken back in the repository, and there is nothing to do)");
    told.hob(&["plan"], 0)
}

/// At the end the hosts run what the repository in `homelabs/` says.
fn back_to_the_beginning(told: &Told) -> Result<(), String> {
    told.chapter("The repository goes back to how it was, and the homelab follows");
    told.copy.replace(TILES, TILE, "")?;
    told.hob(&["apply", "--yes"], 0)
}

fn look_around(told: &Told, lab: &Lab) {
    let (copy, config) = (told.copy.path.display(), told.ssh_config.display());
    let hob = told.hob.display();
    told.chapter("Look around");
    say::line(&format!("  the repository   {copy}"));
    say::line(&format!("  hob              {hob} -C {copy} --ssh-config {config} status"));
    for host in lab.hosts() {
        let name = host.name();
        say::line(&format!("  {name:<16} ssh -F {config} {name} docker ps"));
    }
    say::line("  remove it all    cargo xtask demo --down");
}
