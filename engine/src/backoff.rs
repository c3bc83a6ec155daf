//! Exponential back-off with jitter, for reconnecting and for retrying.

use std::time::Duration;

/// Delays that double up to a cap, each drawn between half and all of its value so that many do not return at once.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    cap: Duration,
    tries: u32,
}

impl Backoff {
    /// Delays from `first` to `cap`.
    #[must_use]
    pub const fn new(first: Duration, cap: Duration) -> Self {
        Self { first, cap, tries: 0 }
    }

    /// For a connection that was lost: from 50 ms to 2 s.
    #[must_use]
    pub const fn reconnect() -> Self {
        Self::new(Duration::from_millis(50), Duration::from_secs(2))
    }

    /// Starts over: the thing works again.
    pub const fn reset(&mut self) {
        self.tries = 0;
    }

    /// The next delay.
    pub fn next_delay(&mut self) -> Duration {
        let full = self.first.saturating_mul(2_u32.saturating_pow(self.tries)).min(self.cap);
        self.tries = self.tries.saturating_add(1);
        full.mul_f64(rand::random_range(0.5..=1.0))
    }

    /// Waits for the next delay to pass.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next_delay()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap_and_start_over_when_it_works_again() {
        let mut backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
        for full in [1, 2, 4, 5, 5] {
            let delay = backoff.next_delay().as_secs_f64();
            assert!((f64::from(full) / 2.0..=f64::from(full)).contains(&delay), "{delay} for {full}");
        }
        backoff.reset();
        assert!(backoff.next_delay() <= Duration::from_secs(1));
    }
}
