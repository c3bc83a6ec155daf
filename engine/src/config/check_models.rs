//! Whether providers are checked while a process starts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How providers are checked, in the background, while a process starts that calls them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckModels {
    /// Not at all. How many tokens the models take is asked for all the same.
    Off,
    /// By what the server says of itself: no model is called, so it costs nothing.
    #[default]
    List,
    /// Also by one word and one small object, which cost a few tokens.
    Calls,
}
