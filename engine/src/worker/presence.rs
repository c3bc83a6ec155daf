//! What a worker says of itself to operators: where it runs and with how many slots, and that it is drained.

use std::time::Duration;

use jiff::Timestamp;
use metrics::gauge;
use protocol::WorkerInfo;
use tokio::time::Instant;

use super::Worker;

/// How often a worker says it again: a store that was emptied has forgotten it.
const AGAIN: Duration = Duration::from_secs(30);

/// The presence of a worker.
pub(super) struct Presence<'a> {
    worker: &'a Worker,
    about: WorkerInfo,
    said: Option<Instant>,
    is_drained: bool,
}

impl<'a> Presence<'a> {
    pub(super) fn new(worker: &'a Worker) -> Self {
        let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok().or_else(|| std::env::var("HOSTNAME").ok());
        let about = WorkerInfo {
            slots: worker.settings.slots,
            host: host.unwrap_or_default().trim().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_at: Timestamp::now(),
        };
        gauge!("story_engine_worker_drained").set(0.0);
        Self { worker, about, said: None, is_drained: false }
    }

    /// Says it, if that is due. If it fails, nothing else does.
    pub(super) async fn announce(&mut self) {
        if self.said.is_some_and(|said| said.elapsed() < AGAIN) {
            return;
        }
        self.said = Some(Instant::now());
        let said = self.worker.store.announce_worker(&self.worker.id, &self.about);
        if let Ok(Err(error)) = tokio::time::timeout(super::CLAIM_LIMIT, said).await {
            tracing::debug!(%error, "the store does not know where this worker runs");
        }
    }

    /// A claim has said whether an operator drains the worker.
    pub(super) fn drained(&mut self, is_drained: bool) {
        if is_drained != self.is_drained {
            self.is_drained = is_drained;
            gauge!("story_engine_worker_drained").set(f64::from(u8::from(is_drained)));
            if is_drained {
                tracing::info!("an operator drains this worker: it takes no new work, and finishes what runs");
            } else {
                tracing::info!("this worker takes work again");
            }
        }
    }
}
