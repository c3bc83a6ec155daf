//! What a turn changed and what it rejected, as data for events and records.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::when_explain::Part;

/// Where an item is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "key", rename_all = "snake_case")]
pub enum Holder {
    /// With the player.
    Player,
    /// With the NPC of this key.
    Npc(String),
    /// At the location of this key.
    Location(String),
    /// In the item of this name.
    Item(String),
}

/// One difference that a turn made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[expect(missing_docs, reason = "each variant says what its fields are")]
pub enum Change {
    /// The player went from one location to another, by key.
    PlayerMoved { from: String, to: String },
    /// A scene ended and another began, by key.
    SceneChanged { from: String, to: String },
    /// An item changed hands. Without `from` it is new, without `to` it is gone.
    ItemMoved { item: String, from: Option<Holder>, to: Option<Holder> },
    /// An item that holds others was opened.
    ItemOpened { item: String },
    /// An item that holds others was closed, and locked if it says so.
    ItemClosed { item: String, locked: bool },
    /// An NPC went from one location to another, by key.
    NpcMoved { npc: String, from: String, to: String },
    /// An NPC follows `following` from now on: `pc`, an NPC's key, or nobody (empty).
    NpcFollowing { npc: String, following: String },
    /// A monster appeared at a location.
    MonsterSpawned { monster: String, location: String },
    /// A monster is gone from a location.
    MonsterDespawned { monster: String, location: String },
    /// Somebody struck at somebody: `player`, an NPC's key or a monster's id.
    Attacked {
        attacker: String,
        target: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        item: Option<String>,
        hit: bool,
    },
    /// Somebody has other hit points.
    HitPoints { who: String, from: i64, to: i64 },
    /// Somebody came to no hit points.
    Defeated { who: String },
    /// A variable has a new value; without `from` it had none.
    VarSet { name: String, from: Option<String>, to: String },
    /// A conditional of the scene fired; without a scene, one of the scenario.
    ConditionalFired { scene: String, id: String },
    /// The game is over, with the ending of this key if the story names it.
    GameEnded {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ending: Option<String>,
    },
}

/// Whose effect it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Author {
    /// The model extracted it from its narration.
    Model,
    /// The conditional of this id caused it.
    Conditional(String),
}

/// An effect that was not applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Rejection {
    /// Whose effect it was.
    pub author: Author,
    /// JSON pointer into the delta: `/item_events/0`.
    pub effect: String,
    /// Why it was rejected and, where possible, what would be accepted.
    pub reason: String,
}

/// A rejection with what its rule asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Refusal {
    /// Whose effect it was.
    pub author: Author,
    /// JSON pointer into the delta: `/item_events/0`.
    pub effect: String,
    /// Why it was rejected and, where possible, what would be accepted.
    pub reason: String,
    /// What the rule asks for, as far as it was looked at, and whether it is so. Empty where that is not known any more.
    pub parts: Vec<Part>,
}

impl Rejection {
    /// The rejection with the parts of its rule.
    #[must_use]
    pub fn with(self, parts: Vec<Part>) -> Refusal {
        let Self { author, effect, reason } = self;
        Refusal { author, effect, reason, parts }
    }
}

/// Something that the narrator describes on a turn of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StoryEvent {
    /// The id of the conditional that caused it.
    pub id: String,
    /// What the narrator is to describe.
    pub prompt: String,
}
