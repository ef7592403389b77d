//! Comparison (b): nothing to do on several hosts over SSH.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
    time::Duration,
};

use bollard::{Docker, query_parameters::StatsOptionsBuilder};
use futures_util::{StreamExt, future::try_join_all};
use hob_testbed::lab::{Dirs, Lab, LabHost, LabSpec, Output};
use serde_json::json;
use tokio::runtime::Runtime;

use super::{
    left_behind,
    local::repeat,
    measure::Cost,
    packages,
    report::{Comparison, Row, Target, Wanted},
    sides::Sides,
    workload::{IMAGE, LABEL, Side, Workload},
};
use crate::{disk, say};

/// The lab of this benchmark; others are not touched.
const LAB: &str = "bench";
/// Where the peers keep their files on a host.
const FOLDER: &str = "/home/deploy/bench";
const COMPOSE_ON_HOST: &str = "/usr/local/bin/docker-compose";
/// All stacks of a host, one after the other.
const REMOTE: &str = "for file in bench/*/compose.yaml; do \
                      docker-compose --file $file up --detach || exit 1; done";
const CLEAN: &str = "docker ps --all --quiet --filter label=$1 | xargs -r docker rm -fv && \
                     docker network ls -q --filter label=$1 | xargs -r docker network rm";

const HOB: &str = "hob";
const HOB_KEPT: &str = "hob, connections kept";
const PARALLEL: &str = "parallel, ssh, docker compose";
const PARALLEL_KEPT: &str = "parallel, connections kept";
const LOGIN: &str = "parallel, ssh, true";
const ANSIBLE: &str = "Ansible";
const ANSIBLE_KEPT: &str = "Ansible, connections kept";

const PLAYBOOK: &str = include_str!("deploy.yaml");

/// The hosts, and what is needed to measure on them.
struct Hosts<'a> {
    sides: &'a Sides,
    workload: Workload,
    runtime: &'a Runtime,
    lab: Lab,
    docker: Docker,
}

/// What comparison (b) needs besides the programs.
pub(super) struct Needs<'a> {
    pub(super) runtime: &'a Runtime,
    /// The archive of the services' image.
    pub(super) image: &'a Path,
    /// A folder that is kept from run to run.
    pub(super) peers: &'a Path,
    pub(super) hosts: usize,
    pub(super) runs: usize,
}

/// (b) Nothing to do over SSH, against parallel with ssh and Docker Compose, and against Ansible.
pub(super) fn idle(
    sides: &Sides,
    workload: Workload,
    needs: &Needs<'_>,
) -> Result<Comparison, String> {
    let runtime = needs.runtime;
    let mut skipped = Vec::new();
    let mut have = |program: &str, package: &str, name: &str| {
        let there = packages::ensure(program, package);
        let is_there = there.is_ok();
        skipped.extend(there.err().map(|why| format!("{name}: {why}")));
        is_there
    };
    let ansible = have("ansible-playbook", "ansible-core", ANSIBLE);
    let parallel = have("parallel", "parallel", PARALLEL);
    let names: Vec<String> = (1..=needs.hosts).map(|number| format!("host{number}")).collect();
    let done = runtime.block_on(bring_up(&names)).and_then(|lab| {
        let docker = Docker::connect_with_local_defaults().map_err(|why| why.to_string())?;
        let hosts = Hosts { sides, workload, runtime, lab, docker };
        hosts.furnish(needs, ansible)?;
        hosts.compare(needs.runs, ansible, parallel)
    });
    left_behind::end();
    say::line("(b) removing the hosts");
    let gone = runtime.block_on(Lab::destroy(&Dirs::usual(), LAB)).map_err(|why| why.full());
    let rows = done?;
    gone?;
    let title = format!(
        "**(b) Nothing to do over SSH**, {} hosts with {} stacks of {} services each, all running. \
         Every run\nopens its connections, but for those that say otherwise.",
        needs.hosts, workload.stacks, workload.services
    );
    let targets = [
        Target::new(&rows, PARALLEL, HOB, Wanted::AtLeast(4.0)),
        Target::new(&rows, PARALLEL_KEPT, HOB_KEPT, Wanted::AtLeast(4.0)),
        Target::new(&rows, ANSIBLE, HOB, Wanted::AtLeast(10.0)),
    ];
    Ok(Comparison {
        key: 'b',
        title,
        is_deploy: false,
        others: Some("the hosts"),
        targets: targets.into_iter().flatten().collect(),
        rows,
        commands: commands(),
        skipped,
    })
}

