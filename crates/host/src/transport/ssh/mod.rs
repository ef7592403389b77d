//! The system's OpenSSH, so that `~/.ssh/config`, agents, jump hosts and hardware keys work. One
//! connection per host (a master that outlives the run by a minute) carries the scripts and the
//! way to the Docker socket.

mod args;
mod failure;
mod reach;

use std::{
    ffi::OsString,
    fs::File,
    path::{Path, PathBuf},
    process::Stdio,
    sync::OnceLock,
    time::Duration,
};

use tokio::{
    process::Command,
    sync::{Mutex, Semaphore},
    time::{Instant, sleep, timeout},
};

pub(crate) use args::Destination;

use self::args::Ends;
use super::{DOCKER_SOCKET, Held, ScriptOutput, process, process_failure};
use crate::{HostErrorKind, folder::Script, own_files};

/// An `sshd` allows ten sessions on a connection unless it is told otherwise; somebody else may use
/// the same master.
const SESSIONS_MAX: usize = 6;
/// Logging in, with the time-out of the connection itself within it.
const LOGIN: Duration = Duration::from_secs(30);
/// Asking a master that runs on this machine.
const ASK_MASTER: Duration = Duration::from_secs(5);
/// What a connection that works needs for the smallest thing, on a small and busy host.
const ALIVE: Duration = Duration::from_secs(5);
/// A way made so recently is not made again.
const JUST_NOW: Duration = Duration::from_secs(1);
/// Said on the host before a script begins.
const BEGIN: &str = "hob-begins-here";
/// `ssh` itself failed, not what it ran.
const SSH_FAILED: Option<i32> = Some(255);

/// A host behind SSH.
pub(crate) struct Ssh {
    destination: Destination,
    config: Option<PathBuf>,
    ends: Ends,
    sessions: Semaphore,
    /// When the way was last made.
    opened: Mutex<Option<Instant>>,
}

impl Ssh {
    /// `runtime_dir` is a folder that nobody else can enter.
    pub(crate) fn new(
        destination: Destination,
        config: Option<PathBuf>,
        runtime_dir: &Path,
    ) -> Result<Self, HostErrorKind> {
        let ends = Ends::new(runtime_dir, &destination, config.as_deref())?;
        let sessions = Semaphore::new(SESSIONS_MAX);
        Ok(Self { destination, config, ends, sessions, opened: Mutex::default() })
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.ends.socket
    }

    /// Makes sure that there is a master and that the local socket leads to the Engine.
    pub(crate) async fn open(&self) -> Result<(), HostErrorKind> {
        let mut opened = self.opened.lock().await;
        // Several requests find out at once that the way is lost: the first makes it for all.
        if opened.is_some_and(|at| at.elapsed() < JUST_NOW) {
            return Ok(());
        }
        let _one_process = lock(&self.ends.lock).await?;
        if self.master_lives().await {
            // It may have lost the way, or somebody the socket.
            self.ask_to("cancel").await?;
        } else {
            own_files::remove(&self.ends.control).map_err(local_file)?;
            self.start_master().await?;
        }
        self.lead_to_engine().await?;
        *opened = Some(Instant::now());
        Ok(())
    }

    /// Whether a command on the host comes to its end. A connection that was cut without a word
    /// takes everything and answers nothing.
    pub(crate) async fn is_alive(&self) -> bool {
        let call = self.call_through(&args::session(is_new()), Some("exit 0"));
        let output = process::run(call, Vec::new(), 4096, ALIVE).await;
        output.is_ok_and(|output| output.code == Some(0))
    }

    /// Makes a new connection in the place of one that does not answer. That one is told to take
    /// nothing more on, and not to end: another run may still hear from it, and it ends by itself.
    pub(crate) async fn renew(&self) -> Result<(), HostErrorKind> {
        let mut opened = self.opened.lock().await;
        let _one_process = lock(&self.ends.lock).await?;
        let stop = self.call_to_master(&["-O".into(), "stop".into()]);
        // why: one that does not even answer here loses its socket all the same.
        let _ = process::run(stop, Vec::new(), 4096, ASK_MASTER).await;
        own_files::remove(&self.ends.control).map_err(local_file)?;
        self.start_master().await?;
        self.lead_to_engine().await?;
        *opened = Some(Instant::now());
        Ok(())
    }

