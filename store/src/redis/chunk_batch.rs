//! Chunks that are published at the same moment share one call of a step.
//!
//! The narrations of a process publish at common moments (`worker/chunks.rs`), so their chunks come here together. The first of them
//! lets the others come before it calls; what comes during a call waits for the next one. The round trip, the start of the step and
//! the check of all leases are then paid for once. Each chunk is fenced by itself and has its own reply; only an unknown outcome is
//! shared, and then each repeats its own step.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::oneshot;

use super::connection::Connection;
use super::failures::refused_part;
use super::step::{self, StepArgs};
use super::unexpected::unexpected_reply;
use crate::StoreError;

/// How many chunks share a call: the server does nothing else meanwhile.
const MAX_BATCH: usize = 64;

/// Collects the chunks of one shard.
#[derive(Debug, Clone)]
pub(super) struct ChunkBatches {
    shard: Connection,
    state: Arc<Mutex<BatchState>>,
}

#[derive(Debug, Default)]
struct BatchState {
    waiting: Vec<WaitingChunk>,
    /// Whether a task makes calls as long as some wait.
    is_calling: bool,
}

#[derive(Debug)]
struct WaitingChunk {
    chunk: StepArgs,
    reply: oneshot::Sender<Result<(), StoreError>>,
}

impl ChunkBatches {
    pub(super) fn new(shard: Connection) -> Self {
        Self { shard, state: Arc::default() }
    }

    /// Publishes a chunk. `chunk` is its part of the arguments of `chunk.lua`.
    pub(super) async fn publish(&self, chunk: StepArgs) -> Result<(), StoreError> {
        let (reply, received) = oneshot::channel();
        let was_calling = {
            let mut state = self.state.lock();
            state.waiting.push(WaitingChunk { chunk, reply });
            std::mem::replace(&mut state.is_calling, true)
        };
        if !was_calling {
            // A task of its own: when the caller that happened to start the call is dropped, the other chunks are still published.
            tokio::spawn(self.clone().call_while_some_wait());
        }
        let gone = |_| StoreError::unreachable("the process is stopping");
        received.await.map_err(gone)?
    }

    async fn call_while_some_wait(self) {
        let mut calling = Calling { state: &self.state, has_ended: false };
        // Those that have woken in this very moment run first.
        tokio::task::yield_now().await;
        while let Some(chunks) = self.next_call() {
            let mut arguments = StepArgs::new();
            let mut receivers = Vec::with_capacity(chunks.len());
            for WaitingChunk { chunk, reply } in chunks {
                arguments = arguments.then(&chunk);
                receivers.push(reply);
            }
            let replies = match self.shard.run::<Vec<String>>(&step::CHUNK, &arguments).await {
                Ok(replies) if replies.len() != receivers.len() => Err(unexpected_reply("chunk", &replies)),
                replies => replies,
            };
            // A receiver may be gone with its attempt.
            match replies {
                Ok(replies) => {
                    replies.iter().zip(receivers).for_each(|(reply, receiver)| drop(receiver.send(outcome(reply))));
                }
                Err(error) => receivers.into_iter().for_each(|receiver| drop(receiver.send(Err(error.clone())))),
            }
        }
        calling.has_ended = true;
    }

    /// The chunks of the next call. None if none wait: the next one then starts calls again.
    fn next_call(&self) -> Option<Vec<WaitingChunk>> {
        let mut state = self.state.lock();
        state.waiting.retain(|chunk| !chunk.reply.is_closed());
        let count = state.waiting.len().min(MAX_BATCH);
        state.is_calling = count > 0;
        state.is_calling.then(|| state.waiting.drain(..count).collect())
    }
}

fn outcome(reply: &str) -> Result<(), StoreError> {
    match (reply, reply.strip_prefix("error ")) {
        ("ok", _) => Ok(()),
        ("lost", _) => Err(StoreError::LeaseLost),
        (_, Some(message)) => Err(refused_part(message)),
        _ => Err(unexpected_reply("chunk", &reply)),
    }
}

/// Stands for a task that makes calls. If the task is dropped in the middle, the next chunk starts another one, and those that waited
/// fail with an unknown outcome and repeat their steps.
struct Calling<'a> {
    state: &'a Mutex<BatchState>,
    has_ended: bool,
}

impl Drop for Calling<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            let mut state = self.state.lock();
            state.is_calling = false;
            state.waiting.clear();
        }
    }
}
