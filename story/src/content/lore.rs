//! Lore: what a narrator's prompt holds only while the story speaks of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::when::When;

/// How many tokens of lore a prompt holds, where the scenario does not say.
pub(crate) const LORE_BUDGET: u32 = 400;

/// The bytes of a token, as lore is measured: nobody here knows the model's tokenizer.
const BYTES_PER_TOKEN: usize = 4;

/// Something to know about a person, a place or a thing. It is in the narrator's prompt while one of its keys is in what was said last.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Lore {
    /// Words or names that bring it up. Case, articles and plural do not matter; the words of a key follow each other.
    pub keys: Vec<String>,
    /// The text in the narrator's prompt.
    pub text: String,
    /// Entries with a higher one come first when not all fit the budget.
    #[serde(skip_serializing_if = "crate::serde_util::is_zero")]
    pub priority: i64,
    /// Only while this holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<When>,
}

impl Lore {
    /// How much of the budget it takes, in tokens of four bytes.
    pub(crate) fn tokens(&self) -> usize {
        self.text.trim().len().div_ceil(BYTES_PER_TOKEN)
    }
}

pub(crate) const fn lore_budget() -> u32 {
    LORE_BUDGET
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
pub(crate) const fn is_lore_budget(tokens: &u32) -> bool {
    *tokens == LORE_BUDGET
}
