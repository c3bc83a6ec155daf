//! `[turns]`: what is kept of turns, so that a game can be brought back to them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::TurnLimits;

/// `[turns]`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TurnsConfig {
    /// How many of a game's turn records are kept, the latest; 0 for none. A game can be brought back to the turns that are kept.
    pub records_kept: usize,
    /// How large a turn record may be. Of a larger one, the model's delta is left out, then what takes the turn back.
    pub record_max_bytes: usize,
    /// How many earlier tries of the last message can be chosen again; the oldest go first.
    pub tries_kept: usize,
    /// How many undos, retries, edits and patches of a game are remembered by their `Idempotency-Key`, the latest: a repeat of one of
    /// them changes nothing a second time.
    pub changes_remembered: usize,
    /// Whether a turn record keeps the prompts of its narration and its delta, for operators: `engine prompt GAME --turn N`. Players,
    /// applications and viewers never see them, and exports, archives and branches are without them.
    pub keep_prompts: bool,
    /// How large the prompts of a turn may be where they are kept, besides its record. Of larger ones, the oldest messages are left out
    /// first, then the prompt of the delta.
    pub prompts_max_bytes: usize,
}

impl Default for TurnsConfig {
    fn default() -> Self {
        let TurnLimits { kept, record_bytes, tries, changes } = TurnLimits::default();
        Self {
            records_kept: kept,
            record_max_bytes: record_bytes,
            tries_kept: tries,
            changes_remembered: changes,
            keep_prompts: false,
            prompts_max_bytes: 128 * 1024,
        }
    }
}

impl TurnsConfig {
    /// The same, as the store and the API take it.
    #[must_use]
    pub const fn limits(&self) -> TurnLimits {
        TurnLimits {
            kept: self.records_kept,
            record_bytes: self.record_max_bytes,
            tries: self.tries_kept,
            changes: self.changes_remembered,
        }
    }

    /// How many bytes of a turn's prompts are kept, if they are.
    #[must_use]
    pub(crate) fn prompt_bytes(&self) -> Option<usize> {
        self.keep_prompts.then_some(self.prompts_max_bytes)
    }
}
