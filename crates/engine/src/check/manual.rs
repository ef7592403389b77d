//! What the manual says about each check: the page is made from this.

use super::Kind;

/// What the manual says about a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Manual {
    /// The command that asks.
    pub command: &'static str,
    /// What it asks.
    pub asks: &'static str,
    /// When it is not a pass.
    pub unless: &'static str,
    /// What mends it.
    pub mends: &'static str,
}

const fn check(asks: &'static str, unless: &'static str, mends: &'static str) -> Manual {
    Manual { command: "hob check", asks, unless, mends }
}

const fn verify(asks: &'static str, unless: &'static str, mends: &'static str) -> Manual {
    Manual { command: "hob verify", asks, unless, mends }
}

impl Kind {
    /// What the manual says.
    pub fn manual(self) -> Manual {
        self.of_access()
            .or_else(|| self.of_machine())
            .or_else(|| self.of_stacks())
            .unwrap_or_else(|| self.of_deployment())
    }

    fn of_access(self) -> Option<Manual> {
        Some(match self {
            Self::Reachable => check(
                "the host answers over SSH with a known key and lets the deploy user in",
                "fails if it does not within 30 s, with what SSH said",
                "the hint names the `ssh`, `ssh-keygen` or `ssh-copy-id` command for that host",
            ),
            Self::Machine => check(
                "it has the architecture, memory and GPUs that `hob.yaml` says",
                "warns of each that is otherwise; says nothing where `hob.yaml` does not",
                "correct the host in `hob.yaml`",
            ),
            Self::Engine => check(
                "a Docker Engine answers, and its API is one that Hob speaks",
                "fails without one, before 20.10, or if it insists on an API newer than this Hob",
                "install Docker Engine, or a newer Hob",
            ),
            Self::Attributes => check(
                "the Engine knows every attribute that the stacks use; older ones ignore silently \
                 what they do not know",
                "fails for each attribute that came with a later Engine",
                "upgrade Docker Engine on the host, or take the attribute out",
            ),
            Self::Rights => check(
                "the deploy user may use the Docker socket",
                "fails if not",
                "`usermod -aG docker USER` on the host, as root, then a new login",
            ),
            Self::RootFolder => check(
                "Hob's folder can be written, and nobody else can look into it",
                "fails if it cannot be made or written; warns if it is open to other users",
                "`install -d -o USER -m 0750 ROOT` as root; `chmod 0750 ROOT`",
            ),
            Self::Clock => check(
                "the host's clock agrees with this machine's",
                "warns from 2 s on, fails from 60 s on",
                "`timedatectl set-ntp true`",
            ),
            _ => return None,
        })
    }

    fn of_machine(self) -> Option<Manual> {
        Some(match self {
            Self::Space => check(
                "free space of every path under `storage`, of Hob's folder and of the folder in \
                 which the Engine keeps images",
                "warns under `min_free`, under 256 MiB (Hob's folder) and 2 GiB (the Engine's); \
                 fails if it is full or cannot be measured",
                "`docker image prune`; mount what is not mounted",
            ),
            Self::Memory => check(
                "the memory limits of the host's services, added up, fit into the host",
                "warns if they do not; says nothing where no service has a limit",
                "lower limits, or move a stack to another host",
            ),
            Self::Gpu => check(
                "GPUs that services reserve: the card, its driver, the tools with which an Engine \
                 hands it out, how many",
                "fails if one is missing; warns where `nvidia-smi` is not there to tell",
                "install the driver, or `nvidia-container-toolkit` and `nvidia-ctk runtime \
                 configure --runtime=docker`",
            ),
            Self::Address => check(
                "interfaces that `policy.publish` names are up and have an address (a VPN such as \
                 `tailscale0` or `wg0`), and the host has every address that a port is published \
                 on",
                "warns of an interface, fails for an address: the Engine refuses to start such a \
                 container",
                "`tailscale up`, `wg-quick up wg0`; or publish on another address",
            ),
            Self::Firewall => check(
                "which of ufw, firewalld, nftables and iptables is on, and whether published ports \
                 are open past it: Docker's own rules come before those of a firewall",
                "warns if ports are published past it on every address and `policy.publish` does \
                 not say that this is meant, and if none is on although `policy.publish` is \
                 narrow; skipped where only root may look",
                "publish on 127.0.0.1 or the VPN's address; `ufw allow OpenSSH && ufw enable`",
            ),
            _ => return None,
        })
    }

