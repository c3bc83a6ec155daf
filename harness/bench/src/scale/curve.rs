//! The load over a day, in short: little, then more and more, and little again.

use std::f64::consts::PI;
use std::time::Duration;

use serde::Serialize;

/// How far apart the rate is looked at when messages are dealt over the day.
const STEP: Duration = Duration::from_millis(10);

/// Messages per second over the length of the day.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Curve {
    /// Messages per second at the beginning and at the end.
    pub least: f64,
    /// Messages per second in the middle.
    pub most: f64,
    /// How long the day is.
    #[serde(rename = "length_seconds", serialize_with = "crate::seconds")]
    pub length: Duration,
}

impl Curve {
    /// Messages per second at a moment of the day.
    pub(super) fn rate(&self, at: Duration) -> f64 {
        let wave = (PI * at.as_secs_f64() / self.length.as_secs_f64()).sin();
        self.least + (self.most - self.least) * wave * wave
    }

    /// The moments at which messages are sent.
    pub(super) fn moments(&self) -> Vec<Duration> {
        let (mut moments, mut due, mut at) = (Vec::new(), 0.0, Duration::ZERO);
        while at < self.length {
            due += self.rate(at) * STEP.as_secs_f64();
            if due >= 1.0 {
                due -= 1.0;
                moments.push(at);
            }
            at += STEP;
        }
        moments
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_messages_are_sent_in_the_middle_of_the_day() {
        let curve = Curve { least: 1.0, most: 9.0, length: Duration::from_secs(20) };
        let moments = curve.moments();
        let between = |from: u64, to: u64| {
            moments.iter().filter(|at| (Duration::from_secs(from)..Duration::from_secs(to)).contains(*at)).count()
        };
        // On average it is the mean of the two.
        assert_eq!(moments.len(), 100);
        assert!(between(8, 12) > 3 * between(0, 4), "{} and {}", between(8, 12), between(0, 4));
        assert!(moments.is_sorted());
    }
}
