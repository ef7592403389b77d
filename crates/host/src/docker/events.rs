//! The Engine's events, heard once per host by everybody who waits for a container.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use bollard::{Docker, query_parameters::EventsOptionsBuilder};
use futures_util::StreamExt;
use tokio::{sync::broadcast, task::JoinHandle, time::sleep};

/// Events that nobody has taken yet. Whoever falls behind looks again instead.
const BACKLOG_MAX: usize = 1024;
/// Before listening again when the stream ended.
const PAUSE: Duration = Duration::from_secs(1);

/// Ids of containers to which something happened that bears on a verdict.
#[derive(Default)]
pub(crate) struct Events {
    listening: Mutex<Option<Listening>>,
}

struct Listening {
    sender: broadcast::Sender<Arc<str>>,
    task: JoinHandle<()>,
}

impl Events {
    /// Hears of every container from now on; the first call opens the stream.
    pub(crate) fn subscribe(&self, docker: &Docker) -> broadcast::Receiver<Arc<str>> {
        let mut listening = self.listening.lock().unwrap_or_else(PoisonError::into_inner);
        let listening = listening.get_or_insert_with(|| {
            let (sender, _) = broadcast::channel(BACKLOG_MAX);
            let task = tokio::spawn(listen(docker.clone(), sender.clone()));
            Listening { sender, task }
        });
        listening.sender.subscribe()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn listen(docker: Docker, sender: broadcast::Sender<Arc<str>>) {
    let filters = HashMap::from([
        ("type", vec!["container"]),
        ("event", vec!["die", "destroy", "health_status"]),
    ]);
    loop {
        let options = EventsOptionsBuilder::new().filters(&filters).build();
        let mut events = std::pin::pin!(docker.events(Some(options)));
        while let Some(Ok(event)) = events.next().await {
            if let Some(id) = event.actor.and_then(|actor| actor.id) {
                // why: nobody may be waiting at the moment.
                let _ = sender.send(id.into());
            }
        }
        // A lost stream costs time, not truth: those who wait also look by themselves.
        sleep(PAUSE).await;
    }
}

/// Waits until something happened to this container, or may have.
pub(crate) async fn heard_of(events: &mut broadcast::Receiver<Arc<str>>, id: &str) {
    loop {
        match events.recv().await {
            Ok(heard) if &*heard == id => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}
