//! On what terms a request is accepted, and what came of asking.

use protocol::{EventId, IfBusy, RequestId, RequestStatus};

/// What an accepted request has to agree to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Terms {
    /// What to do when the game has unfinished requests.
    pub if_busy: IfBusy,
    /// Under which key the request is accepted once, however often it is sent.
    pub key: Option<IdempotencyKey>,
}

/// A client's name for one message. It is kept with the request, and for a configured time after that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The client's words.
    pub key: String,
    /// What tells the message from another one that is sent under the same key.
    pub fingerprint: String,
}

/// How much may wait before more is refused. What a turn itself sets off is never refused.
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

/// What came of asking for a request to be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Enqueued {
    /// It is queued, now or by an earlier try of the same step or under the same key.
    Accepted(Accepted),
    /// No such game.
    UnknownGame,
    /// The game has unfinished requests, and the caller does not want to wait.
    Busy,
    /// The key stands for another message.
    KeyReused,
    /// The game has as many unfinished requests as [`Limits`] allow.
    LaneFull,
    /// As many requests are queued as [`Limits`] allow.
    QueueFull,
}

/// An accepted request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Accepted {
    /// The request: the one that was accepted first, when a key was used again.
    pub id: RequestId,
    /// Where it stands by now.
    pub status: RequestStatus,
    /// How many unfinished requests of its game stood before it when it was accepted.
    pub position: u64,
    /// The id before its `request.queued` event.
    pub cursor: EventId,
}

/// What came of withdrawing a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancelled {
    /// It is withdrawn, by this try of the step or an earlier one.
    Done,
    /// It has ended in another way.
    Finished(RequestStatus),
    /// No such request, or its status has expired.
    Unknown,
}

/// What came of queuing a dead letter's request again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Revived {
    /// It is queued again, by this try of the step or an earlier one.
    Accepted(Accepted),
    /// No such dead letter.
    Unknown,
    /// Its game was deleted.
    NoGame,
}
