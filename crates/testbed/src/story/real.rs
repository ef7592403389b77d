//! Stories on real hosts in containers, with the real `hob` program over SSH.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process,
};

use super::{
    Act, Command, Fate, Line, Once, Ran, Story, StoryError, StoryWorld,
    act::{Happening, Show},
    keys,
};
use crate::{
    fake::Trouble,
    lab::{Dirs, ImageName, Lab, LabError, LabHost, LabSpec, Lock, Progress, StandIn},
};

/// Longer than any call in a story takes on a slow machine.
const CALL_LIMIT: Duration = Duration::from_secs(300);
/// The deploy user of the hosts.
const USER: &str = "deploy";
/// Hob's folder on them.
const ROOT: &str = "/opt/hob";

/// A world of real hosts. Stories are told in it one after the other, each from nothing.
pub struct RealStoryWorld {
    lab: Lab,
    program: PathBuf,
    /// Counts the builds of images, so that each one has a digest of its own.
    builds: u32,
    /// One teller at a time.
    _alone: Lock,
}

impl RealStoryWorld {
    /// Brings up the hosts and images that these stories name, for this `hob` program.
    pub async fn up(
        name: &str,
        stories: &[Story],
        program: &Path,
        progress: &Progress,
    ) -> Result<Self, StoryError> {
        let alone = Dirs::usual().lock_state(&format!("{name}.told")).await.map_err(trouble)?;
        let mut hosts: Vec<String> = stories.iter().flat_map(hosts_of).collect();
        hosts.sort();
        hosts.dedup();
        let mut spec = LabSpec::new(name, hosts);
        spec.images = stories.iter().flat_map(images_of).collect();
        spec.images.sort();
        spec.images.dedup();
        let lab = Lab::up(&spec, &Dirs::usual(), progress).await.map_err(trouble)?;
        Ok(Self { lab, program: program.to_owned(), builds: 0, _alone: alone })
    }

    /// Removes the hosts and all that was on them.
    pub async fn destroy(self) -> Result<(), StoryError> {
        Lab::destroy(&Dirs::usual(), self.lab.name()).await.map_err(trouble)?;
        Ok(())
    }

    /// Makes every host as if nothing had ever been on it, and every image well.
    pub async fn begin(&mut self, story: &Story) -> Result<(), StoryError> {
        for image in images_of(story) {
            self.publish(&image, &[]).await?;
        }
        for host in self.lab.hosts() {
            self.mend(host).await?;
            let script = "docker rm --force --volumes $(docker ps --all --quiet); \
                          docker volume rm $(docker volume ls --quiet); \
                          docker network prune --force; \
                          docker image rm --force $(docker image ls --all --quiet); \
                          find \"$1\" -mindepth 1 -delete";
            // What is not there cannot be removed, so the exit code says nothing.
            let words = ["sh", "-c", script, "sh", ROOT];
            host.exec(&words).await.map_err(trouble)?;
        }
        Ok(())
    }

    async fn publish(
        &mut self,
        image: &ImageName,
        variables: &[(String, String)],
    ) -> Result<(), StoryError> {
        self.builds += 1;
        let standin = StandIn {
            env: variables.to_vec(),
            revision: self.builds.to_string(),
            ..StandIn::default()
        };
        self.lab.put(image, &standin).await.map_err(trouble)?;
        Ok(())
    }