fn commands() -> Vec<String> {
    vec![
        "hob: `hob apply --yes --json`".to_owned(),
        "parallel: `parallel --jobs HOSTS ssh HOST 'for file in ...; do docker-compose --file \
         $file up --detach; done'`"
            .to_owned(),
        "parallel, ssh, true: the logins alone, as a floor for every run that opens connections"
            .to_owned(),
        "Ansible: `ansible-playbook` with the modules file, copy and command (`docker-compose up \
         --detach`), a fork for each host, pipelining on"
            .to_owned(),
    ]
}

async fn bring_up(names: &[String]) -> Result<Lab, String> {
    let (dirs, progress) = (Dirs::usual(), say::progress());
    hob_testbed::lab::prepare(&dirs, &progress).await.map_err(|why| why.full())?;
    let spec = LabSpec::new(LAB, names);
    Lab::up(&spec, &dirs, &progress).await.map_err(|why| why.full())
}

impl Hosts<'_> {
    /// Puts the image, Docker Compose, Python and the peers' files on every host.
    fn furnish(&self, needs: &Needs<'_>, python: bool) -> Result<(), String> {
        say::line("(b) putting image, Docker Compose and Python on the hosts");
        let image = disk::bytes(needs.image)?;
        let compose = disk::bytes(&self.sides.compose)?;
        let files = self.sides.write_compose(self.workload)?;
        let mut all: Vec<(String, Vec<u8>)> = vec![("/var/tmp/image.tar".to_owned(), image)];
        all.push((COMPOSE_ON_HOST.to_owned(), compose));
        for file in files {
            for name in ["compose.yaml", super::workload::FILE] {
                let stack = file.parent().and_then(Path::file_name).unwrap_or_default();
                let to = format!("{FOLDER}/{}/{name}", stack.to_string_lossy());
                all.push((to, disk::bytes(&file.with_file_name(name))?));
            }
        }
        if python {
            for package in self.python(needs.peers)? {
                let name = package.file_name().unwrap_or_default().to_string_lossy();
                all.push((format!("/var/tmp/packages/{name}"), disk::bytes(&package)?));
            }
        }
        self.on_all(async |host| {
            for (path, bytes) in &all {
                host.write_file(path, bytes).await.map_err(|why| why.full())?;
            }
            good(host.exec(&["chmod", "755", COMPOSE_ON_HOST]).await)?;
            good(host.exec(&["chown", "-R", "deploy:deploy", FOLDER]).await)?;
            good(host.docker(&["import", "/var/tmp/image.tar", IMAGE]).await)?;
            if python {
                // All that they need of each other is there; dpkg would want it in order.
                let install =
                    ["dpkg", "--force-depends", "--install", "--recursive", "/var/tmp/packages"];
                good(host.exec(&install).await)?;
            }
            Ok(())
        })
    }

    /// The packages of Python that the hosts lack; they cannot fetch any themselves.
    fn python(&self, peers: &Path) -> Result<Vec<PathBuf>, String> {
        let first = self.lab.hosts().first().ok_or("the lab has no host")?;
        let status = self.runtime.block_on(first.exec(&["cat", "/var/lib/dpkg/status"]));
        let status = good(status)?.stdout;
        packages::missing("python3", &status, &peers.join("python"))
    }

    fn compare(&self, runs: usize, ansible: bool, parallel: bool) -> Result<Vec<Row>, String> {
        let config = self.lab.ssh_config();
        let hosts: Vec<(&str, String, Option<&str>)> = self
            .lab
            .hosts()
            .iter()
            .map(|host| (host.name(), format!("ssh://deploy@{}", host.name()), None))
            .collect();
        let homelab = self.sides.write_homelab(self.workload, &hosts)?;
        say::line("(b) deploying with hob, to have nothing to do afterwards");
        self.sides.hob(&homelab, Some(&config))?;
        self.all_running()?;
        let hob = || {
            let (cost, did) = self.sides.hob(&homelab, Some(&config))?;
            if did.steps > 0 {
                return Err(format!("hob found {} steps where there was nothing to do", did.steps));
            }
            Ok(cost)
        };
        let mut rows = vec![self.opening(runs, HOB, hob)?, self.keeping(runs, HOB_KEPT, hob)?];
        self.clean()?;
        let ansible_run = self.ansible(&config)?;
        let parallel_run = || self.parallel(&config, REMOTE, false);
        let parallel_kept = || self.parallel(&config, REMOTE, true);
        if ansible || parallel {
            say::line("(b) deploying with the peers");
            if parallel {
                parallel_run()?
            } else {
                ansible_run()?
            };
        }
        if parallel {
            self.all_running()?;
            rows.push(self.opening(runs, PARALLEL, parallel_run)?);
            rows.push(self.keeping(runs, PARALLEL_KEPT, parallel_kept)?);
            let login = || self.parallel(&config, "true", false);
            rows.push(self.opening(runs, LOGIN, login)?);
        }
        if ansible {
            rows.push(self.opening(runs, ANSIBLE, &ansible_run)?);
            rows.push(self.keeping(runs, ANSIBLE_KEPT, &ansible_run)?);
        }
        self.all_running()?;
        Ok(rows)
    }

    /// Runs that open their connections.
    fn opening(
        &self,
        runs: usize,
        name: &str,
        run: impl Fn() -> Result<Cost, String>,
    ) -> Result<Row, String> {
        repeat(runs, name, || {
            left_behind::end();
            self.with_hosts(&run)
        })
    }

    /// Runs that find the connections of the run before.
    fn keeping(
        &self,
        runs: usize,
        name: &str,
        run: impl Fn() -> Result<Cost, String>,
    ) -> Result<Row, String> {
        let row = repeat(runs, name, || self.with_hosts(&run));
        left_behind::end();
        row
    }

    fn with_hosts(&self, run: impl Fn() -> Result<Cost, String>) -> Result<Cost, String> {
        let before = self.runtime.block_on(self.cpu())?;
        let mut cost = run()?;
        let after = self.runtime.block_on(self.cpu())?;
        cost.hosts_cpu = Some(after.saturating_sub(before));
        Ok(cost)
    }

    /// The command on all hosts; `kept` connections are those of the run before.
    fn parallel(&self, config: &Path, command: &str, kept: bool) -> Result<Cost, String> {
        let jobs = self.lab.hosts().len().to_string();
        let start = ["--quote", "--jobs", &jobs, "ssh", "-F"].map(OsString::from);
        let mut arguments = start.to_vec();
        arguments.push(config.into());
        if kept {
            let path = format!("ControlPath={}/%C", self.sides.work.display());
            let options = ["ControlMaster=auto", "ControlPersist=60s", &path];
            arguments.extend(options.into_iter().flat_map(|it| ["-o".into(), it.into()]));
        }
        arguments.extend(["{}", command, ":::"].map(OsString::from));
        arguments.extend(self.lab.hosts().iter().map(|host| host.name().into()));
        let home = self.sides.work.join("parallel");
        disk::make_folder(&home)?;
        let variables = vec![("PARALLEL_HOME", home.into_os_string())];
        self.sides.program("running parallel", OsStr::new("parallel"), arguments, variables)
    }

    /// Writes what Ansible reads; a run of it.
    fn ansible(&self, config: &Path) -> Result<impl Fn() -> Result<Cost, String>, String> {
        let folder = self.sides.work.join("ansible");
        let names: Vec<&str> = self.lab.hosts().iter().map(LabHost::name).collect();
        disk::write(&folder.join("hosts"), &(names.join("\n") + "\n"))?;
        disk::write(&folder.join("ansible.cfg"), &settings(config, &folder, names.len()))?;
        let stacks = self.workload.names(Side::Peer);
        let from = self.sides.work.join("peer");
        let book = folder.join("deploy.yaml");
        disk::write(&book, PLAYBOOK)?;
        let more = json!({ "folder": FOLDER, "from": from, "stacks": stacks }).to_string();
        let settings = folder.join("ansible.cfg").into_os_string();
        Ok(move || {
            let variables =
                vec![("ANSIBLE_CONFIG", settings.clone()), ("LC_ALL", "C.UTF-8".into())];
            let more = ["--extra-vars".into(), more.clone().into()];
            let arguments = [&more[..], &[book.clone().into_os_string()]].concat();
            let program = OsStr::new("ansible-playbook");
            self.sides.program("running Ansible", program, arguments, variables)
        })
    }

    /// Makes sure that every service of every host runs.
    fn all_running(&self) -> Result<(), String> {
        let (filter, wanted) = (format!("label={LABEL}"), self.workload.containers());
        self.on_all(async |host| {
            let listed = good(host.docker(&["ps", "--quiet", "--filter", &filter]).await)?;
            match listed.stdout.lines().count() {
                running if running == wanted => Ok(()),
                running => Err(format!("{running} of {wanted} containers run on {}", host.name())),
            }
        })
    }

    fn clean(&self) -> Result<(), String> {
        self.on_all(async |host| good(host.exec(&["sh", "-c", CLEAN, "sh", LABEL]).await).map(drop))
    }

    fn on_all(&self, work: impl AsyncFn(&LabHost) -> Result<(), String>) -> Result<(), String> {
        self.sides.meter.stop.check()?;
        let work = &work;
        let all = self.lab.hosts().iter().map(|host| async move { work(host).await });
        self.runtime.block_on(try_join_all(all)).map(drop)
    }

    /// Processor time of all hosts so far, as the Engine of this machine counts it.
    async fn cpu(&self) -> Result<Duration, String> {
        let mut all = Duration::ZERO;
        for host in self.lab.hosts() {
            let options = StatsOptionsBuilder::new().stream(false).one_shot(true).build();
            let mut stats = std::pin::pin!(self.docker.stats(host.container(), Some(options)));
            let doing = || format!("asking what {} used", host.name());
            let answer = stats.next().await.ok_or_else(doing)?;
            let answer = answer.map_err(|why| format!("{}: {why}", doing()))?;
            let usage = answer.cpu_stats.and_then(|stats| stats.cpu_usage?.total_usage);
            all += Duration::from_nanos(usage.ok_or_else(doing)?);
        }
        Ok(all)
    }
}

fn good(done: hob_testbed::lab::Result<Output>) -> Result<Output, String> {
    match done {
        Ok(output) if output.ok() => Ok(output),
        Ok(output) => Err(format!("on a host: {}", output.stderr.trim())),
        Err(why) => Err(why.full()),
    }
}

fn settings(config: &Path, folder: &Path, forks: usize) -> String {
    let (config, folder) = (config.display(), folder.display());
    format!(
        "[defaults]\ninventory = {folder}/hosts\nforks = {forks}\nlocal_tmp = {folder}/tmp\n\
         interpreter_python = /usr/bin/python3\nretry_files_enabled = False\n\
         [ssh_connection]\npipelining = True\n\
         ssh_args = -F {config} -o ControlMaster=auto -o ControlPersist=60s\n\
         control_path_dir = {folder}/cp\n"
    )
}
