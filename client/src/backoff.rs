//! How long to wait before the next connection: exponential, with jitter, so that the listeners of an engine that
//! restarts do not all come back in the same instant.

use std::time::Duration;

/// Counts failures in a row and turns them into waiting times.
#[derive(Debug, Clone)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    failures: u32,
}

impl Backoff {
    pub(crate) const fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, failures: 0 }
    }

    /// The server's `retry:` replaces the shortest wait.
    pub(crate) fn set_min(&mut self, min: Duration) {
        self.min = min.min(self.max);
    }

    /// The connection has proved good.
    pub(crate) const fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next wait. `random` is drawn from 0 to 1 and takes up to half of the wait away.
    pub(crate) fn next(&mut self, random: f64) -> Duration {
        let whole = self.min.saturating_mul(2_u32.saturating_pow(self.failures)).min(self.max);
        self.failures = self.failures.saturating_add(1);
        whole.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait_up_to_the_longest() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(500));
        let waits: Vec<u128> = (0..5).map(|_| backoff.next(0.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 500, 500]);
        backoff.reset();
        assert_eq!(backoff.next(0.0).as_millis(), 100);
    }

    #[test]
    fn jitter_takes_at_most_half_away() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        assert_eq!(backoff.next(1.0).as_millis(), 50);
    }

    #[test]
    fn a_server_cannot_ask_for_more_than_the_longest_wait() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        backoff.set_min(Duration::from_hours(1));
        assert_eq!(backoff.next(0.0), Duration::from_secs(1));
    }

    #[test]
    fn a_thousand_failures_do_not_overflow() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let last = (0..1000).map(|_| backoff.next(0.0)).last();
        assert_eq!(last, Some(Duration::from_secs(1)));
    }
}
