//! Exponential back-off with jitter, for reconnecting and for retrying. The series is `backon`'s.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

/// Delays that double up to a cap, each drawn between half and all of its value so that many do not return at once.
#[derive(Debug)]
pub struct Backoff {
    series: ExponentialBuilder,
    delays: ExponentialBackoff,
    cap: Duration,
}

impl Backoff {
    /// Delays from `first` to `cap`.
    #[must_use]
    pub fn new(first: Duration, cap: Duration) -> Self {
        // `backon` adds up to a delay's own length to it: half of what is wanted becomes half to all of it.
        let series = ExponentialBuilder::new()
            .with_min_delay(first.min(cap) / 2)
            .with_max_delay(cap / 2)
            .with_factor(2.0)
            .with_jitter()
            .without_max_times();
        Self { series, delays: series.build(), cap }
    }

    /// For a connection that was lost: from 50 ms to 2 s.
    #[must_use]
    pub fn reconnect() -> Self {
        Self::new(Duration::from_millis(50), Duration::from_secs(2))
    }

    /// Starts over: the thing works again.
    pub fn reset(&mut self) {
        self.delays = self.series.build();
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        // The series has no end.
        self.delays.next().unwrap_or(self.cap)
    }

    /// The delay after the attempt of this number, the first being 1.
    #[must_use]
    pub fn after_attempt(mut self, attempt: u32) -> Duration {
        let before = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX);
        self.delays.nth(before).unwrap_or(self.cap)
    }

    /// Waits for the next delay to pass.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next_delay()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_half_to_all(delay: Duration, of: u32) -> bool {
        (f64::from(of) / 2.0..=f64::from(of)).contains(&delay.as_secs_f64())
    }

    #[test]
    fn delays_double_up_to_the_cap_and_start_over_when_it_works_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        for full in [1, 2, 4, 5, 5] {
            let delay = backoff.next_delay();
            assert!(is_half_to_all(delay, full), "{delay:?} for {full}");
        }
        backoff.reset();
        assert!(is_half_to_all(backoff.next_delay(), 1));
    }

    #[test]
    fn the_delay_after_an_attempt_doubles_with_each_and_has_a_cap() {
        for (attempt, full) in [(1, 5), (2, 10), (3, 20), (1000, 300)] {
            let delay = Backoff::new(Duration::from_secs(5), Duration::from_mins(5)).after_attempt(attempt);
            assert!(is_half_to_all(delay, full), "{delay:?} after attempt {attempt}");
        }
    }
}
