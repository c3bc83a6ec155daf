//! `[turns]`: what is kept of turns, so that a game can be brought back to them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::store::TurnLimits;

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
}

impl Default for TurnsConfig {
    fn default() -> Self {
        let TurnLimits { kept, record_bytes, tries, changes } = TurnLimits::default();
        Self { records_kept: kept, record_max_bytes: record_bytes, tries_kept: tries, changes_remembered: changes }
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
}