    fn call(&self, arguments: &[String], repository: &Path) -> process::Command {
        let mut call = process::Command::new(&self.program);
        call.args(arguments)
            .current_dir(repository)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.lab.state())
            .env("XDG_RUNTIME_DIR", self.lab.state())
            .env("HOB_SSH_CONFIG", self.lab.ssh_config())
            .stdin(Stdio::null())
            .kill_on_drop(true);
        call
    }

    fn host(&self, name: &str) -> Result<&LabHost, StoryError> {
        self.lab.host(name).map_err(trouble)
    }

    async fn on(&self, host: &str, what: &Happening) -> Result<(), StoryError> {
        let host = self.host(host)?;
        match what {
            Happening::Run { name, image, port } => {
                let port = port.map(|port| format!("{port}:{port}"));
                let mut words = vec!["run", "--detach", "--name", name];
                words.extend(port.iter().flat_map(|port| ["--publish", port.as_str()]));
                words.push(image);
                docker(host, &words).await.map(drop)
            }
            Happening::Stop(name) => docker(host, &["stop", name]).await.map(drop),
            Happening::Start(name) => docker(host, &["start", name]).await.map(drop),
            Happening::Remove(name) => docker(host, &["rm", "--force", name]).await.map(drop),
            Happening::Pull(image) => docker(host, &["pull", image]).await.map(drop),
            Happening::Untag(image) => docker(host, &["rmi", "--force", image]).await.map(drop),
            Happening::Network(name) => docker(host, &["network", "create", name]).await.map(drop),
            Happening::Volume(name) => docker(host, &["volume", "create", name]).await.map(drop),
            Happening::File { stack, path, content } => {
                let path = format!("{ROOT}/{stack}/{path}");
                let folder = path.rsplit_once('/').map_or(ROOT, |(folder, _)| folder);
                let words = ["install", "-d", "-o", USER, "-g", USER, folder];
                host.exec(&words).await.map_err(trouble)?;
                host.write_file(&path, content.as_bytes()).await.map_err(trouble)
            }
            Happening::Trouble(None) => self.mend(host).await,
            Happening::Trouble(Some(kind)) => self.give_trouble(host, *kind).await,
            Happening::Port { port, busy: true } => host.take_port(*port).await.map_err(trouble),
            Happening::Port { busy: false, .. } => host.free_ports().await.map_err(trouble),
            Happening::Forwarding { allowed } => self.forwarding(host, *allowed).await,
            Happening::Disk { .. }
            | Happening::Feature(_)
            | Happening::Mishap { .. }
            | Happening::Lock { .. }
            | Happening::Path { .. }
            | Happening::Logs { .. } => Err(only_imagined()),
        }
    }

    async fn forwarding(&self, host: &LabHost, allowed: bool) -> Result<(), StoryError> {
        const ALLOW: &str = "rm \"$1\" && pkill -x -o -HUP sshd";
        const FORBID: &str = "echo AllowTcpForwarding no >\"$1\" && pkill -x -o -HUP sshd";
        let script = if allowed { ALLOW } else { FORBID };
        let file = "/etc/ssh/sshd_config.d/00-forwarding.conf";
        let done = host.exec(&["sh", "-c", script, "sh", file]).await.map_err(trouble)?;
        if !done.ok() {
            // It was never forbidden.
            return Ok(());
        }
        host.wait_ready().await.map_err(trouble)?;
        keys::cut_connections(self.lab.state())
    }

    async fn mend(&self, host: &LabHost) -> Result<(), StoryError> {
        keys::know_all(self.lab.state())?;
        mend(host).await?;
        self.forwarding(host, true).await
    }

    async fn give_trouble(&self, host: &LabHost, kind: Trouble) -> Result<(), StoryError> {
        let done = match kind {
            Trouble::Unreachable => host.disconnect().await,
            Trouble::LoginRefused => host.lock_user(USER).await,
            Trouble::NoEngine => host.stop_engine().await,
            Trouble::NoRights => host.leave_docker_group(USER).await,
            Trouble::KeyChanged => return keys::know_another(self.lab.state(), host.name()),
            Trouble::KeyUnknown => return keys::know_none(self.lab.state(), host.name()),
            Trouble::OldEngine => return Err(only_imagined()),
        };
        done.map_err(trouble)
    }

    async fn show_containers(&self) -> Result<String, StoryError> {
        let format = "{{.Names}}\t{{.Image}}\t{{.State}}\t{{.Status}}\t{{.Label \"hob.homelab\"}}";
        let mut lines = Vec::new();
        for host in self.lab.hosts() {
            let listed = docker(host, &["ps", "--all", "--no-trunc", "--format", format]).await?;
            let line = |line: &str| container_line(host.name(), line);
            lines.extend(listed.lines().filter_map(line));
        }
        lines.sort();
        Ok(lines.concat())
    }

    async fn show_files(&self, host: &str) -> Result<String, StoryError> {
        let script = "cd \"$1\" && find . -type f -not -path './.hob/*' | sort | \
                      while read -r file; do \
                      echo \"${file#./}\"; sed 's/^/    /' \"$file\"; done";
        let words = ["sh", "-c", script, "sh", ROOT];
        Ok(self.host(host)?.exec(&words).await.map_err(trouble)?.stdout)
    }

    async fn show_volumes(&self, host: &str) -> Result<String, StoryError> {
        docker(self.host(host)?, &["volume", "ls", "--quiet"]).await
    }
}

