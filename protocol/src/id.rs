//! Ids are types, not strings: a game's id cannot be passed where a request's is meant, and one that came in over the
//! wire has been checked by the time that anything else sees it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The text is not an id of the kind that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not {expected}")]
pub struct IdError {
    text: String,
    expected: &'static str,
}

impl IdError {
    pub(crate) fn new(text: &str, expected: &'static str) -> Self {
        Self { text: text.to_owned(), expected }
    }
}

macro_rules! uuid_id {
    ($(#[$doc:meta])* $name:ident, $expected:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "format": "uuid"})
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }

        impl $name {
            /// A new id, unlike any other. Ids made later sort after those made earlier.
            #[must_use]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text).map(Self).map_err(|_| IdError::new(text, $expected))
            }
        }
    };
}

uuid_id!(
    /// A game: one player's run through a scenario.
    GameId,
    "a game id (a UUID)"
);
uuid_id!(
    /// A request: one chat message or story event on its way through the queue.
    RequestId,
    "a request id (a UUID)"
);

impl RequestId {
    /// A new id for a request of a game. It ends as the game's id ends, so that a store which spreads games over shards
    /// finds a request by its id alone.
    #[must_use]
    pub fn in_game(game: GameId) -> Self {
        Self(with_ending_of(game.0, Uuid::now_v7()))
    }

    /// The id of the `n`th request that this one's turn gives rise to, in the same game. The same parent and `n` give the
    /// same id, so a commit that is repeated cannot queue a story event twice.
    #[must_use]
    pub fn child(self, n: usize) -> Self {
        Self(with_ending_of(self.0, Uuid::new_v5(&self.0, n.to_string().as_bytes())))
    }

    /// Which of `shards` shards keeps the request: that of its game.
    #[must_use]
    pub fn shard(self, shards: usize) -> usize {
        shard(self.0, shards)
    }
}

impl GameId {
    /// Which of `shards` shards keeps the game.
    #[must_use]
    pub fn shard(self, shards: usize) -> usize {
        shard(self.0, shards)
    }
}

/// The last two bytes of an id, which are random in a new one and shared by a game and its requests.
fn ending(id: Uuid) -> [u8; 2] {
    let bytes = id.into_bytes();
    [bytes[14], bytes[15]]
}

fn with_ending_of(from: Uuid, id: Uuid) -> Uuid {
    let mut bytes = id.into_bytes();
    bytes[14..].copy_from_slice(&ending(from));
    Uuid::from_bytes(bytes)
}

fn shard(id: Uuid, shards: usize) -> usize {
    usize::from(u16::from_be_bytes(ending(id))) % shards.max(1)
}

/// Which attempt at a request this is, counted from 1 at its first claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct Attempt(pub u32);

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A place in a game's event log, written `epoch:offset`.
///
/// Offsets of a game are contiguous from 1, so a reader can see a gap. The epoch changes when the store has lost data:
/// an id of another epoch means nothing, and the reader gets a `stream.reset`. Ids of a game only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventId {
    /// The run of the store that the offset belongs to (milliseconds since 1970 when it began).
    pub epoch: u64,
    /// The event's place in its game's log, from 1. 0 is before the first event.
    pub offset: u64,
}

impl EventId {
    /// The id that the event after this one has.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { epoch: self.epoch, offset: self.offset + 1 }
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.epoch, self.offset)
    }
}

impl FromStr for EventId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let error = || IdError::new(text, "an event id (`epoch:offset`)");
        let (epoch, offset) = text.split_once(':').ok_or_else(error)?;
        Ok(Self { epoch: epoch.parse().map_err(|_| error())?, offset: offset.parse().map_err(|_| error())? })
    }
}

impl JsonSchema for EventId {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "EventId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": "^[0-9]+:[0-9]+$"})
    }
}

impl Serialize for EventId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_id_survives_the_wire() {
        let id = EventId { epoch: 1_700_000_000_000, offset: 42 };
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn the_same_parent_and_place_give_the_same_child() {
        let parent = RequestId::new();
        assert_eq!(parent.child(0), parent.child(0));
        assert_ne!(parent.child(0), parent.child(1));
        assert_ne!(parent.child(0), RequestId::new().child(0));
    }

    #[test]
    fn a_request_is_kept_where_its_game_is() {
        for shards in [1, 2, 3, 16] {
            let game = GameId::new();
            let request = RequestId::in_game(game);
            assert_ne!(request, RequestId::in_game(game));
            assert_eq!([request.shard(shards), request.child(0).shard(shards)], [game.shard(shards); 2]);
        }
        let used: std::collections::BTreeSet<usize> = (0..200).map(|_| GameId::new().shard(4)).collect();
        assert_eq!(used.len(), 4, "games are spread over all shards");
    }

    #[test]
    fn an_id_that_is_not_one_says_what_was_expected() {
        let error = "castle".parse::<GameId>().unwrap_err();
        assert_eq!(error.to_string(), "`castle` is not a game id (a UUID)");
    }
}
