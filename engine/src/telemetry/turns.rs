//! A worker's turns as metrics see them: how long requests wait and take, and how many slots are busy.

use std::time::Duration;

use metrics::{gauge, histogram};
use store::{Claim, Commit};

/// The process has a worker with so many slots, perhaps besides others.
pub(crate) fn start(slots: usize) {
    #[expect(clippy::cast_precision_loss, reason = "at most 10,000 slots")]
    gauge!("story_engine_worker_slots").increment(slots as f64);
    gauge!("story_engine_worker_slots_busy").increment(0.0);
}

/// A slot that runs turns, for as long as this is held.
#[derive(Debug)]
pub(crate) struct BusySlot;

impl BusySlot {
    pub(crate) fn start() -> Self {
        gauge!("story_engine_worker_slots_busy").increment(1.0);
        Self
    }
}

impl Drop for BusySlot {
    fn drop(&mut self) {
        gauge!("story_engine_worker_slots_busy").decrement(1.0);
    }
}

/// A turn begins. What a request waited before a later attempt is its back-off or a lost lease, and is not counted as waiting.
pub(crate) fn began(claim: &Claim) {
    if claim.lease.attempt.0 == 1 {
        histogram!("story_engine_request_wait_seconds", "type" => claim.request.kind.as_str())
            .record(claim.request.waited.as_secs_f64());
    }
}

/// A turn was committed, so long after its claim.
pub(crate) fn committed(claim: &Claim, took: Duration) {
    histogram!("story_engine_request_seconds", "type" => claim.request.kind.as_str())
        .record((claim.request.waited + took).as_secs_f64());
}

/// A turn was committed that has told companions. They have come with the head or soon after it, so they count as long as it.
pub(crate) fn told_along(claim: &Claim, commit: &Commit) {
    let took = Duration::from_millis(commit.result.duration_ms);
    for _ in &commit.companions {
        histogram!("story_engine_request_wait_seconds", "type" => claim.request.kind.as_str())
            .record(claim.request.waited.as_secs_f64());
        committed(claim, took);
    }
}

/// As logs show a duration.
pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
