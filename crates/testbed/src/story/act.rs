//! What can happen to hosts and images, and what a story can look at.

use std::time::Duration;

use hob_host::FirewallState;
use hob_model::HostName;

use super::words::{duration, number};
use crate::fake::{Feature, Mishap, Trouble};

/// A line of a story that is neither `hob` nor a change in the repository.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Something happens on a host.
    On {
        /// Which.
        host: HostName,
        /// What.
        what: Happening,
    },
    /// `image NAME HOW`: another build of an image is in the registry from now on.
    Image {
        /// Its name.
        name: String,
        /// How its program behaves, as the variables that the stand-in program reads; `None` takes
        /// the image out of the registry.
        behaviour: Option<Vec<(String, String)>>,
    },
    /// `wait TIME`.
    Wait(Duration),
    /// `show WHAT`.
    Show(Show),
}

/// What happens on a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// `docker HOST run NAME IMAGE [PORT]`: somebody starts a container without Hob.
    Run {
        /// Name of the container.
        name: String,
        /// Its image.
        image: String,
        /// A port of the host that leads to it.
        port: Option<u16>,
    },
    /// `docker HOST stop NAME`.
    Stop(String),
    /// `docker HOST start NAME`.
    Start(String),
    /// `docker HOST rm NAME`, running or not.
    Remove(String),
    /// `docker HOST pull IMAGE`.
    Pull(String),
    /// `docker HOST rmi IMAGE`: the name goes; containers of the image run on.
    Untag(String),
    /// `docker HOST network NAME`: somebody makes a network.
    Network(String),
    /// `docker HOST volume NAME`: somebody makes a volume.
    Volume(String),
    /// `file HOST STACK/PATH`: somebody puts a file into a stack's folder.
    File {
        /// The stack.
        stack: String,
        /// Path in its folder.
        path: String,
        /// What stands in it.
        content: String,
    },
    /// `host HOST unreachable`, `refuses-login`, ...: it cannot be used; `back`: it can again.
    Trouble(Option<Trouble>),
    /// `host HOST disk full`, `host HOST disk free`.
    Disk {
        /// Whether there is no space left.
        full: bool,
    },
    /// `host HOST lacks PATH`, `host HOST has PATH`.
    Path {
        /// Which.
        path: String,
        /// Whether there is nothing.
        missing: bool,
    },
    /// `host HOST forwarding forbidden`, `host HOST forwarding allowed`: no port of it can be
    /// reached by way of SSH. Imagined hosts have no SSH, and do not mind.
    Forwarding {
        /// Whether it is allowed.
        allowed: bool,
    },
    /// `host HOST locked`, `host HOST unlocked`.
    Lock {
        /// Whether another run is at work on it.
        held: bool,
    },
    /// `host HOST logs broken`, `host HOST logs whole`.
    Logs {
        /// Whether every log breaks off after its lines.
        broken: bool,
    },
    /// `host HOST firewall ufw on`, `off`, `hidden`, `gone`; `host HOST interface NAME ADDRESS`,
    /// `gone`; `host HOST mounts PATH`, `unmounts PATH`; `host HOST clock ahead TIME`, `right`;
    /// `host HOST root open`, `closed`; `host HOST engine VERSION API`.
    Feature(Feature),
    /// `host HOST port NUMBER busy`, `host HOST port NUMBER free`.
    Port {
        /// Which.
        port: u16,
        /// Whether a program listens there.
        busy: bool,
    },
    /// `host HOST fails at NUMBER`, `hangs at`, `breaks at`: the n-th operation from now.
    Mishap {
        /// Which operation.
        operation: u64,
        /// What happens to it.
        mishap: Mishap,
    },
}

/// What a story can look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Show {
    /// `show containers`: those of all hosts.
    Containers,
    /// `show files HOST`: those in Hob's folder, with their contents.
    Files(HostName),
    /// `show volumes HOST`.
    Volumes(HostName),
    /// `show everything`: all of that, of all hosts.
    Everything,
}

