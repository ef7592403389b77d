//! Ctrl-C: what is under way is told to end, and everything is removed all the same.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use tokio::{
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
};

use crate::say;

/// Whether somebody asked to stop.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on.
    pub(super) fn listen(runtime: &Runtime) -> Result<Self, String> {
        let stop = Self::default();
        let heard = stop.clone();
        let _inside = runtime.enter();
        let listen = |kind| signal(kind).map_err(|why| format!("listening for signals: {why}"));
        let (mut interrupt, mut terminate) =
            (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
        runtime.spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                say::line("stopping; what was made is removed first");
                heard.0.store(true, Ordering::Relaxed);
            }
        });
        Ok(stop)
    }

    pub(super) fn is_requested(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// An error if somebody asked to stop.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.is_requested() { Err("stopped before the end".to_owned()) } else { Ok(()) }
    }
}
