//! What a game remembers of messages that no prompt shows any more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::message::ChatMessage;

/// What a game remembers of messages that no prompt shows any more.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Memory {
    /// What happened before the messages that prompts show.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub summary: String,
    /// How many messages at the end of the history the summary does not cover; absent: all that are there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<usize>,
}

impl Memory {
    /// Whether there is nothing to remember.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Of the history as far as it was read, the messages that the summary does not cover.
    #[must_use]
    pub fn open<'a>(&self, history: &'a [ChatMessage]) -> &'a [ChatMessage] {
        let open = self.open.unwrap_or(history.len()).min(history.len());
        &history[history.len() - open..]
    }

    /// The memory after a turn that has added `added` messages to `open` ones, of which the first `left` are in `summary` now.
    #[must_use]
    pub fn after_turn(&self, open: usize, added: usize, summarized: Option<(usize, String)>) -> Self {
        let (left, summary) = summarized.unwrap_or_else(|| (0, self.summary.clone()));
        // Without a summary every message is open, and there is nothing to count.
        if summary.is_empty() {
            return Self::default();
        }
        Self { summary, open: Some((open + added).saturating_sub(left)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_counts_what_no_summary_covers() {
        let turns = (0..5).flat_map(|n| [ChatMessage::user(format!("{n}")), ChatMessage::assistant("x")]);
        let history: Vec<_> = std::iter::once(ChatMessage::assistant("Opening.")).chain(turns).collect();
        let memory = Memory::default();
        assert_eq!(memory.open(&history).len(), 11);
        let memory = memory.after_turn(11, 2, None);
        assert!(memory.is_empty(), "{memory:?}");
        let memory = memory.after_turn(13, 2, Some((10, "Ada woke.".into())));
        assert_eq!((memory.open, memory.summary.as_str()), (Some(5), "Ada woke."));
        assert_eq!(memory.open(&history).len(), 5);
        assert_eq!(memory.open(&history[..3]).len(), 3);
        assert_eq!(memory.after_turn(5, 2, None).open, Some(7));
    }
}
