//! `/v1/gamestate/{id}/prompt`: what a model would be sent for a game's next turn, or was sent for an earlier one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use story::ChatMessage;

use crate::GameId;

/// `GET /v1/gamestate/{id}/prompt`: the next call of a turn, as it would be sent; or one of an earlier turn, as it was sent. Nothing is
/// sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PromptView {
    /// The game.
    pub game_id: GameId,
    /// The turn that it was sent for; absent where it is the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turn: Option<u64>,
    /// Which call of the turn it is.
    pub purpose: PromptPurpose,
    /// The provider that would get it, or got it.
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
    /// How many messages were sent before these, and are not kept because the prompts of the turn would be larger than
    /// `turns.prompts_max_bytes`.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// The body of the call, in the wire format of the provider. It holds no key. Absent for an earlier turn.
    #[serde(default, skip_serializing_if = "Value::is_null")]
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

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}
