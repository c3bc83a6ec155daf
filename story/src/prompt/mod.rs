//! What models are told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::content::Library;
use crate::state::{ChatMessage, GameState};

/// What a turn answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Input {
    /// Something that the player says or does.
    Player {
        /// The player's words.
        message: String,
        /// Who speaks, if it is not the player character.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
    },
    /// Something that a conditional wants told.
    StoryEvent {
        /// What is to be told.
        prompt: String,
    },
}

/// What a model is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// System texts, the stable ones first and the volatile ones last, so that a provider can cache the head.
    pub system: Vec<String>,
    /// The messages, oldest first; the last one is the user's.
    pub messages: Vec<ChatMessage>,
}

/// Why a prompt cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PromptError {
    /// The game's scenario is not in the library any more.
    #[error("the game's scenario `{scenario}` does not exist{}", crate::suggest::did_you_mean(.suggestion.as_deref()))]
    UnknownScenario {
        /// The scenario that the game names.
        scenario: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// The game's scene is not in its scenario any more.
    #[error("the game's scene `{scene}` does not exist in `{scenario}`{}", crate::suggest::did_you_mean(.suggestion.as_deref()))]
    UnknownScene {
        /// The scenario that was searched.
        scenario: String,
        /// The scene that the game names.
        scene: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
}

/// The stored user-role text of a turn.
#[must_use]
pub fn user_text(_state: &GameState, input: &Input) -> String {
    match input {
        Input::Player { message, .. } => message.clone(),
        Input::StoryEvent { prompt } => prompt.clone(),
    }
}

/// The narrator's prompt.
pub fn narration_prompt(
    _lib: &Library,
    _state: &GameState,
    history: &[ChatMessage],
    _summary: Option<&str>,
    _input: &Input,
) -> Result<Prompt, PromptError> {
    Ok(Prompt { system: vec![], messages: history.to_vec() })
}

/// The extraction prompt.
pub fn extraction_prompt(
    _lib: &Library,
    _state: &GameState,
    _input: &Input,
    _narration: &str,
) -> Result<Prompt, PromptError> {
    Ok(Prompt { system: vec![], messages: vec![] })
}

/// The prompt for a summary of `turns`, which continue what `previous` tells.
#[must_use]
pub fn summary_prompt(_previous: Option<&str>, turns: &[ChatMessage]) -> Prompt {
    Prompt { system: vec![], messages: turns.to_vec() }
}