    async fn lead_to_engine(&self) -> Result<(), HostErrorKind> {
        own_files::remove(&self.ends.socket).map_err(local_file)?;
        let forwarded = self.ask_to("forward").await?;
        if forwarded.code != Some(0) {
            return Err(failure::classify(&forwarded.stderr, self.destination.user()));
        }
        Ok(())
    }

    async fn master_lives(&self) -> bool {
        if !self.ends.control.exists() {
            return false;
        }
        let check = self.call_to_master(&["-O".into(), "check".into()]);
        let output = process::run(check, Vec::new(), 4096, ASK_MASTER).await;
        output.is_ok_and(|output| output.code == Some(0))
    }

    /// Asks the master about the way to the Engine.
    async fn ask_to(&self, verb: &str) -> Result<process::Output, HostErrorKind> {
        let options = args::forward(verb, &self.ends, DOCKER_SOCKET);
        process::run(self.call_to_master(&options), Vec::new(), 4096, ASK_MASTER)
            .await
            .map_err(|failure| process_failure("ssh", failure))
    }

    /// The master's complaints go to a file: it goes on after the call, and would keep a pipe open.
    async fn start_master(&self) -> Result<(), HostErrorKind> {
        let log = own_files::create(&self.ends.log).map_err(local_file)?;
        let mut command = self.call(&args::master(), None);
        let mut child = command
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|why| process_failure("ssh", process::Failure::Start(why)))?;
        let status = timeout(LOGIN, child.wait())
            .await
            .map_err(|_| {
                HostErrorKind::Unreachable(format!(
                    "{} did not finish the login within {} s",
                    self.destination.shown(),
                    LOGIN.as_secs()
                ))
            })?
            .map_err(|why| process_failure("ssh", process::Failure::Start(why)))?;
        if status.success() {
            return Ok(());
        }
        let said = own_files::read(&self.ends.log).map_err(local_file)?.unwrap_or_default();
        let mut said = String::from_utf8_lossy(&said).into_owned();
        if failure::is_about_proxy(&said) {
            said = self.said_without_master().await.unwrap_or(said);
        }
        Err(failure::classify(&said, self.destination.user()))
    }

    /// A jump host or proxy command is not heard while a master is started: its error output goes
    /// nowhere then. So it is asked once more, by a connection that is not kept.
    async fn said_without_master(&self) -> Option<String> {
        let options = [vec!["-S".into(), "none".into()], args::session(is_new())].concat();
        let call = self.call_through(&options, Some("exit 0"));
        let output = process::run(call, Vec::new(), 4096, LOGIN).await.ok()?;
        (output.code == SSH_FAILED).then_some(output.stderr)
    }

    pub(crate) async fn run(
        &self,
        script: Script,
        input: Vec<u8>,
    ) -> Result<ScriptOutput, HostErrorKind> {
        // why: the semaphore is never closed.
        let _session = self.sessions.acquire().await.ok();
        let within = script.time() + LOGIN;
        let output =
            process::run(self.call_script(script), input, script.output_bytes_max(), within)
                .await
                .map_err(|failure| process_failure("ssh", failure))?;
        let process::Output { code, stdout, stderr } = output;
        if code == SSH_FAILED {
            return Err(failure::classify(&stderr, self.destination.user()));
        }
        Ok(ScriptOutput { code, stdout: after_begin(stdout), stderr })
    }

    /// It takes none of the sessions that scripts share: it would keep it.
    pub(crate) async fn hold(&self, script: Script, input: &[u8]) -> Result<Held, HostErrorKind> {
        let held = Held::start(self.call_script(script), input).await;
        held.map_err(|failure| process_failure("ssh", failure))
    }

    pub(crate) fn way_lost(&self, code: Option<i32>, stderr: &str) -> Option<HostErrorKind> {
        (code == SSH_FAILED).then(|| failure::classify(stderr, self.destination.user()))
    }

    fn call_script(&self, script: Script) -> Command {
        let remote = format!("echo {BEGIN}; exec sh -c '{}'", script.text());
        self.call_through(&args::session(is_new()), Some(&remote))
    }

    pub(crate) async fn answers(
        &self,
        address: &str,
        port: u16,
        within: Duration,
    ) -> Result<bool, HostErrorKind> {
        let bracketed = match address.contains(':') {
            true => format!("[{address}]:{port}"),
            false => format!("{address}:{port}"),
        };
        let call = self.call_through(&["-v".into(), "-W".into(), bracketed.into()], None);
        // A master tells a port that nobody listens on and one that sshd lets nobody reach in the
        // same words, so that a no is asked of the host itself.
        Ok(reach::answers(call, within).await? || self.knock(address, port).await?)
    }

    /// Whether a port answers, tried on the host itself.
    async fn knock(&self, address: &str, port: u16) -> Result<bool, HostErrorKind> {
        let input = format!("{address}\n{port}\n").into_bytes();
        let output = self.run(Script::Knock, input).await?;
        if output.stdout.starts_with(b"yes") {
            return Ok(true);
        }
        if output.stdout.starts_with(b"no") {
            return Ok(false);
        }
        Err(HostErrorKind::Other(
            "no connection by way of SSH, which its server may forbid, and the host has no bash to \
             try the port itself"
                .to_owned(),
        ))
    }

    /// A call that asks the master itself, without any configuration: forwardings of the user's
    /// own would be asked for, too.
    fn call_to_master(&self, options: &[OsString]) -> Command {
        let mut command = Command::new("ssh");
        command
            .args(args::common(&self.ends, Some(Path::new("none"))))
            .args(options)
            .args(args::destination(&self.destination, None));
        command
    }

    /// A call that uses the master.
    fn call_through(&self, options: &[OsString], remote: Option<&str>) -> Command {
        self.call(&[args::client(is_new()).as_slice(), options].concat(), remote)
    }

    fn call(&self, options: &[OsString], remote: Option<&str>) -> Command {
        let mut command = Command::new("ssh");
        command
            .args(args::common(&self.ends, self.config.as_deref()))
            .args(options)
            .args(args::destination(&self.destination, remote));
        command
    }
}

