//! What each event carries, as the one-line JSON of the SSE `data` field.
//!
//! Every payload carries `request_id` and `game_id`. `request_id` is null only where no request is behind the event
//! (a state that was patched, a reset of the stream).

use std::num::NonZeroU64;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use story::Change;

use crate::schema::Time;
use crate::{
    Attempt, EventId, GameId, Problem, RequestId, RequestStatus, RequestType, RewindCause, TurnResult, WaitReason,
};

/// Payload of `request.queued`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestQueued {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// What it asks for.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// `queued`.
    pub status: RequestStatus,
    /// The message as the history will show it, or the story event's prompt.
    pub user_message: String,
    /// The request whose turn triggered this story event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub caused_by: Option<RequestId>,
}

/// Payload of `request.processing`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestProcessing {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// What it asks for.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// `processing`.
    pub status: RequestStatus,
    /// Which attempt begins.
    pub attempt: Attempt,
    /// The message as the history will show it, or the story event's prompt.
    pub user_message: String,
}

/// Payload of `chat.chunk`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ChatChunk {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// The attempt that narrates; 0 for a narration that is kept from before its request became a dead letter.
    pub attempt: Attempt,
    /// Text that follows the earlier chunks of this attempt.
    pub content: String,
    /// Whether the narration is whole with this chunk.
    pub done: bool,
    /// How many chunks this one joins, where it is more than one: the log joins chunks that follow each other once something else
    /// has happened. The id is that of the last, and on a game's stream the first follows the event before it without a gap.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub chunks: NonZeroU64,
}

const fn one() -> NonZeroU64 {
    NonZeroU64::MIN
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
const fn is_one(number: &NonZeroU64) -> bool {
    number.get() == 1
}

/// Payload of `attempt.superseded`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptSuperseded {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// The attempt whose chunks are void.
    pub attempt: Attempt,
}

/// Payload of `request.retrying`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestRetrying {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// The attempt that failed.
    pub attempt: Attempt,
    /// The next attempt begins no earlier.
    #[schemars(with = "Time")]
    pub not_before: Timestamp,
    /// Why it failed.
    pub error: Problem,
}

/// Payload of `request.waiting`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestWaiting {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// `queued`.
    pub status: RequestStatus,
    /// Why it waits.
    pub reason: WaitReason,
    /// The storyteller is asked again no earlier.
    #[schemars(with = "Time")]
    pub probe_at: Timestamp,
}

/// Payload of `request.completed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestCompleted {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// What it asked for.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// `completed`.
    pub status: RequestStatus,
    /// The attempt that committed.
    pub attempt: Attempt,
    /// What came of it.
    pub result: TurnResult,
}

/// Payload of `request.failed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestFailed {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// What it asked for.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// `failed`.
    pub status: RequestStatus,
    /// The last attempt.
    pub attempt: Attempt,
    /// Why it failed.
    pub error: Problem,
}

/// Payload of `request.cancelled`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RequestCancelled {
    /// The request.
    pub request_id: RequestId,
    /// Its game.
    pub game_id: GameId,
    /// `cancelled`.
    pub status: RequestStatus,
}

/// Payload of `game.state_updated`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StateUpdated {
    /// The request whose turn changed the state; null when it was patched.
    pub request_id: Option<RequestId>,
    /// The game.
    pub game_id: GameId,
    /// The game's version from here on.
    pub version: u64,
    /// The turn counter.
    pub turn: u64,
    /// The player's location, by key.
    pub location: String,
    /// The scene, by key.
    pub scene: String,
    /// Whether the story is over.
    pub is_ended: bool,
    /// What changed.
    pub changes: Vec<Change>,
}

/// Payload of `game.rewound`: the game goes on from an earlier turn, or narrates the last one in other words. What a reader shows of
/// its history and of its state is void: `GET /v1/gamestate/{id}` has both.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GameRewound {
    /// Always null: no request is behind it.
    pub request_id: Option<RequestId>,
    /// The game.
    pub game_id: GameId,
    /// Why.
    pub cause: RewindCause,
    /// The game's version from here on.
    pub version: u64,
    /// The game's last turn from here on, 0 if there is none: the `turn` of its record.
    pub turn: u64,
    /// The player's location, by key.
    pub location: String,
    /// The scene, by key.
    pub scene: String,
    /// Whether the story is over.
    pub is_ended: bool,
}

/// Payload of `game.renamed`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GameRenamed {
    /// Always null: no request is behind it.
    pub request_id: Option<RequestId>,
    /// The game.
    pub game_id: GameId,
    /// Its name; null if it has none any more.
    pub name: Option<String>,
}

/// Payload of `stream.snapshot`: what a reader who joins in the middle has missed of what is not in the history yet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StreamSnapshot {
    /// The request at the head of the game's lane, if there is one.
    pub request_id: Option<RequestId>,
    /// The game.
    pub game_id: GameId,
    /// The version to read with `GET /v1/gamestate/{id}`.
    pub version: u64,
    /// The log goes on after this event.
    pub cursor: EventId,
    /// The game's unfinished requests, the head first.
    pub unfinished: Vec<Unfinished>,
}

/// Payload of `stream.reset`: the log no longer holds what the reader asks for. What it shows is void; the rest is as in
/// `stream.snapshot`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StreamReset {
    /// The request at the head of the game's lane, if there is one.
    pub request_id: Option<RequestId>,
    /// The game.
    pub game_id: GameId,
    /// Why the reader's id means nothing any more.
    pub reason: String,
    /// The version to read with `GET /v1/gamestate/{id}`.
    pub version: u64,
    /// The log goes on after this event.
    pub cursor: EventId,
    /// The game's unfinished requests, the head first.
    pub unfinished: Vec<Unfinished>,
}

/// An unfinished request as far as it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unfinished {
    /// The request.
    pub request_id: RequestId,
    /// What it asks for.
    #[serde(rename = "type")]
    pub kind: RequestType,
    /// `queued` or `processing`.
    pub status: RequestStatus,
    /// How many attempts have begun.
    pub attempt: Attempt,
    /// The message as the history will show it, or the story event's prompt.
    pub user_message: String,
    /// The narration so far: the chunks that follow go on from its end.
    pub text: String,
}
