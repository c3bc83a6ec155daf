//! How fast the model streams a narration: as a real one does, word by word.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;

use super::deployment::nothing_changes;

/// How many bytes a word has, with the space behind it.
pub(super) const WORD: usize = 6;

/// A narration at a fixed pace.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Pace {
    /// How many words a narration has.
    pub words: usize,
    /// How long the model takes to its first word.
    #[serde(rename = "first_token_seconds", serialize_with = "crate::seconds")]
    pub first_token: Duration,
    /// How long it takes between two words.
    #[serde(rename = "between_seconds", serialize_with = "crate::seconds")]
    pub between: Duration,
}

impl Pace {
    /// When the word with this number, from 0, is due after the model was called.
    pub(super) fn due(&self, word: usize) -> Duration {
        self.first_token + self.between * u32::try_from(word).unwrap_or(u32::MAX)
    }

    /// The pieces in which the model streams a narration: words of one length, so that a place in the text says which word it is.
    pub(super) fn pieces(&self) -> Vec<String> {
        (0..self.words).map(|word| format!("w{word:04} ")).collect()
    }

    /// In words.
    pub(super) fn described(&self) -> String {
        let Self { words, first_token, between } = self;
        format!(
            "{words} words, the first after {} ms, the others {} ms apart",
            first_token.as_millis(),
            between.as_millis()
        )
    }

    /// A script in which every narration comes at this pace, and nothing ever changes.
    pub(super) fn script(&self) -> String {
        let millis = |wait: Duration| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let pace = json!({ "first_token_ms": millis(self.first_token), "between_ms": millis(self.between) });
        let narration = json!({ "chunk": self.pieces(), "pace": pace });
        let text = json!({ "match": { "kind": "text" }, "reply": narration });
        json!({ "entries": [text, nothing_changes()] }).to_string()
    }
}

#[cfg(test)]
mod tests {
    use mock_llm::Script;

    use super::*;

    #[test]
    fn words_are_of_one_length_and_the_script_is_one() {
        let pace = Pace { words: 120, first_token: Duration::from_millis(50), between: Duration::from_millis(10) };
        assert!(pace.pieces().iter().all(|piece| piece.len() == WORD));
        assert_eq!(pace.due(3), Duration::from_millis(80));
        Script::parse(&pace.script(), "script").unwrap();
    }
}
