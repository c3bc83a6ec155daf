//! SIGTERM and SIGINT: the first one drains, the second one ends the process at once.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code after a second signal.
const ENDED_AT_ONCE: i32 = 130;

/// A token that is cancelled at the first signal. At the second one the process ends without draining: nothing is
/// lost, since leases run out and other workers go on from the checkpoints.
pub(crate) fn stop() -> io::Result<CancellationToken> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let stop = CancellationToken::new();
    let stopping = stop.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        };
        next().await;
        tracing::info!("stopping; a second signal stops at once");
        stopping.cancel();
        next().await;
        tracing::warn!("stopping at once");
        std::process::exit(ENDED_AT_ONCE);
    });
    Ok(stop)
}
