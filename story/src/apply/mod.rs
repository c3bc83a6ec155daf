//! Applying a turn.

mod change;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::change::{Author, Change, Holder, Rejection, StoryEvent};
use crate::content::Library;
use crate::delta::Delta;
use crate::prompt::Input;
use crate::state::GameState;

/// What a turn came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Applied {
    /// The game after the turn.
    pub state: GameState,
    /// What is different, in the order in which it happened.
    pub changes: Vec<Change>,
    /// What was refused.
    pub rejections: Vec<Rejection>,
    /// What the narrator is to tell next, in order.
    pub story_events: Vec<StoryEvent>,
}

/// Why a turn cannot be applied at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApplyError {
    /// The game's scenario is not in the library any more.
    #[error("the game's scenario `{scenario}` does not exist{}", crate::suggest::did_you_mean(.suggestion.as_deref()))]
    UnknownScenario {
        /// The scenario that the game names.
        scenario: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
}

/// Applies.
pub fn apply(_lib: &Library, before: &GameState, _delta: &Delta, _input: &Input) -> Result<Applied, ApplyError> {
    Ok(Applied { state: before.clone(), changes: vec![], rejections: vec![], story_events: vec![] })
}
