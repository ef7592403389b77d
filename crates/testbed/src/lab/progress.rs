//! Telling whoever waits what is going on, from the first second.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A silence longer than this makes people wonder.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// Where lines about the work go.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(&str) + Send + Sync>);

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}

impl Progress {
    /// Hands every line to the function.
    pub fn new(tell: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells nobody.
    #[must_use]
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Tells one line.
    pub fn say(&self, line: &str) {
        (self.0)(line);
    }

    /// Says that the work begins, every ten seconds that it goes on, and what it took.
    pub async fn during<T, E>(
        &self,
        what: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let started = Instant::now();
        self.say(&format!("{what} ..."));
        let mut work = std::pin::pin!(work);
        loop {
            match tokio::time::timeout(HEARTBEAT, &mut work).await {
                Ok(done) => {
                    let verdict = if done.is_ok() { "done" } else { "failed" };
                    let seconds = started.elapsed().as_secs_f32();
                    self.say(&format!("{what}: {verdict} in {seconds:.1} s"));
                    return done;
                }
                Err(_) => {
                    self.say(&format!("{what}: {} s so far", started.elapsed().as_secs()));
                }
            }
        }
    }
}
