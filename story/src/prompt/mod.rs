//! What models are sent: the narrator's prompt, the extracting model's, and that of a summary. Which model is asked, and when, is the
//! engine's business.

mod arrange;
mod extraction;
pub(crate) mod headings;
mod input;
mod lore;
mod memory;
mod narration;
mod quote;
mod scope;
mod summary;
#[cfg(test)]
mod tests;
mod text;
mod world;

use thiserror::Error;

pub use self::arrange::BEGIN;
pub use self::arrange::Prompt;
pub use self::extraction::extraction_prompt;
pub use self::input::{Input, PROMPT_ROLES, user_text};
pub use self::memory::{HistoryLimits, leaving, may_leave, read_summary};
pub use self::narration::narration_prompt;
pub use self::summary::{ToSummarize, summary_prompt};
pub use self::world::{CLOSED, DARK, EMPTY, HIDDEN, HIDDEN_EMPTY, IN_IT, LOCKED};
use crate::content::{ContentKind, Library, Scenario, Scene};
use crate::state::GameState;
use crate::suggest::{did_you_mean, nearest};

/// Why a prompt cannot be built.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PromptError {
    /// The game's scenario is not in the library any more.
    #[error("the game's scenario `{scenario}` does not exist{}", did_you_mean(.suggestion.as_deref()))]
    UnknownScenario {
        /// The scenario that the game names.
        scenario: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
    /// The game's scene is not in its scenario any more.
    #[error("the game's scene `{scene}` does not exist in `{scenario}`{}", did_you_mean(.suggestion.as_deref()))]
    UnknownScene {
        /// The scenario that was searched.
        scenario: String,
        /// The scene that the game names.
        scene: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
}

/// The scenario of a game and, if it is in one, its scene.
pub(crate) fn script<'a>(
    library: &'a Library,
    state: &GameState,
) -> Result<(&'a Scenario, Option<&'a Scene>), PromptError> {
    let scenario = library.scenario(&state.scenario).ok_or_else(|| PromptError::UnknownScenario {
        scenario: state.scenario.clone(),
        suggestion: library.nearest(ContentKind::Scenario, &state.scenario).map(str::to_owned),
    })?;
    if state.scene_name.is_empty() {
        return Ok((scenario, None));
    }
    let scene = scenario.scenes.get(&state.scene_name).ok_or_else(|| PromptError::UnknownScene {
        scenario: state.scenario.clone(),
        scene: state.scene_name.clone(),
        suggestion: nearest(&state.scene_name, scenario.scenes.keys().map(String::as_str)).map(str::to_owned),
    })?;
    Ok((scenario, Some(scene)))
}
