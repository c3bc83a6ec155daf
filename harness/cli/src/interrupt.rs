//! Ctrl-C and SIGTERM: the first ends the work in good order, the second ends it at once.

use std::process;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::Exit;

/// Hears of Ctrl-C and SIGTERM from its making on.
#[derive(Debug, Clone)]
pub(super) struct Interrupt(watch::Receiver<bool>);

impl Interrupt {
    /// From here on the signals do not end the process by themselves any more.
    pub(super) fn listen() -> Self {
        let (sender, receiver) = watch::channel(false);
        let first = asked_to_end();
        tokio::spawn(async move {
            first.await;
            note!("interrupted: ending what was started (once more to end at once)");
            let second = asked_to_end();
            sender.send_replace(true);
            second.await;
            // The processes that were started die with this one; the directory is removed by the next run.
            process::exit(i32::from(Exit::Interrupted.code()));
        });
        Self(receiver)
    }

    /// Waits for the first of them.
    pub(super) async fn requested(&mut self) {
        if self.0.wait_for(|requested| *requested).await.is_err() {
            // The runtime is shutting down.
            std::future::pending::<()>().await;
        }
    }
}

/// Waits for Ctrl-C, SIGTERM, or the end of the terminal (SIGHUP). They are caught from the call on, and not only once the
/// future is polled: a signal during a command's first steps must not leave its files behind.
pub(super) fn asked_to_end() -> impl Future<Output = ()> {
    let caught = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal);
    async move {
        // Without signals to wait for, the defaults end the process.
        let [Ok(mut interrupt), Ok(mut terminate), Ok(mut hangup)] = caught else {
            return std::future::pending().await;
        };
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
