//! Commits that wait at the same time share one call of a step.
//!
//! ```text
//!  end() ──► waiting ──┬─ no call under way ──────────────────────► call 1: up to 32 commits ──► one reply each
//!  end() ──► waiting   ├─ one under way, 8 or more wait ──────────► call 2, queued at the server behind call 1
//!  end() ──► waiting ──┴─ otherwise: they wait for the end of a call
//! ```
//!
//! The round trip, the start of the step and the keys that all commits write are then paid for once. A commit that finds no
//! call under way starts one at once. Each commit of a call is all or nothing and has its own reply; only an unknown
//! outcome is shared, and then each repeats its own step.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::connection::Connection;
use super::leased::{Leased, Reply};
use super::step::{self, StepArgs};
use crate::StoreError;

/// How many calls are under way at a time: while the server works on one, the next one waits in its socket.
const MAX_CALLS: usize = 2;
/// How many commits must wait to start a call while another one is under way: fewer would be served as soon, and are cheaper
/// together.
const MIN_OVERLAP: usize = 8;
/// How many commits share a call: the server does nothing else meanwhile.
const MAX_BATCH: usize = 32;

/// Collects the commits of one shard.
#[derive(Debug, Clone)]
pub(super) struct CommitBatches {
    shard: Connection,
    /// The arguments with which every call begins.
    terms: StepArgs,
    recover_interval: Duration,
    state: Arc<Mutex<BatchState>>,
}

#[derive(Debug, Default)]
struct BatchState {
    waiting: Vec<WaitingCommit>,
    calls: usize,
    /// When expired leases and back-offs were last recovered.
    recovered: Option<Instant>,
}

#[derive(Debug)]
struct WaitingCommit {
    turn: StepArgs,
    fills_slot: bool,
    reply: oneshot::Sender<Result<CommitReply, StoreError>>,
}

/// The part of a reply of `commit_and_claim.lua` that is about one turn.
#[derive(Debug)]
pub(super) struct CommitReply {
    /// How long until a back-off or a lease ends.
    pub(super) due: Option<Duration>,
    /// The outcome of the commit.
    pub(super) outcome: String,
    pub(super) claims: Vec<Leased>,
}

impl CommitBatches {
    pub(super) fn new(shard: Connection, terms: StepArgs, recover_interval: Duration) -> Self {
        Self { shard, terms, recover_interval, state: Arc::default() }
    }

    /// Ends a turn. `turn` is its part of the arguments of `commit_and_claim.lua`; `fills_slot` says whether it also claims.
    pub(super) async fn end(&self, turn: StepArgs, fills_slot: bool) -> Result<CommitReply, StoreError> {
        let (reply, received) = oneshot::channel();
        if self.enqueue(WaitingCommit { turn, fills_slot, reply }) {
            // A task of its own: when the caller that happened to start the call is dropped, the other commits still end.
            tokio::spawn(self.clone().call_while_some_wait());
        }
        let gone = |_| StoreError::unreachable("the process is stopping");
        received.await.map_err(gone)?
    }

    /// Adds a commit to those that wait; returns whether another call may start.
    fn enqueue(&self, turn: WaitingCommit) -> bool {
        let mut state = self.state.lock();
        state.waiting.push(turn);
        let has_slot = state.calls == 0 || state.calls < MAX_CALLS && state.waiting.len() >= MIN_OVERLAP;
        state.calls += usize::from(has_slot);
        has_slot
    }

    async fn call_while_some_wait(self) {
        let mut slot = CallSlot { state: &self.state, is_released: false };
        while let Some((turns, recovers)) = self.next_call() {
            let mut arguments = self.terms.clone().arg(u8::from(recovers));
            let mut receivers = Vec::with_capacity(turns.len());
            for WaitingCommit { turn, reply, .. } in turns {
                arguments = arguments.then(&turn);
                receivers.push(reply);
            }
            let reply = self.shard.run(&step::COMMIT_AND_CLAIM, &arguments).await;
            let reply = reply.and_then(|reply| split(reply, receivers.len()));
            match reply {
                // A receiver may be gone: the leases of its claims then expire.
                Ok(all) => all.into_iter().zip(receivers).for_each(|(turn, receiver)| drop(receiver.send(Ok(turn)))),
                Err(error) => receivers.into_iter().for_each(|receiver| drop(receiver.send(Err(error.clone())))),
            }
        }
        slot.is_released = true;
    }

    /// The turns of the next call and whether it recovers what has expired. None if too few wait: the slot of the call is then
    /// free again.
    fn next_call(&self) -> Option<(Vec<WaitingCommit>, bool)> {
        let mut state = self.state.lock();
        // Nobody would work on the claims of a caller that is gone.
        state.waiting.retain(|turn| !turn.reply.is_closed());
        let waiting = state.waiting.len();
        if waiting == 0 || state.calls > 1 && waiting < MIN_OVERLAP {
            state.calls -= 1;
            return None;
        }
        let count = state.waiting.len().min(MAX_BATCH);
        let turns: Vec<_> = state.waiting.drain(..count).collect();
        let recovers = turns.iter().any(|turn| turn.fills_slot)
            && state.recovered.is_none_or(|recovered| recovered.elapsed() >= self.recover_interval);
        if recovers {
            state.recovered = Some(Instant::now());
        }
        Some((turns, recovers))
    }
}

/// The slot of a task that makes calls. If the task is dropped in the middle, the slot becomes free, and those that waited for
/// it fail with an unknown outcome and repeat their steps.
struct CallSlot<'a> {
    state: &'a Mutex<BatchState>,
    is_released: bool,
}

impl Drop for CallSlot<'_> {
    fn drop(&mut self) {
        if !self.is_released {
            let mut state = self.state.lock();
            state.calls -= 1;
            state.waiting.clear();
        }
    }
}

/// The replies to the `count` turns of a call.
fn split(reply: Vec<redis::Value>, count: usize) -> Result<Vec<CommitReply>, StoreError> {
    let (mut reply, due, _) = Reply::begin(reply)?;
    (0..count).map(|_| Ok(CommitReply { due, outcome: reply.text()?, claims: reply.claims()? })).collect()
}
