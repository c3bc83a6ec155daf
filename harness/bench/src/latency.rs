//! Latencies, each counted from the moment that was planned for it.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

/// The longest latency that is resolved, in microseconds: a minute.
const LONGEST: u64 = 60_000_000;

/// Counts latencies to three digits, from a microsecond to a minute.
#[derive(Debug)]
pub struct Latency(Histogram<u64>);

impl Default for Latency {
    fn default() -> Self {
        let histogram = Histogram::new_with_bounds(1, LONGEST, 3);
        // The bounds are constants that make sense.
        Self(histogram.unwrap_or_else(|_| unreachable!("the bounds are valid")))
    }
}

impl Latency {
    /// Counts one.
    pub fn record(&mut self, latency: Duration) {
        let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX);
        self.0.saturating_record(micros.clamp(1, LONGEST));
    }

    /// How many were counted, and how long they were.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let at = |quantile: f64| ms(self.0.value_at_quantile(quantile));
        Summary {
            count: self.0.len(),
            p50_ms: at(0.5),
            p90_ms: at(0.9),
            p99_ms: at(0.99),
            p999_ms: at(0.999),
            max_ms: ms(self.0.max()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a minute in microseconds is far below 2^53")]
fn ms(micros: u64) -> f64 {
    micros as f64 / 1000.0
}

/// Latencies in a few numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    /// How many there were.
    pub count: u64,
    /// Half of them were not longer, in milliseconds.
    pub p50_ms: f64,
    /// Nine in ten.
    pub p90_ms: f64,
    /// Ninety-nine in a hundred.
    pub p99_ms: f64,
    /// All but one in a thousand.
    pub p999_ms: f64,
    /// The longest.
    pub max_ms: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_separates_the_tail_from_the_middle() {
        let mut latency = Latency::default();
        for n in 1..=1000 {
            latency.record(Duration::from_millis(n));
        }
        latency.record(Duration::from_hours(1));
        let summary = latency.summary();
        assert_eq!(summary.count, 1001);
        assert!((499.0..=502.0).contains(&summary.p50_ms), "{summary:?}");
        assert!((989.0..=992.0).contains(&summary.p99_ms), "{summary:?}");
        assert!((59_900.0..=60_100.0).contains(&summary.max_ms), "{summary:?}");
    }
}
