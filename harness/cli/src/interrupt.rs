//! Ctrl-C and SIGTERM: the first ends the work in good order, the second ends it at once.

use std::process;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Exit;

/// Hears of Ctrl-C and SIGTERM from its making on.
#[derive(Debug, Clone)]
pub(super) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    pub(super) fn listen() -> Self {
        let (told, heard) = watch::channel(false);
        tokio::spawn(async move {
            asked_to_end().await;
            note!("interrupted: ending what was started (once more to end at once)");
            told.send_replace(true);
            asked_to_end().await;
            // The processes that were started die with this one; directories stay.
            process::exit(i32::from(Exit::Interrupted.code()));
        });
        Self(heard)
    }

    /// Waits for the first of them.
    pub(super) async fn told(&mut self) {
        if self.0.wait_for(|told| *told).await.is_err() {
            // The runtime is shutting down.
            std::future::pending::<()>().await;
        }
    }
}

/// Ctrl-C, SIGTERM, or the end of the terminal (SIGHUP).
pub(super) async fn asked_to_end() {
    match (signal(SignalKind::terminate()), signal(SignalKind::hangup())) {
        (Ok(mut terminate), Ok(mut hangup)) => {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
                _ = hangup.recv() => {}
            }
        }
        _ => drop(tokio::signal::ctrl_c().await),
    }
}