#[async_trait(?Send)]
impl StoryWorld for RealStoryWorld {
    async fn hob(
        &mut self,
        arguments: &[String],
        repository: &Path,
        fate: &Fate,
    ) -> Result<Ran, StoryError> {
        if *fate != Fate::default() {
            return Err(only_imagined());
        }
        let call = self.call(arguments, repository).output();
        let told = || format!("hob {}", arguments.join(" "));
        let output = tokio::time::timeout(CALL_LIMIT, call)
            .await
            .map_err(|_| StoryError::World(format!("{}: no end in sight", told())))?
            .map_err(|why| StoryError::World(format!("{}: {why}", told())))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        Ok(Ran { code: output.status.code(), stdout, stderr })
    }

    async fn hob_once(
        &mut self,
        arguments: &[String],
        repository: &Path,
        once: &Once,
    ) -> Result<Ran, StoryError> {
        let told = |why: &str| StoryError::World(format!("hob {}: {why}", arguments.join(" ")));
        let mut call = self.call(arguments, repository);
        call.stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = call.spawn().map_err(|why| told(&why.to_string()))?;
        let talk = child.stderr.take().ok_or_else(|| told("it has no voice"))?;
        let mut lines = BufReader::new(talk).lines();
        let mut said = String::new();
        let listen = async {
            while let Ok(Some(line)) = lines.next_line().await {
                let is_it = line.contains(&once.says);
                said += &format!("{line}\n");
                if is_it {
                    return true;
                }
            }
            false
        };
        if !tokio::time::timeout(CALL_LIMIT, listen).await.unwrap_or(false) {
            return Err(told(&format!("it never said {:?}, but: {said}", once.says)));
        }
        let signal = if once.is_killed { "-KILL" } else { "-INT" };
        let id = child.id().map(|id| id.to_string()).unwrap_or_default();
        let told_to = process::Command::new("kill").args([signal, &id]).status().await;
        told_to.map_err(|why| told(&why.to_string()))?;
        // What it goes on to say is not kept, but a full pipe would hold it up.
        let rest = async { while let Ok(Some(_)) = lines.next_line().await {} };
        let (_, ended) =
            tokio::time::timeout(CALL_LIMIT, async { tokio::join!(rest, child.wait()) })
                .await
                .map_err(|_| told("no end in sight"))?;
        let code = ended.map_err(|why| told(&why.to_string()))?.code();
        Ok(Ran { code, stdout: String::new(), stderr: said })
    }

    async fn act(&mut self, act: &Act) -> Result<String, StoryError> {
        match act {
            Act::On { host, what } => self.on(host.as_str(), what).await?,
            Act::Image { name, behaviour: Some(variables) } => {
                self.publish(&name.parse().map_err(trouble)?, variables).await?;
            }
            // It was never put into the registry.
            Act::Image { behaviour: None, .. } => {}
            Act::Wait(time) => tokio::time::sleep(*time).await,
            Act::Show(Show::Containers) => return self.show_containers().await,
            Act::Show(Show::Files(host)) => return self.show_files(host.as_str()).await,
            Act::Show(Show::Volumes(host)) => return self.show_volumes(host.as_str()).await,
            Act::Show(Show::Everything) => {
                let mut text = self.show_containers().await?;
                for host in self.lab.hosts() {
                    text.push_str(&self.show_files(host.name()).await?);
                    text.push_str(&self.show_volumes(host.name()).await?);
                }
                return Ok(text);
            }
        }
        Ok(String::new())
    }

    fn remember(&mut self) -> Result<(), StoryError> {
        Err(only_imagined())
    }

    fn go_back(&mut self) -> Result<(), StoryError> {
        Err(only_imagined())
    }
}

fn trouble(why: LabError) -> StoryError {
    StoryError::World(why.full())
}

fn only_imagined() -> StoryError {
    StoryError::World("this can happen in an imagined world only".to_owned())
}

/// The Docker client on a host; what it said.
async fn docker(host: &LabHost, words: &[&str]) -> Result<String, StoryError> {
    let output = host.docker(words).await.map_err(trouble)?;
    if output.ok() {
        return Ok(output.stdout);
    }
    let said = output.stderr.trim();
    Err(StoryError::World(format!("docker {} on {}: {said}", words.join(" "), host.name())))
}

