//! Stories on imagined hosts, with the whole command line run in this process.

use std::{
    io,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use futures_util::future::LocalBoxFuture;
use hob_host::{Hosts, LockHolder};
use hob_model::HostName;
use tokio::sync::watch;

use super::{
    Act, Once, Ran, StoryError, StoryWorld,
    act::{Happening, Show},
};
use crate::fake::{FakeSession, FakeWorld, Fate, Product, Snapshot};

/// The command line, as a function to its exit code. The crate that has it hands it in. When the
/// future is dropped, it was killed.
pub trait Hob {
    /// Runs it to its end.
    fn run(&self, call: HobCall) -> LocalBoxFuture<'_, i32>;
}

/// One call of the command line.
#[derive(Clone)]
pub struct HobCall {
    /// Without the program's own name.
    pub arguments: Vec<String>,
    /// Where it is called: the homelab's repository.
    pub directory: PathBuf,
    /// How it reaches hosts.
    pub hosts: Arc<dyn Hosts>,
    /// Where its data go.
    pub stdout: Output,
    /// Where its talk goes.
    pub stderr: Output,
    /// How often Ctrl-C was pressed so far.
    pub interrupts: watch::Receiver<u32>,
}

/// Takes what is written, to be read later. Copies share the same text.
#[derive(Clone, Debug, Default)]
pub struct Output(Arc<Mutex<Vec<u8>>>);

impl Output {
    /// What was written so far.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl io::Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// How often somebody listens to what a call has said.
const LISTEN: Duration = Duration::from_millis(10);

/// A world of imagined hosts.
pub struct FakeStoryWorld {
    hob: Rc<dyn Hob>,
    world: FakeWorld,
    remembered: Option<Snapshot>,
}

impl FakeStoryWorld {
    /// A new world for this command line.
    pub fn new(hob: Rc<dyn Hob>) -> Self {
        Self { hob, world: FakeWorld::new(), remembered: None }
    }

    async fn run(
        &self,
        session: FakeSession,
        arguments: &[String],
        repository: &Path,
        once: Option<&Once>,
    ) -> Ran {
        let (stdout, stderr) = (Output::default(), Output::default());
        let call = HobCall {
            arguments: arguments.to_vec(),
            directory: repository.to_owned(),
            hosts: Arc::new(session.clone()),
            stdout: stdout.clone(),
            stderr: stderr.clone(),
            interrupts: session.interrupts(),
        };
        let fate = async {
            let Some(once) = once else { return std::future::pending().await };
            while !stdout.text().contains(&once.says) && !stderr.text().contains(&once.says) {
                tokio::time::sleep(LISTEN).await;
            }
            if once.is_killed {
                return;
            }
            session.interrupt();
            std::future::pending().await
        };
        let code = tokio::select! {
            code = self.hob.run(call) => Some(code),
            () = session.killed() => None,
            () = fate => None,
        };
        // Whatever the call left running in the background ends here.
        session.kill();
        Ran { code, stdout: stdout.text(), stderr: stderr.text() }
    }

    fn on(&self, host: &HostName, what: &Happening) -> Result<(), StoryError> {
        let world = &self.world;
        let done = match what {
            Happening::Run { name, image, port } => world.docker_run(host, name, image, *port),
            Happening::Stop(name) => world.docker_stop(host, name),
            Happening::Start(name) => world.docker_start(host, name),
            Happening::Remove(name) => world.docker_rm(host, name),
            Happening::Pull(image) => world.docker_pull(host, image),
            Happening::Untag(image) => {
                world.docker_rmi(host, image);
                Ok(())
            }
            Happening::Network(name) => {
                world.docker_network(host, name);
                Ok(())
            }
            Happening::Volume(name) => {
                world.docker_volume(host, name);
                Ok(())
            }
            Happening::File { stack, path, content } => {
                world.put_file(host, stack, path, content);
                Ok(())
            }
            Happening::Trouble(trouble) => {
                world.trouble(host, *trouble);
                Ok(())
            }
            Happening::Disk { full } => {
                world.fill_disk(host, *full);
                Ok(())
            }
            Happening::Path { path, missing } => {
                world.lack_path(host, path, *missing);
                Ok(())
            }
            Happening::Feature(feature) => {
                world.feature(host, feature);
                Ok(())
            }
            Happening::Forwarding { .. } => Ok(()),
            Happening::Lock { held } => {
                world.lock_by_other(host, held.then(another_run));
                Ok(())
            }
            Happening::Logs { broken } => {
                world.break_logs(host, *broken);
                Ok(())
            }
            Happening::Port { port, busy } => {
                world.occupy_port(host, *port, *busy);
                Ok(())
            }
            Happening::Mishap { operation, mishap } => {
                world.mishap(host, *operation, *mishap);
                Ok(())
            }
        };
        done.map_err(|why| StoryError::World(why.to_string()))
    }
}

/// Somebody else's run.
fn another_run() -> LockHolder {
    LockHolder {
        who: "ben@desk".to_owned(),
        process: "815".to_owned(),
        since: "2026-01-01 00:00:00 UTC".to_owned(),
        purpose: "hob apply".to_owned(),
    }
}

#[async_trait(?Send)]
impl StoryWorld for FakeStoryWorld {
    async fn hob(
        &mut self,
        arguments: &[String],
        repository: &Path,
        fate: &Fate,
    ) -> Result<Ran, StoryError> {
        let session = self.world.fated_session(fate.clone());
        Ok(self.run(session, arguments, repository, None).await)
    }

    async fn hob_once(
        &mut self,
        arguments: &[String],
        repository: &Path,
        once: &Once,
    ) -> Result<Ran, StoryError> {
        let ran = self.run(self.world.session(), arguments, repository, Some(once)).await;
        if ran.stdout.contains(&once.says) || ran.stderr.contains(&once.says) {
            return Ok(ran);
        }
        Err(StoryError::World(format!("it never said {:?}", once.says)))
    }

    async fn act(&mut self, act: &Act) -> Result<String, StoryError> {
        match act {
            Act::On { host, what } => self.on(host, what)?,
            Act::Image { name, behaviour } => {
                let product = match behaviour {
                    None => Product::missing(),
                    Some(variables) => {
                        let pairs = variables.iter().map(|(k, v)| (k.as_str(), v.as_str()));
                        Product::behaving(&pairs.collect::<Vec<_>>())
                    }
                };
                self.world.publish(name, product);
            }
            Act::Wait(time) => tokio::time::sleep(*time).await,
            Act::Show(Show::Containers) => return Ok(self.world.show_containers()),
            Act::Show(Show::Files(host)) => return Ok(self.world.show_files(host)),
            Act::Show(Show::Volumes(host)) => return Ok(self.world.show_volumes(host)),
            Act::Show(Show::Everything) => return Ok(self.world.show_everything()),
        }
        Ok(String::new())
    }

    fn remember(&mut self) -> Result<(), StoryError> {
        self.remembered = Some(self.world.snapshot());
        Ok(())
    }

    fn go_back(&mut self) -> Result<(), StoryError> {
        let nothing = || StoryError::World("nothing is remembered".to_owned());
        self.world.restore(self.remembered.as_ref().ok_or_else(nothing)?);
        Ok(())
    }
}
