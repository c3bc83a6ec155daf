//! The terms on which a request is accepted, and the outcomes of enqueueing, cancelling and retrying one.

use protocol::{EventId, IfBusy, Priority, RequestId, RequestStatus};

use super::{Charge, Limited};

/// The conditions under which a request is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// What to do when the game has unfinished requests.
    pub if_busy: IfBusy,
    /// The key under which the request is accepted once, however often it is sent.
    pub key: Option<IdempotencyKey>,
    /// The limits of its sender that the request counts against.
    pub charges: Vec<Charge>,
}

/// A client's name for one message. It is kept with the request, and for a configured time after the request has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The key as the client sent it.
    pub key: String,
    /// A digest of the message: another message under the same key has another one.
    pub fingerprint: String,
}

/// How many requests may wait before another one is refused. The story events of a turn are never refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Queued requests of all games (of one shard's games, when there are several shards).
    pub queued: u64,
    /// Unfinished requests of one game.
    pub lane: u64,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self { queued: i64::MAX as u64, lane: i64::MAX as u64 };
}

/// The outcome of [`super::Queue::enqueue`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued {
    /// It is queued: now, by an earlier try of the same step, or under the same key.
    Accepted(Accepted),
    /// No such game.
    UnknownGame,
    /// The game has unfinished requests, and the terms say [`IfBusy::Reject`].
    Busy,
    /// The key was used for another message.
    KeyReused,
    /// The game has as many unfinished requests as [`Limits`] allow.
    LaneFull,
    /// As many requests are queued as [`Limits`] allow.
    QueueFull,
    /// A limit of the sender is reached.
    Limited(Limited),
}

/// An accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The request. When a key is used again, it is the one that was accepted first.
    pub id: RequestId,
    /// Its present status.
    pub status: RequestStatus,
    /// How many unfinished requests of its game were ahead of it when it was accepted.
    pub position: u64,
    /// Its priority.
    pub priority: Priority,
    /// The id before its `request.queued` event.
    pub cursor: EventId,
}

/// The outcome of [`super::Queue::cancel`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It is cancelled, by this try of the step or an earlier one.
    Done,
    /// It has ended in another way.
    Finished(RequestStatus),
    /// No such request, or its status has expired.
    Unknown,
}

/// The outcome of [`super::Queue::stop`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// The narration is whole: by this try of the step, an earlier one, or because the model had finished it.
    Done,
    /// Another attempt narrates it by now, or no attempt does.
    Changed,
    /// The request has ended.
    Finished(RequestStatus),
    /// No such request, or its status has expired.
    Unknown,
}

/// The outcome of [`super::DeadLetterQueue::retry_dead_letter`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeadLetterRetry {
    /// It is queued again, by this try of the step or an earlier one.
    Queued(Accepted),
    /// No such dead letter.
    Unknown,
    /// Its game was deleted.
    NoGame,
}
