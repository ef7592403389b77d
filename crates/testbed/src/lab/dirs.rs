//! Where the testbed keeps things on this machine: never in the repository.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::error::{LabError, Result};
use super::files;

/// Names another folder than `target/testbed` for what the testbed keeps.
pub const DIR_VARIABLE: &str = "HOB_TESTBED_DIR";
/// Long enough for another process to build the host image on a slow machine.
const LOCK_LIMIT: Duration = Duration::from_secs(900);

/// The folder of the testbed: a cache for all labs, and the state of each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dirs {
    root: PathBuf,
}

impl Dirs {
    /// Everything under this folder, which must be absolute for `ssh_config` to work anywhere.
    pub fn at(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// `HOB_TESTBED_DIR`, else `testbed` in Cargo's target folder.
    #[must_use]
    pub fn usual() -> Self {
        if let Some(root) = std::env::var_os(DIR_VARIABLE).filter(|root| !root.is_empty()) {
            return Self::at(absolute(PathBuf::from(root)));
        }
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        let target = target.unwrap_or_else(|| {
            let own = Path::new(env!("CARGO_MANIFEST_DIR"));
            own.ancestors().nth(2).unwrap_or(own).join("target")
        });
        Self::at(absolute(target).join("testbed"))
    }

    /// What every lab of this machine may use again.
    #[must_use]
    pub fn cache(&self) -> PathBuf {
        self.root.join("cache")
    }

    /// The folder of one lab: keys, `ssh_config`, `known_hosts`.
    #[must_use]
    pub fn state(&self, lab: &str) -> PathBuf {
        self.root.join("labs").join(lab)
    }

    /// Keeps other processes out of the cache until the lock is dropped.
    pub(crate) async fn lock_cache(&self) -> Result<Lock> {
        Lock::take(&self.cache()).await
    }

    pub(crate) async fn lock_state(&self, lab: &str) -> Result<Lock> {
        Lock::take(&self.state(lab)).await
    }
}

fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// A lock on a folder, freed when dropped or when the process dies.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    async fn take(folder: &Path) -> Result<Self> {
        files::make_folder(folder)?;
        let path = folder.join("lock");
        let file = files::create(&path)?;
        let started = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::Error(why)) => {
                    return Err(LabError::file("locking", path)(why));
                }
                Err(TryLockError::WouldBlock) if started.elapsed() > LOCK_LIMIT => {
                    return Err(LabError::TimedOut {
                        doing: format!("waiting for {}", path.display()),
                        limit: LOCK_LIMIT,
                        hint: "\n  try: end the other run of the testbed".to_owned(),
                    });
                }
                Err(TryLockError::WouldBlock) => {
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}
