//! Tells whether the loops of this process still make progress, for `/livez`.
//!
//! It depends on no store and no network: a process whose store is away works, and restarting it would help nobody. A
//! loop that waits for work wakes at least once in [`Pulse::LONGEST_WAIT`] to say so.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// A loop that has not been seen for this long is stuck. A probe finds it within 15 s.
const STUCK_AFTER: Duration = Duration::from_secs(14);

/// The loops of a process.
#[derive(Debug, Clone)]
pub struct Watchdog {
    started: Instant,
    loops: Arc<Mutex<Vec<Watched>>>,
}

#[derive(Debug)]
struct Watched {
    name: &'static str,
    seen: Arc<AtomicU64>,
}

/// One loop's sign of life. Dropping it ends the watch: the loop has ended.
#[derive(Debug)]
pub struct Pulse {
    started: Instant,
    /// Milliseconds since the start; [`PAUSED`] while the loop is not watched.
    seen: Arc<AtomicU64>,
}

const PAUSED: u64 = u64::MAX;

impl Default for Watchdog {
    fn default() -> Self {
        Self { started: Instant::now(), loops: Arc::default() }
    }
}

impl Watchdog {
    /// Watches another loop, from now on.
    #[must_use]
    pub fn watch(&self, name: &'static str) -> Pulse {
        let pulse = Pulse { started: self.started, seen: Arc::default() };
        pulse.beat();
        self.loops.lock().push(Watched { name, seen: Arc::clone(&pulse.seen) });
        pulse
    }

    /// The loops that are stuck, by name.
    #[must_use]
    pub fn stuck(&self) -> Vec<&'static str> {
        let now = self.started.elapsed();
        let is_stuck = |watched: &&Watched| match watched.seen.load(Ordering::Relaxed) {
            PAUSED => false,
            seen => now.saturating_sub(Duration::from_millis(seen)) > STUCK_AFTER,
        };
        self.loops.lock().iter().filter(is_stuck).map(|watched| watched.name).collect()
    }
}

impl Pulse {
    /// The longest that a loop may wait without a beat.
    pub const LONGEST_WAIT: Duration = Duration::from_secs(5);

    /// The loop makes progress.
    pub fn beat(&self) {
        let now = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(PAUSED - 1);
        self.seen.store(now, Ordering::Relaxed);
    }

    /// The loop waits for something that may take any time. It is not watched until its next beat.
    pub fn pause(&self) {
        self.seen.store(PAUSED, Ordering::Relaxed);
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        self.pause();
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_does_not_beat_is_stuck_until_it_beats_again() {
        let watchdog = Watchdog::default();
        let (claim, _other) = (watchdog.watch("claim"), watchdog.watch("heartbeat"));
        advance(Duration::from_secs(10)).await;
        claim.beat();
        advance(Duration::from_secs(5)).await;
        assert_eq!(watchdog.stuck(), ["heartbeat"]);
        advance(Duration::from_secs(10)).await;
        assert_eq!(watchdog.stuck(), ["claim", "heartbeat"]);
        claim.beat();
        assert_eq!(watchdog.stuck(), ["heartbeat"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_is_paused_is_not_stuck() {
        let watchdog = Watchdog::default();
        let claim = watchdog.watch("claim");
        claim.pause();
        advance(Duration::from_hours(1)).await;
        assert!(watchdog.stuck().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_that_has_ended_is_not_stuck() {
        let watchdog = Watchdog::default();
        drop(watchdog.watch("claim"));
        advance(Duration::from_hours(1)).await;
        assert!(watchdog.stuck().is_empty());
    }
}
