//! What a worker says of itself to operators: where it runs and with how many slots, what its model calls have come to, and that it
//! is drained.

use std::time::Duration;

use jiff::Timestamp;
use metrics::gauge;
use protocol::WorkerInfo;
use store::backoff::Backoff;
use store::host;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::Worker;
use crate::telemetry::model_figures;

/// How often a worker says it again: what its model calls have come to changes, and a store that was emptied has forgotten it.
const AGAIN: Duration = Duration::from_secs(5);

/// Says it again and again. Nothing waits for it, and if it fails, nothing else does.
pub(super) async fn announce(worker: Worker) {
    let mut about = WorkerInfo {
        slots: worker.settings.slots,
        host: host::name().unwrap_or_default(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config: Some(worker.settings.fingerprint.clone()),
        started_at: Timestamp::now(),
        models: Vec::new(),
    };
    let mut ticks = interval(AGAIN);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        about.models = model_figures::figures();
        if let Ok(Err(error)) = timeout(AGAIN, worker.store.announce_worker(&worker.id, &about)).await {
            tracing::debug!(%error, "the store does not know where this worker runs");
        }
    }
}

/// Ends what an earlier process of this worker has left behind. Turns do not wait for it: what it has not ended expires by itself.
pub(super) async fn end_former_leases(worker: Worker) {
    let Some(name) = worker.id.name() else { return };
    let mut backoff = Backoff::reconnect();
    loop {
        match timeout(AGAIN, worker.store.end_former_leases(&worker.id)).await {
            Ok(Ok(0)) => return,
            Ok(Ok(turns)) => {
                tracing::info!(%name, turns, "an earlier process of this worker has left turns: they begin again now");
                return;
            }
            Ok(Err(error)) => tracing::debug!(%error, "cannot end the leases of an earlier process"),
            Err(_) => {}
        }
        backoff.wait().await;
    }
}

/// Whether an operator drains the worker, as its claims say.
#[derive(Debug, Default)]
pub(super) struct Drain(Option<bool>);

impl Drain {
    /// A claim has said it.
    pub(super) fn is(&mut self, is_drained: bool) {
        let before = self.0.replace(is_drained);
        if before == Some(is_drained) {
            return;
        }
        gauge!("story_engine_worker_drained").set(f64::from(u8::from(is_drained)));
        match (before, is_drained) {
            (_, true) => {
                tracing::info!("an operator drains this worker: it takes no new work, and finishes what runs");
            }
            (Some(true), false) => tracing::info!("this worker takes work again"),
            _ => {}
        }
    }
}
