//! Whether a peer has done each accepted turn once and in order: judged from what a client sees of a conversation.

use std::collections::HashMap;

use tokio::time::Instant;

use super::dialect::{PeerEvent, Stored};

/// What is known of one conversation.
#[derive(Debug, Default)]
pub(super) struct Log {
    /// When each turn was sent at the earliest, and accepted at the latest.
    accepted: HashMap<u128, (Instant, Instant)>,
    /// Turns in the order of their ends, with the number that the peer gives them.
    ended: Vec<(u128, Option<u64>)>,
    /// How much of the narration of a turn has come.
    narrated: HashMap<u128, usize>,
    /// Turns whose pieces were not the narration.
    garbled: u64,
}

impl Log {
    pub(super) fn accepted(&mut self, id: u128, sent: Instant, accepted: Instant) {
        self.accepted.insert(id, (sent, accepted));
    }

    /// Takes an event; each turn is to say this narration.
    pub(super) fn record(&mut self, event: &PeerEvent<'_>, narration: &str) {
        match event {
            PeerEvent::Piece(id, text) => {
                let so_far = self.narrated.entry(*id).or_default();
                let fits = narration.get(*so_far..).is_some_and(|rest| rest.starts_with(&**text));
                *so_far = if fits { *so_far + text.len() } else { usize::MAX };
            }
            PeerEvent::End(id, turn) => {
                let whole = self.narrated.remove(id) == Some(narration.len());
                self.garbled += u64::from(!whole);
                self.ended.push((*id, *turn));
            }
        }
    }

    /// Everything that is wrong with it, given what the store has of it.
    pub(super) fn check(&self, stored: Stored) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut ends: HashMap<u128, u64> = HashMap::new();
        for (id, _) in &self.ended {
            *ends.entry(*id).or_default() += 1;
        }
        let times = |id: &u128| ends.get(id).copied().unwrap_or_default();
        let (lost, twice) =
            (self.accepted.keys().filter(|id| times(id) == 0).count(), ends.values().filter(|n| **n > 1).count());
        let strangers = ends.keys().filter(|id| !self.accepted.contains_key(id)).count();
        let counts = [
            (lost, "turns were accepted and not done"),
            (twice, "turns were done more than once"),
            (strangers, "turns were done that were not accepted"),
            (self.overtaken(), "turns were done after one that was sent when they had been accepted"),
            (usize::try_from(self.garbled).unwrap_or(usize::MAX), "turns whose chunks are not the narration"),
            (
                self.ended.iter().zip(1..).filter(|((_, turn), n)| turn.is_some_and(|turn| turn != *n)).count(),
                "turns have not the number after the one before",
            ),
        ];
        wrong.extend(counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
        let turns = self.accepted.len() as u64;
        if stored != (Stored { turns, messages: turns * 2 }) {
            let Stored { turns: counted, messages } = stored;
            wrong.push(format!("the store has {counted} turns and {messages} messages of {turns} accepted turns"));
        }
        wrong
    }

    /// How many turns ended after one that was sent only when they had been accepted: a client that waits for the answer before it
    /// sends the next message sees them overtaken. Of messages that are under way at the same time nobody can say which is the first.
    fn overtaken(&self) -> usize {
        let mut latest: Option<Instant> = None;
        let mut overtaken = 0;
        for (id, _) in &self.ended {
            let Some((sent, accepted)) = self.accepted.get(id) else { continue };
            overtaken += usize::from(latest.is_some_and(|latest| latest > *accepted));
            latest = latest.max(Some(*sent));
        }
        overtaken
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NARRATION: &str = "It is quiet.";

    /// A conversation whose turns are sent 10 ms apart and accepted after 1 ms, and done in an order of their own.
    fn conversation(sent: &[u128], done: &[u128]) -> Log {
        let (mut log, start) = (Log::default(), Instant::now());
        for (id, n) in sent.iter().zip(0..) {
            let at = start + Duration::from_millis(10 * n);
            log.accepted(*id, at, at + Duration::from_millis(1));
        }
        for (id, n) in done.iter().zip(1..) {
            for text in ["It is ", "quiet."] {
                log.record(&PeerEvent::Piece(*id, text.into()), NARRATION);
            }
            log.record(&PeerEvent::End(*id, Some(n)), NARRATION);
        }
        log
    }

    fn stored(turns: u64) -> Stored {
        Stored { turns, messages: turns * 2 }
    }

    #[test]
    fn a_conversation_that_is_as_it_should_be_has_no_finding() {
        assert_eq!(conversation(&[1, 2, 3], &[1, 2, 3]).check(stored(3)), Vec::<String>::new());
    }

    #[test]
    fn a_turn_that_is_lost_done_twice_or_overtaken_is_found() {
        for (done, in_store, what) in [
            ([1, 2].as_slice(), 3, "1 turns were accepted and not done"),
            (&[1, 2, 3, 3], 3, "1 turns were done more than once"),
            (&[1, 2, 3, 4], 3, "1 turns were done that were not accepted"),
            (&[1, 3, 2], 3, "1 turns were done after one that was sent when they had been accepted"),
            (&[1, 2, 3], 4, "the store has 4 turns and 8 messages of 3 accepted turns"),
        ] {
            let wrong = conversation(&[1, 2, 3], done).check(stored(in_store));
            assert_eq!(wrong, [what], "{done:?}");
        }
    }

    #[test]
    fn messages_that_were_under_way_at_the_same_time_may_end_in_either_order() {
        let (mut log, start) = (Log::default(), Instant::now());
        log.accepted(1, start, start + Duration::from_millis(20));
        log.accepted(2, start + Duration::from_millis(10), start + Duration::from_millis(15));
        for (id, n) in [(2, 1), (1, 2)] {
            log.record(&PeerEvent::Piece(id, NARRATION.into()), NARRATION);
            log.record(&PeerEvent::End(id, Some(n)), NARRATION);
        }
        assert_eq!(log.check(stored(2)), Vec::<String>::new());
    }

    #[test]
    fn a_narration_with_a_piece_missing_or_of_another_is_found() {
        for pieces in [["It is ", "It is "].as_slice(), &["It is "], &["quiet."], &[]] {
            let mut log = conversation(&[1], &[]);
            for text in pieces {
                log.record(&PeerEvent::Piece(1, (*text).into()), NARRATION);
            }
            log.record(&PeerEvent::End(1, Some(1)), NARRATION);
            assert_eq!(log.check(stored(1)), ["1 turns whose chunks are not the narration"], "{pieces:?}");
        }
    }

    #[test]
    fn a_number_that_does_not_follow_the_one_before_is_found() {
        let mut log = conversation(&[1, 2], &[1]);
        log.record(&PeerEvent::Piece(2, NARRATION.into()), NARRATION);
        log.record(&PeerEvent::End(2, Some(1)), NARRATION);
        assert_eq!(log.check(stored(2)), ["1 turns have not the number after the one before"]);
    }
}
