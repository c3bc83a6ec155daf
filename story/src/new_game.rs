//! A new game.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::content::Library;
use crate::state::{ChatMessage, GameState, Rules};
use crate::suggest::did_you_mean;

/// What a player chooses when they start a game. What is absent, the scenario or the engine chooses.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NewGame {
    /// The scenario's id, in any spelling.
    pub scenario: String,
    /// The player character's id; default: the scenario's, else `classic`.
    pub pc: Option<String>,
    /// The narrator's id; default: the scenario's.
    pub narrator: Option<String>,
    /// Default: strict.
    pub rules: Option<Rules>,
    /// 0 to 1; default: [`crate::DEFAULT_TEMPERATURE`].
    pub temperature: Option<f64>,
}

/// Why a game cannot be started.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NewGameError {
    /// No such scenario.
    #[error("there is no scenario `{id}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownScenario {
        /// The id that was asked for.
        id: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// No such player character.
    #[error("there is no PC `{id}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownPc {
        /// The id that was asked for.
        id: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// No such narrator.
    #[error("there is no narrator `{id}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownNarrator {
        /// The id that was asked for.
        id: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// The scenario opens with a scene that it does not have.
    #[error("scenario `{scenario}` opens with scene `{scene}`, which it does not have{}", did_you_mean(.suggestion.as_deref()))]
    UnknownOpeningScene {
        /// The scenario.
        scenario: String,
        /// The scene that it names.
        scene: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// A temperature that no model takes.
    #[error("temperature {0} is not between 0 and 1")]
    Temperature(f64),
}

impl NewGameError {
    /// The field of [`NewGame`] that is wrong.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::UnknownScenario { .. } | Self::UnknownOpeningScene { .. } => "scenario",
            Self::UnknownPc { .. } => "pc",
            Self::UnknownNarrator { .. } => "narrator",
            Self::Temperature(_) => "temperature",
        }
    }
}

/// Starts a game.
pub fn new_game(_lib: &Library, _new: &NewGame) -> Result<(GameState, Vec<ChatMessage>), NewGameError> {
    Ok((GameState::default(), vec![]))
}
