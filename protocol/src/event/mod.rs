//! Events: what a subscriber of a game or of a request receives, as SSE `event` and one-line `data`.
//!
//! The list below is the only place that pairs a name with its payload. Names, parsing and schemas follow from it.

mod payload;

use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Serialize};

pub use self::payload::{
    AttemptSuperseded, ChatChunk, GameRenamed, GameRewound, RequestCancelled, RequestCompleted, RequestFailed,
    RequestProcessing, RequestQueued, RequestRetrying, RequestWaiting, StateUpdated, StreamReset, StreamSnapshot,
    Unfinished,
};
use crate::{EventId, RequestId};

/// The text is not an event.
#[derive(Debug, thiserror::Error)]
pub enum EventParseError {
    /// The `event` field names no event that this version knows; a reader may skip it.
    #[error(transparent)]
    Unknown(#[from] UnknownEvent),
    /// The `data` field is not what the event carries.
    #[error("the data of `{event}` cannot be read: {source}")]
    Data {
        /// The event's name.
        event: EventName,
        /// What is wrong with the data.
        source: serde_json::Error,
    },
}

/// The text names no event that this version knows. A later version may have written it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown event `{0}`")]
pub struct UnknownEvent(pub String);

macro_rules! events {
    ($($(#[$doc:meta])* $name:ident = $wire:literal;)*) => {
        /// The name of an event: the SSE `event` field, and the field of the log that holds its data.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum EventName { $($(#[$doc])* #[serde(rename = $wire)] $name,)* }

        impl EventName {
            /// Every name, in the order of a request's life.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The name on the wire and in the store.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }
        }

        /// One event of a game's log.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Event { $($(#[$doc])* $name($name),)* }

        $(
            impl From<$name> for Event {
                fn from(payload: $name) -> Self {
                    Self::$name(payload)
                }
            }
        )*

        impl Event {
            /// The name in the SSE `event` field.
            #[must_use]
            pub const fn name(&self) -> EventName {
                match self { $(Self::$name(_) => EventName::$name,)* }
            }

            /// Adds the schema of every payload to those that a document defines.
            pub fn declare(generator: &mut SchemaGenerator) {
                $(generator.subschema_for::<$name>();)*
            }

            /// The payload as one line of JSON, for the SSE `data` field.
            #[must_use]
            pub fn data(&self) -> String {
                let text = match self { $(Self::$name(payload) => serde_json::to_string(payload),)* };
                // Payloads are plain structs with string keys: there is nothing in them that JSON cannot express.
                text.unwrap_or_default()
            }

            /// Reads the data of an event whose name is known.
            pub fn read(event: EventName, data: &str) -> Result<Self, EventParseError> {
                match event { $(EventName::$name => serde_json::from_str(data).map(Self::$name),)* }
                    .map_err(|source| EventParseError::Data { event, source })
            }
        }
    };
}

events! {
    /// A request was accepted, or a turn triggered it.
    RequestQueued = "request.queued";
    /// A worker claimed the request.
    RequestProcessing = "request.processing";
    /// A piece of the narration.
    ChatChunk = "chat.chunk";
    /// The chunks that this attempt has shown are void: another attempt narrates from the start.
    AttemptSuperseded = "attempt.superseded";
    /// An attempt failed; another one follows after a back-off.
    RequestRetrying = "request.retrying";
    /// The storyteller is not ready: the request waits for it, and its attempts are not counted.
    RequestWaiting = "request.waiting";
    /// The turn is committed.
    RequestCompleted = "request.completed";
    /// The request failed for good and is a dead letter.
    RequestFailed = "request.failed";
    /// The request was cancelled.
    RequestCancelled = "request.cancelled";
    /// The game's state has changed.
    StateUpdated = "game.state_updated";
    /// The game goes on from an earlier turn, or narrates the last one in other words.
    GameRewound = "game.rewound";
    /// The game has another name.
    GameRenamed = "game.renamed";
    /// A snapshot of the game, where a stream begins without an id to continue after.
    StreamSnapshot = "stream.snapshot";
    /// The reader's id is no longer in the log: what it shows is void, and this event brings a snapshot.
    StreamReset = "stream.reset";
}

impl EventName {
    /// Whether nothing more happens to the event's request.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::RequestCompleted | Self::RequestFailed | Self::RequestCancelled)
    }

    /// Whether the event describes the whole game, so that a reader may take it at any id: it says where the log continues.
    #[must_use]
    pub const fn is_snapshot(self) -> bool {
        matches!(self, Self::StreamSnapshot | Self::StreamReset)
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for EventName {
    type Err = UnknownEvent;

    fn from_str(text: &str) -> Result<Self, UnknownEvent> {
        Self::ALL.iter().copied().find(|name| name.as_str() == text).ok_or_else(|| UnknownEvent(text.to_owned()))
    }
}

impl Event {
    /// Reads an event from its `event` and `data` fields.
    pub fn parse(name: &str, data: &str) -> Result<Self, EventParseError> {
        Self::read(name.parse()?, data)
    }

    /// The request that the event belongs to.
    #[must_use]
    pub const fn request_id(&self) -> Option<RequestId> {
        match self {
            Self::RequestQueued(e) => Some(e.request_id),
            Self::RequestProcessing(e) => Some(e.request_id),
            Self::ChatChunk(e) => Some(e.request_id),
            Self::AttemptSuperseded(e) => Some(e.request_id),
            Self::RequestRetrying(e) => Some(e.request_id),
            Self::RequestWaiting(e) => Some(e.request_id),
            Self::RequestCompleted(e) => Some(e.request_id),
            Self::RequestFailed(e) => Some(e.request_id),
            Self::RequestCancelled(e) => Some(e.request_id),
            Self::StateUpdated(e) => e.request_id,
            Self::GameRewound(e) => e.request_id,
            Self::GameRenamed(e) => e.request_id,
            Self::StreamSnapshot(e) => e.request_id,
            Self::StreamReset(e) => e.request_id,
        }
    }

    /// Whether nothing more happens to the event's request.
    #[must_use]
    pub const fn is_terminal(&self) -> bool {
        self.name().is_terminal()
    }

    /// The first of the ids that the event has, if `last` is its last one: one that joins chunks has the ids of all of them.
    #[must_use]
    pub const fn first_id(&self, last: EventId) -> EventId {
        let joined = match self {
            Self::ChatChunk(chunk) => chunk.chunks.get() - 1,
            _ => 0,
        };
        EventId { epoch: last.epoch, offset: last.offset.saturating_sub(joined) }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU64;

    use super::*;
    use crate::{Attempt, GameId};

    #[test]
    fn an_event_survives_the_wire_on_one_line() {
        let event = Event::from(ChatChunk {
            request_id: RequestId::new(),
            game_id: GameId::new(),
            attempt: Attempt(2),
            content: "a\nb\r\u{2028}".to_owned(),
            done: false,
            chunks: NonZeroU64::MIN,
        });
        let data = event.data();
        assert!(!data.contains(['\n', '\r']));
        assert_eq!(Event::parse(event.name().as_str(), &data).unwrap(), event);
    }

    #[test]
    fn an_unknown_event_is_distinguished_from_a_broken_one() {
        assert!(
            matches!(Event::parse("game.paused", "{}"), Err(EventParseError::Unknown(UnknownEvent(name))) if name == "game.paused")
        );
        assert!(matches!(Event::parse("chat.chunk", "{}"), Err(EventParseError::Data { .. })));
    }

    #[test]
    fn a_chunk_that_joins_others_has_their_ids_and_says_so() {
        let (request_id, game_id) = (RequestId::new(), GameId::new());
        let chunk = |chunks| {
            let chunks = NonZeroU64::new(chunks).unwrap();
            Event::from(ChatChunk {
                request_id,
                game_id,
                attempt: Attempt(1),
                content: String::new(),
                done: true,
                chunks,
            })
        };
        let id = |offset| EventId { epoch: 7, offset };
        assert_eq!((chunk(1).first_id(id(9)), chunk(4).first_id(id(9))), (id(9), id(6)));
        assert!(!chunk(1).data().contains("chunks") && chunk(4).data().contains(r#""chunks":4"#));
        for event in [chunk(1), chunk(4)] {
            assert_eq!(Event::parse("chat.chunk", &event.data()).unwrap(), event);
        }
    }

    #[test]
    fn a_name_is_the_same_in_serde_and_in_the_event_field() {
        for name in EventName::ALL {
            assert_eq!(serde_json::to_value(name).unwrap(), name.as_str());
            assert_eq!(name.as_str().parse(), Ok(*name));
        }
    }
}
