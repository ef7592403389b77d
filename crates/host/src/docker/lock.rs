//! The lock of a host: a script on it holds it, and is kept alive from here.

use std::{
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

use super::DockerHost;
use crate::{
    HostErrorKind, HostLock, LockAsk, LockHolder,
    folder::{self, Asking, LockSaid, Root, Script},
    own_files,
    transport::{Held, Transport},
};

/// For the way to the host, before the script says anything.
const WAY: Duration = Duration::from_secs(30);
/// How long a lock whose connection was lost is asked for again.
const REGAIN: Duration = Duration::from_secs(60);
/// Between two tries of that.
const PAUSE: Duration = Duration::from_secs(2);
/// Exit code of the script when another has the lock.
const TAKEN: Option<i32> = Some(6);

/// What is known of a lock of this run.
#[derive(Clone, Debug)]
pub(super) enum Standing {
    /// It is held.
    Held,
    /// The connection was lost, and is being made anew.
    Regaining,
    /// It is lost, and why it cannot be had again.
    Lost(String),
    /// Its owner does not need it any more.
    LetGo,
}

/// Ends the keeping of a lock when dropped.
struct Keeping {
    task: JoinHandle<()>,
    tell: Arc<watch::Sender<Standing>>,
}

impl Keeping {
    fn start(held: Held, way: Way, asking: Asking) -> (Self, watch::Receiver<Standing>) {
        let (tell, standing) = watch::channel(Standing::Held);
        let tell = Arc::new(tell);
        let task = tokio::spawn(keep(held, way, asking, Arc::clone(&tell)));
        (Self { task, tell }, standing)
    }
}

impl Drop for Keeping {
    fn drop(&mut self) {
        // The task ends a moment later; until then it has nothing to say any more.
        self.tell.send_replace(Standing::LetGo);
        self.task.abort();
    }
}

impl DockerHost {
    pub(super) async fn take_lock(&self, ask: &LockAsk<'_>) -> Result<HostLock, HostErrorKind> {
        let asking = asking(ask.purpose);
        let way = Way { transport: Arc::clone(&self.transport), root: self.root.clone() };
        let taken = way.acquire(ask.wait, &asking, ask.waiting).await;
        let (held, _) = taken.map_err(|refused| refused.kind)?;
        let (keeping, standing) = Keeping::start(held, way, asking);
        *self.lock.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
        Ok(HostLock::new(keeping))
    }

    /// Waits while the lock of this run is being regained; an error if it was lost. Without a lock
    /// there is nothing to lose.
    pub(super) async fn still_locked(&self) -> Result<(), HostErrorKind> {
        let standing = self.lock.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match standing {
            Some(standing) => still_held(standing).await,
            None => Ok(()),
        }
    }
}

async fn still_held(mut standing: watch::Receiver<Standing>) -> Result<(), HostErrorKind> {
    loop {
        let now = standing.borrow_and_update().clone();
        match now {
            Standing::Held | Standing::LetGo => return Ok(()),
            Standing::Lost(why) => return Err(HostErrorKind::LockLost(why)),
            Standing::Regaining if standing.changed().await.is_err() => return Ok(()),
            Standing::Regaining => {}
        }
    }
}

/// Who asks, with an id that no other lock has.
fn asking(purpose: &str) -> Asking {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
    let (who, process) = (own_files::own_name(), std::process::id());
    let id = format!("{who}-{process}-{now}-{number}");
    Asking { id, who, process, purpose: purpose.to_owned() }
}

/// The way to a host's lock.
struct Way {
    transport: Arc<Transport>,
    root: Root,
}

/// Why there is no lock.
struct Refused {
    kind: HostErrorKind,
    /// Whether another has it.
    is_taken: bool,
}

impl Way {
    /// Starts the script and waits for what it says: the lock, and who had it before.
    async fn acquire(
        &self,
        wait: Duration,
        asking: &Asking,
        waiting: &(dyn Fn(&LockHolder) + Send + Sync),
    ) -> Result<(Held, String), Refused> {
        let other = |kind| Refused { kind, is_taken: false };
        let input = folder::lock_input(&self.root, wait, asking);
        let mut held = self.transport.hold(Script::Lock, &input).await.map_err(other)?;
        let mut holder = LockHolder::default();
        let answer = async {
            while let Some(line) = held.line().await {
                match folder::parse_lock(&line) {
                    Some(LockSaid::Held { before }) => return Some(before),
                    Some(LockSaid::Taken(by)) => {
                        if !wait.is_zero() {
                            waiting(&by);
                        }
                        holder = by;
                    }
                    None => {}
                }
            }
            None
        };
        let within = wait + Script::Lock.time() + WAY;
        match timeout(within, answer).await {
            Ok(Some(before)) => return Ok((held, before)),
            Ok(None) => {}
            Err(_) => return Err(other(HostErrorKind::TimedOut(within.as_secs()))),
        }
        let (code, stderr) = held.end().await;
        if code == TAKEN {
            return Err(Refused {
                kind: HostErrorKind::Locked { holder: Box::new(holder) },
                is_taken: true,
            });
        }
        let way_lost = self.transport.way_lost(code, &stderr);
        Err(other(way_lost.unwrap_or_else(|| folder::script_failure(code, &stderr, &self.root))))
    }

    /// Takes up a lock again whose connection was lost, if nobody had it between.
    async fn regain(&self, asking: &Asking) -> Result<Held, String> {
        let late = Instant::now() + REGAIN;
        loop {
            // why: what is wrong with the way is said by what needs it next.
            let _ = self.transport.open().await;
            let refused = match self.acquire(PAUSE, asking, &|_| {}).await {
                Ok((held, before)) if before == asking.id => return Ok(held),
                Ok(_) => return Err("another run was at work on it meanwhile".to_owned()),
                Err(refused) => refused,
            };
            if refused.is_taken || Instant::now() > late {
                return Err(refused.kind.to_string());
            }
            sleep(PAUSE).await;
        }
    }
}

/// Keeps the script alive until the task is ended, and starts it again when it was lost.
async fn keep(mut held: Held, way: Way, asking: Asking, tell: Arc<watch::Sender<Standing>>) {
    let say = |news: Standing| {
        tell.send_if_modified(|standing| {
            let is_needed = !matches!(standing, Standing::LetGo);
            if is_needed {
                *standing = news;
            }
            is_needed
        });
    };
    loop {
        hold_on(&mut held).await;
        say(Standing::Regaining);
        match way.regain(&asking).await {
            Ok(again) => held = again,
            // The run is told at its next operation.
            Err(why) => return say(Standing::Lost(why)),
        }
        say(Standing::Held);
    }
}

/// Comes to an end with the script.
async fn hold_on(held: &mut Held) {
    loop {
        match timeout(folder::BEAT, held.line()).await {
            Ok(Some(_)) => {}
            Ok(None) => return,
            Err(_) if held.beat(folder::BEAT).await => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests may panic")]
    #![allow(clippy::disallowed_methods, reason = "tests read files as they are")]

    use tempfile::TempDir;

    use super::*;
    use crate::transport::Local;

    const NOT_AT_ALL: Duration = Duration::ZERO;
    const A_WHILE: Duration = Duration::from_secs(20);

    /// The lock of a folder of this machine.
    fn way(folder: &TempDir) -> Way {
        let root = Root::new(&format!("{}/hob", folder.path().display())).unwrap();
        let local = Local::new(folder.path().join("no.sock"));
        Way { transport: Arc::new(Transport::Local(local)), root }
    }

    async fn take(way: &Way, wait: Duration, purpose: &str) -> Result<Held, String> {
        let taken = way.acquire(wait, &asking(purpose), &|_| {}).await;
        taken.map(|(held, _)| held).map_err(|refused| refused.kind.to_string())
    }

    /// The process that holds the lock, from the file.
    fn holding(folder: &TempDir) -> String {
        let line = std::fs::read_to_string(folder.path().join("hob/.hob/lock")).unwrap();
        line.trim_end().rsplit('\t').next().unwrap().to_owned()
    }

    fn kill(process: &str) {
        let status = std::process::Command::new("kill").args(["-9", process]).status();
        assert!(status.unwrap().success());
    }

    #[tokio::test]
    async fn one_at_a_time_and_the_other_is_told_who() {
        let folder = TempDir::new().unwrap();
        let way = way(&folder);
        let first = take(&way, NOT_AT_ALL, "hob apply").await.unwrap();
        let refused = take(&way, NOT_AT_ALL, "hob up").await.err().unwrap();
        let who = format!("{}, process {}", own_files::own_name(), std::process::id());
        let expected = format!("another run is at work on it: {who}, hob apply, since 2");
        assert!(refused.starts_with(&expected), "{refused}");
        drop(first);
        take(&way, A_WHILE, "hob up").await.unwrap();
    }

    #[tokio::test]
    async fn who_waits_is_told_and_gets_it() {
        let folder = TempDir::new().unwrap();
        let way = way(&folder);
        let first = take(&way, NOT_AT_ALL, "hob apply").await.unwrap();
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let tell = move |holder: &LockHolder| tell.send(holder.purpose.clone()).unwrap();
        let asking = asking("hob up");
        let wait = way.acquire(A_WHILE, &asking, &tell);
        let free = async {
            assert_eq!(told.recv().await.unwrap(), "hob apply");
            drop(first);
        };
        let (second, ()) = tokio::join!(wait, free);
        assert!(second.is_ok());
        assert!(told.try_recv().is_err(), "told once");
    }

    #[tokio::test]
    async fn a_holder_that_is_killed_leaves_nothing_behind() {
        let folder = TempDir::new().unwrap();
        let way = way(&folder);
        let _first = take(&way, NOT_AT_ALL, "hob apply").await.unwrap();
        kill(&holding(&folder));
        take(&way, A_WHILE, "hob up").await.unwrap();
    }

    #[tokio::test]
    async fn a_lock_that_was_lost_is_taken_up_again() {
        let folder = TempDir::new().unwrap();
        let asking = asking("hob apply");
        let (held, _) = way(&folder).acquire(NOT_AT_ALL, &asking, &|_| {}).await.ok().unwrap();
        let (keeping, mut standing) = Keeping::start(held, way(&folder), asking);
        let before = holding(&folder);
        kill(&before);
        standing.changed().await.unwrap();
        still_held(standing.clone()).await.unwrap();
        assert_ne!(holding(&folder), before);
        let refused = take(&way(&folder), NOT_AT_ALL, "hob up").await.err().unwrap();
        assert!(refused.contains("hob apply"), "{refused}");
        drop(keeping);
        take(&way(&folder), A_WHILE, "hob up").await.unwrap();
    }

    /// The connection is gone, and the host has not heard of it: the script there still holds on.
    #[tokio::test]
    async fn a_holder_left_by_a_lost_connection_makes_room() {
        let folder = TempDir::new().unwrap();
        let asking = asking("hob apply");
        let forgotten = way(&folder).acquire(NOT_AT_ALL, &asking, &|_| {}).await.ok().unwrap();
        let before = holding(&folder);
        let again = way(&folder).regain(&asking).await.unwrap();
        assert_ne!(holding(&folder), before);
        drop((forgotten, again));
    }

    #[tokio::test]
    async fn a_lock_that_another_had_between_is_lost() {
        let folder = TempDir::new().unwrap();
        let asking = asking("hob apply");
        let first = way(&folder).acquire(NOT_AT_ALL, &asking, &|_| {}).await.ok().unwrap();
        drop(first);
        let other = take(&way(&folder), A_WHILE, "hob up").await.unwrap();
        let why = way(&folder).regain(&asking).await.err().unwrap();
        assert!(why.starts_with("another run is at work on it: "), "{why}");
        drop(other);
        let why = way(&folder).regain(&asking).await.err().unwrap();
        assert_eq!(why, "another run was at work on it meanwhile");

        let (tell, standing) = watch::channel(Standing::Lost(why));
        let refused = still_held(standing.clone()).await.unwrap_err().to_string();
        let expected = "the lock of the host was lost: another run was at work on it meanwhile";
        assert_eq!(refused, expected);
        tell.send_replace(Standing::LetGo);
        still_held(standing).await.unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_cannot_be_written_has_no_lock() {
        let folder = TempDir::new().unwrap();
        std::fs::write(folder.path().join("hob"), "in the way").unwrap();
        let why = take(&way(&folder), NOT_AT_ALL, "hob apply").await.err().unwrap();
        assert!(why.contains("/hob cannot be written: "), "{why}");
    }
}
