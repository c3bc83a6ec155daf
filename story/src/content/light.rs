//! Light that an item gives: always, or while a condition holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::state::GameState;
use crate::when::When;

/// Whether an item gives light.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Lit {
    /// Always or never.
    Always(bool),
    /// While this holds.
    While(Box<When>),
}

impl Lit {
    /// Whether it gives light now.
    pub(crate) fn holds(&self, state: &GameState) -> bool {
        match self {
            Self::Always(always) => *always,
            Self::While(when) => when.holds(state),
        }
    }
}
