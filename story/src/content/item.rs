//! What an item is beyond its name. An item that no entry describes is its name, and can be carried.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::text::Text;
use crate::serde_util::is_false;

/// An item as its author describes it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Item {
    /// What it looks like, and what is known of it.
    #[serde(skip_serializing_if = "Text::is_empty")]
    pub description: Text,
    /// Whether it stays where it is: nobody can take it, give it or put it elsewhere, unless a conditional does.
    #[serde(skip_serializing_if = "is_false")]
    pub fixed: bool,
}
