//! What is asked for, and what is drawn from its seed: who says what to which game, and when.

use std::ops::RangeInclusive;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::subject::{Subject, turn_text};

/// One message in so many rings a bell.
const BELL_EVERY: u32 = 8;

/// One message in so many goes to one of the first two games, so that some lanes grow long.
const CROWD_EVERY: u32 = 12;

/// What is to be played and broken.
#[derive(Debug, Clone)]
pub struct Options {
    /// Everything that is drawn comes from it.
    pub seed: u64,
    /// Messages to send.
    pub turns: usize,
    /// Games to spread them over.
    pub games: usize,
    /// Worker processes, where they are processes of their own.
    pub workers: usize,
    /// Messages per second, as long as the engine takes them.
    pub rate: f64,
    /// How many messages may be on their way at the same time.
    pub concurrency: usize,
    /// The engine's lease TTL; the schedule is drawn in multiples of it.
    pub lease: Duration,
    /// Whether Redis is killed too.
    pub redis_faults: bool,
    /// How many story events that wait behind each other the engine tells in one turn.
    pub story_event_batch: usize,
}

/// A message that is to be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message {
    /// When, since the load began.
    pub(super) due: Duration,
    /// The game's number.
    pub(super) game: usize,
    /// Its number in its game, from 1.
    pub(super) turn: usize,
    /// The bell that it rings: one that was not rung before in this game.
    pub(super) bell: Option<usize>,
}

impl Message {
    pub(super) fn text(&self) -> String {
        turn_text(self.game, self.turn, self.bell)
    }

    pub(super) fn subject(&self) -> Subject {
        Subject::Turn { game: self.game, turn: self.turn }
    }
}

/// All messages, in the order in which they are due.
pub(super) fn load(options: &Options) -> Vec<Message> {
    let mut draw = StdRng::seed_from_u64(options.seed);
    let pause = Duration::from_secs_f64(1.0 / options.rate);
    let mut said = vec![(0, 0); options.games];
    let mut due = Duration::ZERO;
    (0..options.turns)
        .map(|_| {
            let crowd = if draw.random_ratio(1, CROWD_EVERY) { options.games.min(2) } else { options.games };
            let game = draw.random_range(0..crowd);
            let rings = draw.random_ratio(1, BELL_EVERY);
            let (turns, bells) = &mut said[game];
            *turns += 1;
            *bells += usize::from(rings);
            let message = Message { due, game, turn: *turns, bell: rings.then_some(*bells) };
            due += pause;
            message
        })
        .collect()
}

/// How many bells a game needs at most.
pub(super) fn bells(load: &[Message]) -> usize {
    load.iter().filter_map(|message| message.bell).max().unwrap_or(0)
}

/// How many story events a bell sets off. Where several are told in one turn, one more than that: so that one turn is full, and another
/// one tells the rest.
pub(super) fn answers(story_event_batch: usize) -> usize {
    if story_event_batch > 1 { story_event_batch + 1 } else { 1 }
}

/// The numbers of the story events that a bell sets off, in their order.
pub(super) fn answers_of(bell: usize, story_event_batch: usize) -> RangeInclusive<usize> {
    let answers = answers(story_event_batch);
    (bell - 1) * answers + 1..=bell * answers
}

#[cfg(test)]
pub(super) fn options(seed: u64) -> Options {
    Options {
        seed,
        turns: 100,
        games: 5,
        workers: 2,
        rate: 50.0,
        concurrency: 4,
        lease: Duration::from_millis(500),
        redis_faults: false,
        story_event_batch: 1,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_seed_always_draws_the_same_load_and_another_one_another() {
        assert_eq!(load(&options(1)), load(&options(1)));
        assert_ne!(load(&options(1)), load(&options(2)));
    }

    #[test]
    fn no_story_event_is_set_off_by_two_bells() {
        assert_eq!([1, 2, 3].map(|bell| answers_of(bell, 1)), [1..=1, 2..=2, 3..=3]);
        assert_eq!([1, 2].map(|bell| answers_of(bell, 3)), [1..=4, 5..=8]);
    }

    #[test]
    fn no_two_messages_are_the_same_and_no_bell_is_rung_twice() {
        let load = load(&options(3));
        let texts: BTreeSet<String> = load.iter().map(Message::text).collect();
        assert_eq!(texts.len(), load.len());
        let rung: Vec<_> = load.iter().filter_map(|message| Some((message.game, message.bell?))).collect();
        assert_eq!(rung.iter().collect::<BTreeSet<_>>().len(), rung.len());
        assert!(!rung.is_empty());
    }
}
