//! The turns of a process end together: those that are ready while a call is under way share the next one.
//!
//! A round trip, the way into a script and the keys that all turns write to are then paid for once. A turn that ends while none
//! is under way goes at once. Each turn of a call is committed for itself, with an answer of its own, and what has become of
//! all of them is unknown only together, so that a repeat of any is a repeat of its own step.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::Instant;

use super::connection::Connection;
use super::leased::{Leased, Reply};
use super::script::{self, Call};
use crate::store::StoreError;

/// How many calls are under way at a time: while the server works on one, the next one may wait at its door.
const CALLS: usize = 2;
/// How many turns it takes to send a call while another one is under way: the server would let fewer wait as well, and they
/// are cheaper in company.
const ENOUGH: usize = 8;
/// How many turns share a call: the server does nothing else meanwhile.
const TURNS: usize = 32;

/// Ends the turns of one shard.
#[derive(Debug, Clone)]
pub(super) struct Turnovers {
    shard: Connection,
    /// What every call begins with.
    terms: Call,
    look_again: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Waiting>,
    calls: usize,
    /// When leases and back-offs that are over were looked after last.
    looked: Option<Instant>,
}

#[derive(Debug)]
struct Waiting {
    turn: Call,
    fills_slot: bool,
    answer: oneshot::Sender<Result<Answer, StoreError>>,
}

/// What came of one turn, as `turn_over.lua` says it.
#[derive(Debug)]
pub(super) struct Answer {
    /// When a back-off or lease ends.
    pub(super) due: Option<Duration>,
    /// What became of the commit.
    pub(super) outcome: String,
    pub(super) claims: Vec<Leased>,
}

impl Turnovers {
    pub(super) fn new(shard: Connection, terms: Call, look_again: Duration) -> Self {
        Self { shard, terms, look_again, state: Arc::default() }
    }

    /// Ends a turn: `turn` is its part of the arguments of `turn_over.lua`, which also claims for its slot or does not.
    pub(super) async fn end(&self, turn: Call, fills_slot: bool) -> Result<Answer, StoreError> {
        let (answer, answered) = oneshot::channel();
        if self.wait(Waiting { turn, fills_slot, answer }) {
            // A task of its own: the turns of a call do not end with the caller that happened to begin it.
            tokio::spawn(self.clone().call_while_some_wait());
        }
        let gone = |_| StoreError::Unavailable { reason: "the process is stopping".to_owned() };
        answered.await.map_err(gone)?
    }

    /// Puts a turn among those that wait; says whether there is room for another call.
    fn wait(&self, turn: Waiting) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.waiting.push(turn);
        let has_room = state.calls == 0 || state.calls < CALLS && state.waiting.len() >= ENOUGH;
        state.calls += usize::from(has_room);
        has_room
    }

    async fn call_while_some_wait(self) {
        let mut room = Room { state: &self.state, is_left: false };
        while let Some((turns, looks)) = self.next_call() {
            let script = if looks { &script::TURN_OVER_AND_LOOK } else { &script::TURN_OVER };
            let mut call = self.terms.clone();
            let mut answers = Vec::with_capacity(turns.len());
            for Waiting { turn, answer, .. } in turns {
                call = call.then(&turn);
                answers.push(answer);
            }
            let reply = self.shard.run(script, &call).await;
            let reply = reply.and_then(|reply| split(reply, answers.len()));
            match reply {
                // Whoever has gone will not be missed: the lease of a claim that nobody has heard of runs out.
                Ok(all) => all.into_iter().zip(answers).for_each(|(turn, answer)| drop(answer.send(Ok(turn)))),
                Err(error) => answers.into_iter().for_each(|answer| drop(answer.send(Err(error.clone())))),
            }
        }
        room.is_left = true;
    }

    /// The turns of the next call and whether it looks after what is over; or, if not enough wait, there is room for one more.
    fn next_call(&self) -> Option<(Vec<Waiting>, bool)> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody would work on what is claimed for a caller that has gone.
        state.waiting.retain(|turn| !turn.answer.is_closed());
        let waiting = state.waiting.len();
        if waiting == 0 || state.calls > 1 && waiting < ENOUGH {
            state.calls -= 1;
            return None;
        }
        let count = state.waiting.len().min(TURNS);
        let turns: Vec<_> = state.waiting.drain(..count).collect();
        let looks = turns.iter().any(|turn| turn.fills_slot)
            && state.looked.is_none_or(|looked| looked.elapsed() >= self.look_again);
        if looks {
            state.looked = Some(Instant::now());
        }
        Some((turns, looks))
    }
}

/// What a task takes up that calls. If it ends in the middle, another one finds the room, and those that wait for it repeat
/// their steps.
struct Room<'a> {
    state: &'a Mutex<State>,
    is_left: bool,
}

impl Drop for Room<'_> {
    fn drop(&mut self) {
        if !self.is_left {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.calls -= 1;
            state.waiting.clear();
        }
    }
}

/// The answers of a call of `count` turns.
fn split(reply: Vec<redis::Value>, count: usize) -> Result<Vec<Answer>, StoreError> {
    let (mut reply, due) = Reply::begin(reply)?;
    (0..count).map(|_| Ok(Answer { due, outcome: reply.text()?, claims: reply.claims()? })).collect()
}
