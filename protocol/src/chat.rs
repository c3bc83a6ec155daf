//! `POST /v1/chat`: a message to a game, and the response that it is queued.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{EventId, GameId, Priority, RequestId, RequestStatus, path};

/// The longest message that is accepted, in bytes of UTF-8.
pub const MESSAGE_MAX_BYTES: usize = 8 * 1024;

/// A player's message to a game.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatRequest {
    /// The game that the message is for. `gamestate_id` is accepted as another name.
    #[serde(alias = "gamestate_id")]
    pub game_state_id: GameId,
    /// What the player says or does; not empty, at most [`MESSAGE_MAX_BYTES`].
    #[schemars(length(min = 1, max = MESSAGE_MAX_BYTES))]
    pub message: String,
    /// Who speaks, when it is not the game's player character.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub actor: Option<String>,
    /// What to do when the game has unfinished requests.
    #[serde(default)]
    pub if_busy: IfBusy,
    /// How urgent it is beside messages to other games of the tenant. What is above the cap of the caller's key counts as the cap; the
    /// answer says what counts. It has an effect only where the engine serves tenants in fair order, and none within a game.
    // Left out where it is the default: a client may repeat a message under its key that it sent to an engine of an earlier release.
    #[serde(default, skip_serializing_if = "Priority::is_default")]
    pub priority: Priority,
    /// Accepted for clients of older engines and without effect: every narration streams, as events.
    #[serde(default, skip_serializing)]
    pub stream: Option<bool>,
}

/// What to do with a message to a game that has unfinished requests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IfBusy {
    /// Wait behind them.
    #[default]
    Enqueue,
    /// Refuse the message with 409.
    Reject,
    /// Cancel the game's unfinished messages, the one in processing included, and take their place. Story events stay:
    /// the turns that triggered them are committed.
    Interrupt,
}

/// The message is queued, and from here on is not lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatAccepted {
    /// The request that the message became.
    pub request_id: RequestId,
    /// The status at the time of the response: [`RequestStatus::Queued`], or the present one when a POST is repeated.
    pub status: RequestStatus,
    /// How many unfinished requests of this game are ahead of it.
    pub position: u64,
    /// The priority that counts: the one that was asked for, or the cap of the key if that is lower.
    #[serde(default)]
    pub priority: Priority,
    /// Where to join the game's events to miss nothing of this request: the id before its `request.queued`.
    pub cursor: EventId,
    /// Where to look next.
    pub links: Links,
}

/// Paths of what belongs to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Links {
    /// The request's status.
    pub status: String,
    /// The request's own event stream, which ends after its last event.
    pub events: String,
    /// The game's event stream.
    pub game_events: String,
    /// The game.
    pub game: String,
}

impl Links {
    /// The paths for a request of a game.
    #[must_use]
    pub fn of(request: RequestId, game: GameId) -> Self {
        Self {
            status: path::with_id(path::REQUEST, request),
            events: path::with_id(path::REQUEST_EVENTS, request),
            game_events: path::with_id(path::GAME_EVENTS, game),
            game: path::with_id(path::GAME, game),
        }
    }
}