    fn of_stacks(self) -> Option<Manual> {
        Some(match self {
            Self::Port => check(
                "every published port is free, or what holds it is what shall hold it",
                "fails if another container or program has it",
                "stop what holds it, or publish another port",
            ),
            Self::Mount => check(
                "folders and files of the host that services mount are there, and the file systems \
                 that they lie on are mounted and answer",
                "fails if one is missing that the Engine does not make, or its server is gone; \
                 warns if the Engine would make it in a wrong place, if `/etc/fstab` names a mount \
                 above it that is not mounted, and if it is an empty folder of the system's own \
                 disk where storage is declared",
                "`mount PATH`; or make the folder",
            ),
            Self::Device => check(
                "devices that services are given are there",
                "fails if one is not",
                "plug it in, or load its driver",
            ),
            Self::Network => check(
                "networks that stacks call external are there, or Hob makes them",
                "fails if one is not",
                "name it under `networks` in `hob.yaml`",
            ),
            Self::Volume => check(
                "volumes that stacks call external are there",
                "fails if one is not",
                "`docker volume create NAME`",
            ),
            Self::Platform => check(
                "services that ask for a platform ask for the host's",
                "warns if they do not: it runs only where the host can emulate it",
                "take `platform` out, or move the stack",
            ),
            Self::Image => check(
                "with `--online`: the registries of the stacks' images answer the host's own \
                 Engine, and have each image that is not on the host, for its architecture",
                "fails if an image or its architecture is missing; warns if a registry does not \
                 answer; skipped without `--online`, because registries count these questions like \
                 pulls",
                "correct the name; `docker login` on this machine; look at the host's DNS and way \
                 to the internet",
            ),
            _ => return None,
        })
    }

    fn of_deployment(self) -> Manual {
        match self {
            Self::Container => verify(
                "every declared container runs, and its health check passes; one-shots have \
                 completed",
                "fails if not; warns while the health check has not passed yet",
                "`hob logs`, `hob apply`",
            ),
            Self::Definition => verify(
                "containers are made from what the repository says now",
                "fails if from anything else",
                "`hob plan`, `hob apply`",
            ),
            Self::Attached => verify(
                "containers are attached to their networks",
                "fails if one is missing; warns of one that is not declared",
                "`hob apply`",
            ),
            Self::Verdict => verify(
                "containers have passed their verdict after the last deploy",
                "warns if there is none",
                "`hob apply`",
            ),
            Self::Answers => verify(
                "something answers on every published TCP port, seen from the host",
                "fails if nothing does within 3 s",
                "let the program listen on the port that is published",
            ),
            Self::Exposure => verify(
                "no running container, whoever made it, has a port open on an address that \
                 `policy.publish` does not allow",
                "fails for what Hob made, warns of what it did not; says nothing without a policy",
                "publish it elsewhere, or add the address to `policy.publish`",
            ),
            Self::GpuInside => verify(
                "programs in containers that reserve a GPU see it (`nvidia-smi -L`, `ls /dev/dri`)",
                "fails if not; skipped where the image lacks the program",
                "`hob check` says what the host lacks",
            ),
            Self::Storage => verify(
                "paths under `storage` are there, mounted, and answer",
                "fails if not",
                "`mount PATH`",
            ),
            _ => verify(
                "names and pages of services that declare a route",
                "skipped: Hob has no gateway of its own yet, and asks nobody else's",
                "nothing to mend",
            ),
        }
    }
}
