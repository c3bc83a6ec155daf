//! What models were sent for a turn, kept for operators who look for the cause of an answer.
//!
//! It stands beside the turn record and not in it: everything that players, exports and archives get is made of the record, so that none
//! of them can hold a prompt. A field of the record that each of these leaves out was rejected, because the next one could forget it.

use serde::{Deserialize, Serialize};
use story::{ChatMessage, Prompt};

/// The prompts of a turn, as its last attempt has sent them. A call that an earlier attempt has finished is not among them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SentPrompts {
    /// That of the narration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub narration: Option<SentPrompt>,
    /// That of the delta; with the answer that could not be read, where the model was asked once more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extraction: Option<SentPrompt>,
}

/// One prompt, and who got it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SentPrompt {
    /// The configured provider.
    pub provider: String,
    /// The model's name at the provider.
    pub model: String,
    /// The system text.
    pub system: String,
    /// The messages, oldest first.
    pub messages: Vec<ChatMessage>,
    /// How many messages were sent before these, and are not kept.
    #[serde(default)]
    pub left_out: usize,
}

impl SentPrompt {
    /// A prompt as it is sent.
    #[must_use]
    pub fn new(provider: &str, model: &str, prompt: &Prompt) -> Self {
        Self {
            provider: provider.to_owned(),
            model: model.to_owned(),
            system: prompt.system().to_owned(),
            messages: prompt.messages().to_vec(),
            left_out: 0,
        }
    }

    /// The prompt that is kept: without so many of its oldest messages that `surplus` bytes are gone, or that the last one is left.
    fn shortened(mut self, surplus: usize) -> Self {
        let (mut gone, mut bytes) = (0, 0);
        while bytes < surplus && gone + 1 < self.messages.len() {
            bytes += self.messages[gone].content.len();
            gone += 1;
        }
        self.messages.drain(..gone);
        Self { left_out: self.left_out + gone, ..self }
    }
}

impl SentPrompts {
    /// What of them has at most `most` bytes as JSON: the oldest messages of the narration's history are left out first, then the
    /// delta's prompt, then all.
    #[must_use]
    pub fn no_larger_than(self, most: usize) -> Option<Self> {
        let surplus = size(&self).saturating_sub(most);
        let narration = self.narration.map(|prompt| prompt.shortened(surplus));
        let shortened = Self { narration, ..self };
        let fits = |prompts: &Self| prompts.holds_any() && size(prompts) <= most;
        if fits(&shortened) {
            return Some(shortened);
        }
        Some(Self { extraction: None, ..shortened }).filter(fits)
    }

    const fn holds_any(&self) -> bool {
        self.narration.is_some() || self.extraction.is_some()
    }
}

fn size(prompts: &SentPrompts) -> usize {
    serde_json::to_vec(prompts).map_or(usize::MAX, |bytes| bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prompts(history: usize) -> SentPrompts {
        let message = |n: usize| {
            let text = format!("{n} {}", "\"".repeat(100));
            if n.is_multiple_of(2) { ChatMessage::user(text) } else { ChatMessage::assistant(text) }
        };
        let prompt = Prompt::new("s".repeat(1000), (0..history).map(message), "The last one.".to_owned());
        let sent = SentPrompt::new("mock", "m", &prompt);
        SentPrompts { extraction: Some(SentPrompt { messages: Vec::new(), ..sent.clone() }), narration: Some(sent) }
    }

    #[test]
    fn of_prompts_that_are_too_large_the_oldest_messages_go_and_are_counted() {
        let whole = prompts(40);
        assert_eq!(whole.clone().no_larger_than(usize::MAX), Some(whole.clone()));
        let kept = whole.clone().no_larger_than(6000).unwrap();
        assert!(size(&kept) <= 6000 && kept.extraction == whole.extraction);
        let narration = kept.narration.unwrap();
        assert_eq!(narration.messages.len() + narration.left_out, 41);
        assert_eq!(narration.messages.last().unwrap().content, "The last one.");
    }

    #[test]
    fn where_system_texts_alone_are_too_large_the_deltas_prompt_goes_and_then_all() {
        let kept = prompts(40).no_larger_than(1500).unwrap();
        assert_eq!((kept.extraction, kept.narration.unwrap().messages.len()), (None, 1));
        assert_eq!(prompts(40).no_larger_than(500), None);
        assert_eq!(SentPrompts::default().no_larger_than(usize::MAX), None);
    }
}
