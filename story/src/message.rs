//! What was said: one message of a game's history.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::serde_util::is_false;

/// Who speaks in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The player, or a story event in their place.
    User,
    /// The narrator.
    Assistant,
    /// The engine.
    System,
}

/// One message of a game's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatMessage {
    /// Who speaks.
    pub role: Role,
    /// What they say.
    pub content: String,
    /// Whether a user-role message is a story event and not the player's words.
    #[serde(default, skip_serializing_if = "is_false")]
    pub is_story_event: bool,
}

impl ChatMessage {
    /// A message of the player.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into(), is_story_event: false }
    }

    /// A message of the narrator.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: content.into(), is_story_event: false }
    }

    /// A story event, in the place of a player's message.
    pub fn story_event(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into(), is_story_event: true }
    }
}
