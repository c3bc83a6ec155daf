//! How many workers there should be: the rule of the autoscalers in `deploy/kubernetes`.
//!
//! It is that of a horizontal pod autoscaler with an average value: the work there is, divided by what a worker is to have of it. More
//! are started at once. Fewer are kept only when no observation of a window has asked for more, and one goes at a time.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;

/// The rule's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rule {
    /// How many requests, waiting or running, a worker is to have.
    pub per_worker: f64,
    /// How many workers there are at least.
    pub min: usize,
    /// How many there are at most.
    pub max: usize,
    /// For how long fewer must have been enough before one goes.
    #[serde(rename = "window_seconds", serialize_with = "crate::seconds")]
    pub window: Duration,
    /// How long after one has gone the next one may go.
    #[serde(rename = "step_seconds", serialize_with = "crate::seconds")]
    pub step: Duration,
}

/// What the rule remembers.
#[derive(Debug)]
pub(super) struct Scaler {
    rule: Rule,
    workers: usize,
    /// How many would have been enough, and when; those of the window.
    enough: VecDeque<(Duration, usize)>,
    last_gone: Option<Duration>,
}

impl Scaler {
    pub(super) fn new(rule: Rule) -> Self {
        Self { rule, workers: rule.min, enough: VecDeque::new(), last_gone: None }
    }

    /// How many workers there should be, `now` after the beginning, with so much work.
    pub(super) fn workers(&mut self, now: Duration, work: u64) -> usize {
        let Rule { per_worker, min, max, window, step } = self.rule;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a number of requests"
        )]
        let enough = ((work as f64 / per_worker).ceil() as usize).clamp(min, max);
        self.enough.push_back((now, enough));
        while self.enough.front().is_some_and(|(then, _)| now.saturating_sub(*then) > window) {
            self.enough.pop_front();
        }
        let most = self.enough.iter().map(|(_, enough)| *enough).max().unwrap_or(enough);
        if enough > self.workers {
            self.workers = enough;
        } else if most < self.workers && self.last_gone.is_none_or(|gone| now.saturating_sub(gone) >= step) {
            self.workers -= 1;
            self.last_gone = Some(now);
        }
        self.workers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn workers_come_at_once_and_go_one_at_a_time_after_the_window() {
        let rule = Rule { per_worker: 3.0, min: 1, max: 5, window: seconds(10), step: seconds(4) };
        let mut scaler = Scaler::new(rule);
        let mut at = |second: u64, work| scaler.workers(seconds(second), work);
        assert_eq!((at(0, 0), at(1, 3), at(2, 4), at(3, 100)), (1, 1, 2, 5));
        // What was asked for at second 3 counts until second 13.
        assert_eq!((at(4, 0), at(13, 0)), (5, 5));
        assert_eq!((at(14, 0), at(17, 0), at(18, 0)), (4, 4, 3));
        // More work ends that at once.
        assert_eq!(at(19, 13), 5);
    }
}
