//! Events: what a subscriber of a game or of a request is told, as SSE `event` and one-line `data`.
//!
//! Every payload carries `request_id` and `game_id`. `request_id` is null only where no request is behind the event
//! (a state that was patched, a reset of the stream).

use jiff::Timestamp;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use story::Change;

use crate::schema::Time;
use crate::{Attempt, EventId, GameId, Problem, RequestId, RequestStatus, RequestType, TurnResult};

/// The text is not an event.
#[derive(Debug, thiserror::Error)]
pub enum EventParseError {
    /// The `event` field names no event that this version knows; a reader may pass over it.
    #[error("unknown event `{0}`")]
    Unknown(String),
    /// The `data` field is not what the event carries.
    #[error("the data of `{event}` cannot be read: {source}")]
    Data {
        /// The event's name.
        event: String,
        /// What is wrong with the data.
        source: serde_json::Error,
    },
}

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident($payload:ident) = $wire:literal;)*) => {
        /// One event of a game's log.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event { $($(#[$doc])* $name($payload),)* }

        $(
            impl From<$payload> for Event {
                fn from(payload: $payload) -> Self {
                    Self::$name(payload)
                }
            }
        )*

        impl Event {
            /// Every event's name.
            pub const NAMES: &[&str] = &[$($wire,)*];

            /// The name in the SSE `event` field.
            #[must_use]
            pub const fn name(&self) -> &'static str {
                match self { $(Self::$name(_) => $wire,)* }
            }

            /// Adds the schema of every payload to those that a document defines.
            pub fn declare(generator: &mut SchemaGenerator) {
                $(generator.subschema_for::<$payload>();)*
            }

            /// The payload as one line of JSON, for the SSE `data` field.
            #[must_use]
            pub fn data(&self) -> String {
                let text = match self { $(Self::$name(payload) => serde_json::to_string(payload),)* };
                // Payloads are plain structs with string keys: there is nothing in them that JSON cannot say.
                text.unwrap_or_default()
            }

            /// Reads an event back from its `event` and `data` fields.
            pub fn parse(name: &str, data: &str) -> Result<Self, EventParseError> {
                match name {
                    $($wire => serde_json::from_str(data).map(Self::$name),)*
                    _ => return Err(EventParseError::Unknown(name.to_owned())),
                }
                .map_err(|source| EventParseError::Data { event: name.to_owned(), source })
            }
        }
    };
}

events! {
    /// A request was accepted, or a turn set it off.
    RequestQueued(RequestQueued) = "request.queued";
    /// A worker claimed the request.
    RequestProcessing(RequestProcessing) = "request.processing";
    /// A piece of the narration.
    ChatChunk(ChatChunk) = "chat.chunk";
    /// The chunks that this attempt has shown are void: another attempt narrates anew.
    AttemptSuperseded(AttemptSuperseded) = "attempt.superseded";
    /// An attempt failed; another one follows after a back-off.
    RequestRetrying(RequestRetrying) = "request.retrying";
    /// The turn is committed.
    RequestCompleted(RequestCompleted) = "request.completed";
    /// The request is given up.
    RequestFailed(RequestFailed) = "request.failed";
    /// The request was withdrawn.
    RequestCancelled(RequestCancelled) = "request.cancelled";
    /// The game's state has changed.
    StateUpdated(StateUpdated) = "game.state_updated";
    /// How the game stands where a stream begins that names no event to go on after.
    StreamSnapshot(StreamSnapshot) = "stream.snapshot";
    /// The reader's id means nothing any more: what it shows must be read anew.
    StreamReset(StreamReset) = "stream.reset";
}

impl Event {
    /// The request that the event belongs to.
    #[must_use]
    pub const fn request_id(&self) -> Option<RequestId> {
        match self {
            Self::RequestQueued(e) => Some(e.request_id),
            Self::RequestProcessing(e) => Some(e.request_id),
            Self::ChatChunk(e) => Some(e.request_id),
            Self::AttemptSuperseded(e) => Some(e.request_id),
            Self::RequestRetrying(e) => Some(e.request_id),
            Self::RequestCompleted(e) => Some(e.request_id),
            Self::RequestFailed(e) => Some(e.request_id),
            Self::RequestCancelled(e) => Some(e.request_id),
            Self::StateUpdated(e) => e.request_id,
            Self::StreamSnapshot(e) => e.request_id,
            Self::StreamReset(e) => e.request_id,
        }
    }

    /// Whether nothing more happens to the event's request.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        matches!(self, Self::RequestCompleted(_) | Self::RequestFailed(_) | Self::RequestCancelled(_))
    }
}

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
    /// The request whose turn set this story event off.
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
    /// The attempt that narrates; 0 for a narration that is kept from before its request was given up.
    pub attempt: Attempt,
    /// Text that follows the earlier chunks of this attempt.
    pub content: String,
    /// Whether the narration is whole with this chunk.
    pub done: bool,
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
    /// Why it is given up.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_survives_the_wire_on_one_line() {
        let event = Event::from(ChatChunk {
            request_id: RequestId::new(),
            game_id: GameId::new(),
            attempt: Attempt(2),
            content: "a\nb\r\u{2028}".to_owned(),
            done: false,
        });
        let data = event.data();
        assert!(!data.contains(['\n', '\r']));
        assert_eq!(Event::parse(event.name(), &data).unwrap(), event);
    }

    #[test]
    fn an_event_that_is_not_known_can_be_told_from_one_that_is_broken() {
        assert!(
            matches!(Event::parse("game.paused", "{}"), Err(EventParseError::Unknown(name)) if name == "game.paused")
        );
        assert!(matches!(Event::parse("chat.chunk", "{}"), Err(EventParseError::Data { .. })));
    }
}
