//! Fights by the rules: whether a scenario has them, and what the narrator reads of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::serde_util::is_false;

/// Has the rules decide fights. Without it a scenario has none, whatever hit points its people and monsters have: a file that gives
/// them for the narrator's sake plays as before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Conflict {
    /// Whether the narrator reads dice and hit points as numbers. Default: in words only.
    #[serde(skip_serializing_if = "is_false")]
    pub numbers: bool,
}
