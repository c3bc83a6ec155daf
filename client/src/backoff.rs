//! How long to wait before the next connection: exponential, with jitter, so that the listeners of an engine that
//! restarts do not all come back in the same instant. The series is `backon`'s.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Turns failures in a row into waits that double up to the longest, each drawn between half and all of its value.
#[derive(Debug)]
pub(crate) struct Backoff {
    min: Duration,
    max: Duration,
    waits: ExponentialBackoff,
}

impl Backoff {
    pub(crate) fn new(min: Duration, max: Duration) -> Self {
        Self { min, max, waits: series(min, max) }
    }

    /// The server's `retry:` replaces the shortest wait.
    pub(crate) fn set_min(&mut self, min: Duration) {
        self.min = min;
        self.reset();
    }

    /// The connection has proved good.
    pub(crate) fn reset(&mut self) {
        self.waits = series(self.min, self.max);
    }

    /// The next wait.
    pub(crate) fn next(&mut self) -> Duration {
        // The series has no end.
        self.waits.next().unwrap_or(self.max)
    }
}

/// `backon` adds up to a wait's own length to it: half of what is wanted becomes half to all of it.
fn series(min: Duration, max: Duration) -> ExponentialBackoff {
    let halves = ExponentialBuilder::new().with_min_delay(min.min(max) / 2).with_max_delay(max / 2);
    halves.with_factor(2.0).with_jitter().without_max_times().build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_doubles_the_wait_up_to_the_longest_and_at_most_half_of_it_is_taken_away() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_millis(500));
        for whole in [100, 200, 400, 500, 500] {
            let wait = backoff.next().as_micros();
            assert!((whole * 500..=whole * 1000).contains(&wait), "{wait} µs of {whole} ms");
        }
        backoff.reset();
        assert!(backoff.next() <= Duration::from_millis(100));
    }

    #[test]
    fn a_server_cannot_ask_for_more_than_the_longest_wait() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        backoff.set_min(Duration::from_hours(1));
        assert!(backoff.next() <= Duration::from_secs(1));
    }

    #[test]
    fn a_thousand_failures_do_not_overflow() {
        let mut backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(1));
        let last = (0..1000).map(|_| backoff.next()).last();
        assert!(last.is_some_and(|wait| wait <= Duration::from_secs(1)));
    }
}
