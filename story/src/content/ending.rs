//! Endings by name: what a story calls its ends, their text, and what they remember of the way.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::when::When;

/// One way in which a story can end. A conditional's `then` names it with `ending`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Ending {
    /// What players call it: `The Moon Is Redeemed`.
    pub name: String,
    /// The text, as the last story event, where the conditional has no `prompt` of its own.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// What is remembered of the player's choices, line by line; those lines whose condition holds at the end.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub score: Vec<ScoreLine>,
}

/// One line of what an ending remembers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct ScoreLine {
    /// The line, one sentence.
    pub text: String,
    /// When it is shown; always if there is no condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
}