impl Act {
    /// Reads the words of a line; `block` is the indented text below it.
    pub(super) fn parse(words: &[&str], block: &str) -> Result<Self, String> {
        match words {
            ["docker", host, rest @ ..] => on(host, docker(rest)?),
            ["host", host, rest @ ..] => on(host, host_line(rest)?),
            ["file", host, path] => {
                let (stack, path) = path.split_once('/').ok_or("file HOST STACK/PATH")?;
                let (stack, path) = (stack.to_owned(), path.to_owned());
                on(host, Happening::File { stack, path, content: block.to_owned() })
            }
            ["image", name, how @ ..] => {
                Ok(Self::Image { name: (*name).to_owned(), behaviour: behaviour(how)? })
            }
            ["wait", time] => Ok(Self::Wait(duration(time)?)),
            ["show", "containers"] => Ok(Self::Show(Show::Containers)),
            ["show", "files", host] => Ok(Self::Show(Show::Files((*host).into()))),
            ["show", "volumes", host] => Ok(Self::Show(Show::Volumes((*host).into()))),
            ["show", "everything"] => Ok(Self::Show(Show::Everything)),
            _ => Err(format!("nobody knows what {:?} means", words.join(" "))),
        }
    }
}

fn on(host: &str, what: Happening) -> Result<Act, String> {
    Ok(Act::On { host: host.into(), what })
}

fn docker(words: &[&str]) -> Result<Happening, String> {
    let own = |word: &str| word.to_owned();
    Ok(match words {
        ["run", name, image] => Happening::Run { name: own(name), image: own(image), port: None },
        ["run", name, image, port] => {
            let port = Some(number(port, "port")?);
            Happening::Run { name: own(name), image: own(image), port }
        }
        ["stop", name] => Happening::Stop(own(name)),
        ["start", name] => Happening::Start(own(name)),
        ["rm", name] => Happening::Remove(own(name)),
        ["pull", image] => Happening::Pull(own(image)),
        ["rmi", image] => Happening::Untag(own(image)),
        ["network", name] => Happening::Network(own(name)),
        ["volume", name] => Happening::Volume(own(name)),
        _ => return Err("docker HOST run, stop, start, rm, pull, rmi, network or volume".into()),
    })
}

fn host_line(words: &[&str]) -> Result<Happening, String> {
    let mishap = |operation: &str, mishap| {
        Ok(Happening::Mishap { operation: number(operation, "number of an operation")?, mishap })
    };
    let port = |port: &str, busy| Ok(Happening::Port { port: number(port, "port")?, busy });
    match words {
        ["back"] => Ok(Happening::Trouble(None)),
        ["unreachable"] => Ok(Happening::Trouble(Some(Trouble::Unreachable))),
        ["refuses-login"] => Ok(Happening::Trouble(Some(Trouble::LoginRefused))),
        ["changed-key"] => Ok(Happening::Trouble(Some(Trouble::KeyChanged))),
        ["unknown-key"] => Ok(Happening::Trouble(Some(Trouble::KeyUnknown))),
        ["without-engine"] => Ok(Happening::Trouble(Some(Trouble::NoEngine))),
        ["without-rights"] => Ok(Happening::Trouble(Some(Trouble::NoRights))),
        ["old-engine"] => Ok(Happening::Trouble(Some(Trouble::OldEngine))),
        ["disk", "full"] => Ok(Happening::Disk { full: true }),
        ["disk", "free"] => Ok(Happening::Disk { full: false }),
        ["lacks", path] => Ok(Happening::Path { path: (*path).to_owned(), missing: true }),
        ["has", path] => Ok(Happening::Path { path: (*path).to_owned(), missing: false }),
        ["forwarding", "forbidden"] => Ok(Happening::Forwarding { allowed: false }),
        ["forwarding", "allowed"] => Ok(Happening::Forwarding { allowed: true }),
        ["locked"] => Ok(Happening::Lock { held: true }),
        ["unlocked"] => Ok(Happening::Lock { held: false }),
        ["logs", "broken"] => Ok(Happening::Logs { broken: true }),
        ["logs", "whole"] => Ok(Happening::Logs { broken: false }),
        ["firewall" | "interface" | "mounts" | "unmounts" | "clock" | "root" | "engine", ..] => {
            feature(words).map(Happening::Feature)
        }
        ["port", number, "busy"] => port(number, true),
        ["port", number, "free"] => port(number, false),
        ["fails", "at", operation] => mishap(operation, Mishap::Fails),
        ["hangs", "at", operation] => mishap(operation, Mishap::Hangs),
        ["breaks", "at", operation] => mishap(operation, Mishap::Breaks),
        _ => Err(format!("a host cannot be {:?}", words.join(" "))),
    }
}

