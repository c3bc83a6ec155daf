//! The events, each at a moment that is fixed before the first of them.

use std::sync::OnceLock;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::Options;
use crate::BenchError;

/// Makes one game's events.
pub(crate) trait Publisher {
    /// Makes the event with this number, counted from 1; returns once the server has it.
    async fn publish(&mut self, number: u64) -> Result<(), BenchError>;
}

/// When each event is due: they are dealt to the games in turn, evenly over time.
#[derive(Debug)]
pub(crate) struct Schedule {
    start: OnceLock<Instant>,
    interval: Duration,
    games: usize,
    events: usize,
}

impl Schedule {
    pub(super) fn new(options: &Options) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds by events per second")]
        let events = (options.length.as_secs_f64() * options.rate) as usize;
        let interval = Duration::from_secs_f64(1.0 / options.rate);
        Self { start: OnceLock::new(), interval, games: options.games, events }
    }

    /// Fixes all moments.
    pub(super) fn begin(&self) {
        let _ = self.start.set(Instant::now() + self.interval);
    }

    /// How many events a game has in all.
    pub(super) fn of_game(&self, game: usize) -> u64 {
        (self.events / self.games + usize::from(game < self.events % self.games)) as u64
    }

    /// How many deliveries there are to be.
    pub(super) fn expected(&self, options: &Options) -> u64 {
        (0..options.subscribers).map(|subscriber| self.of_game(subscriber % self.games)).sum()
    }

    /// How long ago the game's event with this number, from 1, was due.
    pub(super) fn since(&self, game: usize, number: u64, now: Instant) -> Duration {
        now.saturating_duration_since(self.due(game, number))
    }

    fn due(&self, game: usize, number: u64) -> Instant {
        let start = self.start.get().copied().unwrap_or_else(Instant::now);
        let machine = (number - 1) * self.games as u64 + game as u64;
        start + Duration::from_nanos(u64::try_from(self.interval.as_nanos()).unwrap_or(u64::MAX) * machine)
    }

    /// Publishes a game's events, each when it is due or, if the server was late with the one before, at once. Answers
    /// by how much it was behind at worst.
    pub(super) async fn publish(&self, game: usize, mut publisher: impl Publisher) -> Result<Duration, BenchError> {
        let mut lag = Duration::ZERO;
        for number in 1..=self.of_game(game) {
            sleep_until(self.due(game, number)).await;
            lag = lag.max(self.since(game, number, Instant::now()));
            publisher.publish(number).await?;
        }
        Ok(lag)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_are_dealt_to_the_games_evenly_over_time() {
        let length = Duration::from_secs(1);
        let options = Options { subscribers: 5, rate: 5.0, length, games: 2, replay: 0 };
        let schedule = Schedule::new(&options);
        schedule.begin();
        assert_eq!((schedule.of_game(0), schedule.of_game(1)), (3, 2));
        // Three subscribers of the first game, two of the second.
        assert_eq!(schedule.expected(&options), 13);
        let due = |game, number| schedule.due(game, number) - schedule.due(0, 1);
        assert_eq!(due(1, 1), Duration::from_millis(200));
        assert_eq!(due(0, 2), Duration::from_millis(400));
    }
}
