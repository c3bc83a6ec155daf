//! How much later each word came than the model was to send it.

use std::time::Duration;

use tokio::time::Instant;

use super::Options;
use super::player::ObservedTurn;
use crate::Latency;
use crate::narration_pace::WORD;

/// The model's call for a narration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Called {
    /// When it came.
    pub(super) at: Instant,
    /// How long after that the model has sent its first word.
    pub(super) first_frame: Option<Duration>,
    /// How many calls there were for this narration.
    pub(super) times: usize,
}

/// What all turns have brought.
#[derive(Debug, Default)]
pub(super) struct Sums {
    /// From the message to the model's call.
    pub(super) to_model: Latency,
    /// From the message to its first chunk.
    pub(super) first_chunk: Latency,
    /// From the moment at which the first word was due to its chunk.
    pub(super) first_added: Latency,
    /// The same for the newest word of each chunk.
    pub(super) newest_added: Latency,
    /// And for the oldest.
    pub(super) oldest_added: Latency,
    /// Between two chunks of a turn.
    pub(super) gaps: Latency,
    /// How late the model itself was with its first word.
    pub(super) model_late: Latency,
    pub(super) chunks: u64,
    pub(super) turns: u64,
    pub(super) findings: Vec<String>,
}

impl Sums {
    /// Adds a turn.
    pub(super) fn add(&mut self, options: &Options, number: usize, observed: &ObservedTurn, called: Option<&Called>) {
        let length: usize = observed.chunks.iter().map(|(_, length)| length).sum();
        // Spaces at the end may be left out.
        if length.div_ceil(WORD) != options.pace.words {
            self.findings.push(format!("stream {number}: {length} bytes came of {} words", options.pace.words));
            return;
        }
        let Some(called) = called.filter(|called| called.times == 1) else {
            let times = called.map_or(0, |called| called.times);
            self.findings.push(format!("stream {number}: the model's journal has {times} calls for its narration"));
            return;
        };
        self.turns += 1;
        self.chunks += observed.chunks.len() as u64;
        self.to_model.record(called.at - observed.sent);
        if let Some(first_frame) = called.first_frame {
            self.model_late.record(first_frame.saturating_sub(options.pace.due(0)));
        }
        let (mut words, mut last) = (0, None);
        for (at, length) in &observed.chunks {
            let since = |word: usize| at.saturating_duration_since(called.at + options.pace.due(word));
            let oldest = words;
            words += length.div_ceil(WORD);
            match last {
                None => {
                    self.first_chunk.record(*at - observed.sent);
                    self.first_added.record(since(0));
                }
                Some(last) => self.gaps.record(*at - last),
            }
            self.oldest_added.record(since(oldest));
            self.newest_added.record(since(words - 1));
            last = Some(*at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::narration_pace::Pace;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    fn options() -> Options {
        let pace = Pace { words: 4, first_token: ms(100), between: ms(10) };
        Options { streams: 1, rounds: 1, pace, workers: 1 }
    }

    #[tokio::test]
    async fn a_chunk_counts_from_the_words_that_it_holds() {
        let sent = Instant::now();
        let called = Called { at: sent + ms(5), first_frame: Some(ms(101)), times: 1 };
        // The first word at 105 comes at 107; the other three, at 115, 125 and 135, together at 139, without the last space.
        let observed = ObservedTurn { sent, chunks: vec![(sent + ms(107), WORD), (sent + ms(139), 3 * WORD - 1)] };
        let mut sums = Sums::default();
        sums.add(&options(), 0, &observed, Some(&called));
        assert!(sums.findings.is_empty(), "{:?}", sums.findings);
        let max = |latency: &Latency| latency.summary().max_ms.round();
        assert_eq!((max(&sums.to_model), max(&sums.first_chunk), max(&sums.first_added)), (5.0, 107.0, 2.0));
        assert_eq!((max(&sums.newest_added), max(&sums.oldest_added)), (4.0, 24.0));
        assert_eq!((max(&sums.gaps), max(&sums.model_late), sums.chunks), (32.0, 1.0, 2));
    }

    #[tokio::test]
    async fn a_narration_that_is_not_whole_or_came_twice_is_found() {
        let sent = Instant::now();
        let called = Called { at: sent, first_frame: None, times: 2 };
        let mut sums = Sums::default();
        sums.add(&options(), 0, &ObservedTurn { sent, chunks: vec![(sent + ms(107), WORD)] }, Some(&called));
        sums.add(&options(), 1, &ObservedTurn { sent, chunks: vec![(sent + ms(107), 4 * WORD)] }, Some(&called));
        assert!(sums.findings[0].contains("6 bytes came of 4 words"), "{:?}", sums.findings);
        assert!(sums.findings[1].contains("2 calls"), "{:?}", sums.findings);
        assert_eq!(sums.turns, 0);
    }
}
