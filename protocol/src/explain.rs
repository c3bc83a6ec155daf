//! `/v1/gamestate/{id}/explain`: why a game stands as it does, for authors and operators.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use story::{ConditionalExplained, ExitExplained, Refusal};

use crate::GameId;

/// `GET /v1/gamestate/{id}/explain`: what the scene waits for after a turn, which ways are open, and what the turn's rules refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainView {
    /// The game.
    pub game_id: GameId,
    /// The turn; 0 before the first one.
    pub turn: u64,
    /// The key of the scene in which it ended; empty in a scenario without scenes.
    pub scene: String,
    /// The key of the location where it left the player.
    pub location: String,
    /// The conditionals of that scene and of the scenario, judged against the game after the turn.
    pub conditionals: Vec<ConditionalExplained>,
    /// The ways out of that location.
    pub exits: Vec<ExitExplained>,
    /// The effects that the turn's rules refused, judged when they were refused.
    pub rejections: Vec<Refusal>,
}
