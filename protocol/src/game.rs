//! `/v1/gamestate`: a game as it is created, read and listed.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use story::{ChatMessage, GameState, Language, Rules, Sight};

use crate::schema::{IdOrObject, Time};
use crate::{EventId, GameId, Tenant, User};

/// `POST /v1/gamestate`: what a new game is to be.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateGame {
    /// The scenario's id: its file name, with or without `.json`.
    pub scenario: String,
    /// The player character's id, as `"id"` or `{"id": "id"}`; the scenario's default when left out.
    #[serde(default, deserialize_with = "id_or_object", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<IdOrObject>")]
    pub pc: Option<String>,
    /// The narrator's id, as `"id"` or `{"id": "id"}`; the scenario's when left out.
    #[serde(default, deserialize_with = "id_or_object", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<IdOrObject>")]
    pub narrator: Option<String>,
    /// How strictly the world is enforced; strict when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// How freely the narrator writes, 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// The language in which the story is told, by its name of at most three words; the scenario's or the server's when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// What chance begins with: two games with the same seed and the same turns read the same. Drawn when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// The configured provider that narrates; the default one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Whose game it is to be, where an application creates it for a user of its tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Its name, for lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = crate::GAME_NAME_MAX_BYTES))]
    pub name: Option<String>,
}

/// A game: its state, its history and the head of its event log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GameView {
    /// The game.
    pub id: GameId,
    /// Its name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Counts the commits and patches of this game.
    pub version: u64,
    /// The number of its last turn record, 0 if there is none.
    #[serde(default)]
    pub last_turn: u64,
    /// The game that it was branched from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branched_from: Option<BranchedFrom>,
    /// The game's latest event: join the stream here to miss nothing after this answer.
    pub cursor: EventId,
    /// The provider that narrates.
    pub provider: String,
    /// What the player reads of the place where they are: its description, as it is now.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub here: String,
    /// The game's state.
    #[serde(flatten)]
    pub state: GameState,
    /// The messages, oldest first.
    #[serde(default)]
    pub chat_history: Vec<ChatMessage>,
    /// When the game was created.
    #[schemars(with = "Time")]
    pub created_at: Timestamp,
    /// When the game was last changed.
    #[schemars(with = "Time")]
    pub updated_at: Timestamp,
    /// Where keys are needed, and only when the game is created: a capability to play this game, to be shared. It is shown
    /// this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
}

/// `GET /v1/gamestate/{id}?view=player`: a game as its player sees it. It holds nothing that is hidden from them. With a player's key or a
/// capability, every answer with a game has this form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlayerView {
    /// The game.
    pub id: GameId,
    /// Its name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Counts the commits and patches of this game.
    pub version: u64,
    /// The number of its last turn record, 0 if there is none.
    pub last_turn: u64,
    /// The game's latest event: join the stream here to miss nothing after this answer.
    pub cursor: EventId,
    /// The provider that narrates.
    pub provider: String,
    /// Where the player is, and what is around them.
    #[serde(flatten)]
    pub sight: Sight,
    /// The messages that players read, oldest first: no prompt of a story event, and none of the engine's own.
    pub chat_history: Vec<ChatMessage>,
    /// When the game was created.
    #[schemars(with = "Time")]
    pub created_at: Timestamp,
    /// When the game was last changed.
    #[schemars(with = "Time")]
    pub updated_at: Timestamp,
    /// Only when the game is created: a capability to play this game, to be shared. It is shown this once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
}

/// What every view of a game begins with: enough to open it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GameHead {
    /// The game.
    pub id: GameId,
    /// Its name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Counts the commits and patches of this game.
    pub version: u64,
    /// The game's latest event: join the stream here to miss nothing after this answer.
    pub cursor: EventId,
}

/// Where a game began as another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BranchedFrom {
    /// The other game.
    pub game_id: GameId,
    /// The last turn that both share.
    pub turn: u64,
}

/// `GET /v1/gamestate`: games, the latest changed first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GameList {
    /// One page.
    pub games: Vec<GameSummary>,
    /// Games of this page that the store cannot read any more; an operator finds out more with `engine fsck`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<UnreadableGame>,
    /// Pass as `?after=` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

/// What a list says of a game that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnreadableGame {
    /// The game.
    pub id: GameId,
    /// The tenant whose game it is, as far as that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// Whose game it is, as far as that can be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// When the game was last changed.
    #[schemars(with = "Time")]
    pub updated_at: Timestamp,
    /// What of it cannot be read, and why: for operators and viewers only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a list of games says of each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GameSummary {
    /// The game.
    pub id: GameId,
    /// The tenant whose game it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<Tenant>,
    /// Whose game it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<User>,
    /// Its name, if it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its scenario's id.
    pub scenario: String,
    /// Its player character's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pc: Option<String>,
    /// Its current scene's id.
    pub scene_name: String,
    /// Its current location's id.
    pub location: String,
    /// Turns taken.
    pub turn: u64,
    /// Whether the story is over.
    pub is_ended: bool,
    /// When the game was last changed.
    #[schemars(with = "Time")]
    pub updated_at: Timestamp,
}

/// Takes `"id"`, `{"id": "id"}` or null: the object form is what clients of the Go engine send.
fn id_or_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    struct IdOrObject;

    impl<'de> Visitor<'de> for IdOrObject {
        type Value = Option<String>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an id, as `\"id\"` or `{\"id\": \"id\"}`")
        }

        fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
            Ok(None)
        }

        fn visit_str<E: de::Error>(self, id: &str) -> Result<Self::Value, E> {
            Ok(Some(id.to_owned()))
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut id = None;
            while let Some(key) = map.next_key::<String>()? {
                if key == "id" {
                    id = map.next_value()?;
                } else {
                    map.next_value::<de::IgnoredAny>()?;
                }
            }
            Ok(id)
        }
    }

    deserializer.deserialize_any(IdOrObject)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pc_may_be_named_by_id_or_by_object() {
        for text in [r#"{"scenario":"s","pc":"ada"}"#, r#"{"scenario":"s","pc":{"id":"ada","name":"Ada"}}"#] {
            let create: CreateGame = serde_json::from_str(text).unwrap();
            assert_eq!(create.pc.as_deref(), Some("ada"));
        }
    }
}
