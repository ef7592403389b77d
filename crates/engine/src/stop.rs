//! Being told to stop: once to finish what is under way, twice to return at once.

use std::future::pending;

use tokio::{sync::watch, time::Instant};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Go,
    Finish { since: Instant },
    Now { since: Instant },
}

/// Tells an [`apply`](crate::apply) to stop.
#[derive(Clone, Debug)]
pub struct StopHandle(watch::Sender<Level>);

/// Heard by an [`apply`](crate::apply).
#[derive(Clone, Debug)]
pub struct Stop(watch::Receiver<Level>);

/// A pair of a handle that tells to stop and of what hears it.
pub fn stop_signal() -> (StopHandle, Stop) {
    let (tell, hear) = watch::channel(Level::Go);
    (StopHandle(tell), Stop(hear))
}

impl StopHandle {
    /// The first time: no new step begins, and steps under way finish or are put back. The second
    /// time: return at once. Further times mean nothing more.
    pub fn press(&self) {
        self.0.send_modify(|level| {
            *level = match *level {
                Level::Go => Level::Finish { since: Instant::now() },
                Level::Finish { since } | Level::Now { since } => Level::Now { since },
            };
        });
    }
}

impl Stop {
    /// A signal that never comes.
    pub fn never() -> Self {
        stop_signal().1
    }

    /// Whether nothing new may begin.
    pub fn is_requested(&self) -> bool {
        *self.0.borrow() != Level::Go
    }

    /// Waits until nothing new may begin, and tells since when.
    pub async fn requested(&self) -> Instant {
        let mut hear = self.0.clone();
        match hear.wait_for(|level| *level != Level::Go).await.map(|level| *level) {
            Ok(Level::Finish { since } | Level::Now { since }) => since,
            // The handle is gone: nobody can ask any more.
            Ok(Level::Go) | Err(_) => pending().await,
        }
    }

    /// Waits until everything is to be left as it is.
    pub async fn now(&self) {
        let mut hear = self.0.clone();
        if hear.wait_for(|level| matches!(level, Level::Now { .. })).await.is_err() {
            pending::<()>().await;
        }
    }
}
