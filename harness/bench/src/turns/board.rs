//! What was accepted and what is done; either may be observed first.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use crate::{Latency, Summary};

/// What is counted: messages that were begun, and ends that came, between two moments.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) start: Instant,
    pub(super) end: Instant,
}

impl Window {
    fn holds(self, moment: Instant) -> bool {
        self.start <= moment && moment < self.end
    }
}

/// Follows messages from the moment from which they are counted to the event that ends them.
#[derive(Debug)]
pub(super) struct Board {
    window: Window,
    entries: Mutex<Entries>,
    open: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Entries {
    halves: HashMap<u128, Half>,
    done_in_window: u64,
    turn: Latency,
    first: Latency,
    accept: Latency,
    accepted: u64,
    refused: u64,
    first_refusal: Option<String>,
}

/// A message of which one half of the story is known.
#[derive(Debug)]
enum Half {
    Accepted {
        from: Instant,
        first: Option<Instant>,
        end: oneshot::Sender<()>,
    },
    /// Known by its events only: its first piece, and its end if that has come.
    Observed {
        first: Option<Instant>,
        done: Option<Instant>,
    },
}

/// What a board says in the end.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) accepted: u64,
    /// Accepted, and no end was observed.
    pub(super) lost: u64,
    /// Known only after its end, or never accepted.
    pub(super) surplus: u64,
    pub(super) refused: u64,
    pub(super) first_refusal: Option<String>,
    pub(super) done_in_window: u64,
    pub(super) turn: Summary,
    /// To the first piece of its narration.
    pub(super) first: Summary,
    pub(super) accept: Summary,
}

impl Board {
    pub(super) fn new(window: Window) -> Self {
        Self { window, entries: Mutex::default(), open: watch::Sender::new(0) }
    }

    pub(super) const fn window(&self) -> Window {
        self.window
    }

    /// A message was accepted now; it counts from `from`. The receiver gets the end.
    pub(super) fn accepted(&self, id: u128, from: Instant, now: Instant) -> oneshot::Receiver<()> {
        let (end, ended) = oneshot::channel();
        let mut entries = self.lock();
        entries.accepted += 1;
        if self.window.holds(from) {
            entries.accept.record(now - from);
        }
        let (first, done) = match entries.halves.remove(&id) {
            Some(Half::Observed { first, done }) => (first, done),
            _ => (None, None),
        };
        if let Some(at) = done {
            self.count(&mut entries, from, first, at);
            // The task that waits may have given up, here and below.
            let _ = end.send(());
        } else {
            entries.halves.insert(id, Half::Accepted { from, first, end });
            self.open.send_modify(|open| *open += 1);
        }
        ended
    }

    /// A piece of a message's narration has come; the first of them counts.
    pub(super) fn piece(&self, id: u128, at: Instant) {
        let mut entries = self.lock();
        match entries.halves.entry(id).or_insert(Half::Observed { first: None, done: None }) {
            Half::Accepted { first, .. } | Half::Observed { first, .. } => drop(first.get_or_insert(at)),
        }
    }

    /// A message was not accepted.
    pub(super) fn refused(&self, answer: String) {
        let mut entries = self.lock();
        entries.refused += 1;
        entries.first_refusal.get_or_insert(answer);
    }

    /// A message has ended.
    pub(super) fn done(&self, id: u128, at: Instant) {
        let mut entries = self.lock();
        match entries.halves.remove(&id) {
            Some(Half::Accepted { from, first, end }) => {
                self.count(&mut entries, from, first, at);
                let _ = end.send(());
                self.open.send_modify(|open| *open -= 1);
            }
            Some(Half::Observed { first, done }) => {
                entries.halves.insert(id, Half::Observed { first, done: done.or(Some(at)) });
            }
            None => drop(entries.halves.insert(id, Half::Observed { first: None, done: Some(at) })),
        }
    }

    /// Returns once every accepted message has ended.
    pub(super) async fn all_done(&self) {
        // The sender lives as long as `self`.
        let _ = self.open.subscribe().wait_for(|open| *open == 0).await;
    }

    pub(super) fn tally(&self) -> Tally {
        let entries = self.lock();
        let lost = entries.halves.values().filter(|half| matches!(half, Half::Accepted { .. })).count() as u64;
        Tally {
            accepted: entries.accepted,
            lost,
            surplus: entries.halves.len() as u64 - lost,
            refused: entries.refused,
            first_refusal: entries.first_refusal.clone(),
            done_in_window: entries.done_in_window,
            turn: entries.turn.summary(),
            first: entries.first.summary(),
            accept: entries.accept.summary(),
        }
    }

    fn count(&self, entries: &mut Entries, from: Instant, first: Option<Instant>, at: Instant) {
        if self.window.holds(from) {
            entries.turn.record(at - from);
            if let Some(first) = first {
                entries.first.record(first - from);
            }
        }
        entries.done_in_window += u64::from(self.window.holds(at));
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn an_end_counts_whether_it_comes_before_or_after_the_acceptance() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let board = Board::new(Window { start, end: at(100) });
        let mut early = board.accepted(1, at(10), at(12));
        assert!(early.try_recv().is_err());
        board.piece(1, at(15));
        board.piece(1, at(25));
        board.done(1, at(30));
        early.await.unwrap();
        board.piece(2, at(35));
        board.done(2, at(40));
        board.accepted(2, at(20), at(41)).await.unwrap();
        // One that ends after the window has its latency, and does not count towards what was done in it.
        drop(board.accepted(3, at(90), at(91)));
        board.done(3, at(150));
        board.all_done().await;
        let tally = board.tally();
        assert_eq!((tally.accepted, tally.lost, tally.surplus, tally.done_in_window), (3, 0, 0, 2));
        assert_eq!((tally.turn.count, tally.turn.p50_ms.round(), tally.accept.count), (3, 20.0, 3));
        // The first piece of each counts, and the third had none.
        assert_eq!((tally.first.count, tally.first.p50_ms.round(), tally.first.max_ms.round()), (2, 5.0, 15.0));
    }

    #[tokio::test]
    async fn what_is_lost_is_distinguished_from_what_comes_twice() {
        let now = Instant::now();
        let board = Board::new(Window { start: now, end: now });
        let (first, second) = (board.accepted(1, now, now), board.accepted(2, now, now));
        board.done(2, now);
        board.done(2, now);
        let tally = board.tally();
        assert_eq!((tally.accepted, tally.lost, tally.surplus), (2, 1, 1));
        drop((first, second));
    }
}
