//! `/v1/gamestate/{id}/prompt`: what a model would be sent for a game's next turn.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use story::ChatMessage;

use crate::GameId;

/// `GET /v1/gamestate/{id}/prompt`: the next call of a turn, as it would be sent. Nothing is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptView {
    /// The game.
    pub game_id: GameId,
    /// Which call of the turn it is.
    pub purpose: PromptPurpose,
    /// The provider that would get it.
    pub provider: String,
    /// Its model.
    pub model: String,
    /// How many tokens the model takes, prompt and answer together, as far as this process knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_tokens: Option<u32>,
    /// About how many tokens the prompt has.
    pub tokens: u32,
    /// The parts of the prompt, in their order.
    pub parts: Vec<PromptPart>,
    /// The system text.
    pub system: String,
    /// The messages, oldest first.
    pub messages: Vec<ChatMessage>,
    /// The body of the call, in the wire format of the provider. It holds no key.
    pub request: Value,
}

/// The calls of a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PromptPurpose {
    /// The narration.
    #[default]
    Narrate,
    /// The delta.
    Extract,
}

/// A part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PromptPart {
    /// `system`, `history`, or the tag of a block.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// About how many tokens it has, by what the provider has counted before.
    pub tokens: u32,
}