/// Ends every trouble that a story may have given to a host.
async fn mend(host: &LabHost) -> Result<(), StoryError> {
    // A host that is connected already refuses to be connected again.
    let _ = host.connect().await;
    host.unlock_users().await.map_err(trouble)?;
    host.join_docker_group(USER).await.map_err(trouble)?;
    host.free_ports().await.map_err(trouble)?;
    host.start_engine().await.map_err(trouble)?;
    host.wait_ready().await.map_err(trouble)
}

/// As [`crate::fake::FakeWorld::show_containers`] has it, from a line of `docker ps`.
fn container_line(host: &str, line: &str) -> Option<String> {
    let [name, image, state, status, homelab] =
        line.split('\t').collect::<Vec<_>>().try_into().ok()?;
    let state = match (state, status.split_once('(')) {
        // `Exited (3) 2 seconds ago`
        ("exited", Some((_, rest))) => format!("exited ({})", rest.split(')').next()?),
        // `Up 5 seconds (healthy)`
        ("running", Some((_, rest))) => format!("running ({}", rest.trim()),
        (state, _) => state.to_owned(),
    };
    let owner = if homelab.is_empty() { "  (not Hob's)" } else { "" };
    Some(format!("{host}  {name}  {image}  {state}{owner}\n"))
}

/// Hosts that a story's homelab reaches over SSH.
fn hosts_of(story: &Story) -> Vec<String> {
    let address = format!("ssh://{USER}@");
    let texts = story.files.values().flat_map(|text| text.split(&address).skip(1));
    let end = |c: char| !c.is_ascii_alphanumeric() && c != '-';
    texts.map(|rest| rest.split(end).next().unwrap_or_default().to_owned()).collect()
}

/// Whatever in a story looks like an image with a tag, unless the story says that there is none.
fn images_of(story: &Story) -> Vec<ImageName> {
    let lines = story.script.iter().map(|line| line.text.as_str());
    let texts = story.files.values().map(String::as_str).chain(lines);
    let words =
        texts.flat_map(|text| text.split(|c: char| c.is_whitespace() || "\"'{}[],".contains(c)));
    let missing = |image: &ImageName| {
        let is_missing = |line: &Line| match &line.command {
            Command::Act(Act::Image { name, behaviour: None }) => {
                name.parse().ok() == Some(image.clone())
            }
            _ => false,
        };
        story.script.iter().any(is_missing)
    };
    words.filter_map(image).filter(|image| !missing(image)).collect()
}

fn image(word: &str) -> Option<ImageName> {
    let (name, tag) = word.rsplit_once(':')?;
    let is_name = name.starts_with(|c: char| c.is_ascii_lowercase()) && !name.contains(':');
    let is_tag = tag.starts_with(|c: char| c.is_ascii_digit());
    if is_name && is_tag { word.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_and_images_are_found_in_the_story() {
        let story = Story::parse(
            "--- hob.yaml\nhosts:\n  nas: { connect: ssh://deploy@nas, stacks: [web] }\n\
             --- compose.yaml\nx: { image: \"caddy:2\", ports: [\"80:80\", \"127.0.0.1:81:80\"] }\n\
             --- story\nedit compose.yaml: caddy:2 -> ghcr.io/a/b:2.1\nimage gone:1 missing\n",
        )
        .unwrap();
        assert_eq!(hosts_of(&story), ["nas"]);
        let images: Vec<String> = images_of(&story).iter().map(ToString::to_string).collect();
        assert_eq!(images, ["caddy:2", "caddy:2", "ghcr.io/a/b:2.1"]);
    }

    #[test]
    fn containers_are_shown_as_in_the_imagined_world() {
        let check = |line: &str, expected: &str| {
            assert_eq!(container_line("nas", line).unwrap(), format!("{expected}\n"));
        };
        check("web\tcaddy:2\trunning\tUp 5 seconds\thome", "nas  web  caddy:2  running");
        check(
            "web\tcaddy:2\trunning\tUp 5 seconds (healthy)\t",
            "nas  web  caddy:2  running (healthy)  (not Hob's)",
        );
        check(
            "web\tcaddy:2\texited\tExited (3) 1 second ago\thome",
            "nas  web  caddy:2  exited (3)",
        );
    }
}
