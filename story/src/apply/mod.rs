//! Applying a turn: each effect of the delta is checked against the world and applied once; then the scene's conditionals cascade.
//! A rejected effect is recorded and is never an error: a model that is wrong about one effect may be right about the next.

mod attacks;
mod blow;
mod cascade;
#[cfg(test)]
mod chance_tests;
mod change;
#[cfg(test)]
mod conflict_tests;
mod hit_points;
mod items;
#[cfg(test)]
mod items_tests;
mod luck;
mod making;
mod monsters;
mod movement;
mod npcs;
mod opening;
mod parts;
mod reason;

#[cfg(test)]
mod recurring_tests;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod turn;
mod vars;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::change::{Author, Change, Holder, Refusal, Rejection, StoryEvent};
pub(crate) use self::luck::{Answers, Luck};
use self::turn::Turn;
use crate::content::{ContentKind, Library};
use crate::delta::Delta;
use crate::prompt::Input;
use crate::state::{GameState, Rules};
use crate::suggest::did_you_mean;
use crate::world::leave_behind;

/// The outcome of a turn.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Applied {
    /// The game after the turn.
    pub state: GameState,
    /// What is different, in the order in which it happened.
    pub changes: Vec<Change>,
    /// What was rejected.
    pub rejections: Vec<Rejection>,
    /// What the narrator describes next, in order.
    pub story_events: Vec<StoryEvent>,
}

/// Why a turn cannot be applied at all.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ApplyError {
    /// The game's scenario is not in the library any more.
    #[error("the game's scenario `{scenario}` does not exist{}", did_you_mean(.suggestion.as_deref()))]
    UnknownScenario {
        /// The scenario that the game names.
        scenario: String,
        /// An existing one that is spelled alike.
        suggestion: Option<String>,
    },
}

/// The game after a turn that answered `input` and from whose narration `delta` was extracted.
///
/// The turn is counted before conditionals are judged; a scene begins at turn 0, so that its `"scene_turn_counter": 0` conditionals fire
/// in the turn that began it. A story event is the author's act, not the player's: its turn counts like any other, and is checked as in
/// relaxed mode. A game that has ended does not change any more.
pub fn apply(library: &Library, before: &GameState, delta: &Delta, input: &Input) -> Result<Applied, ApplyError> {
    apply_with(library, before, delta, input, &mut Luck::Seed)
}

/// The same, where `luck` decides what chance says.
pub(crate) fn apply_with(
    library: &Library,
    before: &GameState,
    delta: &Delta,
    input: &Input,
    luck: &mut Luck,
) -> Result<Applied, ApplyError> {
    let Turn { state, changes, rejections, story_events, .. } = play(library, before, delta, input, luck)?;
    Ok(Applied { state, changes, rejections, story_events })
}

/// What [`apply`] rejects of this turn, each with what its rule asks for: which part of it holds and which does not.
pub fn refusals(
    library: &Library,
    before: &GameState,
    delta: &Delta,
    input: &Input,
) -> Result<Vec<Refusal>, ApplyError> {
    let Turn { rejections, reasons, .. } = play(library, before, delta, input, &mut Luck::Seed)?;
    Ok(rejections.into_iter().zip(&reasons).map(|(rejection, reason)| rejection.with(reason.parts())).collect())
}

fn play<'a>(
    library: &'a Library,
    before: &'a GameState,
    delta: &Delta,
    input: &Input,
    luck: &mut Luck,
) -> Result<Turn<'a>, ApplyError> {
    let scenario = library.scenario(&before.scenario).ok_or_else(|| ApplyError::UnknownScenario {
        scenario: before.scenario.clone(),
        suggestion: library.nearest(ContentKind::Scenario, &before.scenario).map(str::to_owned),
    })?;
    let rules = match input {
        Input::Player { .. } => before.rules,
        Input::StoryEvent { .. } => Rules::Relaxed,
    };
    let mut turn = Turn::new(library, scenario, before, rules);
    turn.state.just_entered = false;
    turn.state.rejected.clear();
    turn.state.decided.clear();
    if !before.is_ended {
        turn.state.turn_counter = before.turn_counter.saturating_add(1);
        turn.state.scene_turn_counter = before.scene_turn_counter.saturating_add(1);
        turn.apply_delta(&Author::Model, delta, luck);
        turn.cascade(luck);
        turn.end_if_fallen();
        leave_behind(scenario, &mut turn.state);
        turn.state.just_entered = turn.state.user_location != before.user_location;
        turn.state.rejected = told_but_rejected(&turn.rejections);
    }
    Ok(turn)
}

/// The most rejections that are put in the narrator's prompt.
const REJECTIONS_SHOWN: usize = 5;

/// What was narrated and the rules refused. Variables are bookkeeping, which no player has read of.
fn told_but_rejected(rejections: &[Rejection]) -> Vec<String> {
    let shown = rejections.iter().filter(|rejection| rejection.author == Author::Model);
    let shown = shown.filter(|rejection| !rejection.effect.starts_with("/set_vars"));
    shown.take(REJECTIONS_SHOWN).map(|rejection| rejection.reason.clone()).collect()
}