/// What is so on a host from now on.
fn feature(words: &[&str]) -> Result<Feature, String> {
    let own = |word: &str| word.to_owned();
    Ok(match words {
        ["firewall", name, "on"] => Feature::Firewall(own(name), Some(FirewallState::On)),
        ["firewall", name, "off"] => Feature::Firewall(own(name), Some(FirewallState::Off)),
        ["firewall", name, "hidden"] => Feature::Firewall(own(name), Some(FirewallState::Hidden)),
        ["firewall", name, "gone"] => Feature::Firewall(own(name), None),
        ["interface", name, "gone"] => Feature::Interface(own(name), None),
        ["interface", name, address] => Feature::Interface(own(name), Some(own(address))),
        ["mounts", point] => Feature::Mounted(own(point), true),
        ["unmounts", point] => Feature::Mounted(own(point), false),
        ["clock", "right"] => Feature::Clock(0),
        ["clock", "ahead", time] => {
            Feature::Clock(i64::try_from(duration(time)?.as_millis()).unwrap_or(i64::MAX))
        }
        ["root", "open"] => Feature::RootOpen(true),
        ["root", "closed"] => Feature::RootOpen(false),
        ["engine", version, api] => {
            let (major, minor) = api.split_once('.').ok_or("an API such as 1.41")?;
            Feature::Engine(own(version), (number(major, "API")?, number(minor, "API")?))
        }
        _ => return Err(format!("a host cannot have {:?}", words.join(" "))),
    })
}

/// Variables of the stand-in program for words that read as a sentence.
fn behaviour(words: &[&str]) -> Result<Option<Vec<(String, String)>>, String> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut set = |name: &str, value: String| found.push((format!("STANDIN_{name}"), value));
    let millis = |word: &str| Ok::<_, String>(duration(word)?.as_millis().to_string());
    let mut rest = words;
    loop {
        rest = match rest {
            [] => return Ok(Some(found)),
            ["missing"] => return Ok(None),
            ["healthy", rest @ ..] => rest,
            ["never-healthy", rest @ ..] => {
                set("HEALTH", "never".into());
                rest
            }
            ["healthy-after", time, rest @ ..] => {
                set("HEALTH", format!("after:{}", millis(time)?));
                rest
            }
            ["unhealthy-after", time, rest @ ..] => {
                set("HEALTH", format!("until:{}", millis(time)?));
                rest
            }
            ["exits", code, "after", time, rest @ ..] => {
                set("EXIT", number::<u8>(code, "exit code")?.to_string());
                set("EXIT_MS", millis(time)?);
                rest
            }
            ["exits", code, rest @ ..] => {
                set("EXIT", number::<u8>(code, "exit code")?.to_string());
                rest
            }
            ["slow", time, rest @ ..] => {
                set("START_MS", millis(time)?);
                rest
            }
            ["prints", line, rest @ ..] => {
                set("PRINT", (*line).to_owned());
                rest
            }
            [word, ..] => return Err(format!("an image cannot be {word:?}")),
        };
    }
}