/// Whether this machine's `ssh` knows the options of [`args::is_new`]; it is asked once.
fn is_new() -> bool {
    static IS_NEW: OnceLock<bool> = OnceLock::new();
    *IS_NEW.get_or_init(|| {
        let version = std::process::Command::new("ssh").arg("-V").stdin(Stdio::null()).output();
        version.is_ok_and(|output| args::is_new(&String::from_utf8_lossy(&output.stderr)))
    })
}

/// What came after the mark: a login shell may have had something to say before it.
fn after_begin(mut output: Vec<u8>) -> Vec<u8> {
    let mark = format!("{BEGIN}\n").into_bytes();
    let found = output.windows(mark.len()).position(|window| window == mark);
    found.map_or_else(Vec::new, |at| output.split_off(at + mark.len()))
}

/// Waits until no other process starts a master for the same destination.
async fn lock(path: &Path) -> Result<File, HostErrorKind> {
    let file = own_files::create(path).map_err(local_file)?;
    let late = Instant::now() + LOGIN;
    while file.try_lock().is_err() {
        if Instant::now() > late {
            return Err(HostErrorKind::Other(format!(
                "another run has been connecting for {} s (it holds {})",
                LOGIN.as_secs(),
                path.display()
            )));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Ok(file)
}

fn local_file(why: std::io::Error) -> HostErrorKind {
    HostErrorKind::Other(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_login_shell_says_is_left_out() {
        let check = |output: &str| {
            String::from_utf8_lossy(&after_begin(output.as_bytes().to_vec())).into_owned()
        };
        assert_eq!(check("hob-begins-here\ne\n"), "e\n");
        assert_eq!(check("Welcome!\nhob-begins-here\n\0\n"), "\0\n");
        assert_eq!(check("This account is not available.\n"), "");
    }
}
