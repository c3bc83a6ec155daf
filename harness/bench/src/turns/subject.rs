//! A system under load: takes messages, processes them and publishes when each is done. The engine, or its peer.

use std::net::SocketAddr;
use std::sync::Arc;

use client::Frame;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::board::Board;
use crate::BenchError;
use crate::wire::Stream;

/// One of them, as the load speaks to it.
pub(super) trait Subject: Send + Sync + 'static {
    /// What errors call it.
    const NAME: &'static str;

    /// Where it takes messages.
    fn address(&self) -> SocketAddr;
    /// The message with this number, as it goes over the wire.
    fn message(&self, number: u64) -> Vec<u8>;
    /// The id under which the message with this number, which was not sent before `from`, was accepted; `None` if that cannot be read.
    fn accepted(&self, number: u64, from: Instant, body: &[u8]) -> Option<u128>;
    /// The paths of the event streams that together carry every event.
    fn streams(&self) -> Vec<String>;
    /// Takes an event of the stream at this index; answers what it says of which message.
    fn take(&self, stream: usize, frame: &Frame) -> Option<MessageEvent>;
}

/// What an event says of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MessageEvent {
    /// It carries a piece of the narration.
    Piece(u128),
    /// It ends the message.
    End(u128),
}

/// Listens to all of a subject's streams until it is dropped.
pub(super) async fn listen<S: Subject>(subject: &Arc<S>, board: &Arc<Board>) -> Result<JoinSet<()>, BenchError> {
    let mut listeners = JoinSet::new();
    for (number, path) in subject.streams().into_iter().enumerate() {
        let opened = Stream::open(subject.address(), &path).await;
        let mut stream = opened.map_err(|error| failed::<S>("be listened to", &error))?;
        let (subject, board) = (Arc::clone(subject), Arc::clone(board));
        listeners.spawn(async move {
            // A broken stream is noticed: its events are missing at the end.
            while let Ok(Some(frames)) = stream.next().await {
                let now = Instant::now();
                for event in frames.iter().filter_map(|frame| subject.take(number, frame)) {
                    match event {
                        MessageEvent::Piece(id) => board.piece(id, now),
                        MessageEvent::End(id) => board.done(id, now),
                    }
                }
            }
        });
    }
    Ok(listeners)
}

pub(super) fn failed<S: Subject>(what: &'static str, reason: &dyn std::fmt::Display) -> BenchError {
    BenchError::Server { server: S::NAME, what, reason: reason.to_string() }
}
